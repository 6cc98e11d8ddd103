/* SPDX-License-Identifier: MPL-2.0 */
/* Extents: which blocks of the device hold which blocks of a file. */
#pragma once

#include "futurafs/fs.h"

struct extent {
	uint64_t fblk, addr;
	uint64_t count;
	enum extent_kind kind;
	const le32 *crc; /* in the tree: good as long as tree values are */
};

/* The first extent that ends after block `fblk`; it may begin later. FS_NOT_FOUND: none. */
enum fs_err extent_find(struct fs *fs, uint64_t ino, uint64_t fblk, struct extent *x);
/* Blocks fblk to fblk + n of the file are now at addr; run_crc has their checksums. */
enum fs_err extent_map(struct fs *fs, uint64_t ino, uint64_t fblk, uint32_t n, uint64_t addr,
		       const uint32_t *crc, uint64_t *freed);
/*
 * Make holes of blocks from to end, at most `limit` extents. `*reached` is where it stopped, or
 * end; `*freed` grows by the blocks of data.
 */
enum fs_err extent_clear(struct fs *fs, uint64_t ino, uint64_t from, uint64_t end, uint32_t limit,
			 uint64_t *reached, uint64_t *freed);
/* Keep space for the holes in a range. `*kept`: how many blocks. */
enum fs_err extent_keep(struct fs *fs, uint64_t ino, uint64_t from, uint64_t end, uint64_t *kept);
/* Blocks of a range that have no space yet, neither data nor kept. */
enum fs_err extent_count_holes(struct fs *fs, uint64_t ino, uint64_t from, uint64_t end,
			       uint64_t *holes);
/* The item for extent x, in fs->value. */
uint32_t extent_encode(struct fs *fs, const struct extent *x);
bool extent_decode(struct fs *fs, struct key k, const void *val, uint32_t len, struct extent *x);
