/* SPDX-License-Identifier: MPL-2.0 */
/* What a block device does for a client that means well. */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/service.h"
#include "lib/futura/thread.h"
#include "tests/block/test.h"

static void tells_what_it_is(void)
{
	struct block b;

	disk_open(&b);
	CHECK(b.sectors == DISK_SECTORS && b.sector_size == SECTOR);
	CHECK(b.max_bytes >= 64 << 10 && b.max_bytes % SECTOR == 0);
	CHECK(b.features & BLOCK_HAS_FLUSH && !(b.features & BLOCK_READ_ONLY));
	CHECK(strcmp(b.serial, "disk0") == 0);
	block_close(&b);
}

static void reads_what_the_host_wrote(void)
{
	struct block b;

	disk_open(&b);
	for (uint64_t i = 0; i < AREA; i += MEMORY / SECTOR) {
		OKAY(request_do(&b, BLOCK_OP_READ, i, MEMORY / SECTOR, 0));
		for (uint64_t k = 0; k < MEMORY / SECTOR; k++)
			CHECK(sector_is_original(b.memory + k * SECTOR, i + k));
	}
	OKAY(request_do(&b, BLOCK_OP_READ, DISK_SECTORS - 1, 1, MEMORY - SECTOR));
	CHECK(sector_is_original(b.memory + MEMORY - SECTOR, DISK_SECTORS - 1));
	block_close(&b);
}

/* Sizes and places that cross pages, and do not begin with one. */
static void writes_and_reads_back(void)
{
	static const uint32_t counts[] = { 1, 3, 8, 9, 17, 64, 127, 400 };
	uint64_t sector = FIRST_OF(AREA_WRITE);
	struct block b;

	disk_open(&b);
	for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		uint32_t n = counts[i];
		uint64_t offset = (i * 5 + 1) * SECTOR;
		for (uint32_t k = 0; k < n; k++)
			sector_fill(b.memory + offset + k * SECTOR, sector + k, 1);
		OKAY(request_do(&b, BLOCK_OP_WRITE, sector, n, offset));
		memset(b.memory, 0xee, MEMORY);
		OKAY(request_do(&b, BLOCK_OP_READ, sector, n, offset + SECTOR));
		for (uint32_t k = 0; k < n; k++)
			CHECK(sector_is(b.memory + offset + (k + 1) * SECTOR, sector + k, 1));
		CHECK(b.memory[offset + SECTOR - 1] == (char)0xee);
		CHECK(b.memory[offset + (n + 1) * SECTOR] == (char)0xee);
		sector += n;
	}
	OKAY(block_flush(&b));
	block_close(&b);
}

static void copies_more_than_a_request_holds(void)
{
	constexpr uint64_t COUNT = 3000, FIRST = FIRST_OF(AREA_WRITE) + 1000;
	char *data = malloc(COUNT * SECTOR);
	struct block b;

	CHECK(data != nullptr);
	disk_open(&b);
	for (uint64_t i = 0; i < COUNT; i++)
		sector_fill(data + i * SECTOR, FIRST + i, 2);
	OKAY(block_write(&b, FIRST, COUNT, data));
	memset(data, 0, COUNT * SECTOR);
	OKAY(block_read(&b, FIRST, COUNT, data));
	for (uint64_t i = 0; i < COUNT; i++)
		CHECK(sector_is(data + i * SECTOR, FIRST + i, 2));
	block_close(&b);
	free(data);
}

static void zeroes_and_discards(void)
{
	static const char zero[SECTOR];
	struct block b;

	disk_open(&b);
	CHECK(b.features & BLOCK_HAS_ZERO && b.features & BLOCK_HAS_DISCARD);
	OKAY(block_erase(&b, BLOCK_OP_ZERO, FIRST_OF(AREA_ZERO) + 1, 1000));
	OKAY(request_do(&b, BLOCK_OP_READ, FIRST_OF(AREA_ZERO), 1002, 0));
	CHECK(sector_is_original(b.memory, FIRST_OF(AREA_ZERO)));
	CHECK(memcmp(b.memory + SECTOR, zero, SECTOR) == 0);
	CHECK(memcmp(b.memory + 1000 * SECTOR, zero, SECTOR) == 0);
	CHECK(sector_is_original(b.memory + 1001 * SECTOR, FIRST_OF(AREA_ZERO) + 1001));
	OKAY(block_erase(&b, BLOCK_OP_DISCARD, FIRST_OF(AREA_ZERO) + 2048, 1024));
	block_close(&b);
}

