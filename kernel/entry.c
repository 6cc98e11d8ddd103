/* SPDX-License-Identifier: MPL-2.0 */
/* Into the kernel and out of it: the lock, calls, faults, interrupts, and what precedes user mode.
 */
#include "kernel/assert.h"
#include "kernel/budget.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/hardware.h"
#include "kernel/log.h"
#include "kernel/sched.h"
#include "kernel/tlb.h"
#include "kernel/trace.h"

uint32_t kernel_locked;

/* While it waits a CPU flushes its TLB when asked, for the holder may be waiting for that. */
[[clang::preserve_most]] void kernel_lock_wait(void)
{
	while (__atomic_exchange_n(&kernel_locked, 1, __ATOMIC_ACQUIRE) != 0) {
		tlb_flush_if_wanted(this_cpu());
		cpu_relax();
	}
}

void kernel_lock_once(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->idle_locked)
		return;
	kernel_lock();
	cpu->idle_locked = cpu->idle;
}

/* Reschedule, and see to the current thread's attention, until there is a thread that may go. */
[[clang::noinline]] static struct context *leave_slowly(struct cpu *cpu)
{
	do {
		if (reap_wanted)
			reap(64);
		/* It may have begun to wait in the call that it died in: now, or nobody ends it. */
		if (cpu->current != nullptr && (cpu->current->attention & ATTEND_DIE) != 0)
			thread_end(cpu->current);
		sched_run(cpu);
	} while ((cpu->current->attention != 0 && !thread_attend(cpu->current)) || cpu->work);
	sched_set_timer(cpu);
	cpu->work = reap_wanted;
	kernel_unlock();
	return &cpu->current->context;
}

struct context *kernel_leave(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->work) [[clang::unlikely]]
		return leave_slowly(cpu);
	struct context *c = &cpu->current->context;

	kernel_unlock();
	return c;
}

static enum err call_traced(struct thread *t)
{
	uint32_t number = context_number(&t->context);

	trace(TRACE_CALL, number, context_argument(&t->context, 0),
	      context_argument(&t->context, 1));
	enum err e = call_table[number](t);

	trace(TRACE_RETURN, number, (uint64_t)(int64_t)e, context_word(&t->context, 0));
	return e;
}

static call_handler *const traced[CALL_COUNT] = { [0 ... CALL_COUNT - 1] = call_traced };
static call_handler *const *handlers = call_table;

void calls_trace(bool on)
{
	handlers = on ? traced : call_table;
}

/* The caller is looked up again after the call, which is shorter than to keep it: only a call that
 * waits leaves another thread current, and then there is work. */
struct context *kernel_call(struct context *c, uint64_t number)
{
	struct thread *t = container_of(c, struct thread, context);
	enum err e = ERR_UNSUPPORTED;

	kernel_lock();
	t->calls++;
	if (NUMBERS_CHECKED || number < CALL_COUNT) [[clang::likely]]
		e = handlers[number](t);
	struct cpu *cpu = this_cpu();

	c = &cpu->current->context;
	if (e != CALL_WAITS)
		context_set_error(c, e);
	if (cpu->work) [[clang::unlikely]]
		return leave_slowly(cpu);
	kernel_unlock();
	return c;
}

void kernel_foreign(uint64_t number)
{
	kernel_lock();
	struct thread *t = this_cpu()->current;

	thread_fault(t, &(struct fault){
				.kind = FAULT_CALL,
				.address = context_pc(&t->context),
				.code = number,
			});
}

static bool is_memory_fault(const struct fault *f)
{
	return f->access != 0 && f->kind <= FAULT_ACCESS;
}

void kernel_fault(const struct fault *fault)
{
	kernel_lock();
	struct thread *t = this_cpu()->current;
	struct fault f = *fault;

	counters.faults++;
	t->task->faults++;
	if (trace_mask != 0)
		trace(TRACE_FAULT, f.address, (uint64_t)f.kind << 32 | f.access,
		      context_pc(&t->context));
	if (is_memory_fault(&f)) {
		f.kind = space_fault(&t->task->space, f.address, f.access);
		if (f.kind == FAULT_NONE)
			return;
		if (f.kind == FAULT_PAGER)
			f.kind = space_ask_pager(t, f.address, f.access);
		if (f.kind == FAULT_NONE)
			return;
	}
	thread_fault(t, &f);
}

void kernel_interrupt(unsigned line)
{
	kernel_lock_once();
	counters.interrupts++;
	trace(TRACE_IRQ, line, 0, 0);
	irq_fire(line);
}

void kernel_timer(void)
{
	kernel_lock_once();
	struct cpu *cpu = this_cpu();

	cpu->timer_at = UINT64_MAX;
	timers_run();
	sched_again(cpu);
}

void kernel_ipi(void)
{
	tlb_flush_if_wanted(this_cpu());
	kernel_lock_once();
}
