/* SPDX-License-Identifier: MPL-2.0 */
/* File data, for the library's own use. */
#pragma once

#include "futurafs/fs.h"

/* Read and check block `fblk` of a file, zeros for a hole. */
enum fs_err block_load(struct fs *fs, uint64_t ino, uint64_t fblk, uint8_t *to);
/* Read and check the data block at addr. */
enum fs_err data_load(struct fs *fs, uint64_t addr, uint32_t crc, uint8_t *to);
/* Replace block `fblk`, as part of the running operation. */
enum fs_err block_put(struct fs *fs, struct inode *i, uint64_t fblk, const uint8_t *from);
/* Write a range of at most fs->chunk_max blocks, as part of the running operation. */
enum fs_err blocks_put(struct fs *fs, struct inode *i, uint64_t off, const uint8_t *buf,
		       size_t len);

/* Small files (inline.c). */
bool inline_fits(const struct fs *fs, const struct inode *i, uint64_t end);
enum fs_err inline_read(struct fs *fs, struct inode *i, uint64_t off, uint8_t *buf, size_t len);
enum fs_err inline_write(struct fs *fs, struct inode *i, uint64_t off, const uint8_t *buf,
			 size_t len);
/* Cut to, or zero-extend to `size`. */
enum fs_err inline_truncate(struct fs *fs, struct inode *i, uint64_t size);
/* Zero a part. */
enum fs_err inline_punch(struct fs *fs, struct inode *i, uint64_t off, uint64_t len);
/* Turn it into a file with a data block, as an operation of its own. */
enum fs_err inline_expand(struct fs *fs, uint64_t ino);
