/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Walking a path over servers. A caller repeats its call to the server until the walk says that it
 * is done:
 *
 *	int64_t result = walk_begin(&w, dirfd, path, 0);
 *	while (result == 0) {
 *		e = file_X(&w.at, ..., w.path, w.length, ..., w.rest, sizeof(w.rest),
 *&w.rest_length); if (walk_is_done(&w, e, outcome, node, 0, &result)) break;
 *	}
 *	walk_end(&w);
 */
#pragma once
#include "lib/futura/message.h"
#include "protocol/file.h"

constexpr unsigned PATH_MOST = 4096; /* with the zero byte */

struct description;

struct walk {
	int64_t magic_error; /* not 0: links of /proc to what is open are refused with it */
	struct remote at;    /* whom to ask */
	size_t length;       /* of `path` */
	size_t rest_length;
	unsigned jumps;
	bool close;               /* `at` is ours */
	struct description *base; /* a reference; nullptr with `close` */
	struct line *line;        /* of `at`; nullptr: not known */
	uint32_t mount;           /* the same */
	bool at_mount;            /* `at` is that mount's root */
	struct description
		*found; /* the walk ended at a descriptor that is no server's: a reference */
	char path[PATH_MOST], rest[PATH_MOST];
};

/* dirfd as for openat; with `allow_empty` (AT_EMPTY_PATH) an empty path is dirfd itself, else
 * ENOENT. `path` is a guest address. */
int64_t walk_begin(struct walk *w, int dirfd, uint64_t path, bool allow_empty);
/* The same, and "/" is dirfd's directory: RESOLVE_IN_ROOT. */
int64_t walk_begin_in(struct walk *w, int dirfd, uint64_t path);
/* The same with a path of our own. */
int64_t walk_begin_own(struct walk *w, int dirfd, const char *path);
/*
 * After a call: true if it is done, with `*result` what the program is to get. `session` is what
 * the call gave, which JUMP_OBJECT takes.
 */
bool walk_is_done(struct walk *w, enum err e, int64_t outcome, uint64_t node, fut_handle session,
		  int64_t *result);
void walk_end(struct walk *w);
/* A descriptor's description, or with VIEW_CWD, VIEW_ROOT or VIEW_PROGRAM that: a reference. */
struct description *descriptor_or_place(uint32_t fd);
/* Does a walk's `found` stand for another process's pipe or socket? It cannot be opened. */
bool is_others(const struct description *d);
/* What /proc/self leads to, or with `thread` /proc/thread-self: at most 40 bytes; their count. */
size_t path_of_self(char *to, bool thread);
/*
 * For calls with two paths: walk to the directory that holds the last name of `w`. Then `at` leads
 * to it and `path` is that name, or empty for the directory itself.
 */
int64_t walk_to_parent(struct walk *w);

/* errno for a call that failed as a message, negative; 0 for OK only, as static analysis is told.
 */
int64_t file_error_number(enum err e);
static inline int64_t file_error(enum err e)
{
	int64_t error = file_error_number(e);

	if (e != OK && error == 0)
		__builtin_unreachable();
	return error;
}