static void writes_that_last(void)
{
	struct block b;

	disk_open(&b);
	for (uint64_t i = 0; i < 20; i++) {
		struct block_request r = { .op = BLOCK_OP_WRITE,
					   .flags = BLOCK_FUA,
					   .sector = FIRST_OF(AREA_FUA) + i,
					   .count = 1 };
		sector_fill(b.memory, r.sector, 3);
		OKAY(block_do(&b, &r));
	}
	block_close(&b);
}

/* As many at a time as a session may have, and every end comes once. */
static void does_many_at_a_time(void)
{
	uint64_t seen = 0;
	struct block b;

	disk_open(&b);
	for (uint64_t turn = 0; turn < 20; turn++) {
		seen = 0;
		for (uint64_t i = 0; i < BLOCK_DEPTH; i++) {
			struct block_request r = { .cookie = i,
						   .op = BLOCK_OP_WRITE,
						   .sector = FIRST_OF(AREA_DEEP) + i * 8,
						   .count = 8,
						   .offset = i * 8 * SECTOR };
			for (uint64_t k = 0; k < 8; k++)
				sector_fill(b.memory + r.offset + k * SECTOR, r.sector + k, turn);
			OKAY(block_submit(&b, &r));
		}
		struct block_request extra = { .op = BLOCK_OP_FLUSH };
		FAILS(block_submit(&b, &extra), ERR_WOULD_BLOCK);
		for (uint64_t i = 0; i < BLOCK_DEPTH; i++) {
			struct block_done done;
			OKAY(block_wait(&b, clock_after(PATIENCE), &done));
			CHECK(done.error == OK && done.cookie < 64);
			CHECK((seen >> done.cookie & 1) == 0);
			seen |= 1ull << done.cookie;
		}
		CHECK(seen == UINT64_MAX);
	}
	struct block_done none;
	FAILS(block_wait(&b, 0, &none), ERR_BAD_STATE);
	OKAY(request_do(&b, BLOCK_OP_READ, FIRST_OF(AREA_DEEP), 512, 0));
	for (uint64_t i = 0; i < 512; i++)
		CHECK(sector_is(b.memory + i * SECTOR, FIRST_OF(AREA_DEEP) + i, 19));
	block_close(&b);
}

static int write_area(void *argument)
{
	uint64_t first = (uint64_t)argument;
	struct block b;

	if (block_open(&b, "block.0", 64 << 10, clock_after(PATIENCE)) != OK)
		return 1;
	for (uint64_t i = 0; i < AREA; i += 64) {
		for (uint64_t k = 0; k < 64; k++)
			sector_fill(b.memory + k * SECTOR, first + i + k, first);
		if (request_do(&b, BLOCK_OP_WRITE, first + i, 64, 0) != OK)
			return 2;
	}
	for (uint64_t i = 0; i < AREA; i += 64) {
		if (request_do(&b, BLOCK_OP_READ, first + i, 64, 0) != OK)
			return 3;
		for (uint64_t k = 0; k < 64; k++)
			if (!sector_is(b.memory + k * SECTOR, first + i + k, first))
				return 4;
	}
	block_close(&b);
	return 0;
}

static void serves_several_clients_at_once(void)
{
	struct thread *threads[4];

	for (uint64_t i = 0; i < 4; i++)
		OKAY(thread_start(&threads[i], write_area, (void *)FIRST_OF(AREA_THREADS + i),
				  nullptr));
	for (unsigned i = 0; i < 4; i++)
		CHECK(thread_join(threads[i]) == 0);
}

