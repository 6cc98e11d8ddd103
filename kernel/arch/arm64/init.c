/* SPDX-License-Identifier: MPL-2.0 */
/* Setting up: the machine once, and then each CPU. */
#include "kernel/arch/arm64/context.h"
#include "kernel/arch/arm64/debug.h"
#include "kernel/arch/arm64/gic.h"
#include "kernel/arch/arm64/interrupt.h"
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/mmu.h"
#include "kernel/arch/arm64/random.h"
#include "kernel/arch/arm64/simd.h"
#include "kernel/arch/arm64/start.h"
#include "kernel/arch/arm64/uart.h"
#include "kernel/log.h"
#include "kernel/panic.h"

/* From start.S: at the final address, with the first CPU's stack. */
[[noreturn]] void arm64_main(void)
{
	__stack_chk_guard =
		arch_random() & ~0xffull; /* text that runs over ends with a zero byte */
	uart_init();
	if (boot_info.dtb.size == 0)
		panic("no device tree");
	gic_init();
	timer_init();
	kernel_main(&boot_info);
}

void arch_init(const struct boot_info *boot, unsigned *ncpus)
{
	(void)boot; /* machine_read has read all there is */
	gic_messages_init();
	klog("kernel base 0x%lx, at 0x%lx in memory\n", KERNEL_LINK + mmu.slide, mmu.image);
	klog("arm64: GICv%u, %u CPUs\n", machine.gic.version, machine.ncpus);
	*ncpus = machine.ncpus;
}

/* Kernel code must not reach user pages by accident. */
static void pan_init(void)
{
	if (id_field(SYSREG_READ(id_aa64mmfr1_el1), 20) != 0)
		asm volatile(".arch_extension pan\n\tmsr pan, #1" ::: "memory");
}

void arch_cpu_init(struct cpu *cpu, unsigned index)
{
	struct arch_cpu *arch = (struct arch_cpu *)cpu;

	*arch = (struct arch_cpu){
		.index = index,
		.stack_top = KSTACKS_BASE + (index + 1ull) * KSTACK_SLOT,
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
