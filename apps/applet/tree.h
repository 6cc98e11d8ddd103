/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Walking directory trees of any depth, with few descriptors and no path length limit. */
#include <sys/stat.h>

enum tree_flags : unsigned {
	TREE_FOLLOW_ARGS = 1u << 0, /* the symbolic links given as arguments are followed */
	TREE_FOLLOW = 1u << 1,      /* all are */
	TREE_SORTED = 1u << 2,      /* names in byte order */
	TREE_ONE_DEVICE = 1u << 3,  /* do not enter directories of other file systems */
};

enum tree_kind {
	TREE_FILE,      /* anything but a directory */
	TREE_DIR,       /* a directory, before what is in it */
	TREE_DIR_END,   /* the same directory, after what is in it */
	TREE_LOOP,      /* a followed link to a directory that we are inside of */
	TREE_NO_STAT,   /* `error` says why it could not be looked at */
	TREE_UNREADABLE /* the directory just reported could not be read; TREE_DIR_END follows */
};

struct tree_entry {
	enum tree_kind kind;
	int error;        /* an errno */
	const char *path; /* the argument with the names below it joined by slashes */
	const char *name; /* its last part; use it with dirfd */
	int dirfd;        /* the directory that holds it, or AT_FDCWD for an argument */
	int depth;        /* 0 for an argument */
	struct stat st;
	bool was_link;  /* a symbolic link that was followed */
	long long user; /* of the caller; the same when the directory's end is reported */
};

struct tree;

struct tree *tree_open(const char *path, unsigned flags);
/* The next entry, valid until the next call; nullptr after the last. */
struct tree_entry *tree_next(struct tree *t);
/* Do not enter the directory just reported; no TREE_DIR_END follows. */
void tree_skip(struct tree *t);
/* The entry of the directory that holds the current one, or nullptr for the argument. */
struct tree_entry *tree_parent(struct tree *t);
void tree_close(struct tree *t);
