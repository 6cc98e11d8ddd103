/* SPDX-License-Identifier: MPL-2.0 */
/* Setting up: the machine once, and then each CPU. */
#include "kernel/arch/arm64/context.h"
#include "kernel/arch/arm64/debug.h"
#include "kernel/arch/arm64/gic.h"
#include "kernel/arch/arm64/interrupt.h"
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/mmu.h"
#include "kernel/arch/arm64/simd.h"
#include "kernel/arch/arm64/start.h"
#include "kernel/arch/arm64/uart.h"
#include "kernel/log.h"
#include "kernel/panic.h"

/* For user.S. */
extern bool arm64_has_pan;
bool arm64_has_pan;

/* From start.S: at the final address, with the first CPU's stack. */
[[noreturn]] void arm64_main(void)
{
	uart_init();
	kernel_main(&boot_info);
}

void arch_init(const struct boot_info *boot, unsigned *ncpus)
{
	if (boot->dtb.size == 0)
		panic("no device tree");
	klog("kernel base 0x%lx\n", KERNEL_LINK + mmu.slide);
	klog("arm64: GICv%u, %u CPUs\n", machine.gic.version, machine.ncpus);
	gic_init();
	timer_init();
	*ncpus = machine.ncpus;
}

/* Kernel code must not reach user pages by accident. */
static void pan_init(void)
{
	arm64_has_pan = id_field(SYSREG_READ(id_aa64mmfr1_el1), 20) != 0;
	if (arm64_has_pan)
		asm volatile(".arch_extension pan\n\tmsr pan, #1" ::: "memory");
}

void arch_cpu_init(struct cpu *cpu, unsigned index)
{
	struct arch_cpu *arch = (struct arch_cpu *)cpu;

	*arch = (struct arch_cpu){
		.index = index,
		.stack_top = STACKS_BASE + (index + 1ull) * STACK_SLOT,
	};
	SYSREG_WRITE(tpidr_el1, cpu);
	pan_init();
	context_cpu_init();
	space_cpu_init(arch);
	simd_init(machine.ncpus > 1);
	debug_init();
	if (!gic_cpu_init(arch))
		panic("CPU %u has no interrupt controller", index);
	interrupt_cpu_init();
}
