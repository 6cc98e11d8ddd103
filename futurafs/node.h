/* SPDX-License-Identifier: MPL-2.0 */
/* Tree nodes: the layout of one block, and the cache of those in memory. */
#pragma once

#include "futurafs/fs.h"

static inline uint32_t node_count(const struct node *n)
{
	return get16(n->d->count);
}

static inline struct key node_key(const struct node *n, uint32_t i)
{
	return key_get(n->d->slot[i].key);
}

static inline uint32_t node_len(const struct node *n, uint32_t i)
{
	return get16(n->d->slot[i].len);
}

static inline uint8_t *node_value(const struct node *n, uint32_t i)
{
	return (uint8_t *)n->d + get16(n->d->slot[i].off);
}

/* Bytes for slots and values in an empty node. */
static inline uint32_t node_room(const struct fs *fs)
{
	return fs->block_size - (uint32_t)sizeof(struct d_node);
}

/* The first slot whose key is not less than k. */
uint32_t node_search(struct node *n, struct key k);
/* The slot of the child in which k belongs. */
uint32_t node_child(struct node *n, struct key k);
struct ptr node_ptr(const struct node *n, uint32_t i);
void node_set_ptr(struct node *n, uint32_t i, struct ptr p);

void node_format(struct fs *fs, struct node *n, uint8_t level);
uint32_t node_free(const struct node *n);
uint32_t node_used(const struct fs *fs, const struct node *n);
/* There must be room: node_free() is at least the slot and the value. */
void node_insert(struct fs *fs, struct node *n, uint32_t i, struct key k, const void *val,
		 uint32_t len);
void node_remove(struct node *n, uint32_t i);
/* Give slot i another value. false: there is no room, and the slot has lost its value. */
bool node_replace(struct fs *fs, struct node *n, uint32_t i, const void *val, uint32_t len);
/* Is this block a well-formed node? Sets the garbage of n. */
bool node_is_sound(const struct fs *fs, struct node *n);
uint32_t node_crc(struct fs *fs, const struct d_node *d);

/* The tree has changed its shape, or is another. */
static inline void trail_forget(struct fs *fs)
{
	fs->trail.high = (struct key){};
}

/* Cache (cache.c). */
enum fs_err cache_init(struct fs *fs, uint32_t bytes);
void cache_fini(struct fs *fs);
/* The node at p, read and checked if need be. It stays until the next cache_trim(). */
enum fs_err cache_load(struct fs *fs, struct ptr p, uint32_t level, struct node **n);
/* A new dirty node. */
enum fs_err cache_create(struct fs *fs, uint8_t level, struct node **n);
/* Give n another address. */
void cache_move(struct fs *fs, struct node *n, uint64_t addr);
void cache_drop(struct fs *fs, struct node *n);
/* Forget clean nodes and inodes beyond the goals. Invalidates pointers to them and to values. */
void cache_trim(struct fs *fs);
/* Forget all that is on the device and that nobody holds. */
void cache_forget(struct fs *fs);
