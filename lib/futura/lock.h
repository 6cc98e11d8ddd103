/* SPDX-License-Identifier: MPL-2.0 */
/* Locks between the threads of one task. All-zero is a free lock; nothing needs to be undone. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>
#include "abi/kernel.h"

struct mutex {
	_Atomic uint32_t state; /* 0 free, 1 held, 2 held and waited for */
};

void mutex_lock(struct mutex *m);
bool mutex_try_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

/* Signals are not remembered: wait in a loop over the condition, with the mutex held. */
struct cond {
	_Atomic uint32_t turn;
};

void cond_wait(struct cond *c, struct mutex *m);
/* ERR_TIMED_OUT if the deadline (nanoseconds since boot) passed. The mutex is held again either
 * way. */
enum err cond_wait_until(struct cond *c, struct mutex *m, uint64_t deadline);
void cond_signal(struct cond *c);
void cond_broadcast(struct cond *c);

/* The first caller runs `act`; nobody returns before it has run. */
struct once {
	_Atomic uint32_t state;
};

void once_run(struct once *o, void (*act)(void));
