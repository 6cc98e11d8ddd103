/* SPDX-License-Identifier: MPL-2.0 */
/* The memory map: whatever firmware says, the lists are sorted, apart, and mean the same. */
#include "boot/x86_64/boot.h"
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "lib/test/test.h"

static struct boot_info boot;
static jmp_buf failed;

void boot_fail(const char *)
{
	longjmp(failed, 1);
}

static void start(void)
{
	memset(&boot, 0, sizeof(boot));
}

static bool ram_is(unsigned i, uint64_t base, uint64_t size)
{
	return i < boot.nram && boot.ram[i].base == base && boot.ram[i].size == size;
}

TEST(ranges, ram_that_touches_or_overlaps_is_joined)
{
	start();
	ranges_add_ram(&boot, 0x5000, 0x1000);
	ranges_add_ram(&boot, 0x1000, 0x1000);
	ranges_add_ram(&boot, 0x2000, 0x1000);
	CHECK(boot.nram == 2 && ram_is(0, 0x1000, 0x2000) && ram_is(1, 0x5000, 0x1000));
	ranges_add_ram(&boot, 0x2800, 0x2900);
	CHECK(boot.nram == 1 && ram_is(0, 0x1000, 0x5000));
}

TEST(ranges, nothing_and_what_lies_too_high_is_left_out)
{
	start();
	ranges_add_ram(&boot, 0x1000, 0);
	ranges_add_ram(&boot, 1ull << 46, 0x1000);
	CHECK(boot.nram == 0);
	ranges_add_ram(&boot, (1ull << 46) - 0x1000, UINT64_MAX);
	CHECK(ram_is(0, (1ull << 46) - 0x1000, 0x1000));
}

TEST(ranges, only_reserved_ranges_inside_ram_are_kept)
{
	start();
	ranges_add_ram(&boot, 0x10000, 0x10000);
	ranges_reserve(&boot, 0, 0x10000);
	ranges_reserve(&boot, 0x20000, 0x1000);
	CHECK(boot.nreserved == 0);
	ranges_reserve(&boot, 0x8000, 0x8001);
	CHECK(boot.nreserved == 1 && boot.reserved[0].base == 0x8000);
}

TEST(ranges, taken_pages_avoid_what_is_reserved)
{
	start();
	ranges_add_ram(&boot, 0x800, 0x7800);
	ranges_reserve(&boot, 0x2000, 0x10);
	CHECK(ranges_take(&boot, 2) == 0x3000);
	CHECK(ranges_take(&boot, 1) == 0x1000);
	CHECK(ranges_take(&boot, 4) == 0);
	CHECK(ranges_take(&boot, 3) == 0x5000);
	CHECK(ranges_take(&boot, 1) == 0);
}

TEST(ranges, pages_for_tables_lie_below_4_gib)
{
	start();
	ranges_add_ram(&boot, 1ull << 32, 1 << 30);
	CHECK(ranges_take(&boot, 1) == 0);
}

TEST(ranges, a_start_cuts_off_what_is_below)
{
	start();
	ranges_add_ram(&boot, 0, 0x9fc00);
	ranges_add_ram(&boot, 0xf0000, 0x100000);
	ranges_start_at(&boot, 1 << 20);
	CHECK(boot.nram == 1 && ram_is(0, 1 << 20, 0xf0000));
	CHECK(ranges_end(&boot) == 0x1f0000);
}

TEST(ranges, too_many_pieces_of_ram_lose_memory_and_nothing_else)
{
	start();
	for (uint64_t i = 0; i < 2 * BOOT_RANGES; i++)
		ranges_add_ram(&boot, i * 0x2000, 0x1000);
	CHECK(boot.nram == BOOT_RANGES);
	CHECK(ram_is(BOOT_RANGES - 1, (BOOT_RANGES - 1) * 0x2000, 0x1000));
}

TEST(ranges, too_many_reserved_pieces_stop_the_boot)
{
	volatile bool stopped = false;

	start();
	ranges_add_ram(&boot, 0, 1 << 30);
	if (setjmp(failed) != 0)
		stopped = true;
	for (uint64_t i = 0; !stopped && i < 2 * BOOT_RANGES; i++)
		ranges_reserve(&boot, i * 0x2000, 0x1000);
	CHECK(stopped && boot.nreserved == BOOT_RANGES);
}

/* Any order of any ranges against one flag a page. */
TEST(ranges, random_maps_agree_with_a_table_of_pages)
{
	constexpr unsigned PAGES = 200;

	srand(1);
	for (unsigned round = 0; round < 2000; round++) {
		bool page[PAGES] = {};

		start();
		for (unsigned n = 0; n < 30; n++) {
			unsigned base = (unsigned)rand() % PAGES, size = (unsigned)rand() % 12;

			if (base + size > PAGES)
				continue;
			ranges_add_ram(&boot, base * PAGE_SIZE, size * PAGE_SIZE);
			memset(page + base, 1, size);
		}
		for (unsigned i = 0; i < PAGES; i++) {
			CHECK(ranges_touch_ram(&boot, i * PAGE_SIZE, PAGE_SIZE) == page[i]);
			CHECK(ranges_all_ram(&boot, i * PAGE_SIZE, PAGE_SIZE) == page[i]);
		}
		for (unsigned i = 1; i < boot.nram; i++)
			CHECK(boot.ram[i - 1].base + boot.ram[i - 1].size < boot.ram[i].base);
	}
}
