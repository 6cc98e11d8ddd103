/* SPDX-License-Identifier: MPL-2.0 */
/* What each CPU has of its own, and the one lock. */
#pragma once
#include "kernel/arch.h"
#include "kernel/list.h"
#include "kernel/space.h"

constexpr unsigned PRIORITIES = 64;

struct cpu {
	struct arch_cpu arch; /* first: the entry code finds it */
	unsigned index;
	uint64_t bit; /* 1 << index */
	bool work;    /* kernel_leave has to look: reschedule, attention, timer or reaper */
	bool idle;
	bool idle_locked; /* an interrupt in arch_idle has taken the kernel lock already */
	bool online;
	struct thread *current; /* nullptr: idle */
	struct space *space;    /* whose page tables are in use; a reference */
	uint64_t timer_at;      /* ns at which the hardware timer is set to fire */
	uint64_t slice_end;     /* ns; UINT64_MAX: nobody else wants this CPU */
	uint64_t account_from;  /* ns since when the current thread's time is not charged */
	uint64_t idle_from, idle_ns;
	uint64_t ready; /* bit p: queue p is not empty */
	struct list queues[PRIORITIES];
	uint32_t flush_wanted; /* set by another CPU, cleared when this one has flushed its TLB */
	bool flush_late;       /* idle: it is to flush its TLB before it goes on */
};

extern struct cpu *cpus[CPUS_MAX];
extern unsigned ncpus; /* online */

/* All kernel state is guarded by this lock, but what says otherwise. It is taken at entry and
 * dropped in kernel_leave or around arch_idle. */
extern uint32_t kernel_locked; /* 1: held */
/* preserve_most: who calls a rare way saves nothing for it on the usual one. */
[[clang::preserve_most]] void kernel_lock_wait(void);

static inline void kernel_lock(void)
{
	if (__atomic_exchange_n(&kernel_locked, 1, __ATOMIC_ACQUIRE) != 0) [[clang::unlikely]]
		kernel_lock_wait();
}

static inline void kernel_unlock(void)
{
	__atomic_store_n(&kernel_locked, 0, __ATOMIC_RELEASE);
}

/* Take it unless this CPU has it already: for interrupts, which may arrive in arch_idle. */
void kernel_lock_once(void);

struct counters {
	uint64_t calls; /* of tasks that are gone; each task counts its own */
	uint64_t messages, fast_messages, faults, interrupts, switches, shootdowns, migrations;
};

extern struct counters counters;

/* Use a space's page tables on this CPU. */
static inline void space_enter(struct cpu *cpu, struct space *s)
{
	cpu->space = s;
	space_switch(s->root, &s->id);
}
