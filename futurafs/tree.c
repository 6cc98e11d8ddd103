/* SPDX-License-Identifier: MPL-2.0 */
/* Looking up and walking in the tree, and making paths of it writable. */
#include "futurafs/tree.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"

static void path_copy(const struct fs *fs, struct path *to, const struct path *from)
{
	for (uint32_t l = 0; l < fs->height; l++) {
		to->node[l] = from->node[l];
		to->node[l]->used = true;
		to->slot[l] = from->slot[l];
	}
}

static struct key key_max(struct key a, struct key b)
{
	return key_less(a, b) ? b : a;
}

static struct key key_min(struct key a, struct key b)
{
	return key_less(a, b) ? a : b;
}

/* All keys of the fence go this way, also where a damaged image's nodes do not fit each other. */
static enum fs_err walk_down(struct fs *fs, struct key k, uint32_t level, struct path *p,
			     struct key fence[2])
{
	struct ptr at = fs->root;

	for (uint32_t l = fs->height - 1;; l--) {
		struct node *n;

		TRY(cache_load(fs, at, l, &n));
		p->node[l] = n;
		if (l == level)
			return FS_OK;
		p->slot[l] = node_child(n, k);
		if (p->slot[l] > 0)
			fence[0] = key_max(fence[0], node_key(n, p->slot[l]));
		if (p->slot[l] + 1 < node_count(n))
			fence[1] = key_min(fence[1], node_key(n, p->slot[l] + 1));
		at = node_ptr(n, p->slot[l]);
	}
}

enum fs_err tree_walk(struct fs *fs, struct key k, uint32_t level, struct path *p)
{
	struct key fence[2] = { {}, { UINT64_MAX, UINT64_MAX } };
	struct trail *t = &fs->trail;

	if (level == 0 && key_less(k, t->high) && !key_less(k, t->low)) {
		path_copy(fs, p, &t->path);
		return FS_OK;
	}
	TRY(walk_down(fs, k, level, p, fence));
	if (level == 0) {
		t->low = fence[0];
		t->high = fence[1];
		path_copy(fs, &t->path, p);
	}
	return FS_OK;
}

enum fs_err tree_find(struct fs *fs, struct key k, struct path *p)
{
	TRY(tree_walk(fs, k, 0, p));
	p->slot[0] = node_search(p->node[0], k);
	p->found = p->slot[0] < node_count(p->node[0]) && key_equal(path_key(p), k);
	return FS_OK;
}

enum fs_err tree_get(struct fs *fs, struct key k, const void **val, uint32_t *len)
{
	struct path p;

	TRY(tree_find(fs, k, &p));
	if (!p.found)
		return FS_NOT_FOUND;
	*val = path_value(&p, len);
	return FS_OK;
}

/* Go down from the slot at `level` to a leaf, always to the first child or always to the last. */
static enum fs_err path_descend(struct fs *fs, struct path *p, uint32_t level, bool last)
{
	for (; level > 0; level--) {
		struct node *n;

		TRY(cache_load(fs, node_ptr(p->node[level], p->slot[level]), level - 1, &n));
		p->node[level - 1] = n;
		p->slot[level - 1] = last && node_count(n) > 0 ? node_count(n) - 1 : 0;
	}
	return FS_OK;
}

/*
 * A node is only checked by itself when it is read. So that no image can make a walk go in circles,
 * a step to another leaf must lead onwards, and few leaves in a row may be empty.
 */
constexpr unsigned EMPTY_LEAVES_MAX = 1000;

/* The leaf after this one that holds something. */
static enum fs_err path_next_leaf(struct fs *fs, struct path *p)
{
	unsigned n = 0;

	do {
		if (n++ == EMPTY_LEAVES_MAX)
			return FS_CORRUPT;
		uint32_t l = 1;

		while (l < fs->height && p->slot[l] + 1 >= node_count(p->node[l]))
			l++;
		if (l >= fs->height)
			return FS_NOT_FOUND;
		p->slot[l]++;
		TRY(path_descend(fs, p, l, false));
	} while (node_count(p->node[0]) == 0);
	return FS_OK;
}

static enum fs_err path_prev_leaf(struct fs *fs, struct path *p)
{
	unsigned n = 0;

	do {
		if (n++ == EMPTY_LEAVES_MAX)
			return FS_CORRUPT;
		uint32_t l = 1;

		while (l < fs->height && p->slot[l] == 0)
			l++;
		if (l >= fs->height)
			return FS_NOT_FOUND;
		p->slot[l]--;
		TRY(path_descend(fs, p, l, true));
	} while (node_count(p->node[0]) == 0);
	return FS_OK;
}

