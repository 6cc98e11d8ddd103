/* SPDX-License-Identifier: MPL-2.0 */
/* Requests in a queue: what the device is asked, and what a device that breaks the rules can do. */
#include <string.h>
#include "drivers/virtio_blk/test/disk.h"
#include "lib/test/test.h"
#include "protocol/block.h"

static struct disk disk;
static char memory[64][512];

static void put(uint32_t op, uint64_t sector, unsigned nsegments, uint64_t cookie)
{
	static struct blk_job job;

	job = (struct blk_job){
		.op = op, .sector = sector, .count = 7, .nsegments = nsegments, .cookie = cookie
	};
	for (unsigned i = 0; i < nsegments; i++)
		job.segment[i] = (struct blk_segment){ (uint64_t)memory[i], 512 };
	blk_put(&disk.q, &job);
}

static void serve(void)
{
	struct disk_request r;

	while (disk_take(&disk, &r))
		disk_do(&disk, &r);
}

static bool ends(uint64_t cookie, enum err error)
{
	struct blk_ended e;

	return blk_take(&disk.q, &e) == OK && e.cookie == cookie && e.error == error;
}

static void write_and_read(unsigned size, bool is_indirect)
{
	disk_init(&disk, size, is_indirect);
	memset(memory[0], 'a', 512);
	memset(memory[1], 'b', 512);
	put(BLOCK_OP_WRITE, 5, 2, 1);
	serve();
	CHECK(ends(1, OK));
	CHECK(disk.sectors[5][0] == 'a' && disk.sectors[6][511] == 'b' && disk.sectors[7][0] == 0);
	memset(memory, 0, sizeof(memory));
	put(BLOCK_OP_READ, 6, 1, 2);
	serve();
	CHECK(ends(2, OK));
	CHECK(memory[0][0] == 'b');
	struct blk_ended none;
	CHECK(blk_take(&disk.q, &none) == ERR_WOULD_BLOCK && disk.q.nbusy == 0);
	disk_fini(&disk);
}

TEST(blk, writes_and_reads_with_and_without_tables)
{
	write_and_read(256, true);
	write_and_read(4, true);
	write_and_read(256, false);
	write_and_read(16, false);
	write_and_read(4, false);
}

TEST(blk, goes_round_the_ring_for_ever)
{
	disk_init(&disk, 8, true);
	for (uint64_t i = 0; i < 200'000; i++) {
		put(BLOCK_OP_READ, 0, 1, i);
		serve();
		if (!ends(i, OK)) {
			CHECK(!"ended");
			break;
		}
	}
	disk_fini(&disk);
}

TEST(blk, ends_come_in_any_order)
{
	struct disk_request r[8];

	disk_init(&disk, 16, true);
	for (unsigned i = 0; i < 8; i++)
		put(BLOCK_OP_READ, i, 1, i);
	for (unsigned i = 0; i < 8; i++)
		CHECK(disk_take(&disk, &r[i]));
	for (unsigned i = 8; i-- > 0;)
		disk_do(&disk, &r[i]);
	for (unsigned i = 8; i-- > 0;)
		CHECK(ends(i, OK));
	disk_fini(&disk);
}

TEST(blk, a_write_that_must_last_is_flushed_before_it_ends)
{
	static struct blk_job job = { .op = BLOCK_OP_WRITE, .fua = true, .cookie = 9 };
	struct blk_ended none;

	disk_init(&disk, 16, true);
	job.nsegments = 1;
	job.segment[0] = (struct blk_segment){ (uint64_t)memory[0], 512 };
	blk_put(&disk.q, &job);
	serve();
	disk.q.must_notify = false;
	CHECK(blk_take(&disk.q, &none) == ERR_WOULD_BLOCK);
	CHECK(disk.nflushes == 0 && disk.q.must_notify && disk.q.nbusy == 1);
	serve();
	CHECK(disk.nflushes == 1 && ends(9, OK));
	disk_fini(&disk);
}

TEST(blk, errors_of_the_device_are_told)
{
	static const struct {
		uint8_t status;
		enum err error;
	} cases[] = {
		{ 0, OK }, { 1, ERR_IO }, { 2, ERR_UNSUPPORTED }, { 3, ERR_IO }, { 255, ERR_IO }
	};
	struct disk_request r;

	disk_init(&disk, 16, true);
	for (unsigned i = 0; i < 5; i++) {
		put(BLOCK_OP_DISCARD, 3, 0, i);
		CHECK(disk_take(&disk, &r));
		CHECK(r.type == 11 && r.nsegments == 1 && r.segment[0].size == 16);
		uint64_t range[2];
		memcpy(range, (void *)r.segment[0].address, 16);
		CHECK(range[0] == 3 && range[1] == 7);
		*r.status = cases[i].status;
		disk_used(&disk, r.head);
		CHECK(ends(i, cases[i].error));
	}
	disk_fini(&disk);
}

