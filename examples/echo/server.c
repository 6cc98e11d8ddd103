/* SPDX-License-Identifier: MPL-2.0 */
/* The echo server: each handler shows one thing that a message can carry. protocol/echo.fipc. */
#include <ctype.h>
#include <string.h>
#include "examples/echo/echo.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "protocol/echo.h"

constexpr unsigned SESSIONS = 16;
constexpr size_t PIECE = 1024;

struct echo {
	fut_handle port;
	uint64_t last_badge;
	struct {
		uint64_t badge; /* 0: free */
		uint64_t ncalls;
	} sessions[SESSIONS];
	fut_handle page, lease; /* of `borrow`; 0: none */
};

/* Inline bytes: the text came in the message page, and goes back in it. */
static enum err say(void *self, uint64_t badge, const struct echo_say_args *a,
		    struct echo_say_results *r)
{
	(void)self, (void)badge;
	memcpy(r->back, a->text, a->text_len);
	r->back_len = a->text_len;
	return OK;
}

/* Grants: copy what the client lends, piece by piece; it may be up to 64 KiB. */
static enum err upper(void *self, uint64_t badge, const struct echo_upper_args *a,
		      struct echo_upper_results *r)
{
	char piece[PIECE];

	(void)self, (void)badge;
	r->count = a->from.size < a->to.size ? a->from.size : a->to.size;
	for (uint64_t at = 0; at < r->count; at += PIECE) {
		size_t n = r->count - at < PIECE ? r->count - at : PIECE;
		enum err e = lent_read(&a->from, at, piece, n);
		for (size_t i = 0; i < n; i++)
			piece[i] = (char)toupper((unsigned char)piece[i]);
		if (e == OK)
			e = lent_write(&a->to, at, piece, n);
		if (e != OK)
			return e;
	}
	return OK;
}

/* Badges: a session of the client's own, which later calls are known by. */
static enum err open(void *self, uint64_t badge, struct echo_open_results *r)
{
	struct echo *echo = self;

	(void)badge;
	for (unsigned i = 0; i < SESSIONS; i++) {
		if (echo->sessions[i].badge != 0)
			continue;
		enum err e = fut_session_create(echo->port, echo->last_badge + 1, &r->session);
		if (e == OK) {
			echo->sessions[i].badge = ++echo->last_badge;
			echo->sessions[i].ncalls = 0;
		}
		return e;
	}
	return ERR_FULL;
}

static enum err count(void *self, uint64_t badge, struct echo_count_results *r)
{
	struct echo *echo = self;

	for (unsigned i = 0; badge != 0 && i < SESSIONS; i++)
		if (echo->sessions[i].badge == badge) {
			r->calls = ++echo->sessions[i].ncalls;
			return OK;
		}
	return ERR_BAD_STATE;
}

/* The last handle to a session is gone, whether it was closed or its owner died. */
static void closed(void *self, uint64_t badge)
{
	struct echo *echo = self;

	for (unsigned i = 0; i < SESSIONS; i++)
		if (badge != 0 && echo->sessions[i].badge == badge)
			echo->sessions[i].badge = 0;
}

/* Leases: what `lease` controls can be taken back, wherever it has gone. */
static enum err borrow(void *self, uint64_t badge, struct echo_borrow_results *r)
{
	static const char greeting[] = "hello from the server's page";
	struct echo *echo = self;
	enum err e = OK;

	(void)badge;
	if (echo->page == 0) {
		if ((e = fut_vmo_create(4096, 0, &echo->page)) != OK)
			return e;
		e = fut_vmo_write(echo->page, 0, greeting, sizeof(greeting));
	}
	if (echo->lease != 0)
		return e == OK ? ERR_BAD_STATE : e; /* one at a time */
	return e == OK ? fut_lease_create(echo->page, RIGHT_READ | RIGHT_MAP | RIGHT_TRANSFER,
					  &r->memory, &echo->lease)
		       : e;
}

static enum err take_back(void *self, uint64_t badge)
{
	struct echo *echo = self;

	(void)badge;
	if (echo->lease == 0)
		return ERR_BAD_STATE;
	enum err e = fut_handle_close(echo->lease);
	echo->lease = 0;
	return e;
}

/* A bug: init will see the task end by a fault, and start it again. */
static enum err fail(void *self, uint64_t badge)
{
	(void)self, (void)badge;
	*(volatile int *)0x10 = 1;
	return OK;
}

int server_main(void)
{
	static struct echo echo;
	static const struct echo_ops ops = {
		.say = say,
		.upper = upper,
		.open = open,
		.count = count,
		.borrow = borrow,
		.take_back = take_back,
		.fail = fail,
	};
	static const struct service speaks = { ECHO_PROTOCOL, echo_dispatch, &ops };
	struct server server = {
		.services = &speaks, .nservices = 1, .self = &echo, .closed = closed
	};
	enum err e = fut_port_create(&echo.port);

	server.port = echo.port;
	if (e == OK)
		e = service_provide("echo", echo.port);
	if (e == OK)
		e = serve(&server);
	panic("%s", error_name(e));
}
