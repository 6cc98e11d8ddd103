/* SPDX-License-Identifier: MPL-2.0 */
/* The nodes in memory: found by address, checked when read, forgotten by the clock algorithm. */
#include "futurafs/inode.h"
#include "futurafs/node.h"

static struct node **cache_bucket(struct fs *fs, uint64_t addr)
{
	return &fs->node_hash[(addr * 0x9e3779b97f4a7c15) >> 40 & fs->node_hash_mask];
}

enum fs_err cache_init(struct fs *fs, uint32_t bytes)
{
	uint32_t goal = bytes / fs->block_size;
	uint32_t buckets = 64;

	fs->node_goal = goal < 64 ? 64 : goal;
	while (buckets < fs->node_goal)
		buckets *= 2;
	fs->node_hash = mem_alloc(fs, buckets * sizeof(fs->node_hash[0]));
	fs->node_hash_mask = buckets - 1;
	return fs->node_hash == nullptr ? FS_NO_MEMORY : FS_OK;
}

static void cache_unhash(struct fs *fs, struct node *n)
{
	struct node **at = cache_bucket(fs, n->addr);

	while (*at != n)
		at = &(*at)->hash_next;
	*at = n->hash_next;
}

static void cache_hash(struct fs *fs, struct node *n)
{
	struct node **at = cache_bucket(fs, n->addr);

	n->hash_next = *at;
	*at = n;
}

void cache_move(struct fs *fs, struct node *n, uint64_t addr)
{
	cache_unhash(fs, n);
	n->addr = addr;
	cache_hash(fs, n);
}

static size_t node_bytes(struct fs *fs)
{
	return sizeof(struct node) + fs->block_size;
}

/* A node at `addr`, in the ring behind the hand but not in the hash. */
static struct node *node_alloc(struct fs *fs, uint64_t addr)
{
	struct node *n = mem_alloc(fs, node_bytes(fs));

	if (n == nullptr)
		return nullptr;
	n->d = (struct d_node *)(n + 1);
	n->addr = addr;
	n->used = true;
	if (fs->node_hand == nullptr) {
		n->prev = n->next = n;
		fs->node_hand = n;
	} else {
		n->next = fs->node_hand;
		n->prev = n->next->prev;
		n->prev->next = n->next->prev = n;
	}
	fs->nnodes++;
	return n;
}

static void node_release(struct fs *fs, struct node *n)
{
	trail_forget(fs);
	if (fs->node_hand == n)
		fs->node_hand = n->next == n ? nullptr : n->next;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	fs->nnodes--;
	mem_free(fs, n, node_bytes(fs));
}

static enum fs_err node_fill(struct fs *fs, struct node *n, uint32_t crc, uint32_t level)
{
	TRY(blocks_read(fs, n->addr, n->d, 1));
	if (get32(n->d->magic) != NODE_MAGIC || get32(n->d->fsid) != fs->fsid ||
	    get32(n->d->crc) != crc || node_crc(fs, n->d) != crc || get64(n->d->addr) != n->addr ||
	    n->d->level != level || !node_is_sound(fs, n)) {
		report(fs, "damaged tree node at block, level", n->addr, level);
		return FS_CORRUPT;
	}
	return FS_OK;
}

enum fs_err cache_load(struct fs *fs, struct ptr p, uint32_t level, struct node **out)
{
	struct node *n = *cache_bucket(fs, p.addr);

	for (; n != nullptr; n = n->hash_next)
		if (n->addr == p.addr) {
			n->used = true;
			*out = n;
			return n->d->level == level ? FS_OK : FS_CORRUPT;
		}
	n = node_alloc(fs, p.addr);
	if (n == nullptr)
		return FS_NO_MEMORY;
	enum fs_err e = node_fill(fs, n, p.crc, level);
	if (e != FS_OK) {
		node_release(fs, n);
		return e;
	}
	cache_hash(fs, n);
	*out = n;
	return FS_OK;
}

enum fs_err cache_create(struct fs *fs, uint8_t level, struct node **out)
{
	struct node *n = node_alloc(fs, ADDR_TEMP | ++fs->next_temp);

	if (n == nullptr)
		return FS_NO_MEMORY;
	trail_forget(fs);
	node_format(fs, n, level);
	n->dirty = true;
	fs->ndirty++;
	cache_hash(fs, n);
	*out = n;
	return FS_OK;
}

void cache_drop(struct fs *fs, struct node *n)
{
	if (n->dirty)
		fs->ndirty--;
	cache_unhash(fs, n);
	node_release(fs, n);
}

void cache_trim(struct fs *fs)
{
	inodes_trim(fs);
	/* Bounded, so that a cache full of dirty nodes does not cost a walk on every call. */
	for (unsigned i = 0; i < 64 && fs->nnodes > fs->node_goal; i++) {
		struct node *n = fs->node_hand;

		fs->node_hand = n->next;
		if (n->used)
			n->used = false;
		else if (!n->dirty)
			cache_drop(fs, n);
	}
}

void cache_forget(struct fs *fs)
{
	for (uint32_t i = fs->nnodes; i > 0; i--) {
		struct node *n = fs->node_hand;

		fs->node_hand = n->next;
		if (!n->dirty)
			cache_drop(fs, n);
	}
	inodes_drop(fs);
}

void cache_fini(struct fs *fs)
{
	while (fs->node_hand != nullptr)
		node_release(fs, fs->node_hand);
	if (fs->node_hash != nullptr)
		mem_free(fs, fs->node_hash, (fs->node_hash_mask + 1) * sizeof(fs->node_hash[0]));
}
