/* SPDX-License-Identifier: MPL-2.0 */
/* Lists of memory ranges. */
#include "kernel/arch/arm64/ranges.h"
#include "lib/test/test.h"

static struct memory_range list[BOOT_RANGES];
static unsigned n;

static bool has(uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i].base == base && list[i].size == size)
			return true;
	return false;
}

static void start(void)
{
	n = 0;
	ranges_add(list, &n, (struct memory_range){ 0x1000, 0x1000 });
	ranges_add(list, &n, (struct memory_range){ 0x4000, 0x4000 });
}

TEST(ranges, a_hole_in_the_middle_splits_a_range)
{
	start();
	ranges_remove(list, &n, (struct memory_range){ 0x5000, 0x1000 });
	CHECK(n == 3 && has(0x1000, 0x1000) && has(0x4000, 0x1000) && has(0x6000, 0x2000));
}

TEST(ranges, a_hole_may_cover_several_ranges)
{
	start();
	ranges_remove(list, &n, (struct memory_range){ 0x1800, 0x3000 });
	CHECK(n == 2 && has(0x1000, 0x800) && has(0x4800, 0x3800));
	ranges_remove(list, &n, (struct memory_range){ 0, 0x10000 });
	CHECK(n == 0);
}

TEST(ranges, what_touches_nothing_or_wraps_changes_nothing)
{
	start();
	ranges_remove(list, &n, (struct memory_range){ 0x2000, 0x2000 });
	ranges_remove(list, &n, (struct memory_range){ 0x1000, UINT64_MAX });
	ranges_remove(list, &n, (struct memory_range){ 0x1000, 0 });
	ranges_add(list, &n, (struct memory_range){ 0x1000, 0 });
	ranges_add(list, &n, (struct memory_range){ UINT64_MAX - 1, 0x1000 });
	CHECK(n == 2 && has(0x1000, 0x1000) && has(0x4000, 0x4000));
}

TEST(ranges, a_full_list_takes_no_more)
{
	n = 0;
	for (unsigned i = 0; i < BOOT_RANGES + 5; i++)
		ranges_add(list, &n, (struct memory_range){ i * 0x2000ull, 0x1000 });
	CHECK(n == BOOT_RANGES);
}
