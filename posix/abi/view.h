/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a process shows of itself to /proc: where in the personality's memory things lie. posixd
 * reads it without the process's help, so it is only as true as the process is.
 */
#pragma once
#include <stdint.h>

struct process_view {
	/* Addresses of variables. */
	uint64_t fds;                /* of the address of the table of descriptors */
	uint64_t fds_room;           /* of how many entries that has, 32 bits */
	uint64_t cwd, root, program; /* of the addresses of descriptions */
	uint64_t threads;            /* of the address of the first thread */
	uint64_t umask;              /* 32 bits */
	uint64_t auxv;    /* of where the auxiliary vector begins and ends, 64 bits each */
	uint64_t held;    /* of how many realtime signals wait in it, 32 bits */
	uint64_t pending; /* of the set of signals that wait for the process, 64 bits */
	uint64_t actions; /* of struct view_action, 65 of them: by signal */

	/* Where in a table's entry, a description or a thread the fields lie, in bytes. */
	struct {
		uint16_t size, description, close_on_exec; /* a bool */
	} fd;
	struct {
		uint16_t access, mode; /* 32 bits */
		uint16_t node;         /* 64 bits */
		uint16_t path, state;  /* addresses: of a text, of struct file_state */
		uint16_t ops; /* an address: of what has at `kind_name` the address of a text */
		uint16_t kind_name;   /* that tells what it is if there is no path */
		uint16_t handle;      /* 32 bits: a session, if it is a server's file */
		uint16_t second;      /* 32 bits: the other handle */
		uint16_t own, size;   /* an address: of what the kind has; bytes of it all */
		uint16_t kind, mount; /* 32 bits: enum descriptor_kind; which mount */
	} description;
	struct {
		uint16_t next;             /* an address */
		uint16_t tid;              /* 32 bits */
		uint16_t control;          /* the address of its area, as the kernel tells it */
		uint16_t blocked, pending; /* 64 bits */
		uint16_t name;             /* 16 bytes, ended by a zero; empty: the process's */
	} thread;
};

/* posix_descriptor gives so much of a description, and after it of what its `own` leads to. */
constexpr uint32_t VIEW_DESCRIPTION = 512, VIEW_OWN = 256;

/* /proc/PID/cwd, root and exe, as descriptors in a jump (protocol/file.fipc). */
constexpr uint32_t VIEW_CWD = 0xffffff9c, VIEW_ROOT = 0xffffff9b, VIEW_PROGRAM = 0xffffff9a;

/* The beginning of a signal's action. */
struct view_action {
	uint64_t handler; /* 0 default, 1 ignored */
	uint64_t rest[3];
};
