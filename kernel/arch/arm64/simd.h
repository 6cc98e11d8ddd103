/* SPDX-License-Identifier: MPL-2.0 */
/*
 * SIMD registers are given to a thread when it first uses them after it was switched to. On one CPU
 * they stay in the processor until another thread wants them. On more they are stored when the
 * thread stops running, for it may run elsewhere next; if it comes back first, they need no
 * loading.
 */
#pragma once
#include "kernel/arch.h"

/* Set up this CPU: the registers belong to nobody. `more` CPUs will run: see above. */
void simd_init(bool more);
/* The current thread `c` used SIMD while that traps. */
void simd_take(struct context *c);
/* `from`, which has used SIMD since it was switched to, stops running (nullptr: it is gone). */
void simd_leave(struct arch_cpu *cpu, struct context *from);
/* Bring c->simd up to date, if its registers are in this CPU. */
void simd_settle(struct context *c);
/* c->simd was written: what the processor holds of it is worth nothing. */
void simd_forget(struct context *c);
/* FPSR, of the current thread. */
uint64_t simd_status(void);
