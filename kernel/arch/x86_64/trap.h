/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptor tables, traps and interrupts of one CPU. */
#pragma once
#include "kernel/arch.h"

/* entry.S */
void syscall_entry(void);
extern const char trap_stubs[];
extern const uint32_t native_calls; /* what they number to: the rest are foreign */

/* descriptor.c: the interrupt table alone, so that a fault at boot is told; then all of it. */
void descriptors_early(void);
void descriptors_load(struct arch_cpu *cpu);

/* trap.c, called by entry.S */
void trap_user(uint64_t error, unsigned vector);
void trap_kernel(uint64_t error, unsigned vector, struct registers *frame);

/* irq.c: any vector from VECTOR_PIC on. */
void irq_take(unsigned vector);
