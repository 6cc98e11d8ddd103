/* SPDX-License-Identifier: MPL-2.0 */
/* Rings of bytes in shared memory. */
#include "lib/futura/ring.h"
#include <string.h>
#include "abi/user.h"

static enum err ring_open(struct ring *r, void *memory, uint32_t size, fut_handle event)
{
	if (size == 0 || (size & (size - 1)) != 0)
		return ERR_BAD_ARGUMENT;
	*r = (struct ring){ .shared = memory, .size = size, .event = event };
	return OK;
}

enum err ring_open_writer(struct ring *r, void *memory, uint32_t size, fut_handle event)
{
	enum err e = ring_open(r, memory, size, event);

	if (e == OK)
		r->index = atomic_load_explicit(&r->shared->written, memory_order_relaxed);
	return e;
}

enum err ring_open_reader(struct ring *r, void *memory, uint32_t size, fut_handle event)
{
	enum err e = ring_open(r, memory, size, event);

	if (e == OK)
		r->index = atomic_load_explicit(&r->shared->read, memory_order_relaxed);
	return e;
}

/* Acquire: what the peer did before it moved its index has been done. */
static enum err ring_filled(const struct ring *r, uint32_t *n)
{
	*n = atomic_load_explicit(&r->shared->written, memory_order_acquire) - r->index;
	return *n <= r->size ? OK : ERR_BAD_STATE;
}

static enum err ring_space(const struct ring *r, uint32_t *n)
{
	uint32_t filled = r->index - atomic_load_explicit(&r->shared->read, memory_order_acquire);

	*n = r->size - filled;
	return filled <= r->size ? OK : ERR_BAD_STATE;
}

static char *ring_data(const struct ring *r)
{
	return (char *)r->shared + RING_HEADER;
}

/*
 * Wake the peer if it waits. The fence pairs with the one in ring_watch: either we see that it
 * waits, or it sees the index that we have just moved.
 */
static void ring_wake(const struct ring *r, _Atomic uint32_t *waits, uint64_t signal)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(waits, memory_order_relaxed) != 0 &&
	    atomic_exchange(waits, 0) != 0)
		(void)fut_event_signal_peer(r->event, signal, 0); /* it may be gone */
}

/* There is space for n bytes. */
static void ring_put(struct ring *r, const void *from, uint32_t n)
{
	uint32_t at = r->index & (r->size - 1), first = n < r->size - at ? n : r->size - at;

	memcpy(ring_data(r) + at, from, first);
	memcpy(ring_data(r), (const char *)from + first, n - first);
	r->index += n;
	/* From here the reader can see the bytes. */
	atomic_store_explicit(&r->shared->written, r->index, memory_order_release);
	ring_wake(r, &r->shared->reader_waits, RING_FILLED);
}

static void ring_get(struct ring *r, void *to, uint32_t n)
{
	uint32_t at = r->index & (r->size - 1), first = n < r->size - at ? n : r->size - at;

	memcpy(to, ring_data(r) + at, first);
	memcpy((char *)to + first, ring_data(r), n - first);
	r->index += n;
	/* From here the writer may write over them. */
	atomic_store_explicit(&r->shared->read, r->index, memory_order_release);
	ring_wake(r, &r->shared->writer_waits, RING_SPACE);
}

enum err ring_write(struct ring *r, const void *from, uint32_t n)
{
	uint32_t space;
	enum err e = ring_space(r, &space);

	if (e != OK)
		return e;
	if (n > r->size)
		return ERR_BAD_ARGUMENT;
	if (n > space)
		return ERR_WOULD_BLOCK;
	ring_put(r, from, n);
	return OK;
}

enum err ring_read(struct ring *r, void *to, uint32_t n)
{
	uint32_t filled;
	enum err e = ring_filled(r, &filled);

	if (e != OK)
		return e;
	if (n > r->size)
		return ERR_BAD_ARGUMENT;
	if (n > filled)
		return ERR_WOULD_BLOCK;
	ring_get(r, to, n);
	return OK;
}

enum err ring_write_some(struct ring *r, const void *from, uint32_t n, uint32_t *count)
{
	uint32_t space;
	enum err e = ring_space(r, &space);

	if (e != OK)
		return e;
	if (space == 0 && n > 0)
		return ERR_WOULD_BLOCK;
	*count = n < space ? n : space;
	ring_put(r, from, *count);
	return OK;
}

enum err ring_read_some(struct ring *r, void *to, uint32_t n, uint32_t *count)
{
	uint32_t filled;
	enum err e = ring_filled(r, &filled);

	if (e != OK)
		return e;
	if (filled == 0 && n > 0)
		return ERR_WOULD_BLOCK;
	*count = n < filled ? n : filled;
	ring_get(r, to, *count);
	return OK;
}

typedef enum err ring_measure(const struct ring *r, uint32_t *n);

/* OK if `measure` gives n. If not, say that we wait, and look again: ring_wake has the other half.
 */
static enum err ring_watch(struct ring *r, uint32_t n, ring_measure *measure,
			   _Atomic uint32_t *waits)
{
	uint32_t now;
	enum err e = measure(r, &now);

	if (n > r->size)
		return ERR_BAD_ARGUMENT;
	if (e != OK || now >= n)
		return e;
	atomic_store_explicit(waits, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	e = measure(r, &now);
	return e == OK && now < n ? ERR_WOULD_BLOCK : e;
}

enum err ring_watch_space(struct ring *r, uint32_t n)
{
	return ring_watch(r, n, ring_space, &r->shared->writer_waits);
}

enum err ring_watch_filled(struct ring *r, uint32_t n)
{
	return ring_watch(r, n, ring_filled, &r->shared->reader_waits);
}

static enum err ring_wait(struct ring *r, uint32_t n, ring_measure *measure, uint64_t signal,
			  uint64_t deadline)
{
	_Atomic uint32_t *waits =
		signal == RING_FILLED ? &r->shared->reader_waits : &r->shared->writer_waits;

	for (;;) {
		uint64_t signals;
		enum err e = ring_watch(r, n, measure, waits);

		if (e != ERR_WOULD_BLOCK)
			return e;
		e = fut_wait(r->event, signal | SIGNAL_PEER_CLOSED, signal, deadline, &signals);
		if (e != OK)
			return e;
		/* What the peer did last still counts. */
		if ((signals & SIGNAL_PEER_CLOSED) != 0)
			return ring_watch(r, n, measure, waits) == OK ? OK : ERR_PEER_CLOSED;
	}
}

enum err ring_wait_space(struct ring *r, uint32_t n, uint64_t deadline)
{
	return ring_wait(r, n, ring_space, RING_SPACE, deadline);
}

enum err ring_wait_filled(struct ring *r, uint32_t n, uint64_t deadline)
{
	return ring_wait(r, n, ring_filled, RING_FILLED, deadline);
}
