/* SPDX-License-Identifier: MPL-2.0 */
/* The CPUs of this machine, and stopping them. */
#pragma once
#include "kernel/arch.h"

uint32_t smp_apic_id(unsigned cpu);
/* In a non-maskable interrupt: if another CPU has panicked, stop. */
void smp_stop_check(void);
/* Point GS at this CPU's structure, whatever it holds; the CPU is known by the stack in use. */
void gs_restore(vaddr stack);

/* Two pages below 1 MiB to start CPUs with, 0 if there are none: the boot code chooses them. */
extern uint64_t trampoline_page;
constexpr unsigned TRAMPOLINE_PAGES = 2;

/* What the trampoline (boot/x86_64/trampoline.S) is told; it lies at the end of its page. */
struct trampoline_data {
	uint64_t root; /* page tables that map the trampoline where it is */
	uint64_t stack;
	uint64_t entry;
	uint64_t cpu;
};
extern const char trampoline_start[], trampoline_data[], trampoline_end[];
