/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/ipc/box.h"
#include <string.h>
#include <sys/socket.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/path.h"
#include "posix/ipc/address.h"
#include "posix/ipc/socket_parts.h"
#include "protocol/door.h"

constexpr uint32_t WINDOW = MAP_READ | MAP_WRITE | INHERIT_SHARE;

/* --- Outboxes --- */

static struct outbox *hold(struct outbox *o)
{
	if (o != nullptr)
		o->refs++;
	return o;
}

void outbox_drop(struct outbox *o)
{
	if (o == nullptr)
		return;
	mutex_lock(&process.locks.sockets);
	bool was_last = --o->refs == 0;
	mutex_unlock(&process.locks.sockets);
	if (!was_last)
		return;
	window_unmap(o->shared, SOCKET_SIZE);
	(void)fut_handle_close(o->event); /* ours */
	heap_free(o);
}

struct outbox *outbox_peer(struct description *d)
{
	mutex_lock(&process.locks.sockets);
	struct outbox *o = hold(socket_of(d)->peer);
	mutex_unlock(&process.locks.sockets);
	return o;
}

/* Put `o` in that place of the socket, which takes a reference. */
static void place(struct outbox **at, struct outbox *o)
{
	mutex_lock(&process.locks.sockets);
	struct outbox *old = *at;
	*at = hold(o);
	mutex_unlock(&process.locks.sockets);
	outbox_drop(old);
}

/* The socket's outbox with that number, if it is there already. */
static struct outbox *known(const struct socket *s, uint64_t number)
{
	struct outbox *o = nullptr;

	mutex_lock(&process.locks.sockets);
	if (s->peer != nullptr && s->peer->number == number)
		o = hold(s->peer);
	else if (s->last != nullptr && s->last->number == number)
		o = hold(s->last);
	mutex_unlock(&process.locks.sockets);
	return o;
}

static int64_t box_error(enum err e)
{
	return e == ERR_BAD_STATE ? -ECONNREFUSED : file_error(e);
}

static int64_t box_map(struct remote *door, fut_handle *event, struct socket_shared **shared)
{
	fut_handle memory;
	uint64_t size = 0, pages;
	uint32_t flags;
	void *at;
	enum err e = door_sender(door, &memory, event);

	if (e != OK)
		return box_error(e);
	e = fut_vmo_info(memory, &size, &pages, &flags);
	if (e == OK && size < SOCKET_SIZE)
		e = ERR_BAD_STATE;
	if (e == OK)
		e = window_map(memory, 0, SOCKET_SIZE, WINDOW, &at);
	(void)fut_handle_close(memory); /* ours; the window stays */
	if (e == OK)
		*shared = at;
	else
		(void)fut_handle_close(*event); /* ours */
	return e == OK ? 0 : box_error(e);
}

static int64_t outbox_open(struct remote *door, uint64_t number, struct outbox **to)
{
	struct outbox *o = heap_new(sizeof(*o));

	if (o == nullptr)
		return -ENOMEM;
	*o = (struct outbox){ .refs = 1, .number = number };
	int64_t error = box_map(door, &o->event, &o->shared);
	if (error != 0)
		heap_free(o);
	else
		*to = o;
	return error;
}

/* The outbox that the address leads to now. */
static int64_t outbox_at(struct description *d, const struct address *a, struct outbox **o)
{
	struct remote door = {};
	uint64_t number;
	int32_t outcome;
	int64_t error = address_door(a, &door.session);

	if (error != 0)
		return error;
	enum err e = door_box(&door, &number, &outcome);
	error = e != OK ? box_error(e) : outcome;
	if (error == 0 && (*o = known(socket_of(d), number)) == nullptr)
		error = outbox_open(&door, number, o);
	(void)fut_handle_close(door.session); /* ours */
	return error;
}

static bool may_send(const struct socket *s, const struct outbox *o)
{
	uint64_t only = atomic_load(&o->shared->only_from);

	return only == 0 || (s->state == SOCKET_BOX && only == s->shared->box);
}

/* --- Making --- */

bool box_is_used(const struct description *d)
{
	const struct socket *s = socket_of(d);

	return s->type == SOCK_DGRAM && (s->state != SOCKET_CONNECTED || s->peer != nullptr);
}

/* The listener takes the place of the memory, to which it leads. */
static void become_box(struct description *d, fut_handle listener)
{
	(void)fut_handle_close(d->a); /* ours; the window stays */
	d->a = listener;
	socket_of(d)->state = SOCKET_BOX;
}

