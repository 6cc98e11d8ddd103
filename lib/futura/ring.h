/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A ring of bytes in shared memory, between one writer and one reader that do not trust each other.
 *
 * The memory is part of a memory object that both map. Each side keeps its own index to itself and
 * reads the other's once for each operation, so that a peer that lies gets ERR_BAD_STATE, or bytes
 * of its own making, and harms nobody else. Whoever does not trust the other makes the memory
 * object and keeps `manage`: a peer that can shrink it can make us fault.
 *
 * The two hold the ends of an event pair. A side that finds nothing to do says so in the ring, and
 * the other then signals: RING_FILLED to the reader, RING_SPACE to the writer. One pair serves two
 * rings, one each way.
 */
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include "abi/kernel.h"

/* In memory that was zero, RING_HEADER bytes before the data. */
struct ring_shared {
	/* The writer's: bytes ever written modulo 2^32, and 1 while it waits for space. */
	alignas(64) _Atomic uint32_t written;
	_Atomic uint32_t writer_waits;
	/* The reader's. */
	alignas(64) _Atomic uint32_t read;
	_Atomic uint32_t reader_waits;
};

constexpr size_t RING_HEADER = sizeof(struct ring_shared);
static_assert(RING_HEADER == 128);

constexpr uint64_t RING_FILLED = 1;
constexpr uint64_t RING_SPACE = 2;

/* One side's view. */
struct ring {
	struct ring_shared *shared;
	uint32_t size;    /* of the data: a power of two */
	uint32_t index;   /* what this side has written or read, modulo 2^32 */
	fut_handle event; /* this side's end of the pair */
};

/* Use RING_HEADER + size bytes at `memory`. ERR_BAD_ARGUMENT: `size` is no power of two. A ring
 * that was in use goes on where this side last said it was. */
enum err ring_open_writer(struct ring *r, void *memory, uint32_t size, fut_handle event);
enum err ring_open_reader(struct ring *r, void *memory, uint32_t size, fut_handle event);

/* Write or read all n bytes. ERR_WOULD_BLOCK: there is not so much space, or there are not so many
 * bytes; nothing happened. ERR_BAD_ARGUMENT: n is above the ring's size. */
enum err ring_write(struct ring *r, const void *from, uint32_t n);
enum err ring_read(struct ring *r, void *to, uint32_t n);

/* Write or read what is possible, at least one byte of n, else ERR_WOULD_BLOCK. */
enum err ring_write_some(struct ring *r, const void *from, uint32_t n, uint32_t *count);
enum err ring_read_some(struct ring *r, void *to, uint32_t n, uint32_t *count);

/* OK if n bytes can be written or read now. ERR_WOULD_BLOCK if not: then the signal comes as soon
 * as something has changed. For an event loop. */
enum err ring_watch_space(struct ring *r, uint32_t n);
enum err ring_watch_filled(struct ring *r, uint32_t n);

/* Wait until n bytes can be written or read. ERR_PEER_CLOSED: the other side is gone, and that will
 * not be. ERR_TIMED_OUT, ERR_INTERRUPTED: as fut_wait. */
enum err ring_wait_space(struct ring *r, uint32_t n, uint64_t deadline);
enum err ring_wait_filled(struct ring *r, uint32_t n, uint64_t deadline);
