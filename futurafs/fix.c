/* SPDX-License-Identifier: MPL-2.0 */
/* Mends problems that a check found, one at a time, straight in the tree. */
#include "futurafs/fix.h"
#include "futurafs/dir.h"
#include "futurafs/extent.h"
#include "futurafs/inode.h"
#include "futurafs/salvage.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

/* An empty subtree in place of a node that cannot be read. */
static enum fs_err subtree_create(struct fs *fs, uint32_t level, struct key low, uint64_t *addr)
{
	uint64_t below = 0;

	for (uint32_t l = 0; l <= level; l++) {
		struct d_ptr link = { put64(below), put32(0) };
		struct node *n;

		TRY(cache_create(fs, (uint8_t)l, &n));
		if (l > 0)
			node_insert(fs, n, 0, low, &link, sizeof(link));
		below = n->addr;
	}
	*addr = below;
	return FS_OK;
}

/* Where the keys of the node below node[level] end. */
static struct key path_high(const struct fs *fs, const struct path *p, uint32_t level)
{
	for (uint32_t l = level; l < fs->height; l++)
		if (p->slot[l] + 1 < node_count(p->node[l]))
			return node_key(p->node[l], p->slot[l] + 1);
	return (struct key){ UINT64_MAX, UINT64_MAX };
}

static enum fs_err node_fix(struct fs *fs, struct key low, uint64_t addr, uint32_t level)
{
	struct key high = { UINT64_MAX, UINT64_MAX };
	struct path p;
	uint64_t fresh;

	if (level + 1 >= fs->height) {
		TRY(tree_create(fs));
		return salvage_range(fs, low, high);
	}
	TRY(tree_walk(fs, low, level + 1, &p));
	struct node *up = p.node[level + 1];
	uint32_t slot = p.slot[level + 1] = node_child(up, low);
	if (node_ptr(up, slot).addr != addr)
		return FS_OK; /* mended with another one */
	TRY(subtree_create(fs, level, low, &fresh));
	TRY(tree_dirty(fs, &p, level + 1));
	node_set_ptr(up, slot, (struct ptr){ fresh, 0 });
	high = path_high(fs, &p, level + 1);
	/* A leaf's own loss is final: older versions of it would bring back what was deleted. */
	return level > 0 ? salvage_range(fs, low, high) : FS_OK;
}

/* Make one block of a file unreadable for good, rather than let it return what it should not. */
static enum fs_err block_lose(struct fs *fs, uint64_t ino, uint64_t fblk)
{
	struct d_extent lost = { .count = put32(1), .kind = EXTENT_LOST };
	uint64_t reached, freed = 0;

	TRY(extent_clear(fs, ino, fblk, fblk + 1, UINT32_MAX, &reached, &freed));
	return tree_put(fs, key_make(ino, ITEM_EXTENT, fblk), &lost, sizeof(lost));
}

/*
 * An inode that held more than is found has lost some of it, and nobody knows where: its holes must
 * not be taken for zeros.
 */
static enum fs_err holes_lose(struct fs *fs, uint64_t ino, uint64_t size)
{
	uint64_t end = (size + fs->block_size - 1) >> fs->block_shift, from = 0;

	while (from < end) {
		struct extent x;
		enum fs_err e = extent_find(fs, ino, from, &x);
		uint64_t hole_end = e == FS_OK ? min64(x.fblk, end) : end;

		if (e != FS_OK && e != FS_NOT_FOUND)
			return e;
		uint64_t next = e == FS_OK && x.fblk < end ? x.fblk + x.count : end;
		if (hole_end > from) {
			struct d_extent lost = { .count = put32((uint32_t)min64(hole_end - from,
										UINT32_MAX)),
						 .kind = EXTENT_LOST };

			TRY(tree_put(fs, key_make(ino, ITEM_EXTENT, from), &lost, sizeof(lost)));
		}
		from = next;
	}
	return FS_OK;
}

static void inode_set(struct fs *fs, const struct fs_problem *p, struct d_inode *d)
{
	switch (p->kind) {
	case FS_PROBLEM_BLOCKS:
		d->blocks = put64(p->a);
		break;
	case FS_PROBLEM_DIR_SIZE:
		d->size = put64(p->a);
		break;
	case FS_PROBLEM_LINKS:
		d->nlink = put32((uint32_t)p->a);
		break;
	case FS_PROBLEM_PARENT:
		d->parent = put64(p->a);
		break;
	default: /* FS_PROBLEM_INLINE */
		d->state = put32(p->a != 0 ? get32(d->state) | INODE_INLINE
					   : get32(d->state) & ~INODE_INLINE);
		if (p->a != 0 && (get64(d->size) > fs->inline_max || p->b > get64(d->size)))
			d->size = put64(p->b);
	}
}

static enum fs_err inode_fix(struct fs *fs, const struct fs_problem *p)
{
	struct key k = { p->ino, p->off };
	struct d_inode d;
	const void *val;
	uint32_t len;

	TRY(tree_get(fs, k, &val, &len));
	if (len != sizeof(d))
		return FS_OK;
	bytes_copy(&d, val, sizeof(d));
	bool lost_blocks = p->kind == FS_PROBLEM_BLOCKS && p->a < get64(d.blocks);
	bool lost_inline =
		p->kind == FS_PROBLEM_INLINE && p->a == 0 && get32(d.state) & INODE_INLINE;
	uint64_t size = get64(d.size);
	inode_set(fs, p, &d);
	TRY(tree_put(fs, k, &d, sizeof(d)));
	return lost_blocks || lost_inline ? holes_lose(fs, p->ino, size) : FS_OK;
}