int64_t box_make(struct description *d, const struct remote *listener)
{
	struct remote r = *listener;
	struct socket_ends ends;
	uint64_t number;
	int32_t outcome;
	int64_t error = socket_ends_make(SOCK_DGRAM, &ends);

	if (error != 0)
		return error;
	enum err e = door_receive(&r, ends.memory[1], ends.event[1], &number, &outcome);
	error = e != OK ? file_error(e) : outcome;
	if (error != 0) {
		(void)fut_handle_close(ends.memory[0]); /* ours */
		(void)fut_handle_close(ends.event[0]);
		return error;
	}
	error = socket_join(d, ends.memory[0], ends.event[0], 1);
	if (error != 0)
		return error;
	struct socket *s = socket_of(d);
	s->shared->box = number;
	if (s->peer != nullptr)
		atomic_store(&s->shared->only_from, s->peer->number);
	become_box(d, listener->session);
	return 0;
}

void box_unmake(struct description *d)
{
	struct socket *s = socket_of(d);
	uint32_t status = atomic_load(&d->state->status);

	d->state = &d->own_state;
	atomic_store(&d->state->status, status);
	s->state = SOCKET_NEW;
	window_unmap(s->shared, SOCKET_SIZE);
	s->shared = nullptr;
	(void)fut_handle_close(d->a); /* ours */
	(void)fut_handle_close(d->b);
	d->a = d->b = 0;
}

int64_t box_import(struct description *d, fut_handle listener, fut_handle event)
{
	struct remote r = { .session = listener };
	struct socket *s = socket_of(d);
	fut_handle senders;
	int64_t error = box_map(&r, &senders, &s->shared);

	d->a = listener;
	d->b = event;
	if (error != 0)
		return error;
	(void)fut_handle_close(senders); /* ours */
	s->side = 1;
	s->state = SOCKET_BOX;
	d->state = &s->shared->side[1].state;
	uint32_t len = atomic_load(&s->shared->side[1].name_len);
	s->name_len = len <= ADDRESS_MOST ? len : 0;
	memcpy(s->name, s->shared->side[1].name, s->name_len);
	return 0;
}

int64_t box_connect(struct description *d, const struct address *a)
{
	struct socket *s = socket_of(d);
	struct outbox *o = nullptr;
	int64_t error = a != nullptr ? outbox_at(d, a, &o) : 0;

	if (error == 0 && o != nullptr && !may_send(s, o))
		error = -EPERM;
	if (error == 0) {
		place(&s->peer, o);
		if (s->state == SOCKET_BOX)
			atomic_store(&s->shared->only_from, o != nullptr ? o->number : 0);
	}
	outbox_drop(o);
	return error;
}

void box_close(struct description *d)
{
	struct socket *s = socket_of(d);

	outbox_drop(s->peer);
	outbox_drop(s->last);
	both_end(s->both);
}

/* --- Sending --- */

static int64_t send_waiting(struct description *d, const struct outbox *o,
			    const struct message_data *data, const struct message_extra *x,
			    uint32_t flags)
{
	const struct socket *s = socket_of(d);
	uint64_t deadline = socket_deadline(s->send_limit);
	struct socket_out out = { o->shared, 0, o->event, SOCK_DGRAM };
	uint32_t room =
		data->size < SOCKET_RING / 2 ? ROOM_ENOUGH + (uint32_t)data->size : SOCKET_RING;
	int64_t n;

	if (s->send_ended)
		return -EPIPE;
	if (!may_send(s, o))
		return -EPERM;
	while ((n = socket_send_once(&out, data, x)) == -EAGAIN && socket_may_wait(d, flags)) {
		outbox_expect(o, room, false);
		n = wait_object(o->event, SOCKET_ROOM | SIGNAL_PEER_CLOSED, 0, deadline);
		if (n != 0)
			return n == -ETIMEDOUT ? -EAGAIN : n;
	}
	return n;
}

int64_t box_send(struct description *d, uint64_t name, uint32_t name_len,
		 const struct message_data *data, const struct message_extra *x, uint32_t flags)
{
	struct socket *s = socket_of(d);
	struct outbox *o = nullptr;
	struct address a;
	int64_t n = 0;

	if (name_len == 0)
		n = (o = outbox_peer(d)) != nullptr ? 0 : -ENOTCONN;
	else if ((n = address_read(name, name_len, &a)) == 0)
		n = outbox_at(d, &a, &o);
	if (n == -EAFNOSUPPORT)
		n = -EINVAL;
	if (n == 0) {
		n = send_waiting(d, o, data, x, flags);
		if (n == -ECONNREFUSED && o == s->peer)
			place(&s->peer, nullptr);
		else if (n >= 0 && o != s->peer && o != s->last)
			place(&s->last, o);
	}
	outbox_drop(o);
	return n < 0 ? socket_broken(n, flags) : n;
}

void box_shutdown(struct description *d, bool reading, bool writing)
{
	struct socket *s = socket_of(d);

	if (writing)
		s->send_ended = true;
	if (!reading || s->state != SOCKET_BOX)
		return;
	atomic_store(&s->shared->way[0].write_ended, 1);
	(void)fut_event_signal(d->b, SOCKET_INPUT_NEWS, 0);     /* ours */
	(void)fut_event_signal_peer(d->b, SOCKET_ROOM_NEWS, 0); /* nobody may be there */
}
