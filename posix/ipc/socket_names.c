/* SPDX-License-Identifier: MPL-2.0 */
/* How sockets meet: bind, listen, accept, connect. */
#include <linux/stat.h>
#include <string.h>
#include <sys/socket.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/path.h"
#include "posix/ipc/address.h"
#include "posix/ipc/box.h"
#include "posix/ipc/socket.h"
#include "protocol/door.h"
#include "protocol/file.h"
#include "protocol/posix.h"

#ifndef AT_FDCWD
	#define AT_FDCWD (-100) /* linux/fcntl.h, which sys/socket.h does not go with */
#endif

/* --- Bind --- */

static int64_t bind_path(const char *path, fut_handle door)
{
	struct walk *w = heap_new(sizeof(*w));
	int64_t result;

	if (w == nullptr) {
		(void)fut_handle_close(door); /* ours */
		return -ENOMEM;
	}
	result = walk_begin_own(w, AT_FDCWD, path);
	while (result == 0 && w->found == nullptr) {
		uint64_t node = 0;
		int32_t outcome = 0;
		fut_handle given;
		enum err e = fut_handle_duplicate(door, RIGHTS_ALL & ~RIGHT_MANAGE, &given);
		if (e == OK)
			e = file_bind(&w->at, S_IFSOCK | (0777 & ~process.umask), w->path,
				      w->length, given, &node, &outcome, w->rest, sizeof(w->rest),
				      &w->rest_length);
		if (walk_is_done(w, e, outcome, node, 0, &result))
			break;
	}
	if (result == 0 && w->found != nullptr)
		result = -EINVAL;
	walk_end(w);
	heap_free(w);
	(void)fut_handle_close(door); /* ours; the node has another */
	return result == -EEXIST ? -EADDRINUSE : result;
}

static int64_t name_abstract(struct remote *listener, struct address *a)
{
	int32_t outcome;
	enum err e = door_name(listener, a->un.sun_path, a->len - PATH_AT, &outcome);

	return e != OK ? file_error(e) : outcome;
}

/* With the family alone Linux chooses an abstract name of five digits. */
static int64_t name_automatic(struct remote *listener, struct address *a)
{
	static _Atomic uint32_t last;

	for (unsigned tries = 0; tries < 4096; tries++) {
		uint32_t n = process.pid * 31 + ++last;
		for (unsigned i = 0; i < 5; i++)
			a->un.sun_path[1 + i] = "0123456789abcdef"[n >> 4 * i & 15];
		a->len = PATH_AT + 6;
		int64_t error = name_abstract(listener, a);
		if (error != -EADDRINUSE)
			return error;
	}
	return -ENOSPC;
}

static int64_t bind_to(struct description *d, struct address *a)
{
	struct socket *s = socket_of(d);
	struct remote listener = {};
	fut_handle door;
	int64_t error;

	if (s->name_len != 0 || s->state == SOCKET_LISTENING)
		return -EINVAL;
	enum err e = posix_listen(&process.posix, 0, s->type, &door, &listener.session);
	if (e != OK)
		return file_error(e);
	bool receives = s->type == SOCK_DGRAM && s->state == SOCKET_NEW;
	if (receives && (error = box_make(d, &listener)) != 0) {
		(void)fut_handle_close(door); /* ours */
		(void)fut_handle_close(listener.session);
		return error;
	}
	if (a->path[0] != '\0') {
		error = bind_path(a->path, door);
	} else {
		(void)fut_handle_close(door); /* found by name */
		error = a->len > PATH_AT ? name_abstract(&listener, a)
					 : name_automatic(&listener, a);
	}
	if (error != 0 && receives)
		box_unmake(d);
	else if (error != 0 || s->state == SOCKET_CONNECTED)
		(void)fut_handle_close(
			listener.session); /* ours; a connected one only has the name */
	if (error != 0)
		return error;
	if (s->state == SOCKET_NEW) {
		d->a = listener.session;
		s->state = SOCKET_BOUND;
	}
	memcpy(s->name, &a->un, a->len);
	s->name_len = a->len;
	if (receives)
		socket_side_name(s);
	return 0;
}

CALL3(bind, int, fd, uint64_t, from, uint32_t, len)
{
	struct address a;
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0)
		error = address_read(from, len, &a);
	if (error == 0)
		error = bind_to(d, &a);
	description_drop(d);
	return error;
}

/* --- Listen and accept --- */

