/* SPDX-License-Identifier: MPL-2.0 */
/* Inserting into and deleting from the tree: splits, merges, and the tree's height. */
#include "futurafs/segment.h"
#include "futurafs/tree.h"

/* An entry on its way into a full node, at its place among those already there. */
struct entry {
	uint32_t at;
	struct key key;
	const void *val;
	uint32_t len;
};

constexpr uint32_t SLOT = sizeof(struct d_slot);

static uint32_t entry_bytes(const struct node *n, const struct entry *e, uint32_t i)
{
	if (i == e->at)
		return SLOT + e->len;
	return SLOT + node_len(n, i < e->at ? i : i - 1);
}

/* How many of the entries stay in the left node. */
static uint32_t split_point(struct fs *fs, const struct node *n, const struct entry *e)
{
	uint32_t count = node_count(n), left = 0, i = 0;
	uint32_t total = node_used(fs, n) + SLOT + e->len;

	if (e->at == count) /* ascending keys fill their nodes */
		return count;
	while (left < total / 2 && left + entry_bytes(n, e, i) <= node_room(fs))
		left += entry_bytes(n, e, i++);
	return i;
}

/* Distribute n's entries and the new one over n and the empty node `right`. */
static void node_split(struct fs *fs, struct node *n, struct node *right, const struct entry *e)
{
	uint32_t count = node_count(n), keep = split_point(fs, n, e);
	struct node old = { .d = (struct d_node *)fs->scratch_data };

	bytes_copy(old.d, n->d, fs->block_size);
	node_format(fs, n, old.d->level);
	n->d->low = old.d->low;
	right->d->high = old.d->high;
	for (uint32_t i = 0; i <= count; i++) {
		struct node *to = i < keep ? n : right;
		uint32_t from = i < e->at ? i : i - 1;

		if (i == e->at)
			node_insert(fs, to, node_count(to), e->key, e->val, e->len);
		else
			node_insert(fs, to, node_count(to), node_key(&old, from),
				    node_value(&old, from), node_len(&old, from));
	}
	n->d->high = right->d->low = right->d->slot[0].key;
}

/* A root above the old one. */
static enum fs_err tree_grow(struct fs *fs, struct path *p)
{
	struct d_ptr child = { put64(fs->root.addr), put32(0) };
	struct node *root;

	if (fs->height == MAX_HEIGHT)
		return FS_NO_SPACE;
	TRY(cache_create(fs, (uint8_t)fs->height, &root));
	node_insert(fs, root, 0, (struct key){}, &child, sizeof(child));
	fs->root = (struct ptr){ root->addr, 0 };
	p->node[fs->height] = root;
	p->slot[fs->height] = 0;
	fs->height++;
	return FS_OK;
}

/* Insert at the dirty node[level]; recursion ends at the root. */
static enum fs_err tree_insert(struct fs *fs, struct path *p, uint32_t level, const struct entry *e)
{
	struct node *n = p->node[level], *right;

	if (node_free(n) >= SLOT + e->len) {
		node_insert(fs, n, e->at, e->key, e->val, e->len);
		return FS_OK;
	}
	TRY(cache_create(fs, (uint8_t)level, &right));
	node_split(fs, n, right, e);
	if (level + 1 == fs->height)
		TRY(tree_grow(fs, p));
	struct d_ptr link = { put64(right->addr), put32(0) };
	struct entry up = { p->slot[level + 1] + 1, node_key(right, 0), &link, sizeof(link) };
	struct node *parent = p->node[level + 1];
	/* A first child also takes what is below its key: what it gives away may be, too. */
	if (up.at == 1 && !key_less(node_key(parent, 0), up.key))
		parent->d->slot[0].key = key_put(node_key(n, 0));
	return tree_insert(fs, p, level + 1, &up);
}

enum fs_err tree_put(struct fs *fs, struct key k, const void *val, uint32_t len)
{
	struct path p;

