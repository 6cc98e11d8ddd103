/* SPDX-License-Identifier: MPL-2.0 */
/*
 * x87, SSE, AVX and AVX-512 registers. A thread gets an area for its state when it first uses them,
 * by a trap (CR0.TS); from then on they are its own whenever it runs. They are not left to trap
 * again, for XSAVE of a user program has to find the thread's own state, and QEMU's does not look
 * at CR0.TS. A thread without an area may run in between: who comes back finds its registers as it
 * left them. On a machine with several CPUs the state is saved when the thread stops running, so
 * that another CPU finds it in memory; on one, when another thread's is loaded.
 */
#pragma once
#include "kernel/arch.h"

/* On each CPU. */
void simd_cpu_init(void);
/* On the first, once it is known whether there are others. */
void simd_smp(bool several);
/* The current thread wants its state in the registers: false if there is no memory for it. */
bool simd_use(void);
/* `from` (nullptr: gone, or none) gives this CPU to `to` (nullptr: to nobody). */
void simd_switch(struct arch_cpu *cpu, struct context *from, struct context *to);
