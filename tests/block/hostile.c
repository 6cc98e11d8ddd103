/* SPDX-License-Identifier: MPL-2.0 */
/* Clients that make mistakes, or mean harm. */
#include <string.h>
#include "abi/user.h"
#include "lib/futura/service.h"
#include "tests/block/test.h"

static enum err request_end(struct block *b, struct block_request r)
{
	return block_do(b, &r);
}

static void refuses_requests_that_make_no_sense(void)
{
	const struct block_request good = { .op = BLOCK_OP_READ, .count = 1 };
	struct block_request r;
	struct block b;

	disk_open(&b);
#define REFUSED(error, ...)                                                                        \
	do {                                                                                       \
		r = good;                                                                          \
		__VA_ARGS__;                                                                       \
		FAILS(request_end(&b, r), error);                                                  \
	} while (0)
	OKAY(request_end(&b, good));
	REFUSED(ERR_BAD_ARGUMENT, r.op = 0);
	REFUSED(ERR_BAD_ARGUMENT, r.op = 6);
	REFUSED(ERR_BAD_ARGUMENT, r.op = 255);
	REFUSED(ERR_BAD_ARGUMENT, r.flags = BLOCK_FUA);
	REFUSED(ERR_BAD_ARGUMENT, r.flags = 2; r.op = BLOCK_OP_WRITE);
	REFUSED(ERR_BAD_ARGUMENT, r.count = 0);
	REFUSED(ERR_BAD_ARGUMENT, r.sector = DISK_SECTORS);
	REFUSED(ERR_BAD_ARGUMENT, r.sector = DISK_SECTORS - 1; r.count = 2);
	REFUSED(ERR_BAD_ARGUMENT, r.sector = UINT64_MAX);
	REFUSED(ERR_BAD_ARGUMENT, r.sector = UINT64_MAX; r.count = UINT32_MAX);
	REFUSED(ERR_BAD_ARGUMENT, r.count = UINT32_MAX);
	REFUSED(ERR_BAD_ARGUMENT, r.offset = 1);
	REFUSED(ERR_BAD_ARGUMENT, r.offset = MEMORY);
	REFUSED(ERR_BAD_ARGUMENT, r.offset = MEMORY - SECTOR; r.count = 2);
	REFUSED(ERR_BAD_ARGUMENT, r.offset = UINT64_MAX - SECTOR + 1);
	REFUSED(ERR_BAD_ARGUMENT, r.op = BLOCK_OP_ZERO; r.sector = DISK_SECTORS);
	REFUSED(ERR_BAD_ARGUMENT, r.op = BLOCK_OP_DISCARD; r.count = 0);
	OKAY(request_end(&b, good));
#undef REFUSED
	block_close(&b);
}

/* Memory that was never attached, or is no longer. */
static void refuses_memory_it_does_not_know(void)
{
	struct block b;
	uint32_t real;

	disk_open(&b);
	real = b.number;
	for (b.number = 0; b.number < 70000; b.number += b.number < 10 ? 1 : 5000)
		if (b.number != real)
			FAILS(request_do(&b, BLOCK_OP_READ, 0, 1, 0),
			      b.number % 65536 == real ? OK : ERR_BAD_ARGUMENT);
	FAILS(block_detach(&b.remote, real + 1), ERR_NOT_FOUND);
	FAILS(block_detach(&b.remote, UINT32_MAX), ERR_NOT_FOUND);
	OKAY(block_detach(&b.remote, real));
	FAILS(block_detach(&b.remote, real), ERR_NOT_FOUND);
	b.number = real;
	FAILS(request_do(&b, BLOCK_OP_READ, 0, 1, 0), ERR_BAD_ARGUMENT);
	block_close(&b);
}

static fut_handle make_vmo(uint64_t size)
{
	fut_handle vmo;

	OKAY(fut_vmo_create(size, 0, &vmo));
	return vmo;
}

static void limits_what_is_attached(void)
{
	fut_handle port, paged, no_write;
	uint32_t number;
	struct block b;

	disk_open(&b);
	FAILS(block_attach(&b.remote, make_vmo(BLOCK_MEMORY_MAX + 4096), &number), ERR_TOO_BIG);
	OKAY(fut_port_create(&port));
	OKAY(fut_vmo_create_pager(port, 0, 4096, &paged));
	FAILS(block_attach(&b.remote, paged, &number), ERR_UNSUPPORTED);
	OKAY(fut_handle_duplicate(make_vmo(4096), RIGHT_READ | RIGHT_MAP | RIGHT_TRANSFER,
				  &no_write));
	FAILS(block_attach(&b.remote, no_write, &number), ERR_NO_RIGHT);
	for (unsigned i = 1; i < BLOCK_MEMORIES; i++)
		OKAY(block_attach(&b.remote, make_vmo(8192), &number));
	FAILS(block_attach(&b.remote, make_vmo(8192), &number), ERR_FULL);
	OKAY(block_detach(&b.remote, number));
	OKAY(block_attach(&b.remote, make_vmo(8192), &number));
	OKAY(request_do(&b, BLOCK_OP_READ, 5, 1, 0));
	CHECK(sector_is_original(b.memory, 5));
	(void)fut_handle_close(port); /* ours, and open */
	block_close(&b);
}

