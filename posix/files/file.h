/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptions that are sessions with a file server. */
#pragma once
#include "posix/files/description.h"
#include "posix/files/path.h"

struct attributes;

/* What a server's `open` gave, as a description: a file, directory,
 * device, FIFO. The session becomes the description's, or is
 * closed. `flags` as file_open had them, `status` enum file_status. */
struct opened {
	fut_handle session;
	uint32_t slot, mode;
	uint64_t node, size;
	struct line *line; /* that the session is of; nullptr: not known */
	uint32_t mount;    /* that it lies in */
	bool imported;     /* another process has opened it */
};
int64_t file_description(const struct opened *o, uint32_t flags, uint32_t status,
			 struct description **d);

/* A session that posixd gave, with a directory. */
int64_t place_of(fut_handle session, struct line *line, struct description **d);
/* Open a path of our own, as a program would. */
int64_t file_open_own(int dirfd, const char *path, uint32_t flags, struct description **d);
/* The same at a walk that has begun. */
int64_t file_open_at(struct walk *w, uint32_t flags, uint32_t status, uint32_t permissions,
		     struct description **d);
/* A regular file's description, closed by its kind, as if it were opened anew; false: no memory. */
bool file_reopen(struct description *d);
/* 0 if the path, with AT_ flags as for fstatat, leads to a file; else why not. */
int64_t file_is_there(int dirfd, uint64_t path, uint32_t at_flags);
/* What its server says of an open file now. */
int64_t file_ask(struct description *d, struct attributes *a);
/* Give an open file another size. */
int64_t file_resize(struct description *d, uint64_t size);
/* The size of a regular file now. */
int64_t file_size(struct description *d);
/* The memory object with a file's contents, to be read; to be closed by the caller. */
int64_t file_memory(struct description *d, fut_handle *vmo);
int64_t file_ioctl(struct description *d, uint32_t command, uint64_t argument);
/* What a change by this description gave: with O_SYNC or O_DSYNC it lasts before that is told. */
int64_t file_secure(struct description *d, int64_t done);
