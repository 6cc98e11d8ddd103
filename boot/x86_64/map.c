/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel's page tables, filled while memory below 4 GiB is mapped where it is. */
#include "boot/x86_64/boot.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/string.h"

constexpr pte TABLE = PTE_PRESENT | PTE_WRITE;
constexpr pte LEAF = PTE_PRESENT | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY;
constexpr unsigned LOW_ENTRIES = 4 * 512, LOW_GIB = 4;

alignas(PAGE_SIZE) static char stacks[STACKS_PAGES][PAGE_SIZE];
static uint64_t spare, nspare; /* pages for tables */

/* --- The image --- */

static void image_part(uint64_t slide, const char *from, const char *to, pte flags)
{
	uint64_t page = (slide + (uint64_t)(from - image_start)) / PAGE_SIZE;
	uint64_t first = slide / LARGE_PAGE * 512;

	for (; from < to; from += PAGE_SIZE, page++)
		kernel_tables.image[page - first] = (uint64_t)from | LEAF | flags;
}

/* The last page that `slide` allows ends in the second table. */
void map_image(uint64_t slide)
{
	struct kernel_tables *t = &kernel_tables;

	t->root[511] = (uint64_t)t->level2 | TABLE;
	t->level2[510] = (uint64_t)t->level1 | TABLE;
	for (unsigned i = 0; i < IMAGE_TABLES && slide / LARGE_PAGE + i < STACKS_SLOT; i++)
		t->level1[slide / LARGE_PAGE + i] = (uint64_t)&t->image[i * 512] | TABLE;
	t->level1[STACKS_SLOT] = (uint64_t)t->stacks | TABLE;
	t->level1[DEVICES_SLOT] = (uint64_t)t->devices | TABLE;
	image_part(slide, image_start, image_text_end, 0);
	image_part(slide, image_text_end, image_rodata_end, PTE_NX);
	image_part(slide, image_rodata_end, image_end, PTE_NX | PTE_WRITE);
	for (unsigned n = 0; n < STACKS_PAGES; n++)
		stack_map(0, n, (paddr){ (uint64_t)stacks[n] });
}

/* --- All RAM --- */

static uint64_t *spare_take(void)
{
	if (nspare == 0)
		boot_fail("too few pages for page tables"); /* counted wrong */
	uint64_t *page = (uint64_t *)spare;

	nspare--;
	spare += PAGE_SIZE;
	memset(page, 0, PAGE_SIZE);
	return page;
}

static bool gib_is_one_page(const struct boot_info *boot, uint64_t base)
{
	return cpu_has.gib_pages && ranges_all_ram(boot, base, HUGE_PAGE);
}

/* One table for each part of 512 GiB, and one for each GiB that is not a single page. */
static uint64_t tables_count(const struct boot_info *boot)
{
	uint64_t n = (ranges_end(boot) - 1) >> 39;

	for (uint64_t at = LOW_GIB * HUGE_PAGE; at < ranges_end(boot); at += HUGE_PAGE)
		if (ranges_touch_ram(boot, at, HUGE_PAGE) && !gib_is_one_page(boot, at))
			n++;
	return n;
}

static void gib_map(const struct boot_info *boot, pte *level2, uint64_t base)
{
	pte *entry = &level2[base >> 30 & 511];

	if (!ranges_touch_ram(boot, base, HUGE_PAGE))
		return;
	if (gib_is_one_page(boot, base)) {
		*entry = base | LEAF | PTE_LARGE | PTE_WRITE | PTE_NX;
		return;
	}
	pte *level1 = spare_take();

	*entry = (uint64_t)level1 | TABLE;
	for (unsigned i = 0; i < 512; i++)
		if (ranges_touch_ram(boot, base + i * LARGE_PAGE, LARGE_PAGE))
			level1[i] = (base + i * LARGE_PAGE) | LEAF | PTE_LARGE | PTE_WRITE | PTE_NX;
}

/* The first 4 GiB have their tables: low memory shares them, until it is forgotten. So what is not
 * to be executed in the direct map is marked at its root, and what is no RAM goes away here. */
static void low_map(const struct boot_info *boot)
{
	for (unsigned i = 0; i < LOW_ENTRIES; i++)
		if (!ranges_touch_ram(boot, i * LARGE_PAGE, LARGE_PAGE))
			kernel_tables.direct_low[i] = 0;
		else
			kernel_tables.direct_low[i] |= LEAF;
}

void map_ram(struct boot_info *boot)
{
	uint64_t end = ranges_end(boot);
	pte *level2 = kernel_tables.direct;

	nspare = tables_count(boot);
	if (nspare != 0 && (spare = ranges_take(boot, nspare)) == 0)
		boot_fail("no memory for page tables below 4 GiB");
	for (uint64_t at = LOW_GIB * HUGE_PAGE; at < end; at += HUGE_PAGE) {
		if (at << (64 - 39) == 0) {
			level2 = spare_take();
			kernel_tables.root[256 + (at >> 39)] = (uint64_t)level2 | TABLE | PTE_NX;
		}
		gib_map(boot, level2, at);
	}
	low_map(boot);
	kernel_tables.root[256] = (uint64_t)kernel_tables.direct | TABLE | PTE_NX;
	direct_roots = (unsigned)((end - 1) >> 39) + 1;
}
