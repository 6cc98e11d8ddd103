/* SPDX-License-Identifier: MPL-2.0 */
/*
 * x87, SSE, AVX and AVX-512 registers, kept by the thread that used them last: the next user of
 * this CPU's gets a trap. On a machine with several CPUs a thread's state is saved when it stops
 * running, so that another CPU finds it in memory.
 */
#pragma once
#include "kernel/arch.h"

/* On each CPU. */
void simd_cpu_init(void);
/* On the first, once it is known whether there are others. */
void simd_smp(bool several);
/* The current thread wants its state in the registers: false if there is no memory for it. */
bool simd_use(void);
/* `from` (or nullptr: it is gone), which has them in use, stops running here. */
void simd_leave(struct arch_cpu *cpu, struct context *from);
