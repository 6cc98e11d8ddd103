/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* One run of cpio, as its parts share it. */
#include <sys/stat.h>
#include "apps/utils/cpio.h"

/* A file with several names: where it was unpacked, or what is still to be stored. */
struct linked {
	unsigned long major, minor, ino;
	char *path; /* the first name unpacked; nullptr when storing */
	struct cpio_member *waiting;
	size_t count, capacity;
};

struct later {
	char *path;
	int64_t mtime;
};

struct cpio {
	int what; /* i o p t */
	enum cpio_format format;
	bool nul, make_dirs, others, link, follow, keep_times, numeric, replace, verbose, dots,
		quiet;
	bool no_absolute, to_stdout, no_owner, has_uid, has_gid;
	uid_t uid;
	gid_t gid;
	const char *archive, *directory;
	char **patterns;
	size_t pattern_count, pattern_capacity;
	struct in in;
	struct out *out, file_out;
	uint64_t bytes; /* of the archive */
	struct linked *links;
	size_t link_count, link_capacity;
	struct later *later; /* folders whose times come last */
	size_t later_count, later_capacity;
	bool any_dot;
};

/* cpio_pack.c: stores what standard input names. */
void archive_create(struct cpio *c);

/* cpio_unpack.c: one member, whose contents come from `in`; and what is left for the end. */
void member_unpack(struct cpio *c, const struct cpio_member *m, struct in *in, const char *name);
void later_set(struct cpio *c);
/* Copies what standard input names. */
void pass_through(struct cpio *c);

/* cpio.c: -v and -V. */
void tell(struct cpio *c, const char *name);
struct linked *link_find(struct cpio *c, const struct cpio_member *m);
/* Passes contents on, to nowhere when `out` is nullptr; false if they end early. */
bool contents_pass(struct in *in, uint64_t size, struct out *out, uint32_t *sum);
void contents_skip(struct in *in, uint64_t size);
/* The contents as a string, as for symbolic links. New memory. */
char *link_target(const struct cpio_member *m, struct in *in);
/* Names from standard input, one at a time; false at the end. */
bool name_next(struct cpio *c, struct in *names, char **name);
void member_fill(struct cpio_member *m, const char *name, const struct stat *st);
