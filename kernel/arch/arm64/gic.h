/* SPDX-License-Identifier: MPL-2.0 */
/* The generic interrupt controller, versions 2 and 3. Lines are its interrupt numbers (INTIDs). */
#pragma once
#include "kernel/arch.h"

constexpr unsigned GIC_SHARED = 32; /* lines below it are each CPU's own; below 16 by software */

/* Set up what CPUs share. Panics if the machine has no controller that we know. */
void gic_init(void);
/* Find what turns messages of devices into interrupts, once there are page frames. */
void gic_messages_init(void);
/* Set up this CPU's part. False if it has none. */
bool gic_cpu_init(struct arch_cpu *cpu);
/* Let the line in, on this CPU if it is its own. */
void gic_enable(unsigned line);
void gic_disable(unsigned line);
/* The most urgent interrupt that waits, now active, or nothing. `token` goes to gic_end. */
bool gic_take(uint32_t *token, unsigned *line);
void gic_end(uint32_t token);
/* How kernel_interrupt calls a line: messages have numbers above all lines. */
unsigned gic_number(unsigned line);
/* Raise software interrupt `line` on those CPUs (bits). */
void gic_send(unsigned line, uint64_t cpus);