/* Indices that cannot be: the driver gives this ring up, and serves on. */
static void gives_up_a_ring_that_lies(void)
{
	struct block liar, other;
	uint64_t signals;

	disk_open(&other);
	for (unsigned i = 0; i < 2; i++) {
		disk_open(&liar);
		OKAY(request_do(&liar, BLOCK_OP_READ, 0, 1, 0));
		struct ring_shared *s = i == 0 ? liar.requests.shared : liar.done.shared;
		*(i == 0 ? &s->written : &s->read) += 1u << 20;
		OKAY(fut_event_signal_peer(liar.done.event, RING_FILLED, 0));
		struct block_request r = { .op = BLOCK_OP_READ, .count = 1 };
		if (i == 1)
			OKAY(block_submit(&liar, &r));
		OKAY(fut_wait(liar.done.event, SIGNAL_PEER_CLOSED, 0, clock_after(PATIENCE),
			      &signals));
		OKAY(request_do(&other, BLOCK_OP_READ, 3, 1, 0));
		CHECK(sector_is_original(other.memory, 3));
		block_close(&liar);
	}
	block_close(&other);
}

/* Completions that nobody reads take no room from others. */
static void serves_on_beside_one_who_does_not_listen(void)
{
	struct block deaf, other;

	disk_open(&deaf);
	disk_open(&other);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned k = 0; k < BLOCK_DEPTH; k++) {
			struct block_request r = { .op = BLOCK_OP_READ, .count = 8 };
			r.memory = (uint16_t)deaf.number;
			enum err e = ring_write(&deaf.requests, &r, sizeof(r));
			CHECK(e == OK || e == ERR_WOULD_BLOCK);
		}
		OKAY(request_do(&other, BLOCK_OP_READ, 9, 1, 0));
		CHECK(sector_is_original(other.memory, 9));
	}
	block_close(&deaf); /* with requests under way */
	OKAY(request_do(&other, BLOCK_OP_READ, 9, 1, 0));
	block_close(&other);
}

static void sessions_end_and_make_room(void)
{
	enum { MANY = 200 };
	fut_handle held[MANY];
	unsigned n = 0;
	struct block b;
	enum err e = OK;

	disk_open(&b);
	while (n < MANY && (e = block_part(&b.remote, 0, 1, 0, &held[n])) == OK)
		n++;
	FAILS(e, ERR_FULL);
	CHECK(n >= 8);
	for (unsigned i = 0; i < n; i++)
		(void)fut_handle_close(held[i]); /* ours, and open */
	/* The driver hears of them one by one, before our next call. */
	OKAY(block_part(&b.remote, 0, 1, 0, &held[0]));
	(void)fut_handle_close(held[0]); /* ours, and open */
	for (unsigned i = 0; i < 100; i++) {
		struct block again;
		disk_open(&again);
		OKAY(request_do(&again, BLOCK_OP_READ, 1, 1, 0));
		block_close(&again);
	}
	block_close(&b);
}

static void a_new_queue_replaces_the_old(void)
{
	fut_handle ring, event;
	uint64_t signals;
	struct block b;

	disk_open(&b);
	OKAY(block_queue(&b.remote, &ring, &event));
	OKAY(fut_wait(b.done.event, SIGNAL_PEER_CLOSED, 0, clock_after(PATIENCE), &signals));
	/* Its memory cannot be taken from under the driver. */
	FAILS(fut_vmo_resize(ring, 0), ERR_NO_RIGHT);
	(void)fut_handle_close(ring);  /* ours, and open */
	(void)fut_handle_close(event); /* the same */
	block_close(&b);
}

const struct test hostile_tests[] = {
	{ "hostile.refuses_requests_that_make_no_sense", refuses_requests_that_make_no_sense },
	{ "hostile.refuses_memory_it_does_not_know", refuses_memory_it_does_not_know },
	{ "hostile.limits_what_is_attached", limits_what_is_attached },
	{ "hostile.gives_up_a_ring_that_lies", gives_up_a_ring_that_lies },
	{ "hostile.serves_on_beside_one_who_does_not_listen",
	  serves_on_beside_one_who_does_not_listen },
	{ "hostile.sessions_end_and_make_room", sessions_end_and_make_room },
	{ "hostile.a_new_queue_replaces_the_old", a_new_queue_replaces_the_old },
	{},
};
