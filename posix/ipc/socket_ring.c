/* SPDX-License-Identifier: MPL-2.0 */
/* Records in the rings of a connection. Nothing there is trusted: sizes are bounded by the ring. */
#include <string.h>
#include <sys/socket.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/shared_lock.h"
#include "posix/files/async.h"
#include "posix/ipc/socket.h"
#include "posix/ipc/socket_parts.h"

constexpr uint32_t MASK = SOCKET_RING - 1;
constexpr uint32_t STREAM_ROOM = 4096; /* less than that is not worth a record of a long write */

static char *ring_of(struct socket_shared *shared, unsigned way)
{
	return (char *)shared + SOCKET_HEADER + (uint64_t)way * SOCKET_RING;
}

uint32_t way_filled(const struct socket_way *w)
{
	uint32_t n = atomic_load(&w->written) - atomic_load(&w->read);

	return n <= SOCKET_RING ? n : SOCKET_RING;
}

bool socket_is_alone(fut_handle event)
{
	uint64_t got;

	return fut_wait(event, SIGNAL_PEER_CLOSED, 0, 0, &got) == OK;
}

static void wake(fut_handle event, _Atomic uint32_t *waits, uint64_t signal)
{
	if (atomic_load(waits) != 0 && atomic_exchange(waits, 0) != 0)
		(void)fut_event_signal_peer(event, signal, 0); /* nobody there: nobody waits */
}

/* --- Copying, where the ring may wrap --- */

static void put(char *ring, uint32_t at, const void *from, uint32_t n)
{
	uint32_t first = n < SOCKET_RING - (at & MASK) ? n : SOCKET_RING - (at & MASK);

	memcpy(ring + (at & MASK), from, first);
	memcpy(ring, (const char *)from + first, n - first);
}

static void get(const char *ring, uint32_t at, void *to, uint32_t n)
{
	uint32_t first = n < SOCKET_RING - (at & MASK) ? n : SOCKET_RING - (at & MASK);

	memcpy(to, ring + (at & MASK), first);
	memcpy((char *)to + first, ring, n - first);
}

static bool put_guest(char *ring, uint32_t at, uint64_t from, uint32_t n)
{
	uint32_t first = n < SOCKET_RING - (at & MASK) ? n : SOCKET_RING - (at & MASK);

	return guest_get(ring + (at & MASK), from, first) == 0 &&
	       guest_get(ring, from + first, n - first) == 0;
}

static bool get_guest(const char *ring, uint32_t at, uint64_t to, uint32_t n)
{
	uint32_t first = n < SOCKET_RING - (at & MASK) ? n : SOCKET_RING - (at & MASK);

	return guest_put(to, ring + (at & MASK), first) == 0 &&
	       guest_put(to + first, ring, n - first) == 0;
}

/* The part of the ranges that begins `skip` bytes in: n bytes to or from the ring. */
static bool move(char *ring, uint32_t at, const struct message_data *data, uint64_t skip,
		 uint32_t n, bool out)
{
	for (unsigned i = 0; i < data->n && n > 0; i++) {
		uint64_t size = data->ranges[i].iov_len,
			 address = (uint64_t)data->ranges[i].iov_base;
		if (skip >= size) {
			skip -= size;
			continue;
		}
		uint32_t part = size - skip < n ? (uint32_t)(size - skip) : n;
		if (!(out ? get_guest(ring, at, address + skip, part)
			  : put_guest(ring, at, address + skip, part)))
			return false;
		skip = 0;
		at += part;
		n -= part;
	}
	return true;
}

/* --- Sending --- */

static uint32_t head_size(uint32_t nrights, uint32_t from_len)
{
	return (uint32_t)sizeof(struct socket_record) + nrights * 8 + ((from_len + 7) & ~7u);
}

static uint32_t padded(uint32_t n)
{
	return (n + 7) & ~7u;
}

/* How much of `size` bytes goes into a record now; false: none. */
static bool fits(uint32_t room, uint32_t head, uint64_t size, bool stream, uint32_t *n)
{
	if (!stream) {
		*n = (uint32_t)size;
		return head + padded(*n) <= room;
	}
	uint32_t least = size < STREAM_ROOM ? (uint32_t)size : STREAM_ROOM;
	if (head + padded(least) > room)
		return false;
	*n = size < room - head - 7 ? (uint32_t)size : room - head - 7;
	return true;
}

