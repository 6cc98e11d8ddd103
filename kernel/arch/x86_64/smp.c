/* SPDX-License-Identifier: MPL-2.0 */
/* Starting the other CPUs: volume 3A, section 8.4, of the Intel manual. */
#include "kernel/arch/x86_64/smp.h"
#include <stdatomic.h>
#include "kernel/arch/x86_64/acpi.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/irq.h"
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/arch/x86_64/simd.h"
#include "kernel/arch/x86_64/trap.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/string.h"

static struct arch_cpu *cpus[CPUS_MAX];
static uint32_t apic_ids[CPUS_MAX];
static atomic_uint arrived;
static atomic_bool stopping;

uint32_t smp_apic_id(unsigned cpu)
{
	return apic_ids[cpu];
}

/* --- Setting up --- */

/* The first CPU is the one that runs; the others follow in the tables' order. */
static unsigned cpus_list(void)
{
	unsigned n = 1;

	apic_ids[0] = lapic_id();
	for (unsigned i = 0; i < acpi.ncpus && n < CPUS_MAX; i++)
		if (acpi.apic_ids[i] != apic_ids[0] && (cpu_has.x2apic || acpi.apic_ids[i] < 255))
			apic_ids[n++] = acpi.apic_ids[i];
	return n;
}

void arch_init(const struct boot_info *boot, unsigned *ncpus)
{
	struct memory_range k = image_range();

	klog("kernel base 0x%lx, at 0x%lx in memory\n", KERNEL_LINK + image_slide(), k.base);
	acpi_read(boot->acpi_rsdp);
	clock_init();
	*ncpus = cpus_list();
	simd_smp(*ncpus > 1);
	irq_init();
}

void arch_cpu_init(struct cpu *cpu, unsigned index)
{
	struct arch_cpu *a = (struct arch_cpu *)cpu;

	*a = (struct arch_cpu){ .self = cpu,
				.index = index,
				.stack_top = stack_top(index, STACK_MAIN) };
	cpus[index] = a;
	descriptors_load(a);
	cpu_protect();
	simd_cpu_init();
	lapic_cpu_init(a);
}

/* --- Starting --- */

/* Called by the trampoline, on the CPU's own stack, with the trampoline's page tables. */
[[noreturn]] static void smp_arrive(uint64_t cpu)
{
	cr3_write(direct_paddr(direct((paddr){ image_range().base })).raw +
		  ((uint64_t)kernel_tables.root - (uint64_t)image_start));
	atomic_store(&arrived, (unsigned)cpu);
	kernel_main_secondary((unsigned)cpu);
}

static bool stacks_create(unsigned cpu)
{
	for (unsigned n = 0; n < STACKS_PAGES; n++) {
		paddr page;

		if (!frame_alloc(nullptr, FRAME_KERNEL, &page))
			return false;
		stack_map(cpu, n, page);
	}
	return true;
}

/* The trampoline in one low page, and in the next the kernel's tables with low memory mapped as is:
 * the first 2 MiB are the direct map's, but may be executed. */
static struct trampoline_data *trampoline_make(void)
{
	char *page = direct((paddr){ trampoline_page });
	pte *root = (pte *)(page + PAGE_SIZE);
	uint64_t image = image_range().base;

	memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
	memcpy(root, kernel_tables.root, PAGE_SIZE);
	root[0] = (image + (uint64_t)kernel_tables.direct - (uint64_t)image_start) | PTE_PRESENT |
		  PTE_WRITE;
	return (struct trampoline_data *)(page + (trampoline_data - trampoline_start));
}

/* INIT, then STARTUP twice: the second is for CPUs that missed the first. */
static bool cpu_start(unsigned cpu, struct trampoline_data *data)
{
	data->root = trampoline_page + PAGE_SIZE;
	data->stack = stack_top(cpu, STACK_MAIN);
	data->entry = (uint64_t)smp_arrive;
	data->cpu = cpu;
	lapic_send(apic_ids[cpu], LAPIC_INIT, 0);
	clock_delay(10'000);
	for (unsigned n = 0; n < 2; n++) {
		lapic_send(apic_ids[cpu], LAPIC_STARTUP, (uint32_t)(trampoline_page / PAGE_SIZE));
		for (unsigned ms = 0; ms < (n == 0 ? 2 : 500); ms++) {
			if (atomic_load(&arrived) == cpu)
				return true;
			clock_delay(1000);
		}
	}
	/* Should it be late, hold it. */
	lapic_send(apic_ids[cpu], LAPIC_INIT, 0);
	return false;
}

/* All that takes memory comes first: a CPU that has arrived runs threads, and we do not hold the
 * lock. */
unsigned arch_cpus_start(unsigned ncpus, struct cpu *const[])
{
	unsigned ready = 1, n = 1;

	if (ncpus == 1 || trampoline_page == 0)
		return n;
	struct trampoline_data *data = trampoline_make();

	while (ready < ncpus && stacks_create(ready))
		ready++;
	while (n < ready && cpu_start(n, data))
		n++;
	if (n < ncpus)
		klog("CPU %u (APIC %u) does not start\n", n, apic_ids[n]);
	return n;
}

/* --- Running --- */

void arch_idle(void)
{
	/* Interrupts wait until the instruction after sti has begun: none is missed before hlt. */
	asm volatile("sti\n\thlt\n\tcli" ::: "memory");
}

void arch_ipi(uint64_t mask)
{
	for (; mask != 0; mask &= mask - 1)
		lapic_send(apic_ids[__builtin_ctzll(mask)], LAPIC_FIXED, VECTOR_IPI);
}

void arch_halt(void)
{
	for (;;)
		asm volatile("cli\n\thlt");
}

void arch_stop_others(void)
{
	if (atomic_exchange(&stopping, true) || cpus[0] == nullptr)
		return;
	uint32_t self = lapic_id();

	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr && apic_ids[i] != self)
			lapic_send(apic_ids[i], LAPIC_NMI, 0);
}

void smp_stop_check(void)
{
	if (atomic_load(&stopping))
		arch_halt();
}

void gs_restore(vaddr stack)
{
	unsigned i = stack_cpu(stack);

	if (i < CPUS_MAX && cpus[i] != nullptr)
		msr_write(MSR_GS_BASE, (uint64_t)cpus[i]);
}
