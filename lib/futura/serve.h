/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A server's loop. No client can stop it: what it sends is checked before a handler runs, and an
 * answer that a client cannot take is replaced by an error.
 */
#pragma once
#include "lib/futura/message.h"

/* One of the interfaces a server speaks: X_PROTOCOL, X_dispatch, and its struct X_ops. */
struct service {
	uint16_t protocol; /* 0: messages from the kernel, but SESSION_CLOSED */
	dispatch_fn *dispatch;
	const void *ops;
};

struct server {
	fut_handle port;
	const struct service *services;
	unsigned nservices;
	void *self; /* given to every handler */
	/* The last handle to the session with this badge is gone; may be nullptr. */
	void (*closed)(void *self, uint64_t badge);
};

/* Serve for ever. Returns only if the port cannot be received from, with the reason. Any number of
 * threads may serve the same port, if the handlers can bear it. */
enum err serve(const struct server *s);

/* Serve the messages that wait now, but not many at a time. OK if the port is in order. */
enum err serve_waiting(const struct server *s);
