/* SPDX-License-Identifier: MPL-2.0 */
/* Ports, sessions and kept replies: the objects of FIPC. The messages themselves are in ipc.h. */
#pragma once
#include "kernel/object.h"

struct leased;
struct thread;
struct vmo;

struct port {
	struct waitable waitable;
	struct list callers;   /* threads that wait for a server, oldest first */
	struct list receivers; /* threads that wait for a message, latest first: caches are warm */
	struct list sessions;  /* of struct session, all */
	struct list closed;    /* sessions without senders, of which no receiver knows yet */
	bool dead;
};

struct session {
	struct waitable waitable;
	struct port *port; /* a reference; nullptr: severed, or the port is dead */
	uint64_t badge;
	struct list link; /* in port->sessions or port->closed */
	bool queued;      /* in port->closed, which holds a reference */
};

struct reply {
	struct object object;
	/* nullptr: the call has ended; no reference: the caller unlinks itself. */
	struct thread *caller;
};

void port_end(void *port);
void session_end(void *session);
void session_release(void *session);
void reply_end(void *reply);
/* The thread calls a pager for a page, and waits. */
void port_ask_pager(struct thread *t, struct vmo *vmo, uint64_t offset, bool write);
