/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* tar archives: of the seventh edition, ustar (POSIX.1-1988), GNU's and pax (POSIX.1-2001). */
#include <sys/stat.h>
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"

struct tar_member {
	char *name, *link; /* of memory from mem.h */
	char user[33], group[33];
	char type; /* '0' file, '1' hard link, '2' link, '3' '4' devices, '5' directory, '6' fifo */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	off_t size;
	struct timespec mtime;
	unsigned major, minor;
};

enum tar_result { TAR_MEMBER, TAR_END, TAR_BAD };

/* The next header; `in` is left at the member's contents. A message is printed for TAR_BAD. */
enum tar_result tar_read(struct in *in, struct tar_member *m);
void tar_member_free(struct tar_member *m);
/* Passes the contents of a member, and their padding, to `put` (or over them). */
bool tar_contents(struct in *in, off_t size, struct out *put);
/* How many bytes contents of that size take. */
off_t tar_padded(off_t size);

/* What is written; all of them are read. */
enum tar_format { TAR_GNU, TAR_USTAR, TAR_V7, TAR_PAX };

/*
 * Writes a header, before it what does not fit into it. False, with a message, when the format has
 * no way to say it.
 */
bool tar_write(struct out *out, const struct tar_member *m, enum tar_format format);
