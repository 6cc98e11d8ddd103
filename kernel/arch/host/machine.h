/* SPDX-License-Identifier: MPL-2.0 */
/* The simulated machine: memory is an array, time is a number. Part of kernel/arch.h. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct machine {
	char *memory; /* physical address 0 */
	size_t size;
	struct cpu *cpu;
	uint64_t ticks;        /* nanoseconds */
	uint64_t timer_at;     /* UINT64_MAX: off */
	bool is_idle;          /* nothing can run, and no timer is set */
	void (*on_idle)(void); /* called then; must not return unless it made something ready */
	char log[1 << 16];
	size_t nlog;
	bool irq_masked[64];
	uint32_t ports[64];
	bool power_is_off;
	unsigned syncs; /* pages made ready to be run */
};

extern struct machine machine;

/* Start the kernel with `size` bytes of RAM: its first task is ready, and its first thread runs. */
void machine_start(size_t size);
/* The thread that runs makes a call. Afterwards another one may run; its own result is in its
 * context once it runs again. */
void machine_call(uint32_t number);
/* It accesses user memory: true if that works, if need be after faults. */
bool machine_access(vaddr va, enum fault_access access);
/* Let time pass, and timers fire. */
void machine_advance(uint64_t ns);
struct thread *machine_thread(void);
