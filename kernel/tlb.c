/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/tlb.h"
#include "kernel/space.h"

/* The one request in flight: its maker holds the kernel lock. */
static struct {
	struct space_id *id;
	vaddr va;
	size_t n;
} request;

void tlb_flush_if_wanted(struct cpu *cpu)
{
	if (__atomic_load_n(&cpu->flush_wanted, __ATOMIC_ACQUIRE) == 0)
		return;
	tlb_flush(request.id, request.va, request.n);
	__atomic_store_n(&cpu->flush_wanted, 0, __ATOMIC_RELEASE);
}

static void wait_flushed(uint64_t targets)
{
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if ((targets >> i & 1) != 0)
			while (__atomic_load_n(&cpus[i]->flush_wanted, __ATOMIC_ACQUIRE) != 0)
				cpu_relax();
}

/* Those of them that are not idle. An idle CPU uses no address of the space that it has loaded
 * until it has the kernel lock again: time enough to flush then, without waking it. */
static uint64_t others_busy(uint64_t others)
{
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		if ((others >> i & 1) == 0 || !cpus[i]->idle)
			continue;
		cpus[i]->flush_late = true;
		others &= ~(1ull << i);
	}
	return others;
}

void tlb_shoot(struct space *space, vaddr va, size_t n)
{
	struct cpu *self = this_cpu();

	if (TLB_BROADCASTS || self->space == space)
		tlb_flush(&space->id, va, n);
	if (TLB_BROADCASTS || ncpus == 1)
		return;
	uint64_t busy = others_busy(space_cpus(space) & ~self->bit);

	if (busy == 0)
		return;
	counters.shootdowns++;
	request.id = &space->id;
	request.va = va;
	request.n = n;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if ((busy >> i & 1) != 0)
			__atomic_store_n(&cpus[i]->flush_wanted, 1, __ATOMIC_RELEASE);
	/* They are in user mode, or waiting for the lock that we hold: all answer at once. */
	arch_ipi(busy);
	wait_flushed(busy);
}

void tlb_flush_late(struct cpu *cpu)
{
	if (!cpu->flush_late)
		return;
	cpu->flush_late = false;
	tlb_flush(&cpu->space->id, 0, SIZE_MAX);
}
