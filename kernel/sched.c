/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/sched.h"
#include "kernel/assert.h"
#include "kernel/budget.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/tlb.h"
#include "kernel/trace.h"

struct cpu *cpus[CPUS_MAX];
unsigned ncpus;
struct counters counters;

void sched_init_cpu(struct cpu *cpu, unsigned index)
{
	cpu->index = index;
	cpu->bit = 1ull << index;
	cpu->timer_at = UINT64_MAX;
	cpu->slice_end = UINT64_MAX;
	cpu->space = space_kernel();
	for (unsigned p = 0; p < PRIORITIES; p++)
		list_init(&cpu->queues[p]);
	cpus[index] = cpu;
}

/* --- Queues --- */

static void queue_put(struct cpu *cpu, struct thread *t, bool first)
{
	struct list *q = &cpu->queues[t->priority];

	if (first)
		list_prepend(q, &t->queue);
	else
		list_append(q, &t->queue);
	cpu->ready |= 1ull << t->priority;
	t->cpu = (uint8_t)cpu->index;
	t->state = THREAD_READY;
}

static void queue_take(struct cpu *cpu, struct thread *t)
{
	list_remove(&t->queue);
	if (list_is_empty(&cpu->queues[t->priority]))
		cpu->ready &= ~(1ull << t->priority);
}

void sched_unready(struct thread *t)
{
	queue_take(cpus[t->cpu], t);
}

static int highest(uint64_t ready)
{
	return ready == 0 ? -1 : 63 - __builtin_clzll(ready);
}

/* An idle CPU for the thread, or else the one where it was, or any that it may use. */
[[gnu::noinline]] static struct cpu *cpu_search(const struct thread *t)
{
	struct cpu *best = nullptr;

	for (unsigned i = 0; i < CPUS_MAX; i++) {
		struct cpu *c = cpus[i];

		if (c == nullptr || !c->online || (t->affinity >> i & 1) == 0)
			continue;
		if (c->idle && c->ready == 0)
			return c;
		if (best == nullptr || i == t->cpu)
			best = c;
	}
	return best;
}

/* The CPU for a thread that becomes ready: where it was, unless that is busy and another idles. */
static struct cpu *cpu_choose(const struct thread *t)
{
	struct cpu *last = cpus[t->cpu];

	if ((t->affinity >> t->cpu & 1) != 0 && (last->idle || ncpus == 1))
		return last;
	return cpu_search(t);
}

void sched_poke(struct cpu *cpu)
{
	cpu->work = true;
	if (cpu != this_cpu())
		arch_ipi(1ull << cpu->index);
}

/*
 * Slices differ in length. A thread that lets a lock go in an even rhythm, and wakes who waits for
 * it, begins the other's wait at that point of its rhythm: slices of one length could end at one
 * point of it each time, where the lock is held, and the other would never have it.
 */
static uint64_t slice_length(uint64_t now, uint64_t most)
{
	return most / 2 + (now * 0x9e3779b97f4a7c15 >> 32) % (most / 2);
}

static void start_slice(struct cpu *cpu, uint64_t most)
{
	uint64_t now = time_now(), end = now + slice_length(now, most);

	if (end < cpu->slice_end) {
		cpu->slice_end = end;
		cpu->work = true; /* the timer is to be set */
	}
}

void sched_ready(struct thread *t)
{
	struct cpu *cpu = cpu_choose(t);
	struct thread *current = cpu->current;

	trace(TRACE_WAKE, t->object.id, cpu->index, 0);
	queue_put(cpu, t, false);
	if (current == nullptr || current->state != THREAD_RUNNING ||
	    t->priority > current->priority) {
		sched_poke(cpu);
	} else if (t->priority == current->priority) {
		start_slice(cpu, WAKE_NS);
		if (cpu != this_cpu())
			sched_poke(cpu); /* it sets its own timer */
	}
}

void sched_set_priority(struct thread *t, unsigned priority)
{
	if (t->priority == priority)
		return;
	if (t->state == THREAD_READY) {
		sched_unready(t);
		t->priority = (uint8_t)priority;
		sched_ready(t);
		return;
	}
	t->priority = (uint8_t)priority;
	if (t->state == THREAD_RUNNING)
		sched_poke(cpus[t->cpu]);
}

/* An idle CPU pulls the most urgent thread it may run from the others. */
[[gnu::noinline]] static struct thread *steal(struct cpu *self)
{
	struct thread *best = nullptr;

	for (unsigned i = 0; i < CPUS_MAX; i++) {
		struct cpu *c = cpus[i];
		int p = c == nullptr || c == self ? -1 : highest(c->ready);

		for (; p >= 0 && (best == nullptr || p > best->priority); p--) {
			LIST_EACH(at, &c->queues[p]) {
				struct thread *t = container_of(at, struct thread, queue);

				if ((t->affinity >> self->index & 1) != 0) {
					best = t;
					break;
				}
			}
		}
	}
	if (best != nullptr)
		counters.migrations++;
	return best;
}

/* --- Switching --- */

void sched_account(struct cpu *cpu)
{
	uint64_t now = time_now();
	struct thread *t = cpu->current;

	if (now < cpu->account_from)
		return; /* another CPU's clock was ahead */
	if (t != nullptr) {
		uint64_t ran = now - cpu->account_from;

		t->cpu_ns += ran;
		t->task->cpu_ns += ran;
		budget_use(t->budget, ran);
	}
	cpu->account_from = now;
}