static int64_t listen_with(struct description *d, int32_t backlog)
{
	struct socket *s = socket_of(d);
	struct remote r = { .session = d->a };
	fut_handle event;
	int32_t outcome;

	if (s->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (s->state != SOCKET_BOUND && s->state != SOCKET_LISTENING)
		return -EINVAL;
	enum err e = door_backlog(&r, backlog < 0 ? UINT32_MAX : (uint32_t)backlog, process.pid,
				  process.euid, process.egid, &outcome);
	if (e != OK || s->state == SOCKET_LISTENING)
		return e != OK ? file_error(e) : outcome;
	e = door_listening(&r, &event, &outcome);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	d->b = event;
	s->state = SOCKET_LISTENING;
	return 0;
}

CALL2(listen, int, fd, int32_t, backlog)
{
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0)
		error = listen_with(d, backlog);
	description_drop(d);
	return error;
}

/* The connection that came is ours: who connected sees our name. */
static int64_t welcome(const struct description *listener, fut_handle memory, fut_handle event,
		       uint32_t status, struct description **to)
{
	const struct socket *s = socket_of(listener);
	struct description *d;
	int64_t error = socket_new(s->type, status, &d);

	if (error != 0) {
		(void)fut_handle_close(memory); /* ours */
		(void)fut_handle_close(event);
		return error;
	}
	error = socket_join(d, memory, event, 1);
	if (error != 0) {
		description_drop(d);
		return error;
	}
	struct socket *made = socket_of(d);
	memcpy(made->name, s->name, s->name_len);
	made->name_len = s->name_len;
	socket_side_name(made);
	made->passes_credentials = s->passes_credentials;
	*to = d;
	return 0;
}

static int64_t accept_once(struct description *d, uint32_t status, struct description **to)
{
	struct remote r = { .session = d->a };
	struct socket_hello hello;
	fut_handle memory, event;
	size_t n;
	enum err e = door_accept(&r, &memory, &event, &hello, sizeof(hello), &n);

	if (e != OK)
		return e == ERR_WOULD_BLOCK ? -EAGAIN : file_error(e);
	if (n == sizeof(hello) && hello.type == socket_of(d)->type)
		return welcome(d, memory, event, status, to);
	(void)fut_handle_close(memory); /* not for us */
	(void)fut_handle_close(event);
	return -ECONNABORTED;
}

