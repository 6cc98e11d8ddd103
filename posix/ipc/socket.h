/* SPDX-License-Identifier: MPL-2.0 */
/* AF_UNIX sockets: posix/abi/socket.h has how connections lie in memory. */
#pragma once
#include <sys/uio.h>
#include "posix/abi/socket.h"
#include "posix/files/description.h"

enum socket_state : uint32_t {
	SOCKET_NEW,
	SOCKET_BOUND,     /* a: the listener, which does not listen yet */
	SOCKET_LISTENING, /* a: the listener (door.fipc), b: its event */
	SOCKET_CONNECTED, /* a: memory, b: our end of the event pair */
	SOCKET_BOX,       /* a datagram socket with a name. a: the listener, b: our end (box.h) */
};

constexpr unsigned ADDRESS_MOST = 110; /* sizeof(struct sockaddr_un) */

/* description.own */
struct socket {
	enum socket_state state;
	uint32_t type;
	unsigned side;                /* of a connection, or of a box: 1 */
	struct socket_shared *shared; /* the same */
	uint32_t name_len;            /* bound to */
	char name[ADDRESS_MOST];
	bool passes_credentials;    /* SO_PASSCRED */
	bool reset_told;            /* ECONNRESET is given once */
	bool send_ended;            /* a box's: shutdown(SHUT_WR) */
	struct outbox *peer, *last; /* datagrams: connected to; sent to before (locks.sockets) */
	struct both *both;          /* box_wait.c */
	uint64_t receive_limit, send_limit; /* SO_RCVTIMEO, SO_SNDTIMEO in nanoseconds; 0: none */
};

static inline struct socket *socket_of(const struct description *d)
{
	return d->own;
}

bool is_socket(const struct description *d);
/* A reference; ENOTSOCK, EBADF. */
struct description *socket_get(int fd, int64_t *error);
/* A new one without a connection. */
int64_t socket_new(uint32_t type, uint32_t status, struct description **d);
/* Both ends of a new connection. The handles are the caller's. */
struct socket_ends {
	fut_handle memory[2], event[2];
};
int64_t socket_ends_make(uint32_t type, struct socket_ends *ends);
/* `d`, which is new or bound, becomes a side of the connection. The handles are taken. */
int64_t socket_join(struct description *d, fut_handle memory, fut_handle event, unsigned side);
/* descriptor.detail: the side of a connection, or one of these; and the type. */
constexpr uint64_t SOCKET_DETAIL_BOX = 2, SOCKET_DETAIL_NEW = 4, SOCKET_DETAIL_BOUND = 8,
		   SOCKET_DETAIL_LISTENS = 16;
constexpr unsigned SOCKET_DETAIL_TYPE = 8; /* from this bit on */
uint64_t socket_detail(const struct socket *s);
int64_t socket_import(const struct descriptor *from, fut_handle memory, fut_handle event,
		      struct description **d);

/* --- Messages --- */

/* Guest memory that a message comes from or goes to. */
struct message_data {
	struct iovec *ranges;
	unsigned n;
	uint64_t size; /* of all */
};

/* What goes along with the data. */
struct message_extra {
	uint64_t tokens[SOCKET_RIGHTS];
	uint32_t nrights;
	uint32_t pid, uid, gid;
	char from[ADDRESS_MOST];
	uint32_t from_len;
	uint64_t whole; /* receiving: the size of the packet, of which a part may be lost */
};

/* What comes from us, without descriptors. */
void message_extra_init(struct message_extra *x, const struct socket *s);

/* Where a message goes to. */
struct socket_out {
	struct socket_shared *shared;
	unsigned side;
	fut_handle event;
	uint32_t type;
};

/* One try: bytes, or EAGAIN, EPIPE and so on. A stream may take less than all. */
int64_t socket_send_once(const struct socket_out *out, const struct message_data *data,
			 const struct message_extra *x);
/* The same; with `peek` all stays as it is. Tokens are given once. */
int64_t socket_receive_once(struct description *d, const struct message_data *data,
			    struct message_extra *x, bool peek);
/* Sending and receiving with waiting, as flags (MSG_) say. */
int64_t socket_send(struct description *d, struct message_data *data, const struct message_extra *x,
		    uint32_t flags);
int64_t socket_receive(struct description *d, struct message_data *data, struct message_extra *x,
		       uint32_t flags);
/* What is to happen when there is no room: EAGAIN, or wait. */
bool socket_may_wait(const struct description *d, uint32_t flags);
/* Until when, with such a limit in nanoseconds (0: none). */
uint64_t socket_deadline(uint64_t limit);
/* That error of sending, with its signal. */
int64_t socket_broken(int64_t error, uint32_t flags);
/* Others see the name of our side from now on. */
void socket_side_name(struct socket *s);
/* Bytes that can be received. */
int64_t socket_waiting(const struct description *d);
void socket_end(struct description *d, bool reading, bool writing);

/* --- Descriptors on their way (rights.c) --- */

/* Give posixd what that descriptor leads to: a token for who receives it. */
int64_t rights_stash(int fd, uint64_t *token);
/* Take it out: a new descriptor. */
int64_t rights_fetch(uint64_t token, bool close_on_exec);
/* Another process's: a new descriptor for what its descriptor `fd` leads to. */
int64_t rights_take(uint32_t pid, uint32_t serial, uint32_t fd);
void rights_drop(const uint64_t *tokens, uint32_t n);
