/* SPDX-License-Identifier: MPL-2.0 */
/* The timer, interrupts from CPU to CPU, and waiting for any. */
#include "kernel/arch/arm64/interrupt.h"
#include "kernel/arch/arm64/exception.h"
#include "kernel/arch/arm64/gic.h"
#include "kernel/arch/arm64/machine.h"
#include "kernel/panic.h"

/* Software interrupts. */
constexpr unsigned LINE_IPI = 1, LINE_STOP = 2;

constexpr uint64_t TIMER_ENABLE = 1;
constexpr uint64_t KCTL_USER_VIRTUAL = 1 << 1; /* CNTKCTL_EL1: user code may read CNTVCT_EL0 */

static uint64_t hz;

void timer_init(void)
{
	hz = machine.timer_hz != 0 ? machine.timer_hz : SYSREG_READ(cntfrq_el0);
	if (hz == 0 || machine.timer_line == 0)
		panic("the device tree names no virtual timer");
}

void interrupt_cpu_init(void)
{
	SYSREG_WRITE(cntv_ctl_el0, 0);
	SYSREG_WRITE(cntkctl_el1, KCTL_USER_VIRTUAL);
	gic_enable(machine.timer_line);
	gic_enable(LINE_IPI);
	gic_enable(LINE_STOP);
}

uint64_t arch_ticks_hz(void)
{
	return hz;
}

void arch_timer_set(uint64_t at)
{
	if (at == UINT64_MAX) {
		SYSREG_WRITE(cntv_ctl_el0, 0);
		return;
	}
	SYSREG_WRITE(cntv_cval_el0, at);
	SYSREG_WRITE(cntv_ctl_el0, TIMER_ENABLE);
}

/* Handle one interrupt; false if there was none. */
static bool interrupt_take(void)
{
	uint32_t token;
	unsigned line;

	if (!gic_take(&token, &line))
		return false;
	if (line == machine.timer_line) {
		SYSREG_WRITE(cntv_ctl_el0, 0); /* or it would go on asserting its line */
		gic_end(token);
		kernel_timer();
	} else if (line == LINE_IPI) {
		gic_end(token);
		kernel_ipi();
	} else if (line == LINE_STOP) {
		arch_halt();
	} else {
		kernel_interrupt(gic_number(line)); /* masks the line */
		gic_end(token);
	}
	return true;
}

struct context *interrupt_user(struct context *c)
{
	return interrupt_take() ? kernel_leave() : c;
}

/* Interrupts are masked in the kernel; wfi ends for a masked one too. */
void arch_idle(void)
{
	asm volatile("dsb sy\n\twfi" ::: "memory");
	(void)interrupt_take(); /* there may be none: wfi ends for other reasons too */
}

void arch_ipi(uint64_t cpus)
{
	gic_send(LINE_IPI, cpus);
}

void arch_stop_others(void)
{
	if (this_cpu() != nullptr) /* else no other CPU runs yet */
		gic_send(LINE_STOP, ~(1ull << this_arch_cpu()->index));
}

[[noreturn]] void arch_halt(void)
{
	for (;;)
		asm volatile("wfi");
}
