/* SPDX-License-Identifier: MPL-2.0 */
/* Checking a whole volume, and repairing a damaged one. */
#pragma once

#include "futurafs/futurafs.h"

enum fs_problem_kind : uint8_t {
	FS_PROBLEM_NODE,   /* a tree node is unreadable; key: where it begins, a: block, b: level */
	FS_PROBLEM_ITEM,   /* an item makes no sense, or has no inode */
	FS_PROBLEM_EXTENT, /* blocks used twice, or out of order */
	FS_PROBLEM_DATA,   /* data does not match its checksum; a: block of the file */
	FS_PROBLEM_BLOCKS, /* an inode counts its blocks wrongly; a: right number */
	FS_PROBLEM_INLINE, /* an inode is wrong about being inline; a: right state */
	FS_PROBLEM_PAST_END,    /* data past the end of a file */
	FS_PROBLEM_DIR_SIZE,    /* a directory counts its entries wrongly; a: right number */
	FS_PROBLEM_LINKS,       /* wrong link count; a: right number */
	FS_PROBLEM_DANGLING,    /* a name leads to no inode */
	FS_PROBLEM_ENTRY_TYPE,  /* a name is wrong about the type; a: right type */
	FS_PROBLEM_SECOND_NAME, /* a directory has a second name */
	FS_PROBLEM_PARENT,      /* a directory is wrong about its parent; a: right one */
	FS_PROBLEM_UNREACHABLE, /* an inode without a name */
	FS_PROBLEM_ROOT,        /* there is no root directory */
	FS_PROBLEM_ORPHAN,      /* an orphan note for an inode that is fine, or a missing one */
	FS_PROBLEM_TABLE,       /* a segment's live count is wrong; ino: segment, a: right number */
	FS_PROBLEM_COUNTER,  /* a counter of the checkpoint is wrong; a: right, b: what it says */
	FS_PROBLEM_SNAPSHOT, /* a snapshot's root is not where it should be */
	FS_PROBLEM_LOG,      /* the log cannot be replayed to its end */
	FS_PROBLEM_SUPER,    /* a superblock or checkpoint copy is damaged */
};

struct fs_problem {
	enum fs_problem_kind kind;
	uint64_t ino, off; /* the key of the item, if it is about one */
	uint64_t a, b;
};

struct fs_check {
	bool data; /* read and check all data, not only metadata */
	void *ctx;
	void (*problem)(void *ctx, const struct fs_problem *p);   /* may be nullptr */
	void (*progress)(void *ctx, uint64_t done, uint64_t all); /* may be nullptr */
	/* results */
	uint64_t problems;
	uint64_t inodes, dirs, data_blocks, node_blocks;
};

/* Look at everything. FS_OK even if there are problems; an error: could not look. */
enum fs_err fs_check(struct fs *fs, struct fs_check *c);
const char *fs_problem_text(enum fs_problem_kind kind);

struct fs_repair {
	void *ctx;
	void (*problem)(void *ctx, const struct fs_problem *p);
	/* results */
	uint64_t problems; /* found, each counted once a round */
	uint64_t left;     /* not repaired */
	uint32_t rounds;
};

/* Bring the volume on the device to a consistent state, keeping all that can be kept. */
enum fs_err fs_repair(const struct fs_device *dev, const struct fs_host *host, struct fs_repair *r);
