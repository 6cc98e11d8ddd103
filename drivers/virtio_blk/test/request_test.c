/* SPDX-License-Identifier: MPL-2.0 */
/* Checking clients' requests. */
#include "drivers/virtio_blk/core/request.h"
#include "lib/test/test.h"

static const struct blk_limits limits = { .sectors = 10000,
					  .sector_size = 512,
					  .max_bytes = 64 << 10,
					  .max_discard = 100,
					  .segment_max = 1 << 20,
					  .nsegments = 17,
					  .can_flush = true };
static const struct extent extent = { .first = 1000, .count = 500 };
static uint64_t pages[] = { 0x10000, 0x11000, 0x50000, 0x51000, 0x90000 };
static const struct memory memories[BLOCK_MEMORIES] = { [2] = { .size = 5 * 4096, .page = pages } };
static struct blk_job job;

static enum err read(struct block_request r)
{
	return request_read(&r, &limits, &extent, memories, &job);
}

TEST(request, becomes_segments_in_one_piece_where_pages_follow)
{
	CHECK(read((struct block_request){ .op = BLOCK_OP_READ,
					   .sector = 7,
					   .count = 32,
					   .offset = 512,
					   .memory = 2,
					   .cookie = 99 }) == OK);
	CHECK(job.sector == 1007 && job.cookie == 99 && job.memory == 2 && job.nsegments == 3);
	CHECK(job.segment[0].address == 0x10200 && job.segment[0].size == 8192 - 512);
	CHECK(job.segment[1].address == 0x50000 && job.segment[1].size == 8192);
	CHECK(job.segment[2].address == 0x90000 && job.segment[2].size == 512);
}

TEST(request, large_sectors_count_in_512_for_the_device)
{
	struct blk_limits l = limits;
	struct block_request r = { .op = BLOCK_OP_WRITE, .sector = 3, .count = 2, .memory = 2 };

	l.sector_size = 4096;
	CHECK(request_read(&r, &l, &extent, memories, &job) == OK);
	CHECK(job.sector == 1003 * 8 && job.nsegments == 1 && job.segment[0].size == 8192);
	r.offset = 512;
	CHECK(request_read(&r, &l, &extent, memories, &job) == ERR_BAD_ARGUMENT);
}

TEST(request, is_refused_where_it_reaches_outside)
{
	struct block_request good = { .op = BLOCK_OP_READ, .count = 1, .memory = 2 }, r;

	CHECK(read(good) == OK);
	r = good, r.sector = 499;
	CHECK(read(r) == OK);
	r.count = 2;
	CHECK(read(r) == ERR_BAD_ARGUMENT);
	r = good, r.sector = UINT64_MAX;
	CHECK(read(r) == ERR_BAD_ARGUMENT);
	r = good, r.offset = 5 * 4096;
	CHECK(read(r) == ERR_BAD_ARGUMENT);
	r = good, r.count = 40, r.offset = 512;
	CHECK(read(r) == ERR_BAD_ARGUMENT);
	for (unsigned i = 0; i < 20; i++) {
		r = good, r.memory = (uint16_t)i;
		CHECK(read(r) == (i == 2 ? OK : ERR_BAD_ARGUMENT));
	}
	r = good, r.op = 7;
	CHECK(read(r) == ERR_BAD_ARGUMENT);
	r = (struct block_request){ .op = BLOCK_OP_DISCARD, .count = 101 };
	CHECK(read(r) == ERR_TOO_BIG);
	r.op = BLOCK_OP_ZERO;
	CHECK(read(r) == ERR_UNSUPPORTED);
}

TEST(request, of_more_than_the_device_takes_is_too_big)
{
	static uint64_t scattered[40];
	struct memory m[BLOCK_MEMORIES] = { { .size = 40 * 4096, .page = scattered } };
	struct block_request r = { .op = BLOCK_OP_READ, .count = 128 };
	struct blk_limits l = limits;

	for (unsigned i = 0; i < 40; i++)
		scattered[i] = 0x100000 + i * 0x2000ull;
	CHECK(request_read(&r, &l, &extent, m, &job) == OK && job.nsegments == 16);
	r.offset = 512;
	CHECK(request_read(&r, &l, &extent, m, &job) == OK && job.nsegments == 17);
	l.nsegments = 16;
	CHECK(request_read(&r, &l, &extent, m, &job) == ERR_TOO_BIG);
	r.count = 129;
	CHECK(request_read(&r, &limits, &extent, m, &job) == ERR_TOO_BIG);
	l = limits, l.segment_max = 1024, l.nsegments = 129, r.count = 8;
	CHECK(request_read(&r, &l, &extent, m, &job) == OK && job.nsegments == 5);
}

TEST(request, that_would_change_a_read_only_extent_is_denied)
{
	struct extent x = { .count = 10, .is_read_only = true };

	for (uint8_t op = BLOCK_OP_READ; op <= BLOCK_OP_ZERO; op++) {
		struct block_request r = { .op = op, .count = 1, .memory = 2 };
		bool changes = op != BLOCK_OP_READ && op != BLOCK_OP_FLUSH;
		CHECK(request_read(&r, &limits, &x, memories, &job) == (changes ? ERR_DENIED : OK));
	}
}

TEST(request, to_flush_without_a_cache_has_ended_already)
{
	struct block_request r = { .op = BLOCK_OP_FLUSH };
	struct blk_limits l = limits;

	CHECK(request_read(&r, &l, &extent, memories, &job) == OK);
	l.can_flush = false;
	CHECK(request_read(&r, &l, &extent, memories, &job) == ERR_WOULD_BLOCK);
	r = (struct block_request){
		.op = BLOCK_OP_WRITE, .flags = BLOCK_FUA, .count = 1, .memory = 2
	};
	CHECK(request_read(&r, &l, &extent, memories, &job) == OK && !job.fua);
	CHECK(request_read(&r, &limits, &extent, memories, &job) == OK && job.fua);
}

TEST(extent, a_part_lies_inside)
{
	struct extent part = {};

	CHECK(extent_part(&extent, 10, 20, &part) == OK && part.first == 1010 && part.count == 20);
	CHECK(extent_part(&extent, 0, 500, &part) == OK && !part.is_read_only);
	CHECK(extent_part(&extent, 0, 501, &part) == ERR_BAD_ARGUMENT);
	CHECK(extent_part(&extent, 500, 1, &part) == ERR_BAD_ARGUMENT);
	CHECK(extent_part(&extent, 0, 0, &part) == ERR_BAD_ARGUMENT);
	CHECK(extent_part(&extent, 2, UINT64_MAX, &part) == ERR_BAD_ARGUMENT);
}