static enum fs_err entry_type_fix(struct fs *fs, const struct fs_problem *p)
{
	struct key k = { p->ino, p->off };
	struct d_dirent *d = (struct d_dirent *)fs->value;
	const void *val;
	uint32_t len;

	TRY(tree_get(fs, k, &val, &len));
	bytes_copy(d, val, len);
	d->type = (uint8_t)p->a;
	return tree_put(fs, k, d, len);
}

static enum fs_err root_fix(struct fs *fs)
{
	struct fs_attr attr = { .type = FS_DIR, .mode = 0755, .nlink = 2 };
	struct inode root = { .ino = FS_ROOT, .attr = attr, .parent = FS_ROOT };
	struct d_inode d;

	inode_encode(&root, &d);
	return tree_put(fs, key_make(FS_ROOT, ITEM_INODE, 0), &d, sizeof(d));
}

/* The directory for what has lost its name. */
static enum fs_err lost_and_found(struct fs *fs, struct inode **i)
{
	static const char name[] = "lost+found";
	struct fs_attr attr = { .type = FS_DIR, .mode = 0700 };
	struct entry_ref ref;
	struct inode *root;
	enum fs_err e = dir_find(fs, FS_ROOT, name, sizeof(name) - 1, &ref);

	if (e == FS_OK)
		return inode_get_dir(fs, ref.ino, i);
	if (e != FS_NOT_FOUND)
		return e;
	TRY(inode_get_dir(fs, FS_ROOT, &root));
	TRY(inode_create(fs, &attr, FS_ROOT, i));
	TRY(dir_add(fs, root, name, sizeof(name) - 1, *i));
	root->attr.nlink++;
	return FS_OK;
}

/* "#" and the number. */
static size_t lost_name(uint64_t ino, char name[24])
{
	char digits[24];
	size_t n = 0, len = 0;

	do
		digits[n++] = (char)('0' + ino % 10);
	while ((ino /= 10) != 0);
	name[len++] = '#';
	while (n > 0)
		name[len++] = digits[--n];
	return len;
}

static enum fs_err nameless_fix(struct fs *fs, uint64_t ino)
{
	struct inode *lost, *i;
	char name[24];
	size_t len = lost_name(ino, name);

	TRY(lost_and_found(fs, &lost));
	TRY(inode_get(fs, ino, &i));
	enum fs_err e = dir_add(fs, lost, name, len, i);
	if (e == FS_EXISTS)
		return FS_OK;
	TRY(e);
	if (i->attr.type == FS_DIR) {
		i->parent = lost->ino;
		lost->attr.nlink++;
	} else {
		i->attr.nlink = 1;
	}
	inode_touch(fs, i);
	return FS_OK;
}

/* A circle of directories: take the name of one of them away, and it will be found nameless. */
static enum fs_err loop_fix(struct fs *fs, uint64_t ino)
{
	struct inode *i;
	struct path p;

	TRY(inode_get_dir(fs, ino, &i));
	uint64_t dir = i->parent;
	enum fs_err e = tree_seek_ge(fs, key_make(dir, ITEM_DIRENT, 0), &p);
	for (; e == FS_OK; e = tree_next(fs, &p)) {
		struct key k = path_key(&p);
		uint32_t len;
		const struct d_dirent *d = path_value(&p, &len);

		if (k.ino != dir || key_type(k) != ITEM_DIRENT)
			return FS_OK;
		if (get64(d->ino) == ino)
			return tree_del(fs, k);
	}
	return e == FS_NOT_FOUND ? FS_OK : e;
}

enum fs_err problem_fix(struct fs *fs, const struct fs_problem *p)
{
	struct key k = { p->ino, p->off };
	uint64_t reached, freed = 0;

	switch (p->kind) {
	case FS_PROBLEM_NODE:
		return node_fix(fs, k, p->a, (uint32_t)p->b);
	case FS_PROBLEM_DATA:
		return block_lose(fs, p->ino, p->a);
	case FS_PROBLEM_EXTENT:
		return p->b != 0 ? block_lose(fs, p->ino, p->a) : tree_del(fs, k);
	case FS_PROBLEM_PAST_END:
		return extent_clear(fs, p->ino, p->a, FS_FILE_MAX, UINT32_MAX, &reached, &freed);
	case FS_PROBLEM_BLOCKS:
	case FS_PROBLEM_INLINE:
	case FS_PROBLEM_DIR_SIZE:
	case FS_PROBLEM_LINKS:
	case FS_PROBLEM_PARENT:
		return inode_fix(fs, p);
	case FS_PROBLEM_ENTRY_TYPE:
		return entry_type_fix(fs, p);
	case FS_PROBLEM_UNREACHABLE:
		return p->b != 0 ? loop_fix(fs, p->ino) : nameless_fix(fs, p->ino);
	case FS_PROBLEM_ROOT:
		return root_fix(fs);
	case FS_PROBLEM_TABLE:
	case FS_PROBLEM_COUNTER:
	case FS_PROBLEM_LOG:
	case FS_PROBLEM_SUPER:
		return FS_OK; /* believed anew by the check, or written at the end */
	default:
		return tree_del(fs, k);
	}
}
