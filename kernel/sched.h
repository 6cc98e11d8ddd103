/* SPDX-License-Identifier: MPL-2.0 */
/* Who runs: fixed priorities, round robin within one, a queue for each CPU. */
#pragma once
#include "kernel/cpu.h"
#include "kernel/thread.h"

/* How long threads of one priority run in turn, and how long one that wakes waits for who runs: at
 * most, and at least half of it. */
constexpr uint64_t SLICE_NS = 10'000'000, WAKE_NS = 2'000'000;

void sched_init_cpu(struct cpu *cpu, unsigned index);
/* Make a thread ready that was not. */
void sched_ready(struct thread *t);
/* Take a ready thread out of its queue. */
void sched_unready(struct thread *t);
/* Choose who runs on this CPU, and switch to it; returns with it in cpu->current. May idle. */
void sched_run(struct cpu *cpu);
/* Charge the time since the last account to the current thread. */
void sched_account(struct cpu *cpu);
/* Its priority changes. */
void sched_set_priority(struct thread *t, unsigned priority);
/* Let this CPU look for someone better before user mode. */
static inline void sched_again(struct cpu *cpu)
{
	cpu->work = true;
}
void sched_poke(struct cpu *cpu); /* the same on any CPU */
/* What the current thread's call answers that is not done yet: others run, then it is made again.
 */
static inline enum err call_repeat(struct thread *self)
{
	context_rewind(&self->context);
	sched_again(this_cpu());
	return CALL_WAITS;
}
/* Set the hardware timer for the end of the slice or the next timer. */
static inline void sched_set_timer(struct cpu *cpu)
{
	uint64_t at = cpu->slice_end < timer_next ? cpu->slice_end : timer_next;

	if (at >= cpu->timer_at)
		return; /* it fires early, and is set again then */
	cpu->timer_at = at;
	arch_timer_set(time_to_ticks(at));
}