/* Fill it, and see that it says so. */
static void has_room_for(unsigned size, bool is_indirect, unsigned wanted, unsigned nsegments)
{
	unsigned n = 0;

	CHECK(disk_init(&disk, size, is_indirect) == nsegments);
	for (; blk_queue_has_room(&disk.q) && n < 1000; n++)
		put(BLOCK_OP_READ, 0, 1, n);
	CHECK(n == wanted);
	serve();
	for (unsigned i = 0; i < n; i++)
		CHECK(ends(i, OK));
	disk_fini(&disk);
}

TEST(blk, knows_how_many_fit)
{
	has_room_for(256, true, BLK_SLOTS, BLK_SEGMENTS);
	has_room_for(16, true, 16, BLK_SEGMENTS);
	has_room_for(256, false, 16, 14);
	has_room_for(8, false, 1, 6);
	has_room_for(4, false, 1, 2);
}

TEST(blk, a_device_that_lies_breaks_the_queue_only)
{
	struct blk_ended e;
	struct disk_request r;
	static const uint32_t ids[] = { 1, 15, 16, 255, 0x10000, UINT32_MAX };

	for (unsigned i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		disk_init(&disk, 16, true);
		put(BLOCK_OP_READ, 0, 1, 0);
		CHECK(disk_take(&disk, &r) && r.head == 0);
		disk_used(&disk, ids[i]); /* not on offer */
		CHECK(blk_take(&disk.q, &e) == ERR_IO);
		disk_fini(&disk);
	}
	disk_init(&disk, 16, true);
	put(BLOCK_OP_READ, 0, 1, 0);
	serve();
	CHECK(ends(0, OK));
	disk_used(&disk, 0); /* a second time */
	CHECK(blk_take(&disk.q, &e) == ERR_IO);
	disk.q.virtq.used->index += 100; /* more than there can be */
	CHECK(blk_take(&disk.q, &e) == ERR_IO);
	disk_fini(&disk);
}

TEST(blk, limits_of_odd_devices_are_refused_or_narrowed)
{
	constexpr uint64_t ALL = UINT64_MAX;
	struct blk_config c = {
		.capacity = 1000, .blk_size = 512, .seg_max = 126, .size_max = 65536
	};
	struct blk_limits l;

	CHECK(blk_limits_find(&c, ALL, &l) == OK && l.sectors == 1000 && l.nqueues == 1);
	CHECK(l.max_bytes == 125 * 4096 && l.is_read_only);
	c.blk_size = 4096;
	CHECK(blk_limits_find(&c, ALL, &l) == OK && l.sectors == 125 && l.max_bytes % 4096 == 0);
	for (unsigned i = 0; i < 4; i++) {
		static const uint32_t bad[] = { 0, 513, 256, 1u << 31 };
		c.blk_size = bad[i];
		CHECK(blk_limits_find(&c, ALL, &l) == ERR_IO);
	}
	c = (struct blk_config){ .capacity = UINT64_MAX, .blk_size = 512, .size_max = 1 << 16 };
	CHECK(blk_limits_find(&c, ALL, &l) == ERR_IO);
	c.capacity = 8;
	c.size_max = 0;
	CHECK(blk_limits_find(&c, ALL, &l) == ERR_IO);
	/* One that says nothing of segments: one at a time, so one sector. */
	CHECK(blk_limits_find(&c, 0, &l) == OK && l.nsegments == 1 && l.max_bytes == 512);
	c.seg_max = 0;
	c.size_max = 512;
	CHECK(blk_limits_find(&c, ALL, &l) == OK && l.max_bytes == 512);
	c.seg_max = UINT32_MAX;
	c.size_max = UINT32_MAX;
	CHECK(blk_limits_find(&c, ALL, &l) == OK && l.max_bytes == BLK_BYTES_MAX);
	CHECK(l.nsegments == BLK_SEGMENTS && l.max_zero == UINT32_MAX);
	blk_limits_narrow(&l, 14);
	CHECK(l.nsegments == 14 && l.max_bytes == 13 * 4096);
}
