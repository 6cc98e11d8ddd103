/* SPDX-License-Identifier: MPL-2.0 */
/* The one tree of a volume: a copy-on-write B+tree of keys with short values. */
#pragma once

#include "futurafs/node.h"

/*
 * Pointers to values stay good until the tree is next changed or cache_trim() is called, which
 * happens only in op_begin() and at the start of a reading call.
 */
enum fs_err tree_get(struct fs *fs, struct key k, const void **val, uint32_t *len);
/* Insert or replace. */
enum fs_err tree_put(struct fs *fs, struct key k, const void *val, uint32_t len);
enum fs_err tree_del(struct fs *fs, struct key k);

/* tree_put() and tree_del(), noted in the log. */
enum fs_err item_put(struct fs *fs, struct key k, const void *val, uint32_t len);
enum fs_err item_del(struct fs *fs, struct key k);

/* Stand at the first item with a key of at least k, or at the last below or at it. */
enum fs_err tree_seek_ge(struct fs *fs, struct key k, struct path *p);
enum fs_err tree_seek_le(struct fs *fs, struct key k, struct path *p);
enum fs_err tree_next(struct fs *fs, struct path *p);

static inline struct key path_key(const struct path *p)
{
	return node_key(p->node[0], p->slot[0]);
}

static inline const void *path_value(const struct path *p, uint32_t *len)
{
	*len = node_len(p->node[0], p->slot[0]);
	return node_value(p->node[0], p->slot[0]);
}

/* An empty tree. */
enum fs_err tree_create(struct fs *fs);
/* Write every dirty node, children first, and set fs->root to what was written. */
enum fs_err tree_write(struct fs *fs);
/* Make the path from the root to node[level] dirty, so that they may be changed. */
enum fs_err tree_dirty(struct fs *fs, struct path *p, uint32_t level);
/* Walk to the node at `level` in which k belongs. Slots below `level` are not set. */
enum fs_err tree_walk(struct fs *fs, struct key k, uint32_t level, struct path *p);
/* Walk to where k is, or would be. */
enum fs_err tree_find(struct fs *fs, struct key k, struct path *p);
