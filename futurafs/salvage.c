/* SPDX-License-Identifier: MPL-2.0 */
/* Looks for leaves that nothing leads to any more, and saves their items. */
#include "futurafs/salvage.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

struct leaf {
	uint64_t addr, gen;
	struct key low, high;
	bool taken;
};

struct leaves {
	struct leaf *leaf;
	size_t n, room;
};

static bool ranges_meet(struct key a_low, struct key a_high, struct key b_low, struct key b_high)
{
	return key_less(a_low, b_high) && key_less(b_low, a_high);
}

static enum fs_err leaves_add(struct fs *fs, struct leaves *l, const struct leaf *new)
{
	if (l->n == l->room) {
		size_t room = l->room * 2 + 256;
		struct leaf *bigger = mem_alloc(fs, room * sizeof(*bigger));

		if (bigger == nullptr)
			return FS_NO_MEMORY;
		if (l->n > 0)
			bytes_copy(bigger, l->leaf, l->n * sizeof(*bigger));
		mem_free(fs, l->leaf, l->room * sizeof(*bigger));
		l->leaf = bigger;
		l->room = room;
	}
	l->leaf[l->n++] = *new;
	return FS_OK;
}

/* Read a block into fs->scratch_tail: is it a leaf of this volume? */
static bool leaf_read(struct fs *fs, uint64_t addr)
{
	struct d_node *d = (struct d_node *)fs->scratch_tail;
	struct node n = { .d = d };

	return blocks_read(fs, addr, d, 1) == FS_OK && get32(d->magic) == NODE_MAGIC &&
	       get32(d->fsid) == fs->fsid && d->level == 0 && get64(d->addr) == addr &&
	       get64(d->gen) <= fs->seq && node_crc(fs, d) == get32(d->crc) &&
	       node_is_sound(fs, &n);
}

static enum fs_err leaves_find(struct fs *fs, struct leaves *l, struct key low, struct key high)
{
	const struct d_node *d = (const struct d_node *)fs->scratch_tail;
	uint64_t end = fs->main + (fs->nsegments << fs->segment_shift);

	for (uint64_t addr = fs->main; addr < end; addr++) {
		if (fs->segment[segment_of(fs, addr)].type == SEGMENT_DATA) {
			addr = segment_base(fs, segment_of(fs, addr)) + fs->segment_blocks - 1;
			continue;
		}
		if (!leaf_read(fs, addr))
			continue;
		struct leaf new = { .addr = addr,
				    .gen = get64(d->gen),
				    .low = key_get(d->low),
				    .high = key_get(d->high) };
		if (ranges_meet(new.low, new.high, low, high))
			TRY(leaves_add(fs, l, &new));
	}
	return FS_OK;
}

static void leaf_sink(struct leaf *leaf, size_t at, size_t n)
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && leaf[child + 1].gen < leaf[child].gen)
			child++;
		if (leaf[at].gen <= leaf[child].gen)
			return;
		struct leaf swap = leaf[at];
		leaf[at] = leaf[child];
		leaf[child] = swap;
	}
}

/* Newest first: a heap sort, for there may be many. */
static void leaves_sort(struct leaves *l)
{
	for (size_t i = l->n / 2; i-- > 0;)
		leaf_sink(l->leaf, i, l->n);
	for (size_t n = l->n; n-- > 1;) {
		struct leaf swap = l->leaf[0];

		l->leaf[0] = l->leaf[n];
		l->leaf[n] = swap;
		leaf_sink(l->leaf, 0, n);
	}
}

/* Insert those items of a leaf that belong to the range and that the tree does not have. */
static enum fs_err leaf_save(struct fs *fs, const struct leaf *leaf, struct key low,
			     struct key high, struct d_node *copy)
{
	struct node n = { .d = copy };

	if (!leaf_read(fs, leaf->addr))
		return FS_OK;
	bytes_copy(copy, fs->scratch_tail, fs->block_size);
	for (uint32_t i = 0; i < node_count(&n); i++) {
		struct key k = node_key(&n, i);
		const void *val;
		uint32_t len;

		if (key_less(k, low) || !key_less(k, high))
			continue;
		enum fs_err e = tree_get(fs, k, &val, &len);
		if (e == FS_NOT_FOUND)
			e = tree_put(fs, k, node_value(&n, i), node_len(&n, i));
		TRY(e);
	}
	return FS_OK;
}

static bool leaf_is_newest(const struct leaves *l, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (l->leaf[i].taken &&
		    ranges_meet(l->leaf[i].low, l->leaf[i].high, l->leaf[at].low, l->leaf[at].high))
			return false;
	return true;
}

static enum fs_err leaves_save(struct fs *fs, struct leaves *l, struct key low, struct key high,
			       struct d_node *copy)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!leaf_is_newest(l, i))
			continue;
		l->leaf[i].taken = true;
		TRY(leaf_save(fs, &l->leaf[i], low, high, copy));
	}
	return FS_OK;
}

enum fs_err salvage_range(struct fs *fs, struct key low, struct key high)
{
	struct d_node *copy = mem_alloc(fs, fs->block_size);
	struct leaves l = {};

	if (copy == nullptr)
		return FS_NO_MEMORY;
	enum fs_err e = leaves_find(fs, &l, low, high);
	if (e == FS_OK) {
		leaves_sort(&l);
		e = leaves_save(fs, &l, low, high, copy);
	}
	mem_free(fs, l.leaf, l.room * sizeof(l.leaf[0]));
	mem_free(fs, copy, fs->block_size);
	return e;
}
