/* SPDX-License-Identifier: MPL-2.0 */
/* Inodes in memory: a bounded cache over the tree, and what programs hold open. */
#pragma once

#include "futurafs/fs.h"

enum fs_err inodes_init(struct fs *fs, uint32_t goal);
void inodes_fini(struct fs *fs);
/* The inode, which stays until the next inodes_trim(). FS_NOT_FOUND: there is none. */
enum fs_err inode_get(struct fs *fs, uint64_t ino, struct inode **i);
/* As inode_get(), and it must be a directory. */
enum fs_err inode_get_dir(struct fs *fs, uint64_t ino, struct inode **i);
/* The caller is about to change it, or just did. */
void inode_touch(struct fs *fs, struct inode *i);
/* Put every changed inode into the tree. */
enum fs_err inodes_write(struct fs *fs);
/* Forget unchanged inodes beyond the goal that nobody holds. Part of cache_trim(). */
void inodes_trim(struct fs *fs);
/* Forget all of those. Part of cache_forget(). */
void inodes_drop(struct fs *fs);
/* Forget all of them, once they are written. */
void inodes_forget(struct fs *fs);
/* A new inode, not yet named. */
enum fs_err inode_create(struct fs *fs, const struct fs_attr *attr, uint64_t parent,
			 struct inode **i);
/* Its last name is gone: delete it now, or when nobody holds it. Part of the running operation. */
enum fs_err inode_orphan(struct fs *fs, struct inode *i);

/* Free the data past `size` in steps; each is an operation of its own (trim.c). */
enum fs_err trim_finish(struct fs *fs, uint64_t ino);
/* The part that fits in the running operation. `*more`: trim_finish() must follow. */
enum fs_err trim_begin(struct fs *fs, struct inode *i, bool *more);
/* At mount: finish what was under way. */
enum fs_err orphans_finish(struct fs *fs);

/* Decode an inode item; false: it makes no sense. */
bool inode_decode(const void *val, uint32_t len, struct inode *i);
void inode_encode(const struct inode *i, struct d_inode *d);