static int64_t record_write(const struct socket_out *out, struct socket_way *w,
			    const struct message_data *data, const struct message_extra *x)
{
	char *ring = ring_of(out->shared, out->side);
	uint32_t at = atomic_load(&w->written), head = head_size(x->nrights, x->from_len), n;
	struct socket_record r = { .nrights = x->nrights,
				   .pid = x->pid,
				   .uid = x->uid,
				   .gid = x->gid,
				   .from_len = x->from_len };

	if (!fits(SOCKET_RING - way_filled(w), head, data->size, out->type == SOCK_STREAM, &n))
		return -EAGAIN;
	r.size = n;
	if (!move(ring, at + head, data, 0, n, false))
		return -EFAULT;
	put(ring, at, &r, sizeof(r));
	put(ring, at + (uint32_t)sizeof(r), x->tokens, x->nrights * 8);
	put(ring, at + (uint32_t)sizeof(r) + x->nrights * 8, x->from, x->from_len);
	atomic_store(&w->written, at + head + padded(n));
	return n;
}

/* A box's receiver may have ended while it waited. */
static bool is_gone(const struct socket_out *out, const struct socket_way *w)
{
	return (out->shared->box != 0 || atomic_load(&w->reader_waits) == 0) &&
	       socket_is_alone(out->event);
}

int64_t socket_send_once(const struct socket_out *out, const struct message_data *data,
			 const struct message_extra *x)
{
	struct socket_way *w = &out->shared->way[out->side];
	int64_t n;

	if (out->type != SOCK_STREAM &&
	    head_size(x->nrights, x->from_len) + data->size > SOCKET_RING)
		return -EMSGSIZE;
	if (atomic_load(&w->write_ended) != 0)
		return -EPIPE;
	if (is_gone(out, w))
		return out->type == SOCK_DGRAM ? -ECONNREFUSED : -EPIPE;
	if (data->size == 0 && out->type == SOCK_STREAM)
		return 0;
	shared_lock(&w->write_lock);
	n = record_write(out, w, data, x);
	shared_unlock(&w->write_lock);
	if (n >= 0) {
		wake(out->event, &w->reader_waits, SOCKET_INPUT_NEWS);
		async_tell(&out->shared->side[!out->side].state);
	}
	return n;
}

/* --- Receiving --- */

/* The first record, if there is a whole one. */
static bool record_first(const struct socket *s, const struct socket_way *w, uint32_t at,
			 struct socket_record *r)
{
	uint32_t filled = atomic_load(&w->written) - at;

	if (filled < sizeof(*r) || filled > SOCKET_RING)
		return false;
	get(ring_of(s->shared, !s->side), at, r, sizeof(*r));
	return r->nrights <= SOCKET_RIGHTS && r->from_len <= ADDRESS_MOST &&
	       r->size <= SOCKET_RING &&
	       head_size(r->nrights, r->from_len) + padded(r->size) <= filled;
}

static void take_extra(const char *ring, uint32_t at, const struct socket_record *r,
		       struct message_extra *x)
{
	x->nrights = r->nrights;
	x->pid = r->pid;
	x->uid = r->uid;
	x->gid = r->gid;
	x->from_len = r->from_len;
	get(ring, at + (uint32_t)sizeof(*r), x->tokens, r->nrights * 8);
	get(ring, at + (uint32_t)sizeof(*r) + r->nrights * 8, x->from, r->from_len);
}

/* A stream's records follow each other, up to and with one that has descriptors. */
static int64_t stream_read(struct socket *s, struct socket_way *w, const struct message_data *data,
			   struct message_extra *x, bool peek)
{
	char *ring = ring_of(s->shared, !s->side);
	uint32_t at = atomic_load(&w->read), partial = atomic_load(&w->partial);
	uint64_t done = 0;
	struct socket_record r;

