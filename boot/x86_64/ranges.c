/* SPDX-License-Identifier: MPL-2.0 */
/* The memory map: collected from whatever firmware says, in any order, overlapping or not. */
#include "boot/x86_64/boot.h"

constexpr uint64_t PHYSICAL_END = 1ull << 46; /* of the direct map */

static uint64_t range_end(struct memory_range r)
{
	return r.base + r.size;
}

/* The list keeps its `n` ranges sorted and apart; joining what touches. False: it is full. */
static bool range_insert(struct memory_range *list, unsigned *n, struct memory_range new)
{
	unsigned at = 0, after;

	while (at < *n && range_end(list[at]) < new.base)
		at++;
	for (after = at; after < *n && list[after].base <= range_end(new); after++) {
		uint64_t end = range_end(list[after]) > range_end(new) ? range_end(list[after])
								       : range_end(new);

		new.base = list[after].base < new.base ? list[after].base : new.base;
		new.size = end - new.base;
	}
	if (after == at && *n == BOOT_RANGES)
		return false;
	/* Ranges at .. after - 1 give way to one. */
	unsigned rest = *n - after;

	if (after > at)
		for (unsigned i = 0; i < rest; i++)
			list[at + 1 + i] = list[after + i];
	else
		for (unsigned i = rest; i-- > 0;)
			list[at + 1 + i] = list[after + i];
	list[at] = new;
	*n = at + 1 + rest;
	return true;
}

static bool range_clip(uint64_t base, uint64_t size, struct memory_range *r)
{
	if (size == 0 || base >= PHYSICAL_END)
		return false;
	if (size > PHYSICAL_END - base)
		size = PHYSICAL_END - base;
	*r = (struct memory_range){ base, size };
	return true;
}

void ranges_add_ram(struct boot_info *boot, uint64_t base, uint64_t size)
{
	struct memory_range r;

	/* More pieces than we can list: memory is lost, nothing worse. */
	if (range_clip(base, size, &r))
		range_insert(boot->ram, &boot->nram, r);
}

void ranges_reserve(struct boot_info *boot, uint64_t base, uint64_t size)
{
	struct memory_range r;

	if (!range_clip(base, size, &r) || !ranges_touch_ram(boot, r.base, r.size))
		return;
	if (!range_insert(boot->reserved, &boot->nreserved, r))
		boot_fail("the memory map has too many reserved ranges inside usable ones");
}

bool ranges_touch_ram(const struct boot_info *boot, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < boot->nram; i++)
		if (base < range_end(boot->ram[i]) && boot->ram[i].base < base + size)
			return true;
	return false;
}

bool ranges_all_ram(const struct boot_info *boot, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < boot->nram; i++)
		if (base >= boot->ram[i].base && base + size <= range_end(boot->ram[i]))
			return true;
	return false;
}

void ranges_start_at(struct boot_info *boot, uint64_t start)
{
	unsigned n = 0;

	for (unsigned i = 0; i < boot->nram; i++) {
		struct memory_range r = boot->ram[i];

		if (range_end(r) <= start)
			continue;
		if (r.base < start)
			r = (struct memory_range){ start, range_end(r) - start };
		boot->ram[n++] = r;
	}
	boot->nram = n;
}

uint64_t ranges_end(const struct boot_info *boot)
{
	return range_end(boot->ram[boot->nram - 1]);
}

/* The end of a reserved range that overlaps, or 0. */
static uint64_t overlap_end(const struct boot_info *boot, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < boot->nreserved; i++)
		if (base < range_end(boot->reserved[i]) && boot->reserved[i].base < base + size)
			return range_end(boot->reserved[i]);
	return 0;
}

uint64_t ranges_take(struct boot_info *boot, uint64_t npages)
{
	uint64_t size = npages * PAGE_SIZE;

	for (unsigned i = 0; i < boot->nram; i++) {
		uint64_t at = (boot->ram[i].base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

		while (at + size <= range_end(boot->ram[i]) && at + size <= 4ull << 30) {
			uint64_t next = overlap_end(boot, at, size);

			if (next == 0) {
				ranges_reserve(boot, at, size);
				return at;
			}
			at = (next + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
		}
	}
	return 0;
}