static void cpu_enter(struct cpu *cpu, struct thread *from, struct thread *to)
{
	assert(to->state == THREAD_READY); /* above all not dead */
	cpu->current = to;
	to->state = THREAD_RUNNING;
	to->cpu = (uint8_t)cpu->index;
	if (&to->task->space != cpu->space)
		space_enter(cpu, &to->task->space);
	context_switch(&cpu->arch, from != nullptr ? &from->context : nullptr, &to->context);
	counters.switches++;
	to->switches++;
	trace(TRACE_SWITCH, from != nullptr ? from->object.id : 0, to->object.id,
	      to->priority | to->task->object.id << 8);
}

/* The next thread for this CPU, out of its queue; nullptr if there is none. */
static struct thread *pick(struct cpu *cpu)
{
	struct thread *t;

	if (cpu->ready != 0) {
		t = container_of(cpu->queues[highest(cpu->ready)].next, struct thread, queue);
		queue_take(cpu, t);
		return t;
	}
	t = steal(cpu);
	if (t != nullptr)
		sched_unready(t);
	return t;
}

static void idle(struct cpu *cpu)
{
	cpu->current = nullptr;
	cpu->idle = true;
	cpu->slice_end = UINT64_MAX;
	cpu->idle_from = time_now();
	if (cpu->space->dying)
		space_enter(cpu, space_kernel());
	while (cpu->ready == 0 && !reap_wanted && !cpu->work) {
		sched_set_timer(cpu);
		kernel_unlock();
		arch_idle();
		kernel_lock_once();
		cpu->idle_locked = false;
		if (cpu->space->dying)
			space_enter(cpu, space_kernel());
	}
	cpu->idle = false;
	tlb_flush_late(cpu);
	cpu->idle_ns += time_now() - cpu->idle_from;
	cpu->account_from = time_now();
}

/* True if the current thread may stay. */
static bool keep_current(struct cpu *cpu, struct thread *t)
{
	int p = highest(cpu->ready);

	if (t->state != THREAD_RUNNING || (t->affinity >> cpu->index & 1) == 0)
		return false;
	if (p > t->priority)
		return false;
	if (p == t->priority && cpu->slice_end <= cpu->account_from)
		return false;
	return budget_has_time(t->budget);
}

static void requeue_current(struct cpu *cpu, struct thread *t)
{
	bool whole = cpu->slice_end <= cpu->account_from;

	if (!budget_has_time(t->budget))
		budget_starve(t->budget, t);
	else if ((t->affinity >> cpu->index & 1) == 0)
		sched_ready(t);
	else
		queue_put(cpu, t, !whole);
}

/* The time that the thread may run from now on, if a slice that has begun does not end earlier. */
static void set_slice(struct cpu *cpu, const struct thread *t)
{
	if ((cpu->ready >> t->priority & 1) != 0)
		start_slice(cpu, SLICE_NS);
	else
		cpu->slice_end = UINT64_MAX; /* nobody wants the CPU any more */
	cpu->slice_end = budget_slice(t->budget, cpu->account_from, cpu->slice_end);
	cpu->work = false;
}

/* Idle once, and see to what is to be done before the next thread is looked for. */
static void idle_once(struct cpu *cpu)
{
	idle(cpu);
	cpu->work = false;
	if (!reap_wanted)
		return;
	/* It may have to wait for CPUs that want the lock. */
	reap(64);
	kernel_unlock();
	cpu_relax();
	kernel_lock();
}

/* The next thread that may run; who ran before is switched from if there is none for a while. */
static struct thread *next_await(struct cpu *cpu, struct thread **from)
{
	for (;;) {
		struct thread *to = pick(cpu);

		if (to != nullptr && budget_has_time(to->budget))
			return to;
		if (to != nullptr) {
			budget_starve(to->budget, to);
			continue;
		}
		if (*from != nullptr)
			context_switch(&cpu->arch, &(*from)->context, nullptr);
		*from = nullptr;
		idle_once(cpu);
	}
}

void sched_run(struct cpu *cpu)
{
	struct thread *from = cpu->current;

	sched_account(cpu);
	if (from != nullptr && from->state == THREAD_DEAD) {
		cpu->current = nullptr;
		object_put(&from->object);
		from = nullptr;
	}
	cpu->work = false;
	if (from != nullptr && keep_current(cpu, from)) {
		set_slice(cpu, from);
		return;
	}
	if (from != nullptr && from->state == THREAD_RUNNING)
		requeue_current(cpu, from);
	struct thread *to = next_await(cpu, &from);

	cpu->slice_end = UINT64_MAX;
	set_slice(cpu, to);
	cpu_enter(cpu, from, to);
}

/* --- Calls --- */

enum err sys_thread_yield(struct thread *self)
{
	struct cpu *cpu = this_cpu();

	if ((cpu->ready >> self->priority & 1) != 0) {
		cpu->slice_end = 0;
		sched_again(cpu);
	}
	return OK;
}

enum err sys_thread_set_priority(struct thread *self, struct thread *thread, uint32_t priority)
{
	(void)self;
	if (thread->state == THREAD_DEAD)
		return ERR_BAD_STATE;
	if (priority > thread->task->max_priority)
		return ERR_BAD_ARGUMENT;
	bool lent = thread->priority != thread->base;

	thread->base = (uint8_t)priority;
	if (!lent || priority > thread->priority)
		sched_set_priority(thread, priority);
	return OK;
}

enum err sys_thread_set_affinity(struct thread *self, struct thread *thread, uint64_t mask)
{
	uint64_t online = 0;

	(void)self;
	if (thread->state == THREAD_DEAD)
		return ERR_BAD_STATE;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr && cpus[i]->online)
			online |= 1ull << i;
	if ((mask & online) == 0)
		return ERR_BAD_ARGUMENT;
	thread->affinity = mask;
	if (thread->state == THREAD_READY) {
		sched_unready(thread);
		sched_ready(thread);
	} else if (thread->state == THREAD_RUNNING) {
		sched_poke(cpus[thread->cpu]);
	}
	return OK;
}
