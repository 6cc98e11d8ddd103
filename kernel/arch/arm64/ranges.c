/* SPDX-License-Identifier: MPL-2.0 */
/* Adding to lists of memory ranges, and cutting holes into them. */
#include "kernel/arch/arm64/ranges.h"

void ranges_add(struct memory_range *list, unsigned *n, struct memory_range r)
{
	if (r.size != 0 && r.base + r.size > r.base && *n < BOOT_RANGES)
		list[(*n)++] = r;
}

void ranges_remove(struct memory_range *list, unsigned *n, struct memory_range hole)
{
	uint64_t hole_end = hole.base + hole.size;

	if (hole.size == 0 || hole_end < hole.base)
		return;
	for (unsigned i = 0; i < *n;) {
		struct memory_range r = list[i];
		uint64_t end = r.base + r.size;

		if (hole.base >= end || hole_end <= r.base) {
			i++;
			continue;
		}
		/* What is left of it goes to the end, where it is looked at once more. */
		list[i] = list[--*n];
		if (hole.base > r.base)
			ranges_add(list, n, (struct memory_range){ r.base, hole.base - r.base });
		if (hole_end < end)
			ranges_add(list, n, (struct memory_range){ hole_end, end - hole_end });
	}
}