	if (len > fs->item_max)
		return FS_BAD_ARGUMENT;
	TRY(tree_find(fs, k, &p));
	TRY(tree_dirty(fs, &p, 0));
	if (p.found && node_replace(fs, p.node[0], p.slot[0], val, len))
		return FS_OK;
	if (p.found)
		node_remove(p.node[0], p.slot[0]);
	return tree_insert(fs, &p, 0, &(struct entry){ p.slot[0], k, val, len });
}

/* Forget a node that nothing refers to any more. */
static void node_discard(struct fs *fs, struct node *n)
{
	if (!n->dirty)
		segment_drop(fs, n->addr, 1);
	cache_drop(fs, n);
}

/* While the root has one child, that child can be the root. */
static void tree_shrink(struct fs *fs, struct path *p)
{
	while (fs->height > 1 && node_count(p->node[fs->height - 1]) == 1) {
		struct node *root = p->node[fs->height - 1];

		fs->root = node_ptr(root, 0);
		fs->height--;
		node_discard(fs, root);
		if (p->node[fs->height - 1] == nullptr)
			return;
	}
}

/* Move all of `right`, whose keys begin at `low`, into its left neighbour, if the two are small
 * enough for one node. The first child in `right` may have keys below its own, down to `low`. */
static bool node_merge(struct fs *fs, struct node *left, struct node *right, struct key low)
{
	if (node_used(fs, left) + node_used(fs, right) > node_room(fs) / 4 * 3)
		return false;
	for (uint32_t i = 0; i < node_count(right); i++)
		node_insert(fs, left, node_count(left),
			    i == 0 && right->d->level > 0 ? low : node_key(right, i),
			    node_value(right, i), node_len(right, i));
	left->d->high = right->d->high;
	return true;
}

/* Merge node[level] with a neighbour under the same parent. A neighbour out of reach is no harm. */
static enum fs_err path_merge(struct fs *fs, struct path *p, uint32_t level, bool *merged)
{
	struct node *parent = p->node[level + 1], *other;
	uint32_t i = p->slot[level + 1];
	bool with_right = i + 1 < node_count(parent);
	uint32_t j = with_right ? i + 1 : i - 1;

	*merged = false;
	if (node_count(parent) < 2 || cache_load(fs, node_ptr(parent, j), level, &other) != FS_OK ||
	    (!other->dirty && !segment_has(fs, other->addr, 1)))
		return FS_OK;
	if (node_used(fs, p->node[level]) + node_used(fs, other) > node_room(fs) / 4 * 3)
		return FS_OK;
	if (!with_right) {
		struct node *right = p->node[level];

		p->node[level] = other;
		p->slot[level + 1] = j;
		TRY(tree_dirty(fs, p, level));
		other = right;
		j = i;
	}
	if (!node_merge(fs, p->node[level], other, node_key(parent, j)))
		return FS_OK;
	node_remove(parent, j);
	node_discard(fs, other);
	*merged = true;
	return FS_OK;
}

/* After a removal at `level`: take out an empty node, merge a nearly empty one, and so on up. */
static enum fs_err tree_settle(struct fs *fs, struct path *p)
{
	bool merged = true;

	for (uint32_t l = 0; l + 1 < fs->height && merged; l++) {
		struct node *n = p->node[l];

		if (node_count(n) == 0 && node_count(p->node[l + 1]) > 1) {
			node_remove(p->node[l + 1], p->slot[l + 1]);
			node_discard(fs, n);
			p->node[l] = nullptr;
			merged = true;
		} else if (node_used(fs, n) < node_room(fs) / 4) {
			TRY(path_merge(fs, p, l, &merged));
		} else {
			merged = false;
		}
	}
	tree_shrink(fs, p);
	return FS_OK;
}

enum fs_err tree_del(struct fs *fs, struct key k)
{
	struct path p;

	TRY(tree_find(fs, k, &p));
	if (!p.found)
		return FS_NOT_FOUND;
	TRY(tree_dirty(fs, &p, 0));
	node_remove(p.node[0], p.slot[0]);
	return tree_settle(fs, &p);
}
