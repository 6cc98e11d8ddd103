/* SPDX-License-Identifier: MPL-2.0 */
/* A client of a block device. */
#include "lib/futura/block.h"
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/service.h"

constexpr uint64_t REOPEN_PATIENCE = 20 * SECOND; /* restarts are delayed up to 10 */
constexpr unsigned REOPEN_TRIES = 8; /* a driver that dies of our request gets no more than that */

/* Give up the rings, and what is under way with them. */
static void rings_close(struct block *b)
{
	if (b->shared == nullptr)
		return;
	(void)fut_handle_close(b->done.event);                          /* ours, and open */
	(void)fut_space_unmap(0, (uint64_t)b->shared, BLOCK_RING_SIZE); /* mapped by us */
	b->shared = nullptr;
	b->nbusy = 0;
}

static enum err rings_open(struct block *b)
{
	fut_handle ring, event;
	uint64_t at = 0;
	enum err e = block_queue(&b->remote, &ring, &event);

	if (e != OK)
		return e;
	e = fut_space_map(0, ring, 0, 0, BLOCK_RING_SIZE, MAP_READ | MAP_WRITE, &at);
	(void)fut_handle_close(ring); /* the mapping keeps it */
	if (e != OK)
		return handles_close(&event, 1, e);
	b->shared = (void *)at;
	/* The sizes are powers of two. */
	(void)ring_open_writer(&b->requests, b->shared, BLOCK_REQUESTS_SIZE, event);
	(void)ring_open_reader(&b->done, (char *)at + BLOCK_DONE_OFFSET, BLOCK_DONE_SIZE, event);
	return OK;
}

/* The memory's handle stays ours: the driver gets another. */
static enum err memory_attach(struct block *b)
{
	fut_handle copy;
	enum err e = fut_handle_duplicate(
		b->vmo, RIGHT_MAP | RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER, &copy);

	return e == OK ? block_attach(&b->remote, copy, &b->number) : e;
}

/* With a session: what there is, rings, and our memory. */
static enum err session_begin(struct block *b)
{
	size_t n = 0;
	enum err e = block_info(&b->remote, &b->sectors, &b->features, &b->sector_size,
				&b->physical_size, &b->max_bytes, &b->max_discard, b->serial,
				sizeof(b->serial) - 1, &n);

	/* What devd puts in place of a driver that will not come back speaks no protocol. */
	if (e != OK)
		return e == ERR_UNSUPPORTED ? ERR_NOT_FOUND : e;
	b->serial[n] = '\0';
	if (b->sector_size == 0 || b->max_bytes < b->sector_size)
		return ERR_BAD_STATE;
	e = rings_open(b);
	if (e == OK)
		e = memory_attach(b);
	if (e != OK)
		rings_close(b);
	return e;
}

static void session_close(struct block *b)
{
	rings_close(b);
	if (b->remote.session)
		(void)fut_handle_close(b->remote.session); /* ours, and open */
	b->remote.session = 0;
}

static enum err memory_make(struct block *b, size_t size)
{
	uint64_t at = 0;

	size = (size + 4095) & ~4095ul;
	/* In one piece if there is one: the device then needs fewer descriptors. */
	enum err e = fut_vmo_create(size, VMO_CONTIGUOUS, &b->vmo);
	if (e != OK)
		e = fut_vmo_create(size, 0, &b->vmo);
	if (e == OK)
		e = fut_space_map(0, b->vmo, 0, 0, size, MAP_READ | MAP_WRITE, &at);
	if (e != OK)
		return e;
	b->memory = (char *)at;
	b->memory_size = b->copy_size = size;
	return OK;
}

enum err block_reopen(struct block *b, uint64_t deadline)
{
	session_close(b);
	if (b->name == nullptr)
		return ERR_PEER_CLOSED;
	enum err e = service_find(b->name, deadline, &b->remote.session);
	return e == OK ? session_begin(b) : e;
}

enum err block_open(struct block *b, const char *name, size_t memory_size, uint64_t deadline)
{
	*b = (struct block){ .name = name };
	enum err e = memory_make(b, memory_size);

	if (e == OK)
		e = block_reopen(b, deadline);
	if (e != OK)
		block_close(b);
	return e;
}

enum err block_open_session(struct block *b, fut_handle session, size_t memory_size)
{
	*b = (struct block){ .remote.session = session };
	enum err e = memory_make(b, memory_size);

	if (e == OK)
		e = session_begin(b);
	if (e != OK)
		block_close(b);
	return e;
}

void block_close(struct block *b)
{
	session_close(b);
	if (b->memory)
		(void)fut_space_unmap(0, (uint64_t)b->memory, b->memory_size); /* mapped by us */
	if (b->vmo)
		(void)fut_handle_close(b->vmo); /* ours, and open */
	*b = (struct block){};
}

