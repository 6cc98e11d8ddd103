/* SPDX-License-Identifier: MPL-2.0 */
/* Pipes with processes. Their indices are read once and bounded: a liar gets bytes of its own. */
#include "services/exec/pipe.h"
#include <string.h>

constexpr uint32_t END_RIGHTS = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INHERIT;

static enum err pipe_map(struct pipe *p, fut_handle whole, fut_handle *memory)
{
	uint64_t at;
	enum err e =
		fut_space_map(0, whole, 0, 0, PIPE_HEADER + p->size, MAP_READ | MAP_WRITE, &at);

	if (e != OK)
		return e;
	p->shared = (struct pipe_shared *)at;
	p->ring = (char *)at + PIPE_HEADER;
	p->shared->size = p->size;
	p->shared->fixed = 1;
	return fut_handle_duplicate(whole, RIGHT_MAP | RIGHT_READ | RIGHT_WRITE | END_RIGHTS,
				    memory);
}

enum err pipe_create(struct pipe *p, bool is_reader, uint32_t size, fut_handle *memory,
		     fut_handle *event)
{
	fut_handle whole, other;
	enum err e = fut_vmo_create(PIPE_HEADER + size, 0, &whole);

	*p = (struct pipe){ .size = size, .is_reader = is_reader };
	if (e == OK) {
		e = pipe_map(p, whole, memory);
		(void)fut_handle_close(whole); /* the mapping stays */
	}
	if (e == OK)
		e = fut_event_create_pair(&p->event, &other);
	if (e == OK) {
		e = fut_handle_duplicate(other, RIGHT_WAIT | RIGHT_SIGNAL | END_RIGHTS, event);
		(void)fut_handle_close(other); /* ours, and open */
	}
	return e;
}

static uint32_t pipe_filled(const struct pipe *p)
{
	uint32_t n = atomic_load(&p->shared->write.index) - atomic_load(&p->shared->read.index);

	return n <= p->size ? n : p->size;
}

static void pipe_moved(struct pipe *p, struct pipe_side *mine, struct pipe_side *theirs, uint32_t n)
{
	atomic_fetch_add(&mine->index, n);
	if (atomic_load(&theirs->waits) && atomic_exchange(&theirs->waits, 0))
		(void)fut_event_signal_peer(p->event, PIPE_NEWS, 0); /* it may be gone */
}

size_t pipe_read(struct pipe *p, char *to, size_t n)
{
	uint32_t filled = pipe_filled(p), at = atomic_load(&p->shared->read.index) % p->size;

	if (n > filled)
		n = filled;
	if (n == 0)
		return 0;
	size_t first = n < p->size - at ? n : p->size - at;
	memcpy(to, p->ring + at, first);
	memcpy(to + first, p->ring, n - first);
	pipe_moved(p, &p->shared->read, &p->shared->write, (uint32_t)n);
	return n;
}

size_t pipe_write(struct pipe *p, const char *from, size_t n)
{
	uint32_t room = p->size - pipe_filled(p);
	uint32_t at = atomic_load(&p->shared->write.index) % p->size;

	if (n > room)
		n = room;
	if (n == 0)
		return 0;
	size_t first = n < p->size - at ? n : p->size - at;
	memcpy(p->ring + at, from, first);
	memcpy(p->ring, from + first, n - first);
	pipe_moved(p, &p->shared->write, &p->shared->read, (uint32_t)n);
	return n;
}

bool pipe_watch(struct pipe *p)
{
	struct pipe_side *mine = p->is_reader ? &p->shared->read : &p->shared->write;

	(void)fut_event_signal(p->event, 0, PIPE_WAKE); /* ours, and open */
	atomic_store(&mine->waits, 1);
	uint32_t filled = pipe_filled(p);
	return p->is_reader ? filled > 0 : filled < p->size;
}

bool pipe_is_closed(const struct pipe *p)
{
	uint64_t signals;

	return fut_wait(p->event, SIGNAL_PEER_CLOSED, 0, 0, &signals) == OK;
}

void pipe_close(struct pipe *p)
{
	if (p->event != 0)
		(void)fut_handle_close(p->event); /* ours, and open */
	p->event = 0;
}
