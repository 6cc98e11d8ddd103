/* SPDX-License-Identifier: MPL-2.0 */
/* Page faults and mappings. */
#include "bench/bench.h"

constexpr uint64_t PAGE = 4096;
constexpr uint64_t FRESH_PAGES = 2048; /* of a region that is touched page by page */

static uint64_t region, next_page, base;
static fut_handle vmo;

static void region_renew(void)
{
	if (region)
		need(fut_space_unmap(0, region, FRESH_PAGES * PAGE), "unmap");
	need(fut_space_map(0, 0, 0, 0, FRESH_PAGES * PAGE, MAP_READ | MAP_WRITE, &region), "map");
	next_page = 0;
}

/* The first touch of a page; a new region now and then does not count. */
static uint64_t fault(void)
{
	if (next_page == FRESH_PAGES)
		region_renew();
	volatile char *at = (char *)region + next_page++ * PAGE;
	uint64_t start = measure();
	*at = 1;
	return measure() - start;
}

/* ARM64 counts 16 instructions a tick, so that there the pages of a batch are touched in one go. */
static uint64_t fault_batch(void)
{
	constexpr uint64_t PAGES = 16;

	if (next_page + PAGES > FRESH_PAGES)
		region_renew();
	volatile char *at = (char *)region + next_page * PAGE;
	uint64_t start = measure();
	for (uint64_t i = 0; i < PAGES; i++)
		at[i * PAGE] = 1;
	next_page += PAGES;
	return measure() - start;
}

static bool fault_setup(void)
{
	region_renew();
	return true;
}

static void fault_done(void)
{
	need(fut_space_unmap(0, region, FRESH_PAGES * PAGE), "unmap");
	region = 0;
}

/* Neighbours stay mapped, so that the tables are there. */
static bool map_setup(void)
{
	uint64_t done;

	need(fut_vmo_create(64 * PAGE, 0, &vmo), "vmo");
	need(fut_vmo_commit(vmo, 0, 64 * PAGE, &done), "commit");
	need(fut_space_map(0, 0, 0, 0, 64 * PAGE, MAP_READ | MAP_WRITE | MAP_COMMIT, &base), "map");
	need(fut_space_unmap(0, base + 16 * PAGE, 32 * PAGE), "unmap");
	return true;
}

static void map_done(void)
{
	need(fut_space_unmap(0, base, 64 * PAGE), "unmap");
	need(fut_handle_close(vmo), "close");
}

static uint64_t map_unmap(uint64_t size)
{
	uint64_t at;

	need(fut_space_map(0, vmo, base + 16 * PAGE, 0, size,
			   MAP_READ | MAP_WRITE | MAP_FIXED | MAP_COMMIT, &at),
	     "map");
	need(fut_space_unmap(0, at, size), "unmap");
	return 0;
}

static uint64_t map_page(void)
{
	return map_unmap(PAGE);
}

static uint64_t map_64k(void)
{
	return map_unmap(16 * PAGE);
}

BENCH(memory, fault) = { "fault.anonymous",
			 "first touch of a page, zeroing included",
			 1800,
			 fault_setup,
			 BATCH == 1 ? fault : fault_batch,
			 .is_span = true,
			 .done = fault_done,
			 .per = BATCH,
			 .reps = REPS / BATCH };
BENCH(memory, map_page) = { "map.page", "map and unmap a page that is there, tables present",
			    900,        map_setup,
			    map_page,   .done = map_done };
BENCH(memory, map_64k) = { "map.64_kib", "map and unmap 64 KiB", 2500, map_setup,
			   map_64k,      .done = map_done };