enum err block_submit(struct block *b, struct block_request *r)
{
	if (b->shared == nullptr)
		return ERR_PEER_CLOSED;
	if (b->nbusy == BLOCK_DEPTH)
		return ERR_WOULD_BLOCK;
	r->memory = (uint16_t)b->number;
	enum err e = ring_write(&b->requests, r, sizeof(*r));
	if (e == OK)
		b->nbusy++;
	return e;
}

enum err block_wait(struct block *b, uint64_t deadline, struct block_done *done)
{
	if (b->shared == nullptr)
		return ERR_PEER_CLOSED;
	if (b->nbusy == 0)
		return ERR_BAD_STATE;
	enum err e = ring_wait_filled(&b->done, sizeof(*done), deadline);
	if (e == OK)
		e = ring_read(&b->done, done, sizeof(*done));
	if (e == OK)
		b->nbusy--;
	else if (e == ERR_PEER_CLOSED || e == ERR_BAD_STATE)
		rings_close(b);
	return e == ERR_BAD_STATE ? ERR_PEER_CLOSED : e;
}

enum err block_do(struct block *b, struct block_request *r)
{
	struct block_done done = {};
	enum err e = ERR_PEER_CLOSED;

	for (unsigned tries = 0; e == ERR_PEER_CLOSED && tries < REOPEN_TRIES; tries++) {
		e = b->shared ? OK : block_reopen(b, clock_after(REOPEN_PATIENCE));
		if (e == OK)
			e = block_submit(b, r);
		if (e == OK)
			e = block_wait(b, TIME_NEVER, &done);
		if (e == ERR_PEER_CLOSED && b->name == nullptr)
			break;
	}
	return e == OK ? (enum err)done.error : e;
}

/* One piece of a longer transfer. */
static enum err transfer(struct block *b, uint8_t op, uint64_t sector, uint64_t count,
			 uint64_t offset)
{
	struct block_request r = {
		.op = op, .sector = sector, .count = (uint32_t)count, .offset = offset
	};

	return block_do(b, &r);
}

void *block_buffer(struct block *b, size_t size)
{
	size = (size + 4095) & ~4095ul;
	if (size + 4096 > b->copy_size)
		return nullptr;
	b->copy_size -= size;
	return b->memory + b->copy_size;
}

/* What lies there requests name by its offset; 0: it has to be copied, by the memory's start. */
static uint64_t buffer_offset(const struct block *b, const void *p)
{
	uint64_t offset = (uint64_t)p - (uint64_t)b->memory;

	return offset < b->memory_size ? offset : 0;
}

/* Sectors that fit a request, and our memory if they have to be copied. */
static uint64_t piece(const struct block *b, uint64_t count, uint64_t offset)
{
	size_t bytes = offset == 0 && b->copy_size < b->max_bytes ? b->copy_size : b->max_bytes;
	uint64_t most = bytes / b->sector_size;

	return count < most ? count : most;
}

enum err block_read(struct block *b, uint64_t sector, uint64_t count, void *to)
{
	enum err e = OK;

	while (e == OK && count > 0) {
		uint64_t offset = buffer_offset(b, to), n = piece(b, count, offset);
		if (n == 0)
			return ERR_BAD_ARGUMENT; /* not one sector fits our memory */
		e = transfer(b, BLOCK_OP_READ, sector, n, offset);
		if (e != OK)
			return e;
		if (offset == 0)
			memcpy(to, b->memory, n * b->sector_size);
		to = (char *)to + n * b->sector_size;
		sector += n;
		count -= n;
	}
	return e;
}

enum err block_write(struct block *b, uint64_t sector, uint64_t count, const void *from)
{
	enum err e = OK;

	while (e == OK && count > 0) {
		uint64_t offset = buffer_offset(b, from), n = piece(b, count, offset);
		if (n == 0)
			return ERR_BAD_ARGUMENT; /* not one sector fits our memory */
		if (offset == 0)
			memcpy(b->memory, from, n * b->sector_size);
		e = transfer(b, BLOCK_OP_WRITE, sector, n, offset);
		from = (const char *)from + n * b->sector_size;
		sector += n;
		count -= n;
	}
	return e;
}

enum err block_flush(struct block *b)
{
	return transfer(b, BLOCK_OP_FLUSH, 0, 0, 0);
}

enum err block_erase(struct block *b, uint8_t op, uint64_t sector, uint64_t count)
{
	enum err e = OK;

	if (b->max_discard == 0)
		return ERR_UNSUPPORTED;
	while (e == OK && count > 0) {
		uint64_t n = count < b->max_discard ? count : b->max_discard;
		e = transfer(b, op, sector, n, 0);
		sector += n;
		count -= n;
	}
	return e;
}
