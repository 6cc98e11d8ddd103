/* SPDX-License-Identifier: MPL-2.0 */
/* Starting the other CPUs, one after the other. */
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/mmu.h"
#include "kernel/arch/arm64/psci.h"
#include "kernel/arch/arm64/start.h"
#include "kernel/log.h"

constexpr uint64_t START_SECONDS = 2; /* that a CPU may take */

struct boot_secondary boot_secondary;
static unsigned starting; /* the index of the CPU that is being started */
static bool arrived;

static bool cpu_release(uint64_t where, uint64_t entry)
{
	volatile uint64_t *word = direct((paddr){ where });

	if (where % 8 != 0 || where >= DIRECT_END - DIRECT_BASE)
		return false;
	*word = entry;
	memory_clean(word, sizeof(*word));
	asm volatile("sev");
	return true;
}

static bool cpu_start(unsigned index)
{
	uint64_t entry = image_paddr(secondary_entry);
	uint64_t release = machine.cpu[index].release;

	starting = index;
	__atomic_store_n(&arrived, false, __ATOMIC_RELEASE);
	boot_secondary = (struct boot_secondary){
		.identity = mmu.identity,
		.root = mmu.root,
		.stack = KSTACKS_BASE + (index + 1ull) * KSTACK_SLOT,
		.entry = (uint64_t)secondary_high,
	};
	memory_clean(&boot_secondary, sizeof(boot_secondary));
	if (release != 0 ? !cpu_release(release, entry)
			 : !psci_cpu_on(machine.cpu[index].mpidr, entry))
		return false;
	uint64_t end = ticks() + START_SECONDS * arch_ticks_hz();
	while (!__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) && ticks() < end)
		cpu_relax();
	return arrived;
}

/* Called by start.S on the new CPU, at its final address and stack. */
[[noreturn]] void arm64_secondary(void)
{
	unsigned index = starting;

	__atomic_store_n(&arrived, true, __ATOMIC_RELEASE);
	kernel_main_secondary(index);
}

/* Indices of CPUs that run have no gaps: what is after one that failed is left alone. */
unsigned arch_cpus_start(unsigned ncpus, struct cpu *const cpus[])
{
	unsigned n = 1;

	(void)cpus; /* they come back by their index */
	while (n < ncpus && cpu_start(n))
		n++;
	if (n < ncpus)
		klog("cpu %u does not start\n", n);
	return n;
}
