/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fuzzes the driver from both sides: requests of a client who means harm, and a device that writes
 * what it likes into the memory that it shares. The input is a list of steps.
 */
#include <stdlib.h>
#include <string.h>
#include "drivers/virtio_blk/core/request.h"
#include "drivers/virtio_blk/test/disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static void take(struct input *in, void *to, size_t n)
{
	size_t left = (size_t)(in->end - in->at), have = n < left ? n : left;

	memset(to, 0, n);
	memcpy(to, in->at, have);
	in->at += have;
}

static uint32_t number(struct input *in, unsigned nbytes)
{
	uint32_t n = 0;

	take(in, &n, nbytes);
	return n;
}

constexpr unsigned PAGES = 8;
constexpr uint64_t BASE = 0x40000000;

/* Every segment lies in the client's memory, and the sectors in its extent. */
static void job_check(const struct blk_job *job, const struct blk_limits *l, const struct extent *x)
{
	uint64_t per = l->sector_size / 512, bytes = 0;

	if (job->nsegments > l->nsegments || job->nsegments > BLK_SEGMENTS)
		abort();
	for (unsigned i = 0; i < job->nsegments; i++) {
		uint64_t at = job->segment[i].address - BASE;
		if (at >= 2 * PAGES * 4096 || job->segment[i].size > 2 * PAGES * 4096 - at ||
		    job->segment[i].size > l->segment_max)
			abort();
		bytes += job->segment[i].size;
	}
	if (job->op == BLOCK_OP_FLUSH)
		return;
	if (job->sector < x->first * per || job->sector + job->count > (x->first + x->count) * per)
		abort();
	if (job->op <= BLOCK_OP_WRITE && bytes != job->count * 512ull)
		abort();
}

struct state {
	struct disk disk;
	struct blk_limits limits;
	struct extent extent;
	uint64_t page[PAGES];
	struct memory memories[BLOCK_MEMORIES];
	bool is_busy[256]; /* by cookie */
	unsigned nbusy;
};

static void client(struct state *s, struct input *in)
{
	static struct blk_job job;
	struct block_request r;

	take(in, &r, sizeof(r));
	r.cookie = 0;
	while (r.cookie < 256 && s->is_busy[r.cookie])
		r.cookie++;
	if (request_read(&r, &s->limits, &s->extent, s->memories, &job) != OK ||
	    !blk_queue_has_room(&s->disk.q))
		return;
	job_check(&job, &s->limits, &s->extent);
	job.owner = s;
	s->is_busy[r.cookie] = true;
	s->nbusy++;
	blk_put(&s->disk.q, &job);
}

/* Any byte of what the device can write to. */
static void vandal(struct state *s, struct input *in)
{
	struct virtq *v = &s->disk.q.virtq;
	uint32_t what = number(in, 1), at = number(in, 3), value = number(in, 4);

	if (what < 64)
		disk_used(&s->disk, value);
	else if (what < 96)
		v->used->index = (uint16_t)value;
	else if (what < 128)
		v->used->ring[at % v->size].id = value;
	else if (what < 160)
		((uint8_t *)s->disk.ring)[at % virtq_bytes(v->size)] = (uint8_t)value;
	else
		((uint8_t *)s->disk.shared)[at % (BLK_SLOTS * sizeof(struct blk_shared))] =
			(uint8_t)value;
}

/* False once the queue is broken. */
static bool driver(struct state *s)
{
	struct blk_ended e;
	enum err error;

	while ((error = blk_take(&s->disk.q, &e)) == OK) {
		if (e.owner != s || e.cookie >= 256 || !s->is_busy[e.cookie])
			abort(); /* an end that nobody waited for */
		s->is_busy[e.cookie] = false;
		s->nbusy--;
	}
	if (s->nbusy != s->disk.q.nbusy)
		abort();
	return error == ERR_WOULD_BLOCK;
}

static void limits_make(struct state *s, struct input *in, unsigned nsegments)
{
	struct blk_config c;
	uint32_t features = number(in, 4);

	take(in, &c, BLK_CONFIG_SIZE);
	if (features & 1 || blk_limits_find(&c, features, &s->limits) != OK)
		s->limits = (struct blk_limits){ .sectors = 1000,
						 .sector_size = 512,
						 .max_bytes = 16384,
						 .max_discard = 50,
						 .max_zero = 60,
						 .segment_max = 8192,
						 .nsegments = 5,
						 .can_flush = true };
	blk_limits_narrow(&s->limits, nsegments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct state s;
	struct input in = { data, data + size };
	bool is_good = true;

	memset(&s, 0, sizeof(s));
	uint32_t shape = number(&in, 1);
	limits_make(&s, &in, disk_init(&s.disk, 4u << shape % 7, shape & 128));
	s.extent = (struct extent){ number(&in, 2), number(&in, 2), shape & 64 };
	for (unsigned i = 0; i < PAGES; i++)
		s.page[i] = BASE + (i + number(&in, 1) % PAGES) * 4096ull;
	s.memories[1] = (struct memory){ .size = PAGES * 4096, .page = s.page };
	while (is_good && in.at < in.end) {
		switch (number(&in, 1) % 4) {
		case 0:
		case 1:
			client(&s, &in);
			break;
		case 2:
			vandal(&s, &in);
			break;
		default:
			is_good = driver(&s);
		}
	}
	disk_fini(&s.disk);
	return 0;
}
