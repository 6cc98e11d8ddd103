/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Address space numbers (ASIDs) and the TLB. A space keeps its number as long as numbers last; when
 * they have run out every TLB is emptied and a new generation begins. space_id.word is generation
 * and number, 0 in a new space; space_id.cpus those whose TLBs may know the number, a bit each:
 * what no other CPU has seen none needs to be told of. The kernel lock guards all of it.
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
/* Numbers that were in use when this generation began. TLBs go on filling under them, also after
 * the flush, so nobody else may have one before the next. */
static uint64_t kept_asids[CPUS_MAX];

void space_cpu_init(struct arch_cpu *cpu)
{
	asid_count = id_field(SYSREG_READ(id_aa64mmfr0_el1), 4) >= 2 ? 1 << 16 : 1 << 8;
	cpus[cpu->index] = cpu;
	cpu->space = 0;
}

static bool asid_is_kept(uint64_t asid)
{
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (kept_asids[i] == asid)
			return true;
	return false;
}

static void generation_begin(void)
{
	asid_next = 1; /* 0 is for no space */
	generation += 1ull << ASID_SHIFT;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		kept_asids[i] = cpus[i] != nullptr ? cpus[i]->space & ASID_MASK : 0;
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

/* A number that nobody had in this generation. */
static uint64_t asid_take(void)
{
	for (;;) {
		if (asid_next == asid_count)
			generation_begin();
		uint64_t asid = asid_next++;
		if (!asid_is_kept(asid))
			return generation | asid;
	}
}

/* The CPUs that the space with this word is loaded on. */
static uint64_t cpus_in(uint64_t word)
{
	uint64_t found = 0;

	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr && cpus[i]->space == word)
			found |= 1ull << i;
	return found;
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

static inline void space_load(paddr root, struct space_id *id)
{
	struct arch_cpu *cpu = this_arch_cpu();

	cpu->space = id->word;
	id->cpus |= 1ull << cpu->index;
	SYSREG_WRITE(ttbr0_el1, root.raw | id->word << TTBR_ASID_SHIFT);
	isb();
}

[[clang::noinline]] static void space_renew(paddr root, struct space_id *id)
{
	id->word = asid_renew(id->word);
	id->cpus = cpus_in(id->word);
	space_load(root, id);
}

void space_switch(paddr root, struct space_id *id)
{
	if ((id->word ^ generation) >> ASID_SHIFT != 0) [[clang::unlikely]]
		space_renew(root, id);
	else
		space_load(root, id);
}

/* What `tlbi` takes for a page. */
static inline uint64_t tlbi_page(uint64_t asid, uint64_t page)
{
	return asid | (page & ((1ull << 44) - 1));
}

static void flush_here(uint64_t asid, uint64_t page, size_t n)
{
	if (n > FLUSH_PAGES_MAX)
		asm volatile("tlbi aside1, %0" ::"r"(asid));
	else
		for (; n > 0; n--, page++)
			asm volatile("tlbi vae1, %0" ::"r"(tlbi_page(asid, page)));
	asm volatile("dsb nsh\n\tisb" ::: "memory");
}

static void flush_everywhere(uint64_t asid, uint64_t page, size_t n)
{
	if (n > FLUSH_PAGES_MAX)
		asm volatile("tlbi aside1is, %0" ::"r"(asid));
	else
		for (; n > 0; n--, page++)
			asm volatile("tlbi vae1is, %0" ::"r"(tlbi_page(asid, page)));
	asm volatile("dsb ish\n\tisb" ::: "memory");
}

void tlb_flush(struct space_id *id, vaddr va, size_t n)
{
	uint64_t asid = id->word << TTBR_ASID_SHIFT, here = 1ull << this_arch_cpu()->index;

	if (id->word == 0)
		return; /* it never ran */
	asm volatile("dsb ishst" ::: "memory");
	if ((id->cpus & ~here) == 0)
		flush_here(asid, va >> PAGE_SHIFT, n);
	else
		flush_everywhere(asid, va >> PAGE_SHIFT, n);
	if (n > FLUSH_PAGES_MAX)
		id->cpus = cpus_in(id->word); /* the others know nothing of it now */
}

void space_root_init(pte *root)
{
	(void)root; /* the kernel's half has its own root, TTBR1_EL1 */
}
