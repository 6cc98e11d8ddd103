/* SPDX-License-Identifier: MPL-2.0 */
/* The loop of a server: receive, have it handled, answer and receive in one step. */
#include "lib/futura/serve.h"

/* serve_waiting leaves after this many, so that a busy port does not starve what else is watched.
 */
constexpr unsigned SERVE_BATCH = 64;

static bool serve_kernel(const struct server *s, struct message *m)
{
	if (s->closed != nullptr)
		s->closed(s->self, m->badge);
	return false;
}

/* False if there is nothing to answer. */
static bool serve_message(const struct server *s, struct message *m)
{
	uint16_t protocol = tag_protocol(m->tag);

	if (protocol == 0 && tag_method(m->tag) == SESSION_CLOSED)
		return serve_kernel(s, m);
	for (unsigned i = 0; i < s->nservices; i++)
		if (s->services[i].protocol == protocol)
			return s->services[i].dispatch(s->services[i].ops, s->self, m);
	return message_refuse(m, ERR_UNSUPPORTED);
}

/*
 * Answer if there is something to answer, and receive. The answer may be impossible: the client's
 * handle table is full, or a handler gave a handle that it does not have. Then the client hears of
 * the error, without the handles; if that fails too, receiving drops the call.
 */
static enum err serve_next(const struct server *s, struct message *m, bool answer,
			   uint64_t deadline)
{
	unsigned nhandles = tag_nhandles(m->tag);
	struct message error = { .tag = tag_make(tag_protocol(m->tag), 0, 0, 0, 0) };
	enum err e;

	if (!answer)
		return ipc_receive(s->port, m, deadline);
	e = ipc_reply_wait(s->port, m, deadline);
	if (e == OK || e == ERR_WOULD_BLOCK || e == ERR_INTERRUPTED)
		return e;
	message_fail(&error, e, native_control()->handles, nhandles);
	(void)ipc_reply(0, &error); /* no call is left to answer if only receiving failed */
	return ipc_receive(s->port, m, deadline);
}

enum err serve(const struct server *s)
{
	struct message m = {};
	bool answer = false;

	for (;;) {
		enum err e = serve_next(s, &m, answer, TIME_NEVER);

		if (e != OK && e != ERR_INTERRUPTED)
			return e;
		answer = e == OK && serve_message(s, &m);
	}
}

enum err serve_waiting(const struct server *s)
{
	struct message m = {};
	bool answer = false;
	enum err e;

	for (unsigned i = 0; i < SERVE_BATCH; i++) {
		e = serve_next(s, &m, answer, 0);
		if (e == ERR_WOULD_BLOCK || e == ERR_INTERRUPTED)
			return OK;
		if (e != OK)
			return e;
		answer = serve_message(s, &m);
	}
	if (answer && ipc_reply(0, &m) != OK && message_refuse(&m, ERR_FULL))
		(void)ipc_reply(0, &m); /* then the call is dropped */
	return OK;
}

enum err serve_keep(fut_handle *reply)
{
	return fut_reply_keep(reply);
}