	while (done < data->size && record_first(s, w, at, &r) && partial <= r.size) {
		uint32_t head = head_size(r.nrights, r.from_len), left = r.size - partial;
		uint32_t n = left < data->size - done ? left : (uint32_t)(data->size - done);
		bool has_rights = r.nrights > 0 && partial == 0;
		if (!move(ring, at + head + partial, data, done, n, true))
			return done > 0 ? (int64_t)done : -EFAULT;
		if (done == 0 || has_rights)
			take_extra(ring, at, &r, x);
		if (!has_rights)
			x->nrights = 0;
		done += n;
		partial += n;
		if (partial == r.size) {
			at += head + padded(r.size);
			partial = 0;
		}
		if (!peek) {
			atomic_store(&w->partial, partial);
			atomic_store(&w->read, at);
		}
		if (has_rights)
			break;
	}
	return done > 0 ? (int64_t)done : -EAGAIN;
}

static int64_t packet_read(struct socket *s, struct socket_way *w, const struct message_data *data,
			   struct message_extra *x, bool peek)
{
	char *ring = ring_of(s->shared, !s->side);
	uint32_t at = atomic_load(&w->read), n;
	struct socket_record r;

	if (!record_first(s, w, at, &r))
		return -EAGAIN;
	uint32_t head = head_size(r.nrights, r.from_len);
	n = r.size < data->size ? r.size : (uint32_t)data->size;
	if (!move(ring, at + head, data, 0, n, true))
		return -EFAULT;
	take_extra(ring, at, &r, x);
	x->whole = r.size;
	if (!peek)
		atomic_store(&w->read, at + head + padded(r.size));
	return n;
}

/* Nothing came: is that the end? Who closed without having read all has broken the connection. */
static int64_t nothing(struct description *d, const struct socket_way *w)
{
	struct socket *s = socket_of(d);

	if (atomic_load(&w->write_ended) != 0)
		return 0;
	if (!socket_is_alone(d->b) || way_filled(w) > 0)
		return -EAGAIN;
	if (way_filled(&s->shared->way[s->side]) > 0 && !s->reset_told) {
		s->reset_told = true;
		return -ECONNRESET;
	}
	return 0;
}

int64_t socket_receive_once(struct description *d, const struct message_data *data,
			    struct message_extra *x, bool peek)
{
	struct socket *s = socket_of(d);
	struct socket_way *w;
	int64_t n;

	if (s->state == SOCKET_NEW && s->type == SOCK_DGRAM)
		return -EAGAIN; /* without a name nothing comes */
	if (s->state != SOCKET_CONNECTED && s->state != SOCKET_BOX)
		return s->type == SOCK_STREAM ? -EINVAL : -ENOTCONN;
	w = &s->shared->way[!s->side];
	if (data->size == 0 && s->type == SOCK_STREAM)
		return 0;
	if (way_filled(w) == 0)
		return nothing(d, w);
	shared_lock(&w->read_lock);
	n = s->type == SOCK_STREAM ? stream_read(s, w, data, x, peek)
				   : packet_read(s, w, data, x, peek);
	shared_unlock(&w->read_lock);
	if (n >= 0 && !peek)
		wake(d->b, &w->writer_waits, SOCKET_ROOM_NEWS);
	if (peek)
		x->nrights = 0;
	return n;
}

int64_t socket_waiting(const struct description *d)
{
	const struct socket *s = socket_of(d);
	struct socket_way *w = &s->shared->way[!s->side];
	uint32_t at = atomic_load(&w->read), partial = atomic_load(&w->partial);
	struct socket_record r;
	int64_t n = 0;

	while (record_first(s, w, at, &r) && partial <= r.size) {
		n += r.size - partial;
		if (s->type != SOCK_STREAM)
			break; /* the first packet's */
		partial = 0;
		at += head_size(r.nrights, r.from_len) + padded(r.size);
	}
	return n;
}

void socket_end(struct description *d, bool reading, bool writing)
{
	struct socket *s = socket_of(d);

	if (reading)
		atomic_store(&s->shared->way[!s->side].write_ended, 1);
	if (writing)
		atomic_store(&s->shared->way[s->side].write_ended, 1);
	constexpr uint64_t NEWS = SOCKET_INPUT_NEWS | SOCKET_ROOM_NEWS;

	(void)fut_event_signal(d->b, NEWS, 0);      /* ours */
	(void)fut_event_signal_peer(d->b, NEWS, 0); /* it may be gone */
}
