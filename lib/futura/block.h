/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client of a block device: protocol/block.fipc. For one thread. It has a piece of memory that
 * the device reads and writes by itself; requests name offsets in it.
 *
 * A driver that ends is restarted. What was under way then ends with ERR_PEER_CLOSED, and may have
 * been done or not; block_reopen finds the successor. The calls that wait do so themselves, and
 * repeat: reading and writing the same again is no harm.
 */
#pragma once
#include <stddef.h>
#include "lib/futura/block_ring.h"
#include "lib/futura/message.h"

struct block {
	/* What there is: as `info` of the protocol says. */
	uint64_t sectors;
	uint32_t features, sector_size, physical_size, max_bytes, max_discard;
	char serial[33];

	char *memory; /* `memory_size` bytes, which offsets of requests count from */
	size_t memory_size;
	size_t copy_size; /* of them, for block_read and block_write to copy by */

	/* The rest is the library's. */
	struct remote remote;
	const char *name; /* nullptr: there is no successor */
	fut_handle vmo;
	uint32_t number; /* of the memory */
	void *shared;    /* nullptr: there are no rings, because the driver is gone */
	struct ring requests, done;
	unsigned nbusy;
};

/* Open the device of that name, with so much memory to work in. `name` must stay. Errors are those
 * of service_find and of the calls. */
enum err block_open(struct block *b, const char *name, size_t memory_size, uint64_t deadline);
/* The same over a session, which becomes the block's. */
enum err block_open_session(struct block *b, fut_handle session, size_t memory_size);
void block_close(struct block *b);
/* After ERR_PEER_CLOSED: find the successor, with the same memory. ERR_NOT_FOUND: there will be
 * none, for the device is gone or its driver has ended too often. */
enum err block_reopen(struct block *b, uint64_t deadline);

/* --- Several at a time --- */

/* Begin a request; `memory` in it need not be filled in. ERR_WOULD_BLOCK: BLOCK_DEPTH are under
 * way. ERR_PEER_CLOSED: the driver is gone. */
enum err block_submit(struct block *b, struct block_request *r);
/* The next that has ended. Errors as fut_wait's, ERR_PEER_CLOSED, ERR_BAD_STATE: none is under way.
 */
enum err block_wait(struct block *b, uint64_t deadline, struct block_done *done);

/* --- One at a time: these need that no other request is under way --- */

/* Do a request and wait; the error is the request's, or ERR_PEER_CLOSED if the driver died and has
 * no successor that lives. */
enum err block_do(struct block *b, struct block_request *r);

/* A part of `memory`, of whole pages, for the caller alone. nullptr: too little would be left. */
void *block_buffer(struct block *b, size_t size);
/* Sectors to or from what block_buffer() gave, or by a copy to or from any memory but `memory`. */
enum err block_read(struct block *b, uint64_t sector, uint64_t count, void *to);
enum err block_write(struct block *b, uint64_t sector, uint64_t count, const void *from);
enum err block_flush(struct block *b);
/* BLOCK_OP_DISCARD or BLOCK_OP_ZERO of any number of sectors. ERR_UNSUPPORTED: it cannot. */
enum err block_erase(struct block *b, uint8_t op, uint64_t sector, uint64_t count);