static void a_part_is_a_disk_of_its_own(void)
{
	constexpr uint64_t FIRST = FIRST_OF(AREA_PART);
	struct block whole, part, inner;
	fut_handle session;

	disk_open(&whole);
	OKAY(block_part(&whole.remote, FIRST, 100, 0, &session));
	OKAY(block_open_session(&part, session, 64 << 10));
	CHECK(part.sectors == 100);
	OKAY(request_do(&part, BLOCK_OP_READ, 0, 1, 0));
	CHECK(sector_is_original(part.memory, FIRST));
	sector_fill(part.memory, FIRST + 99, 4);
	OKAY(request_do(&part, BLOCK_OP_WRITE, 99, 1, 0));
	FAILS(request_do(&part, BLOCK_OP_READ, 100, 1, 0), ERR_BAD_ARGUMENT);
	FAILS(request_do(&part, BLOCK_OP_READ, 99, 2, 0), ERR_BAD_ARGUMENT);
	FAILS(block_part(&part.remote, 99, 2, 0, &session), ERR_BAD_ARGUMENT);
	FAILS(block_part(&part.remote, 0, 0, 0, &session), ERR_BAD_ARGUMENT);
	FAILS(block_part(&part.remote, UINT64_MAX, 2, 0, &session), ERR_BAD_ARGUMENT);
	FAILS(block_part(&part.remote, 0, 1, 1, &session), ERR_BAD_ARGUMENT);
	OKAY(block_part(&part.remote, 50, 50, BLOCK_READ_ONLY, &session));
	OKAY(block_open_session(&inner, session, 64 << 10));
	CHECK(inner.sectors == 50 && inner.features & BLOCK_READ_ONLY);
	OKAY(request_do(&inner, BLOCK_OP_READ, 49, 1, 0));
	CHECK(sector_is(inner.memory, FIRST + 99, 4));
	FAILS(request_do(&inner, BLOCK_OP_WRITE, 0, 1, 0), ERR_DENIED);
	OKAY(block_part(&inner.remote, 0, 1, 0, &session)); /* no way back to writing */
	block_close(&inner);
	OKAY(block_open_session(&inner, session, 4096));
	FAILS(request_do(&inner, BLOCK_OP_WRITE, 0, 1, 0), ERR_DENIED);
	FAILS(block_erase(&inner, BLOCK_OP_ZERO, 0, 1), ERR_DENIED);
	FAILS(block_erase(&inner, BLOCK_OP_DISCARD, 0, 1), ERR_DENIED);
	block_close(&inner);
	block_close(&part);
	block_close(&whole);
}

static void a_name_may_be_read_only(void)
{
	struct block b;

	OKAY(block_open(&b, "block.0-ro", 4096, clock_after(PATIENCE)));
	CHECK(b.features & BLOCK_READ_ONLY);
	OKAY(request_do(&b, BLOCK_OP_READ, 7, 1, 0));
	CHECK(sector_is_original(b.memory, 7));
	FAILS(request_do(&b, BLOCK_OP_WRITE, 7, 1, 0), ERR_DENIED);
	OKAY(block_flush(&b));
	block_close(&b);
}

const struct test basic_tests[] = {
	{ "block.tells_what_it_is", tells_what_it_is },
	{ "block.reads_what_the_host_wrote", reads_what_the_host_wrote },
	{ "block.writes_and_reads_back", writes_and_reads_back },
	{ "block.copies_more_than_a_request_holds", copies_more_than_a_request_holds },
	{ "block.zeroes_and_discards", zeroes_and_discards },
	{ "block.writes_that_last", writes_that_last },
	{ "block.does_many_at_a_time", does_many_at_a_time },
	{ "block.serves_several_clients_at_once", serves_several_clients_at_once },
	{ "block.a_part_is_a_disk_of_its_own", a_part_is_a_disk_of_its_own },
	{ "block.a_name_may_be_read_only", a_name_may_be_read_only },
	{},
};
