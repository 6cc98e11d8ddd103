/* SPDX-License-Identifier: MPL-2.0 */
/*
 * x87, SSE, AVX and AVX-512 registers, kept by the thread that used them last: the next user of
 * this CPU's gets a trap (CR0.TS). On a machine with several CPUs a thread's state is saved when it
 * stops running, so that another CPU finds it in memory.
 *
 * Threads with foreign calls have their state in the registers whenever they run, from its first
 * use on: they may use XSAVE (a signal's frame, the dynamic loader), and QEMU's saves what it finds
 * there without a look at CR0.TS. Our own programs do not.
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
