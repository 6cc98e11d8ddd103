/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A file descriptor outside a process: on its way through a socket, or given to a process that is
 * being started. With it go one or two handles, as its kind says; where none is needed, an event of
 * nobody's.
 */
#pragma once
#include <stdint.h>

enum descriptor_kind : uint32_t {
	DESCRIPTOR_FILE = 1,      /* a session (protocol/file.fipc); `number` is the slot */
	DESCRIPTOR_PIPE_READ = 2, /* memory, event (posix/abi/pipe.h) */
	DESCRIPTOR_PIPE_WRITE = 3,
	DESCRIPTOR_TERMINAL = 4, /* a session (protocol/tty.fipc); `number` is the slot */
	DESCRIPTOR_DEVICE = 5,   /* a session of the node; `device` says which */
	DESCRIPTOR_SOCKET = 6,   /* memory, event (posix/abi/socket.h) */
	DESCRIPTOR_COUNTER = 7,  /* eventfd: memory, event */
	DESCRIPTOR_TIMER = 8,    /* timerfd: memory, event */
	DESCRIPTOR_PIDFD = 9,    /* an event; `node` says of which process */
	DESCRIPTOR_FIFO = 10,    /* a session, as a file's */
	DESCRIPTOR_SIGNALS = 11, /* signalfd: nobody's event; `device` is the set */
};

struct descriptor {
	enum descriptor_kind kind;
	uint32_t number;
	uint32_t access; /* 1 read, 2 write */
	uint32_t mode;   /* st_mode */
	uint64_t node;
	uint64_t device; /* st_rdev */
	uint64_t detail; /* the kind's own */
	uint64_t line;   /* a file's: who has the same line mapped knows it by that; 0: nobody */
	uint32_t mount;  /* a file's: which mount of the world it lies in */
	uint32_t reserved;
};
static_assert(sizeof(struct descriptor) == 56);

/* The first handle is a session with a file server. */
static inline bool descriptor_is_servers(uint32_t kind)
{
	return kind == DESCRIPTOR_FILE || kind == DESCRIPTOR_DEVICE || kind == DESCRIPTOR_FIFO ||
	       kind == DESCRIPTOR_TERMINAL;
}

/* Of the others the second handle is not the description's own, and asked for again. */
static inline bool descriptor_has_two(uint32_t kind)
{
	return kind == DESCRIPTOR_PIPE_READ || kind == DESCRIPTOR_PIPE_WRITE ||
	       kind == DESCRIPTOR_SOCKET || kind == DESCRIPTOR_COUNTER || kind == DESCRIPTOR_TIMER;
}
