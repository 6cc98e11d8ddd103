/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Datagram sockets with names. A socket that was bound receives in its box (posix/abi/socket.h);
 * who sends maps it, as an outbox. A pair of datagram sockets is a connection (socket.c) until it
 * is connected to somebody else.
 */
#pragma once
#include "posix/ipc/socket.h"

struct address;
struct remote;
struct both;
struct wait_for;

struct outbox {
	uint32_t refs; /* under locks.sockets */
	uint64_t number;
	fut_handle event; /* the senders' end */
	struct socket_shared *shared;
};

/* A datagram socket, but not one of a pair that still talks to the other. */
bool box_is_used(const struct description *d);
/* The new socket receives from now on, once the listener has a name. It takes the listener, unless
 * that fails. */
int64_t box_make(struct description *d, const struct remote *listener);
/* It did not get the name. */
void box_unmake(struct description *d);
/* From another process: the listener, and its end of the event. They become the description's. */
int64_t box_import(struct description *d, fut_handle listener, fut_handle event);
/* Send there from now on, and take datagrams from there alone; nullptr: from and to anybody. */
int64_t box_connect(struct description *d, const struct address *a);
/* With a guest's address, or where it is connected to. */
int64_t box_send(struct description *d, uint64_t name, uint32_t name_len,
		 const struct message_data *data, const struct message_extra *x, uint32_t flags);
void box_shutdown(struct description *d, bool reading, bool writing);
uint32_t box_ready(struct description *d);
int64_t box_wait(struct description *d, uint32_t events, struct wait_for *w);
void box_close(struct description *d);
/* For box_close: what box_wait made; may be nullptr. */
void both_end(struct both *b);

/* Where it is connected to, with a reference for the caller; nullptr: nowhere. */
struct outbox *outbox_peer(struct description *d);
void outbox_drop(struct outbox *o); /* may be nullptr */
/* Say that we wait for that many bytes of room (WAIT_EDGE: anew). */
void outbox_expect(const struct outbox *o, uint32_t room, bool edge);
