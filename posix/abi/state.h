/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The shared part of an open file description: all processes that have the description see it.
 * File servers keep such slots in tables (protocol/file.fipc, `states`); pipes, sockets and the
 * like have them in their own memory. Any holder may write anything here: a server takes the
 * values as it would take arguments.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

struct file_state {
	_Atomic uint64_t offset; /* changed by compare-and-swap, before the data is copied */
	_Atomic uint32_t status; /* enum file_status */
	uint32_t reserved;
	_Atomic int64_t
		written;        /* when: `window` of protocol/file.fipc; 0: the server is to know */
	_Atomic uint64_t idle;  /* not 0: nobody uses the session (protocol/file.fipc) */
	_Atomic uint64_t owner; /* who is signalled with STATUS_ASYNC: posix/files/async.c */
	_Atomic uint32_t io_signal; /* with which signal; 0: SIGIO */
	uint32_t reserved2[5];
};
static_assert(sizeof(struct file_state) == 64);

enum file_status : uint32_t {
	STATUS_APPEND = 1,   /* O_APPEND */
	STATUS_NONBLOCK = 2, /* O_NONBLOCK */
	STATUS_DIRECT = 4,   /* O_DIRECT; for a pipe: packets */
	STATUS_ASYNC = 8,    /* O_ASYNC */
	STATUS_NOATIME = 16, /* O_NOATIME */
	STATUS_SYNC = 32,    /* O_SYNC */
	STATUS_DSYNC = 64,   /* O_DSYNC */
};
