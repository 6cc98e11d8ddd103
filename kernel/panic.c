/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/panic.h"
#include "kernel/arch.h"
#include "kernel/dispatch.h"
#include "kernel/log.h"
#include "kernel/sched.h"

static void frame_print(vaddr pc)
{
	klog("  at %lx\n", pc);
}

static void cpu_print(const struct cpu *cpu)
{
	const struct thread *t = cpu->current;

	if (t == nullptr) {
		klog("cpu %u: idle\n", cpu->index);
		return;
	}
	klog("cpu %u: %s[%lu] thread %lu, priority %u, pc %lx sp %lx\n", cpu->index, t->task->name,
	     t->task->object.id, t->object.id, t->priority, context_pc(&t->context),
	     context_sp(&t->context));
}

void panic(const char *format, ...)
{
	static bool again;
	va_list arguments;

	if (__atomic_exchange_n(&again, true, __ATOMIC_RELAXED))
		arch_halt(); /* the panic itself went wrong, or another CPU was first */
	arch_stop_others();
	klog("\npanic on cpu %u: ", this_cpu() != nullptr ? this_cpu()->index : 0);
	va_start(arguments, format);
	klog_list(format, arguments);
	va_end(arguments);
	klog("\n");
	arch_panic_registers();
	arch_backtrace(frame_print);
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr)
			cpu_print(cpus[i]);
	klog("calls %lu, messages %lu, faults %lu, switches %lu\n", counters.calls,
	     counters.messages, counters.faults, counters.switches);
	arch_halt();
}

/* The compiler's stack protector found a return address's neighbour changed. */
[[noreturn]] void __stack_chk_fail(void);
[[noreturn]] void __stack_chk_fail(void)
{
	panic("a kernel stack was overwritten");
}