static int64_t accept_next(struct description *d, uint32_t status, struct description **to)
{
	struct socket *s = socket_of(d);
	uint64_t deadline = s->receive_limit != 0 ? clock_now() + s->receive_limit : TIME_NEVER;
	int64_t error;

	if (s->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (s->state != SOCKET_LISTENING)
		return -EINVAL;
	while ((error = accept_once(d, status, to)) == -EAGAIN && !description_is_nonblocking(d)) {
		error = wait_object(d->b, 1, 0, deadline);
		if (error != 0)
			return error == -ETIMEDOUT ? -EAGAIN : error;
	}
	return error;
}

void socket_side_name(struct socket *s)
{
	struct socket_side *side = &s->shared->side[s->side];

	memcpy(side->name, s->name, s->name_len);
	atomic_store(&side->name_len, s->name_len);
}

/* The address that a connection's side was bound to: copied once, for it may change under us. */
static uint32_t side_name(const struct socket_side *side, char name[ADDRESS_MOST])
{
	uint32_t len = atomic_load(&side->name_len);

	if (len > ADDRESS_MOST)
		len = 0;
	memcpy(name, side->name, len);
	return len;
}

static int64_t accept_at(int fd, uint64_t to, uint64_t to_len, uint32_t flags)
{
	struct description *made;
	char name[ADDRESS_MOST];
	int64_t error;

	if ((flags & ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0)
		return -EINVAL;
	struct description *d = socket_get(fd, &error);
	if (error == 0)
		error = accept_next(d, (flags & SOCK_NONBLOCK) != 0 ? STATUS_NONBLOCK : 0, &made);
	description_drop(d);
	if (error != 0)
		return error;
	uint32_t len = side_name(&socket_of(made)->shared->side[0], name);
	error = address_put(to, to_len, name, len);
	if (error != 0) {
		description_drop(made);
		return error;
	}
	return fd_add(made, (flags & SOCK_CLOEXEC) != 0, 0);
}

CALL3(accept, int, fd, uint64_t, to, uint64_t, to_len)
{
	return accept_at(fd, to, to_len, 0);
}

CALL4(accept4, int, fd, uint64_t, to, uint64_t, to_len, uint32_t, flags)
{
	return accept_at(fd, to, to_len, flags);
}

/* --- Connect --- */

static int64_t wait_for_room(struct remote *door, uint64_t deadline)
{
	fut_handle event;
	int32_t outcome;
	enum err e = door_room(door, &event, &outcome);

	if (e != OK || outcome < 0)
		return e != OK ? -ECONNREFUSED : outcome;
	int64_t error = wait_object(event, 1, 0, deadline);
	(void)fut_handle_close(event); /* ours */
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* Both sides as the one that connects knows them. Until who accepts says its name, that is the
 * one it was called by. Their memory is there. */
static void introduce(const struct socket *s, fut_handle memory, const struct address *to)
{
	struct socket_side sides[2] = {
		{ .pid = process.pid, .uid = process.euid, .gid = process.egid }
	};

	atomic_init(&sides[0].name_len, s->name_len);
	memcpy(sides[0].name, s->name, s->name_len);
	atomic_init(&sides[1].name_len, to->len);
	memcpy(sides[1].name, &to->un, to->len);
	(void)fut_vmo_write(memory, offsetof(struct socket_shared, side), sides,
			    sizeof(sides)); /* if not, they have no names */
}

/* Who listens is whom we see, whoever accepts: SO_PEERCRED. Beside each other, as in a side. */
struct listens {
	uint32_t pid, uid, gid;
};

/* Hand the other side of a new connection in at the door; `d` becomes this one. */
static int64_t knock(struct description *d, struct remote *door, const struct address *to)
{
	struct socket_hello hello = { .type = socket_of(d)->type };
	struct socket_ends ends;
	struct listens listens;
	int32_t outcome;
	int64_t error = socket_ends_make(hello.type, &ends);

	if (error != 0)
		return error;
	introduce(socket_of(d), ends.memory[0], to);
	enum err e = door_connect(door, &hello, sizeof(hello), ends.memory[1], ends.event[1],
				  &outcome, &listens.pid, &listens.uid, &listens.gid);
	if (e != OK || outcome != 0) {
		(void)fut_handle_close(ends.memory[0]); /* ours */
		(void)fut_handle_close(ends.event[0]);
		return e != OK ? -ECONNREFUSED : outcome;
	}
	(void)fut_vmo_write(ends.memory[0], offsetof(struct socket_shared, side[1].pid), &listens,
			    sizeof(listens)); /* if not, it is nobody */
	return socket_join(d, ends.memory[0], ends.event[0], 0);
}

static int64_t connect_to(struct description *d, const struct address *a)
{
	struct socket *s = socket_of(d);
	uint64_t deadline = s->send_limit != 0 ? clock_now() + s->send_limit : TIME_NEVER;
	struct remote door = {};
	int64_t error;

	if (s->state == SOCKET_CONNECTED)
		return -EISCONN;
	if (s->state == SOCKET_LISTENING)
		return -EINVAL;
	error = address_door(a, &door.session);
	if (error != 0)
		return error;
	while ((error = knock(d, &door, a)) == -EAGAIN && !description_is_nonblocking(d)) {
		error = wait_for_room(&door, deadline);
		if (error != 0)
			break;
	}
	(void)fut_handle_close(door.session); /* ours */
	return error;
}

CALL3(connect, int, fd, uint64_t, from, uint32_t, len)
{
	struct address a;
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0)
		error = address_read(from, len, &a);
	if (error == -EAFNOSUPPORT && socket_of(d)->type == SOCK_DGRAM)
		error = box_connect(d, nullptr);
	else if (error == 0)
		error = socket_of(d)->type == SOCK_DGRAM ? box_connect(d, &a) : connect_to(d, &a);
	description_drop(d);
	return error;
}

/* --- Names --- */

CALL3(getsockname, int, fd, uint64_t, to, uint64_t, to_len)
{
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0)
		error = address_put(to, to_len, socket_of(d)->name, socket_of(d)->name_len);
	description_drop(d);
	return error;
}

static int64_t peer_name(struct description *d, uint64_t to, uint64_t to_len)
{
	const struct socket *s = socket_of(d);
	struct outbox *o = outbox_peer(d);
	char name[ADDRESS_MOST];

	if (o == nullptr && s->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	uint32_t len =
		side_name(o != nullptr ? &o->shared->side[1] : &s->shared->side[!s->side], name);
	outbox_drop(o);
	return address_put(to, to_len, name, len);
}

CALL3(getpeername, int, fd, uint64_t, to, uint64_t, to_len)
{
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0)
		error = peer_name(d, to, to_len);
	description_drop(d);
	return error;
}
