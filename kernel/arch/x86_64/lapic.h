/* SPDX-License-Identifier: MPL-2.0 */
/* The local interrupt controller of each CPU: volume 3A, chapter 10, of the Intel manual. */
#pragma once
#include "kernel/arch.h"

/* Turn this CPU's on; remembers its number in `cpu`. */
void lapic_cpu_init(struct arch_cpu *cpu);
uint32_t lapic_id(void);
void lapic_eoi(void);
enum lapic_message : uint32_t {
	LAPIC_FIXED = 0,
	LAPIC_NMI = 4 << 8,
	LAPIC_INIT = 5 << 8,
	LAPIC_STARTUP = 6 << 8,
};
/* An interrupt to the CPU with this APIC number; `vector` where the message has one. */
void lapic_send(uint32_t apic_id, enum lapic_message message, uint32_t vector);
/* One-shot: fires after `count` of its own ticks; 0 stops it. */
void lapic_timer_set(uint32_t count);
uint32_t lapic_timer_left(void);
