/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Copying files and trees, for cp, mv and install. */
#include <stddef.h>
#include <sys/stat.h>

enum copy_follow { FOLLOW_NEVER, FOLLOW_ARGUMENTS, FOLLOW_ALWAYS };

struct copy {
	bool recursive, force, interactive, no_clobber, update, verbose, remove_destination;
	bool keep_mode, keep_owner, keep_times, keep_links;
	bool hard_link, symbolic_link, one_device, contents_of_specials;
	bool attributes_only;
	enum copy_follow follow;
	char backup; /* 0: none; else how its name is made: s, n or e */
	const char *suffix;
	const char *verb; /* "copy" or "move", in questions and messages */
	/* private: hard links met so far, and directories made, which are not copied into again */
	struct copy_link *links;
	size_t link_count, link_capacity;
};

/* Copies one argument to a path that does not name a folder to copy into. False after an error. */
bool copy_path(struct copy *c, const char *from, const char *to);

/* Makes a backup of what is at `path` as c->backup says; false after an error. */
bool copy_backup(const struct copy *c, const char *path);

/*
 * Joins the last part of `path` to `dir`; sources "." and ".." copy into the folder itself. The
 * result is new memory.
 */
char *copy_target(const char *dir, const char *path);
