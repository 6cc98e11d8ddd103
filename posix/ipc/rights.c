/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptors that leave the process, and those of others that come: what of a description goes
 * with it. */
#include <string.h>
#include "abi/user.h"
#include "posix/abi/view.h"
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "posix/files/idle.h"
#include "posix/files/path.h"
#include "posix/files/states.h"
#include "posix/ipc/socket.h"
#include "protocol/posix.h"

struct sent {
	struct descriptor kind;
	char name[ADDRESS_MOST]; /* a socket's, as long as it is */
};

/* Another process's, as posixd read it from there: pointers in it mean nothing here. */
struct shown {
	struct description description;
	alignas(8) char own[VIEW_OWN];
};
static_assert(sizeof(struct socket) <= VIEW_OWN);
static_assert(offsetof(struct shown, own) == sizeof(struct description));

static uint64_t detail_of(const struct description *d)
{
	switch (d->kind) {
	case DESCRIPTOR_SOCKET:
		return socket_detail(socket_of(d));
	case DESCRIPTOR_PIDFD:
	case DESCRIPTOR_SIGNALS:
		return atomic_load(&d->own_state.status);
	default:
		return 0;
	}
}

/* Everything but the line. How many bytes it has. */
static size_t describe(const struct description *d, struct sent *s)
{
	*s = (struct sent){};
	s->kind = (struct descriptor){
		.kind = d->kind,
		.number = d->slot,
		.access = d->access,
		.mode = d->mode,
		.node = d->node,
		.device = d->device,
		.detail = detail_of(d),
		.mount = d->mount,
	};
	if (d->kind != DESCRIPTOR_SOCKET || socket_of(d)->name_len > ADDRESS_MOST)
		return sizeof(s->kind);
	memcpy(s->name, socket_of(d)->name, socket_of(d)->name_len);
	return sizeof(s->kind) + socket_of(d)->name_len;
}

/* Where there is none an event goes along: who has none else needs none. */
static enum err handles_of(const struct description *d, fut_handle *a, fut_handle *b)
{
	enum err e = d->a != 0 ? fut_handle_duplicate(d->a, RIGHTS_ALL, a) : fut_event_create(a);

	*b = 0;
	if (e == OK && d->b != 0 && descriptor_has_two(d->kind) &&
	    (e = fut_handle_duplicate(d->b, RIGHTS_ALL, b)) != OK)
		(void)fut_handle_close(*a); /* ours */
	return e;
}

static int64_t stash(const struct description *d, uint64_t *token)
{
	struct sent s;
	size_t n = describe(d, &s);
	fut_handle a, b;
	int32_t outcome = 0;

	s.kind.line = line_id(d->line);
	if (d->kind == 0)
		return -EOPNOTSUPP;
	enum err e = handles_of(d, &a, &b);
	if (e == OK)
		e = posix_stash(&process.posix, &s, n, a, b, &outcome, token);
	return e != OK ? file_error(e) : outcome;
}

int64_t rights_stash(int fd, uint64_t *token)
{
	struct description *d = fd_get(fd);

	if (d != nullptr)
		idle_never(d);
	int64_t error = d != nullptr ? stash(d, token) : -EBADF;

	description_drop(d);
	return error;
}

/* A new descriptor for what came, in `n` bytes. */
static int64_t receive(const struct sent *s, size_t n, fut_handle a, fut_handle b,
		       bool close_on_exec)
{
	struct description *d;
	int64_t error = description_import(&s->kind, a, b, &d);

	if (error != 0)
		return error;
	d->identity = process.identity - 1; /* its session has the sender's credentials */
	if (is_socket(d)) {
		socket_of(d)->name_len = (uint32_t)(n - sizeof(s->kind));
		memcpy(socket_of(d)->name, s->name, n - sizeof(s->kind));
	}
	return fd_add(d, close_on_exec, 0);
}

int64_t rights_fetch(uint64_t token, bool close_on_exec)
{
	struct sent s;
	fut_handle a, b;
	size_t n;
	enum err e = posix_fetch(&process.posix, token, &a, &b, &s, sizeof(s), &n);

	if (e != OK)
		return file_error(e);
	if (n < sizeof(s.kind))
		return -EINVAL;
	return receive(&s, n, a, b, close_on_exec);
}

int64_t rights_take(uint32_t pid, uint32_t serial, uint32_t fd)
{
	struct shown theirs = {};
	struct sent s;
	fut_handle a, b;
	size_t n;
	enum err e = posix_descriptor(&process.posix, pid, serial, fd, &a, &b, &theirs,
				      sizeof(theirs), &n);

	if (e != OK)
		return e == ERR_NOT_FOUND      ? -ESRCH
		       : e == ERR_DENIED       ? -EPERM
		       : e == ERR_BAD_ARGUMENT ? -EBADF
		       : e == ERR_UNSUPPORTED  ? -EOPNOTSUPP
					       : file_error(e);
	theirs.description.own = theirs.own;
	n = describe(&theirs.description, &s);
	return receive(&s, n, a, b, true);
}

void rights_drop(const uint64_t *tokens, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		(void)posix_drop(&process.posix, tokens[i]); /* nobody misses it */
}
