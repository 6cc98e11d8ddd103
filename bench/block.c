/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Block devices: requests to a driver in another task, until they are done. The disk is one that
 * answers at once and holds nothing, so that what is measured is the system.
 */
#include "lib/futura/block.h"
#include "bench/bench.h"

constexpr size_t PAGE = 4096, LARGE = 1 << 20;
constexpr uint64_t PATIENCE = 100 * MILLISECOND; /* the driver may still start */

static struct block disk;
static uint64_t next_sector;

static bool setup(void)
{
	return block_open(&disk, "block.0", LARGE, clock_after(PATIENCE)) == OK;
}

static void done(void)
{
	block_close(&disk);
}

static void read_next(size_t bytes)
{
	uint64_t count = bytes / disk.sector_size;

	if (next_sector + count > disk.sectors)
		next_sector = 0;
	struct block_request r = { .op = BLOCK_OP_READ,
				   .sector = next_sector,
				   .count = (uint32_t)count };
	need(block_do(&disk, &r), "block_do");
	next_sector += count;
}

static uint64_t read_page(void)
{
	read_next(PAGE);
	return 0;
}

/* In requests as large as the device takes. */
static uint64_t read_large(void)
{
	size_t most = disk.max_bytes < LARGE ? disk.max_bytes : LARGE;

	for (size_t left = LARGE, now; left > 0; left -= now) {
		now = left < most ? left : most;
		read_next(now);
	}
	return 0;
}

BENCH(block, read_page) = { "block.read_4096", "read the next 4 KiB of a disk", 0, setup, read_page,
			    .done = done };
BENCH(block, read_large) = {
	"block.read_1m", "read the next 1 MiB of a disk", 0, setup, read_large, .done = done,
	.reps = 1024
};
