/* SPDX-License-Identifier: MPL-2.0 */
/* A world of processes without tasks: what would happen to these is counted. */
#pragma once
#include "lib/test/test.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/core/group.h"
#include "services/posixd/core/signal.h"
#include "services/posixd/core/timer.h"

extern struct world world;
extern struct timers timers;
extern uint64_t now;  /* nanoseconds; what timers see */
extern uint64_t cpu;  /* what every process has used */
extern uint32_t held; /* signals that wait in every process */
extern unsigned nwoken, nkilled, nsevered;

/* An empty world; `fini` finds whatever is left. */
void setup(void);
void teardown(void);

/* A running program in a session of its own; a running child. They do not fail. */
struct process *program(uint32_t uid);
struct process *child_of(struct process *p);
/* Its task ends after it told this status. */
void end(struct process *p, uint32_t status);

/* The next signal of the process; 0: none. */
uint32_t next_signal(struct process *p);
int send(struct process *from, int32_t target, uint32_t signal);
