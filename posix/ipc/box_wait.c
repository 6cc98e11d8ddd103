/* SPDX-License-Identifier: MPL-2.0 */
/* Readiness of datagram sockets. Input and room are signals of two events: who waits for either has
 * a waitset of both. */
#include <asm/poll.h>
#include "abi/info.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/ipc/box.h"
#include "posix/ipc/socket_parts.h"

constexpr uint32_t IN = POLLIN | POLLRDNORM, OUT = POLLOUT | POLLWRNORM;
constexpr uint64_t ROOM = SOCKET_ROOM_NEWS | SIGNAL_PEER_CLOSED;

struct both {
	uint32_t pid;  /* whose these are: a waitset is not inherited, its watches are */
	uint64_t room; /* whose room is watched: the box's number */
	fut_handle set, in, out;
};

static struct socket_way *way_of(const struct outbox *o)
{
	return &o->shared->way[0];
}

/* --- What holds now --- */

static bool has_input(const struct description *d)
{
	const struct socket *s = socket_of(d);
	const struct socket_way *in;

	if (s->shared == nullptr)
		return false;
	in = &s->shared->way[!s->side];
	return way_filled(in) > 0 || atomic_load(&in->write_ended) != 0;
}

static bool has_room(const struct outbox *o, uint32_t room)
{
	return SOCKET_RING - way_filled(way_of(o)) >= room || socket_is_alone(o->event) ||
	       atomic_load(&way_of(o)->write_ended) != 0;
}

uint32_t box_ready(struct description *d)
{
	struct outbox *o = outbox_peer(d);
	uint32_t now = has_input(d) ? IN : 0;

	if (o == nullptr || has_room(o, ROOM_ENOUGH))
		now |= OUT;
	outbox_drop(o);
	return now;
}

/* --- Waiting: what comes meanwhile is also for others whose signal this takes --- */

void outbox_expect(const struct outbox *o, uint32_t room, bool edge)
{
	if (!edge)
		(void)fut_event_signal(o->event, 0, SOCKET_ROOM); /* ours */
	atomic_store(&way_of(o)->writer_waits, 1);
	if (!edge && has_room(o, room))
		(void)fut_event_signal(o->event, SOCKET_ROOM, 0); /* ours */
}

static void expect_input(struct description *d, bool edge)
{
	struct socket *s = socket_of(d);

	if (!edge)
		(void)fut_event_signal(d->b, 0, SOCKET_INPUT); /* ours */
	atomic_store(&s->shared->way[!s->side].reader_waits, 1);
	if (!edge && has_input(d))
		(void)fut_event_signal(d->b, SOCKET_INPUT, 0); /* ours */
}

static void handle_end(fut_handle *h)
{
	if (*h != 0)
		(void)fut_handle_close(*h); /* ours */
	*h = 0;
}

static void both_empty(struct both *b)
{
	handle_end(&b->in);
	handle_end(&b->out);
	if (b->pid == process.pid)
		handle_end(&b->set);
	*b = (struct both){};
}

void both_end(struct both *b)
{
	if (b != nullptr)
		both_empty(b);
	heap_free(b);
}

static enum err set_make(struct both *b)
{
	fut_handle set;
	enum err e = fut_waitset_create(&set);

	if (e != OK)
		return e;
	e = fut_handle_duplicate(set, RIGHTS_WAITSET & ~RIGHT_INHERIT, &b->set);
	(void)fut_handle_close(set); /* ours */
	b->pid = process.pid;
	return e;
}

/* Watch what is not watched yet. */
static enum err both_watch(struct both *b, const struct description *d, const struct outbox *o)
{
	enum err e = OK;

	if (b->pid != process.pid) {
		both_empty(b);
		e = set_make(b);
	}
	if (e == OK && b->in == 0)
		e = fut_watch_create(b->set, d->b, SOCKET_INPUT_NEWS, WATCH_EDGE, 0, &b->in);
	if (e == OK && b->room != o->number) {
		handle_end(&b->out);
		e = fut_watch_create(b->set, o->event, ROOM, WATCH_EDGE, 1, &b->out);
		if (e == OK)
			b->room = o->number;
	}
	return e;
}

/* An object that is ready when there is input or room, anew from now on. */
static enum err both_get(struct description *d, const struct outbox *o, fut_handle *set)
{
	struct socket *s = socket_of(d);
	struct watch_event old[2];
	uint32_t n;
	enum err e = ERR_NO_MEMORY;

	mutex_lock(&process.locks.sockets);
	if (s->both != nullptr || (s->both = heap_new(sizeof(*s->both))) != nullptr)
		e = both_watch(s->both, d, o);
	if (e == OK) {
		*set = s->both->set;
		(void)fut_waitset_wait(*set, old, sizeof(old), 0, &n); /* there may be none */
	}
	mutex_unlock(&process.locks.sockets);
	return e;
}

static int64_t wait_with(struct description *d, const struct outbox *o, uint32_t events,
			 struct wait_for *w)
{
	bool in = (events & (IN | POLLRDHUP)) != 0 && socket_of(d)->shared != nullptr;
	bool out = (events & OUT) != 0 && o != nullptr, edge = (events & WAIT_EDGE) != 0;
	fut_handle set = 0;

	if (!in && !out)
		return -ENOSYS;
	if (in && out && both_get(d, o, &set) != OK)
		return -ENOMEM;
	if (in)
		expect_input(d, edge);
	if (out)
		outbox_expect(o, ROOM_ENOUGH, edge);
	*w = set != 0 ? (struct wait_for){ .object = set, .signals = SIGNAL_READY }
	     : in     ? (struct wait_for){ .object = d->b, .signals = SOCKET_INPUT }
		      : (struct wait_for){ .object = o->event, .signals = SOCKET_ROOM };
	if (edge && set == 0)
		w->signals <<= SOCKET_CHANGED_SHIFT;
	return 0;
}

int64_t box_wait(struct description *d, uint32_t events, struct wait_for *w)
{
	struct outbox *o = outbox_peer(d);
	int64_t error = wait_with(d, o, events, w);

	outbox_drop(o);
	return error;
}
