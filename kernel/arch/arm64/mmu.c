/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel's own page tables. They are made by the boot code, and then only grow. */
#include "kernel/arch/arm64/mmu.h"

constexpr unsigned LEVEL_BITS = 9;
constexpr unsigned TOP_LEVEL = 3;
constexpr unsigned BLOCK_LEVEL_MAX = 2; /* 1 GiB */
constexpr uint64_t BLOCK_2M = 2ull << 20;

/* The boot code zeroes the first pages itself, for until the MMU is on `dc zva` must not be used.
 */
constexpr uint64_t POOL_ZEROED = 8 * PAGE_SIZE;

struct mmu mmu;
size_t arm64_zero_block;

static const pte kinds[] = {
	[MAP_CODE] = PTE_READ_ONLY | PTE_NO_EXEC_USER,
	[MAP_CONSTANT] = PTE_READ_ONLY | PTE_NO_EXEC_USER | PTE_NO_EXEC_KERNEL,
	[MAP_DATA] = PTE_NO_EXEC_USER | PTE_NO_EXEC_KERNEL,
	[MAP_REGISTERS] =
		PTE_NO_EXEC_USER | PTE_NO_EXEC_KERNEL | MEMORY_DEVICE << PTE_ATTRIBUTE_SHIFT,
	[MAP_BOOT] = PTE_NO_EXEC_USER,
};

void mmu_init(void)
{
	uint64_t id = SYSREG_READ(dczid_el0);
	uint64_t block = 4ull << (id & 15);

	arm64_zero_block = (id & 16) != 0 || block > PAGE_SIZE / 2 ? 0 : block;
}

static inline unsigned level_shift(unsigned level)
{
	return PAGE_SHIFT + level * LEVEL_BITS;
}

uint64_t mmu_page_take(void)
{
	uint64_t page = mmu.pool_next;

	if (page + PAGE_SIZE > mmu.pool_limit)
		return 0;
	mmu.pool_next += PAGE_SIZE;
	if (page >= mmu.image + (uint64_t)(pool_start - image_start) + POOL_ZEROED)
		page_zero((void *)(page + mmu.tables));
	return page;
}

static bool block_fits(vaddr va, uint64_t pa, uint64_t size, unsigned level)
{
	uint64_t block = 1ull << level_shift(level);

	return level <= BLOCK_LEVEL_MAX && size >= block && ((va | pa) & (block - 1)) == 0;
}

/* Map one page or block; how many bytes that were, 0 if no table could be had. */
static uint64_t map_one(uint64_t root, vaddr va, uint64_t pa, uint64_t size, pte kind)
{
	pte *table = (pte *)(root + mmu.tables);

	for (unsigned level = TOP_LEVEL;; level--) {
		uint64_t block = 1ull << level_shift(level);
		pte *e = &table[(va >> level_shift(level)) & ((1u << LEVEL_BITS) - 1)];
		bool is_table = (*e & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);

		if (pte_is_present(*e) && (level == 0 || !is_table))
			return block - (va & (block - 1)); /* mapped already */
		if (!pte_is_present(*e) && block_fits(va, pa, size, level)) {
			*e = pa | kind | PTE_VALID | PTE_SHARED | PTE_ACCESSED |
			     (level == 0 ? PTE_TABLE : 0);
			return block;
		}
		if (!pte_is_present(*e)) {
			uint64_t page = mmu_page_take();
			if (page == 0)
				return 0;
			*e = pte_table((paddr){ page });
		}
		table = (pte *)(pte_address(*e).raw + mmu.tables);
	}
}

bool mmu_map(uint64_t root, vaddr va, uint64_t pa, uint64_t size, enum map_kind kind)
{
	while (size > 0) {
		uint64_t done = map_one(root, va, pa, size, kinds[kind]);
		if (done == 0)
			return false;
		if (done >= size)
			break;
		va += done;
		pa += done;
		size -= done;
	}
	pte_publish();
	return true;
}

/* Virtual addresses keep their place in 2 MiB, so that large blocks fit. */
volatile void *device_map(struct memory_range range)
{
	uint64_t offset = range.base & (BLOCK_2M - 1);
	uint64_t first = range.base & ~(uint64_t)(PAGE_SIZE - 1);
	uint64_t end = (range.base + range.size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	vaddr va = mmu.devices_end + offset;

	if (range.size == 0 || end <= first || end > DIRECT_END - DIRECT_BASE ||
	    va + range.size >= KSTACKS_BASE)
		return nullptr;
	if (!mmu_map(mmu.root, va - (range.base - first), first, end - first, MAP_REGISTERS))
		return nullptr;
	mmu.devices_end = (va + range.size + BLOCK_2M - 1) & ~(BLOCK_2M - 1);
	return (volatile void *)va;
}

void memory_clean(const volatile void *p, size_t n)
{
	for (uint64_t at = (uint64_t)p & ~15ull; at < (uint64_t)p + n; at += 16)
		asm volatile("dc civac, %0" ::"r"(at) : "memory");
	asm volatile("dsb sy" ::: "memory");
}

/* --- kernel/arch.h --- */

void page_sync_code(paddr page)
{
	uint64_t line = 4ull << ((SYSREG_READ(ctr_el0) >> 16) & 15);
	uint64_t at = (uint64_t)direct(page);

	for (uint64_t end = at + PAGE_SIZE; at < end; at += line)
		asm volatile("dc cvau, %0" ::"r"(at) : "memory");
	asm volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}
