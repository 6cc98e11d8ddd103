/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel's own mappings, and switching between address spaces. */
#include "kernel/arch/x86_64/memory.h"

alignas(PAGE_SIZE) struct kernel_tables kernel_tables;
unsigned direct_roots;
static unsigned ndevices; /* pages in use */

/* --- Stacks and devices --- */

/* The page, within a CPU's stride, of page n of all its stacks: one more guard below each stack. */
static unsigned stack_page(unsigned n)
{
	return n < STACK_PAGES ? n + 1 : n + 2 + (n - STACK_PAGES) / STACK_TRAP_PAGES;
}

vaddr stack_top(unsigned cpu, enum stack stack)
{
	unsigned last = STACK_PAGES + stack * STACK_TRAP_PAGES - 1;

	return STACKS_BASE + (cpu * STACKS_STRIDE + stack_page(last) + 1) * PAGE_SIZE;
}

void stack_map(unsigned cpu, unsigned n, paddr page)
{
	kernel_tables.stacks[cpu * STACKS_STRIDE + stack_page(n)] =
		page.raw | PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY;
}

unsigned stack_cpu(vaddr address)
{
	uint64_t page = (address - STACKS_BASE) / PAGE_SIZE;

	return page < STACKS_STRIDE * CPUS_MAX ? (unsigned)page / STACKS_STRIDE : CPUS_MAX;
}

bool stack_is_mapped(vaddr address)
{
	return stack_cpu(address) < CPUS_MAX &&
	       pte_is_present(kernel_tables.stacks[(address - STACKS_BASE) / PAGE_SIZE]);
}

volatile void *device_map(uint64_t base, size_t size)
{
	uint64_t from = base & ~(PAGE_SIZE - 1);
	uint64_t npages = (base + size - from + PAGE_SIZE - 1) / PAGE_SIZE;
	unsigned first = ndevices;

	if (npages > 512 - ndevices || (base & ~PTE_ADDRESS) >= PAGE_SIZE)
		return nullptr;
	for (uint64_t i = 0; i < npages; i++)
		kernel_tables.devices[ndevices++] = (from + i * PAGE_SIZE) | PTE_PRESENT |
						    PTE_WRITE | PTE_PCD | PTE_PWT | PTE_NX |
						    PTE_GLOBAL;
	return (volatile char *)DEVICES_BASE + first * PAGE_SIZE + (base - from);
}

/* Firmware may keep its tables in what it calls reserved, which the boot code left out. The root's
 * entry says that nothing in the direct map may be executed. */
bool direct_ensure(uint64_t base, uint64_t size)
{
	if (size == 0 || base + size < base)
		return false;
	for (uint64_t at = base & ~(LARGE_PAGE - 1); at < base + size; at += LARGE_PAGE) {
		if (at < 4ull << 30) {
			kernel_tables.direct_low[at / LARGE_PAGE] =
				at | PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_GLOBAL;
			continue;
		}
		pte e = at >> 39 < direct_roots ? kernel_tables.root[256 + (at >> 39)] : 0;

		for (unsigned shift = 30; pte_is_present(e) && shift >= 21 && !(e & PTE_LARGE);
		     shift -= 9)
			e = ((pte *)direct(pte_address(e)))[at >> shift & 511];
		if (!pte_is_present(e))
			return false;
	}
	return true;
}

struct memory_range image_range(void)
{
	uint64_t slide = (uint64_t)image_start - KERNEL_LINK;
	pte first = kernel_tables.image[slide / PAGE_SIZE % 512];

	return (struct memory_range){ pte_address(first).raw, (uint64_t)(image_end - image_start) };
}

uint64_t image_slide(void)
{
	return (uint64_t)image_start - KERNEL_LINK;
}

/* --- Address spaces --- */

void space_root_init(pte *root)
{
	for (unsigned i = 256; i < 256 + direct_roots; i++)
		root[i] = kernel_tables.root[i];
	root[511] = kernel_tables.root[511];
}

/* Loading CR3 drops what was cached of the space before: the user's entries are not global. */
void space_switch(paddr root, struct space_id *)
{
	cr3_write(root.raw);
}

/* Past this many pages a full flush is cheaper. */
constexpr size_t INVALIDATE_MAX = 32;

void tlb_flush(struct space_id *, vaddr va, size_t n)
{
	if (n > INVALIDATE_MAX)
		cr3_write(cr3_read());
	else
		for (size_t i = 0; i < n; i++)
			page_invalidate(va + i * PAGE_SIZE);
}

void page_sync_code(paddr)
{
	/* Instruction fetch is coherent with stores. */
}