enum fs_err tree_seek_ge(struct fs *fs, struct key k, struct path *p)
{
	TRY(tree_find(fs, k, p));
	if (p->slot[0] < node_count(p->node[0]))
		return FS_OK;
	TRY(path_next_leaf(fs, p));
	return key_less(path_key(p), k) ? FS_CORRUPT : FS_OK;
}

enum fs_err tree_seek_le(struct fs *fs, struct key k, struct path *p)
{
	TRY(tree_find(fs, k, p));
	if (p->found)
		return FS_OK;
	if (p->slot[0] > 0) {
		p->slot[0]--;
		return FS_OK;
	}
	TRY(path_prev_leaf(fs, p));
	return key_less(k, path_key(p)) ? FS_CORRUPT : FS_OK;
}

enum fs_err tree_next(struct fs *fs, struct path *p)
{
	if (p->slot[0] + 1 < node_count(p->node[0])) {
		p->slot[0]++;
		return FS_OK;
	}
	struct key last = node_count(p->node[0]) > 0 ? path_key(p) : (struct key){};
	TRY(path_next_leaf(fs, p));
	return key_less(last, path_key(p)) ? FS_OK : FS_CORRUPT;
}

/* Give a clean node a place in memory only; its place on the device dies. */
static void node_take_over(struct fs *fs, struct node *n, const struct key fence[2])
{
	segment_drop(fs, n->addr, 1);
	cache_move(fs, n, ADDR_TEMP | ++fs->next_temp);
	n->dirty = true;
	fs->ndirty++;
	n->d->low = key_put(fence[0]);
	n->d->high = key_put(fence[1]);
}

enum fs_err tree_dirty(struct fs *fs, struct path *p, uint32_t level)
{
	struct key fence[2] = { {}, { UINT64_MAX, UINT64_MAX } };

	fs->changed = fs->op_changed = true;
	for (uint32_t l = fs->height - 1;; l--) {
		struct node *n = p->node[l];

		if (!n->dirty) {
			if (!segment_has(fs, n->addr, 1))
				return FS_CORRUPT;
			node_take_over(fs, n, fence);
			if (l == fs->height - 1)
				fs->root.addr = n->addr;
			else
				node_set_ptr(p->node[l + 1], p->slot[l + 1],
					     (struct ptr){ n->addr, 0 });
		}
		if (l == level)
			return FS_OK;
		if (p->slot[l] > 0)
			fence[0] = node_key(n, p->slot[l]);
		if (p->slot[l] + 1 < node_count(n))
			fence[1] = node_key(n, p->slot[l] + 1);
	}
}

enum fs_err item_put(struct fs *fs, struct key k, const void *val, uint32_t len)
{
	TRY(tree_put(fs, k, val, len));
	log_put(fs, k, val, len);
	return FS_OK;
}

enum fs_err item_del(struct fs *fs, struct key k)
{
	TRY(tree_del(fs, k));
	log_del(fs, k);
	return FS_OK;
}

enum fs_err tree_create(struct fs *fs)
{
	struct node *n;

	TRY(cache_create(fs, 0, &n));
	fs->root = (struct ptr){ n->addr, 0 };
	fs->height = 1;
	fs->changed = true;
	return FS_OK;
}

static enum fs_err node_write(struct fs *fs, struct node *n, struct ptr *p)
{
	uint64_t addr;

	TRY(stream_node_addr(fs, &addr));
	cache_move(fs, n, addr);
	segment_add(fs, addr, 1);
	n->d->addr = put64(addr);
	n->d->gen = put64(fs->seq + 1);
	*p = (struct ptr){ addr, node_crc(fs, n->d) };
	n->d->crc = put32(p->crc);
	n->dirty = false;
	fs->ndirty--;
	return stream_put_node(fs, n->d);
}

/* As deep as the tree is high. */
static enum fs_err subtree_write(struct fs *fs, struct ptr at, uint32_t level, struct ptr *p)
{
	struct node *n;

	TRY(cache_load(fs, at, level, &n));
	for (uint32_t i = 0; level > 0 && i < node_count(n); i++) {
		struct ptr child = node_ptr(n, i);

		if (!(child.addr & ADDR_TEMP))
			continue;
		TRY(subtree_write(fs, child, level - 1, &child));
		node_set_ptr(n, i, child);
	}
	return node_write(fs, n, p);
}

enum fs_err tree_write(struct fs *fs)
{
	if (fs->root.addr & ADDR_TEMP)
		TRY(subtree_write(fs, fs->root, fs->height - 1, &fs->root));
	return stream_flush_nodes(fs);
}
