/* SPDX-License-Identifier: MPL-2.0 */
/* Checks items one after another, and the items of each inode together. */
#include "futurafs/checker.h"
#include "futurafs/dir.h"
#include "futurafs/extent.h"
#include "futurafs/file.h"
#include "futurafs/inode.h"
#include "futurafs/node.h"
#include "futurafs/segment.h"

/* Make room for one more of n elements. */
static enum fs_err array_grow(struct fs *fs, void *array, size_t n, size_t *room, size_t each)
{
	void **at = array;

	if (n < *room)
		return FS_OK;
	size_t more = *room * 2 + 256;
	void *bigger = mem_alloc(fs, more * each);
	if (bigger == nullptr)
		return FS_NO_MEMORY;
	if (n > 0)
		bytes_copy(bigger, *at, n * each);
	mem_free(fs, *at, *room * each);
	*at = bigger;
	*room = more;
	return FS_OK;
}

static bool is_orphan(const struct checker *k, uint64_t ino)
{
	size_t low = 0, high = k->norphans;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (k->orphan[mid] < ino)
			low = mid + 1;
		else
			high = mid;
	}
	return low < k->norphans && k->orphan[low] == ino;
}

static enum fs_err check_inode_item(struct checker *k, struct key key, const void *val,
				    uint32_t len)
{
	struct inode i = { .ino = key.ino };

	if (key_off(key) != 0 || !inode_decode(val, len, &i) ||
	    (key.ino < FIRST_INO && key.ino != FS_ROOT)) {
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
		return FS_OK;
	}
	TRY(array_grow(k->fs, &k->inode, k->ninodes, &k->room, sizeof(k->inode[0])));
	k->now = &k->inode[k->ninodes++];
	*k->now = (struct check_inode){ .ino = key.ino,
					.parent = i.parent,
					.size = i.attr.size,
					.nlink = i.attr.nlink,
					.type = i.attr.type,
					.orphan = is_orphan(k, key.ino) };
	k->blocks = i.attr.blocks;
	k->state = i.state;
	k->c->dirs += i.attr.type == FS_DIR;
	return FS_OK;
}

static bool is_data_type(enum fs_type type)
{
	return type == FS_FILE || type == FS_SYMLINK;
}

static void check_data(struct checker *k, struct key key, const struct extent *x, uint64_t i)
{
	uint64_t addr = x->addr + i;

	if (!check_use(k, addr)) {
		check_report(k, FS_PROBLEM_EXTENT, key, x->fblk + i, addr);
		return;
	}
	k->c->data_blocks++;
	if (k->c->data && data_load(k->fs, addr, get32(x->crc[i]), k->block) != FS_OK)
		check_report(k, FS_PROBLEM_DATA, key, x->fblk + i, addr);
}

static void check_extent(struct checker *k, struct key key, const void *val, uint32_t len)
{
	uint64_t last = k->now->size + k->fs->block_size - 1;
	struct extent x;

	if (!is_data_type(k->now->type) || !extent_decode(k->fs, key, val, len, &x)) {
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
		return;
	}
	if (x.fblk < k->next_fblk) {
		check_report(k, FS_PROBLEM_EXTENT, key, x.fblk, 0);
		return;
	}
	k->next_fblk = x.fblk + x.count;
	if (x.kind == EXTENT_KEPT)
		k->kept += x.count;
	if (x.kind != EXTENT_DATA)
		return;
	k->now_blocks += x.count;
	if (k->next_fblk > last >> k->fs->block_shift && !k->now->orphan)
		check_report(k, FS_PROBLEM_PAST_END, key, last >> k->fs->block_shift, 0);
	for (uint64_t i = 0; i < x.count; i++)
		check_data(k, key, &x, i);
}

static void check_dirent(struct checker *k, struct key key, const void *val, uint32_t len)
{
	const struct d_dirent *d = val;
	size_t name_len = len - sizeof(*d);
	uint64_t hash = key_off(key) / HASH_SLOTS * HASH_SLOTS;

	if (k->now->type != FS_DIR || len <= sizeof(*d) || name_check(d->name, name_len) != FS_OK ||
	    name_hash(k->fs, d->name, name_len) != hash) {
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
		return;
	}
	k->now->entries++;
}

