/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A connection between two AF_UNIX sockets: two rings of records in a memory object, one each way,
 * and an event pair with an end for each side. Any number of processes may have a side.
 *
 * A record is a header, the tokens of the descriptors that go along (posix.fipc, `stash`), and the
 * data, padded to 8 bytes. A stream's reader may take a part of a record: `partial` bytes of the
 * first are gone. Waiting is as with pipes (posix/abi/pipe.h), with a signal for each direction.
 *
 * A datagram socket with a name has a box, which looks the same: its receiver is side 1, whoever
 * sends to it side 0, and only side 0's ring is used. Senders trust each other, as a FIFO's do.
 */
#pragma once
#include "posix/abi/state.h"

constexpr uint32_t SOCKET_RING = 131072;              /* a power of two */
constexpr uint32_t SOCKET_HEADER = 4096;              /* before the rings */
constexpr uint64_t SOCKET_INPUT = 1, SOCKET_ROOM = 2; /* signals */
constexpr unsigned SOCKET_CHANGED_SHIFT = 2;          /* as PIPE_CHANGED, for each of the two */
constexpr uint64_t SOCKET_INPUT_NEWS = SOCKET_INPUT | SOCKET_INPUT << SOCKET_CHANGED_SHIFT;
constexpr uint64_t SOCKET_ROOM_NEWS = SOCKET_ROOM | SOCKET_ROOM << SOCKET_CHANGED_SHIFT;
constexpr unsigned SOCKET_RIGHTS = 253; /* descriptors in one message: Linux's SCM_MAX_FD */

struct socket_way {
	alignas(64) _Atomic uint32_t written; /* bytes ever, modulo 2^32 */
	_Atomic uint32_t write_lock;
	_Atomic uint32_t writer_waits;
	_Atomic uint32_t
		write_ended; /* shutdown(SHUT_WR) of the writer, or SHUT_RD of the reader */
	alignas(64) _Atomic uint32_t read;
	_Atomic uint32_t read_lock;
	_Atomic uint32_t reader_waits;
	_Atomic uint32_t partial;
};

struct socket_record {
	uint32_t size; /* of the data */
	uint32_t nrights;
	uint32_t pid, uid, gid;
	uint32_t
		from_len; /* a datagram's: bytes of the sender's address, which follow the tokens */
};
static_assert(sizeof(struct socket_record) == 24);

struct socket_side {
	struct file_state state;
	uint32_t pid, uid, gid;    /* who made it: SO_PEERCRED of the other */
	_Atomic uint32_t name_len; /* of `name`; 0: none */
	char name[112];            /* struct sockaddr_un */
};

struct socket_shared {
	uint32_t type; /* SOCK_ */
	uint32_t reserved;
	uint64_t box;               /* a box's number (door.fipc); 0: a connection */
	_Atomic uint64_t only_from; /* datagrams are taken from this box alone; 0: from all */
	struct socket_side side[2];
	struct socket_way way[2]; /* the way that side writes */
};
static_assert(sizeof(struct socket_shared) <= SOCKET_HEADER);
constexpr uint64_t SOCKET_SIZE = SOCKET_HEADER + 2ull * SOCKET_RING;

/* What goes with a connection to who accepts it (door.fipc): `kind`. */
struct socket_hello {
	uint32_t type;
};
