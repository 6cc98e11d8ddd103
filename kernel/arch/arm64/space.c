/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Address space numbers (ASIDs) and the TLB. A space keeps its number as long as numbers last; when
 * they have run out every TLB is emptied and a new generation begins. space_id.word is generation
 * and number, 0 in a new space. The kernel lock guards all of it.
 */
#include "kernel/arch/arm64/mmu.h"
#include "kernel/arch.h"

constexpr unsigned ASID_SHIFT = 16; /* of the generation, in space_id.word */
constexpr uint64_t ASID_MASK = (1ull << ASID_SHIFT) - 1;
constexpr unsigned TTBR_ASID_SHIFT = 48;
/* From this many pages on it is cheaper to forget the whole space. */
constexpr size_t FLUSH_PAGES_MAX = 64;

static uint64_t asid_count; /* 256 or 65536 */
static uint64_t asid_next = 1;
static uint64_t generation = 1ull << ASID_SHIFT;
static struct arch_cpu *cpus[CPUS_MAX];

void space_cpu_init(struct arch_cpu *cpu)
{
	asid_count = id_field(SYSREG_READ(id_aa64mmfr0_el1), 4) >= 2 ? 1 << 16 : 1 << 8;
	cpus[cpu->index] = cpu;
	cpu->space = 0;
}

static bool asid_is_active(uint64_t asid)
{
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr && (cpus[i]->space & ASID_MASK) == asid)
			return true;
	return false;
}

/* A number of the current generation that no CPU uses. */
static uint64_t asid_take(void)
{
	for (;;) {
		if (asid_next == asid_count) {
			asid_next = 1; /* 0 is for no space */
			generation += 1ull << ASID_SHIFT;
			asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
		}
		uint64_t asid = asid_next++;
		if (!asid_is_active(asid))
			return generation | asid;
	}
}

/*
 * A space of an earlier generation that runs elsewhere at this moment keeps its number: one space
 * must not be in two TLBs under two numbers.
 */
static uint64_t asid_renew(uint64_t old)
{
	uint64_t kept = 0;

	for (unsigned i = 0; old != 0 && i < CPUS_MAX; i++) {
		if (cpus[i] != nullptr && cpus[i]->space == old) {
			kept = generation | (old & ASID_MASK);
			cpus[i]->space = kept;
		}
	}
	return kept != 0 ? kept : asid_take();
}

static inline void space_load(paddr root, uint64_t word)
{
	this_arch_cpu()->space = word;
	SYSREG_WRITE(ttbr0_el1, root.raw | word << TTBR_ASID_SHIFT);
	isb();
}

[[clang::noinline]] static void space_renew(paddr root, struct space_id *id)
{
	id->word = asid_renew(id->word);
	space_load(root, id->word);
}

void space_switch(paddr root, struct space_id *id)
{
	if ((id->word ^ generation) >> ASID_SHIFT != 0) [[clang::unlikely]]
		space_renew(root, id);
	else
		space_load(root, id->word);
}

void tlb_flush(struct space_id *id, vaddr va, size_t n)
{
	uint64_t asid = id->word << TTBR_ASID_SHIFT;

	if (id->word == 0)
		return; /* it never ran */
	asm volatile("dsb ishst" ::: "memory");
	if (n > FLUSH_PAGES_MAX)
		asm volatile("tlbi aside1is, %0" ::"r"(asid));
	else
		for (uint64_t page = va >> PAGE_SHIFT; n > 0; n--, page++)
			asm volatile("tlbi vae1is, %0" ::"r"(asid | (page & ((1ull << 44) - 1))));
	asm volatile("dsb ish\n\tisb" ::: "memory");
}

void space_root_init(pte *root)
{
	(void)root; /* the kernel's half has its own root, TTBR1_EL1 */
}
