/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptors that leave the process: what of a description goes with it. */
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "posix/files/idle.h"
#include "posix/files/path.h"
#include "posix/files/states.h"
#include "posix/ipc/socket.h"
#include "protocol/posix.h"

/* Handles of one session or of memory and event. A terminal's event is asked for again. */
static bool has_two(uint32_t kind)
{
	return kind == DESCRIPTOR_PIPE_READ || kind == DESCRIPTOR_PIPE_WRITE ||
	       kind == DESCRIPTOR_SOCKET || kind == DESCRIPTOR_COUNTER || kind == DESCRIPTOR_TIMER;
}

static uint64_t socket_detail(const struct socket *s)
{
	return s->state == SOCKET_BOX ? SOCKET_DETAIL_BOX : s->side;
}

static int64_t stash(const struct description *d, uint64_t *token)
{
	struct descriptor kind = {
		.kind = d->kind,
		.number = d->slot,
		.access = d->access,
		.mode = d->mode,
		.node = d->node,
		.device = d->device,
		.detail = d->kind == DESCRIPTOR_SOCKET ? socket_detail(socket_of(d)) : 0,
		.line = line_id(d->line),
		.mount = d->mount,
	};
	fut_handle a, b = 0;
	int32_t outcome = 0;
	enum err e;

	if (d->kind == 0 ||
	    (d->kind == DESCRIPTOR_SOCKET && socket_of(d)->state != SOCKET_CONNECTED &&
	     socket_of(d)->state != SOCKET_BOX))
		return -EOPNOTSUPP;
	e = fut_handle_duplicate(d->a, RIGHTS_ALL, &a);
	if (e == OK && has_two(d->kind) && (e = fut_handle_duplicate(d->b, RIGHTS_ALL, &b)) != OK)
		(void)fut_handle_close(a); /* ours */
	if (e == OK)
		e = posix_stash(&process.posix, &kind, sizeof(kind), a, b, &outcome, token);
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

int64_t rights_fetch(uint64_t token, bool close_on_exec)
{
	struct description *d;
	struct descriptor kind;
	fut_handle a, b;
	size_t n;
	enum err e = posix_fetch(&process.posix, token, &a, &b, &kind, sizeof(kind), &n);

	if (e != OK)
		return file_error(e);
	if (n != sizeof(kind))
		return -EINVAL;
	int64_t error = description_import(&kind, a, b, &d);
	if (error == 0)
		d->identity = process.identity - 1; /* its session has the sender's credentials */
	return error != 0 ? error : fd_add(d, close_on_exec, 0);
}

void rights_drop(const uint64_t *tokens, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		(void)posix_drop(&process.posix, tokens[i]); /* nobody misses it */
}