static void check_xattr(struct checker *k, struct key key, const void *val, uint32_t len)
{
	const struct d_xattr *x = val;
	uint64_t hash = key_off(key) / HASH_SLOTS * HASH_SLOTS;

	if (len < sizeof(*x) || x->name_len == 0 || len < sizeof(*x) + x->name_len ||
	    name_hash(k->fs, x->name, x->name_len) != hash)
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
}

static enum fs_err check_orphan(struct checker *k, struct key key, uint32_t len)
{
	if (key.ino != ORPHANS_INO || len != 0) {
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
		return FS_OK;
	}
	TRY(array_grow(k->fs, &k->orphan, k->norphans, &k->orphan_room, sizeof(k->orphan[0])));
	k->orphan[k->norphans++] = key_off(key);
	return FS_OK;
}

/* One of sequence 0 would pin no segment. */
static bool snapshot_is_there(struct fs *fs, const struct d_snapshot *d)
{
	struct ptr root = { get64(d->root.addr), get32(d->root.crc) };
	uint32_t height = get32(d->height);
	struct node *n;

	return height >= 1 && height <= MAX_HEIGHT && segment_has(fs, root.addr, 1) &&
	       fs->segment[segment_of(fs, root.addr)].state != STATE_FREE && get64(d->seq) >= 1 &&
	       get64(d->seq) <= fs->seq && cache_load(fs, root, height - 1, &n) == FS_OK;
}

/* They count from 1: nobody would find number 0, so it would pin nothing either. */
static void check_snapshot(struct checker *k, struct key key, const void *val, uint32_t len)
{
	const struct d_snapshot *d = val;

	if (key.ino != SNAPSHOTS_INO || key_off(key) == 0 || len != sizeof(*d) ||
	    d->name[sizeof(d->name) - 1] != 0)
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
	else if (!snapshot_is_there(k->fs, d))
		check_report(k, FS_PROBLEM_SNAPSHOT, key, get64(d->root.addr), 0);
}

enum fs_err check_inode_end(struct checker *k)
{
	struct key key = key_make(k->ino, ITEM_INODE, 0);
	const struct check_inode *i = k->now;

	if (i == nullptr)
		return FS_OK;
	bool is_inline = k->state & INODE_INLINE;
	if (i->type == FS_DIR && i->entries != i->size)
		check_report(k, FS_PROBLEM_DIR_SIZE, key, i->entries, i->size);
	if (k->blocks != k->now_blocks)
		check_report(k, FS_PROBLEM_BLOCKS, key, k->now_blocks, k->blocks);
	if (is_inline != k->has_inline ||
	    (is_inline && (i->size > k->fs->inline_max || k->inline_len > i->size)))
		check_report(k, FS_PROBLEM_INLINE, key, k->has_inline, k->inline_len);
	return FS_OK;
}

static enum fs_err check_begin(struct checker *k, uint64_t ino)
{
	TRY(check_inode_end(k));
	k->now = nullptr;
	k->ino = ino;
	k->blocks = k->now_blocks = k->next_fblk = 0;
	k->state = k->inline_len = 0;
	k->has_inline = false;
	return FS_OK;
}

enum fs_err check_item(struct checker *k, struct key key, const void *val, uint32_t len)
{
	enum item_type type = key_type(key);

	if (key.ino != k->ino)
		TRY(check_begin(k, key.ino));
	if (type == ITEM_ORPHAN)
		return check_orphan(k, key, len);
	if (type == ITEM_SNAPSHOT) {
		check_snapshot(k, key, val, len);
		return FS_OK;
	}
	if (type == ITEM_INODE)
		return check_inode_item(k, key, val, len);
	if (k->now == nullptr) { /* its inode is missing, for that has the lowest type */
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
		return FS_OK;
	}
	switch (type) {
	case ITEM_INLINE:
		k->has_inline = is_data_type(k->now->type) && key_off(key) == 0;
		k->inline_len = len;
		if (!k->has_inline)
			check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
		break;
	case ITEM_XATTR:
		check_xattr(k, key, val, len);
		break;
	case ITEM_DIRENT:
		check_dirent(k, key, val, len);
		break;
	case ITEM_EXTENT:
		check_extent(k, key, val, len);
		break;
	default:
		check_report(k, FS_PROBLEM_ITEM, key, 0, 0);
	}
	return FS_OK;
}
