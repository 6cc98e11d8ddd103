/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A pipe: a ring of bytes in a memory object that any number of processes read and write, and an
 * event pair, one end with the readers and one with the writers. Nothing in it is trusted: indices
 * are read once and bounded, so a liar harms only what it could have written anyway.
 *
 * Whoever finds nothing to do clears its own end's PIPE_WAKE, sets its side's `waits`, and looks
 * again; if it finds something then it sets PIPE_WAKE, for others of its side may just be beginning
 * to wait. Else it waits for PIPE_WAKE or SIGNAL_PEER_CLOSED, without clearing: all who wait are to
 * be woken. Who made progress and finds the other side's `waits` set clears that and signals the
 * peer. The signal is a hint: the ring alone says what is ready.
 *
 * Who waits for the next change, whatever is ready now (EPOLLET), sets `waits` only, and watches
 * PIPE_CHANGED: it goes with each PIPE_WAKE that is signalled and is never cleared, so that nobody
 * takes another's. A watch sees it each time that it is set, though it was.
 */
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "posix/abi/state.h"

struct pipe_side {
	alignas(64) _Atomic uint32_t index; /* bytes ever written or read, modulo 2^32 */
	_Atomic uint32_t waits;
	_Atomic uint32_t
		lock; /* 0 free; else owner's thread number, FUTEX_WAITERS, FUTEX_OWNER_DIED */
	_Atomic uint32_t
		opened;        /* open sessions of this side: FIFOs, where the server keeps count */
	_Atomic uint32_t ever; /* how often this side was opened: FIFOs */
	struct file_state state;
};

struct pipe_shared {
	_Atomic uint32_t size; /* of the ring: a power of two; it changes under both locks */
	uint32_t fifo;         /* 1: `opened` rules, not SIGNAL_PEER_CLOSED */
	uint32_t fixed;        /* 1: the size stays, for the other side knows no other */
	struct pipe_side write, read;
};

constexpr size_t PIPE_HEADER = 4096; /* the ring follows */
constexpr uint32_t PIPE_SIZE = 65536;
constexpr uint32_t PIPE_MOST = 1048576;
constexpr uint32_t PIPE_ATOMIC = 4096;              /* PIPE_BUF */
constexpr uint64_t PIPE_WAKE = 1, PIPE_CHANGED = 2; /* signals */
constexpr uint64_t PIPE_NEWS = PIPE_WAKE | PIPE_CHANGED;
static_assert(sizeof(struct pipe_shared) <= PIPE_HEADER);
