/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A process's table of mappings, in the personality's memory, where posixd reads it for
 * /proc/<pid>/maps. It only describes: what is mapped says the kernel.
 */
#pragma once
#include <stdint.h>

enum map_flags : uint32_t {
	MAP_IS_READABLE = 1,
	MAP_IS_WRITABLE = 2,
	MAP_IS_EXECUTABLE = 4,
	MAP_IS_SHARED = 8,
	MAP_IS_STACK = 16,
	MAP_IS_HEAP = 32,
	MAP_IS_VDSO = 64,
	MAP_IS_NOT_FORKED = 128, /* a child has nothing there: MADV_DONTFORK */
	MAP_IS_WIPED = 256,      /* a child has zeroes there: MADV_WIPEONFORK */
	MAP_IS_LOCKED = 512,     /* mlock */
};

struct map_entry {
	uint64_t start, end; /* guest addresses, whole pages */
	uint64_t offset;     /* in the file */
	uint64_t backing;    /* address of struct map_backing; 0: private memory without a file */
	uint32_t flags;      /* enum map_flags */
	uint32_t is_copy;    /* private contents of their own, though there is a file */
};

struct map_backing {
	uint64_t node;
	uint32_t mount; /* of the world, that the file lies in; 0 too for memory without a file */
	uint32_t refs;
	uint32_t vmo;     /* handle */
	uint32_t segment; /* 1 + its id, of one that shmat mapped; 0: something else */
	uint32_t use;     /* what tells its server that it is still used; 0: nothing has to */
	char path[];      /* ended by a zero byte; empty for memory without a file */
};

struct map_table {
	uint64_t entries; /* address of `count` entries, by address */
	uint32_t count, room;
	uint64_t view; /* address of struct process_view; 0: there is none */
};
