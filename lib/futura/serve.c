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
 * The answer with the tag `sent` could not be given, because of `e`: the client's handle table is
 * full, or a handler gave a handle that it does not have. The client hears of the error, without
 * the handles; if that fails too, receiving drops the call.
 */
static void serve_refused(uint64_t sent, enum err e)
{
	struct message error = { .tag = sent & ~TAG_METHOD_MASK };

	message_fail(&error, e, native_control()->handles, tag_nhandles(sent));
	(void)ipc_reply(0, &error); /* no call is left to answer if only receiving failed */
}

/* Serve the message in `m` and receive the next. */
static inline enum err serve_next(const struct server *s, struct message *m, uint64_t deadline)
{
	if (!serve_message(s, m))
		return ipc_receive(s->port, m, deadline);

	uint64_t sent = m->tag;
	enum err e = ipc_reply_wait(s->port, m, deadline);

	if (e == OK || e == ERR_WOULD_BLOCK || e == ERR_INTERRUPTED)
		return e;
	serve_refused(sent, e);
	return ipc_receive(s->port, m, deadline);
}

enum err serve(const struct server *s)
{
	struct message m;
	enum err e = ipc_receive(s->port, &m, TIME_NEVER);

	for (;;) {
		if (e == OK)
			e = serve_next(s, &m, TIME_NEVER);
		else if (e == ERR_INTERRUPTED)
			e = ipc_receive(s->port, &m, TIME_NEVER);
		else
			return e;
	}
}

enum err serve_waiting(const struct server *s)
{
	struct message m;
	enum err e = ipc_receive(s->port, &m, 0);

	for (unsigned i = 1; e == OK && i < SERVE_BATCH; i++)
		e = serve_next(s, &m, 0);
	/* The last one is answered without receiving another. */
	if (e == OK && serve_message(s, &m)) {
		uint64_t sent = m.tag;
		enum err answered = ipc_reply(0, &m);

		if (answered != OK)
			serve_refused(sent, answered);
	}
	return e == ERR_WOULD_BLOCK || e == ERR_INTERRUPTED ? OK : e;
}
