/* SPDX-License-Identifier: MPL-2.0 */
/* The state of a running check, shared by the files that do it. */
#pragma once

#include "futurafs/check.h"
#include "futurafs/fs.h"

/* What one walk over the tree learns about an inode. */
struct check_inode {
	uint64_t ino, parent, size, entries;
	uint32_t nlink, refs, subdirs;
	enum fs_type type;
	bool orphan, reached, visiting;
};

struct checker {
	struct fs *fs;
	struct fs_check *c;
	uint32_t *live;            /* of each segment */
	uint8_t *used;             /* a bit for each block of the main area */
	uint8_t *block;            /* scratch for data */
	struct check_inode *inode; /* in order of number */
	size_t ninodes, room;
	uint64_t *orphan; /* in order */
	size_t norphans, orphan_room;
	uint64_t kept;

	/* the inode whose items are being walked over */
	struct check_inode *now;
	uint64_t ino, blocks, now_blocks, next_fblk, past_end;
	uint32_t state, inline_len;
	bool has_inline;
	uint64_t last_name_off;
};

void check_report(struct checker *k, enum fs_problem_kind kind, struct key key, uint64_t a,
		  uint64_t b);
/* Is this the first user of the block? Marks it. */
bool check_use(struct checker *k, uint64_t addr);
/* One item of the tree, in key order (check_item.c). */
enum fs_err check_item(struct checker *k, struct key key, const void *val, uint32_t len);
/* The walk has left the inode's items. */
enum fs_err check_inode_end(struct checker *k);
/* Names, links and reachability, after the walk (check_names.c). */
enum fs_err check_names(struct checker *k);
struct check_inode *check_find(struct checker *k, uint64_t ino);
