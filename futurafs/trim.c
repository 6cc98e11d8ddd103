/* SPDX-License-Identifier: MPL-2.0 */
/* Frees what a file no longer has, in bounded steps that a power cut may interrupt. */
#include "futurafs/extent.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"
#include "futurafs/tree.h"

/* Extents or attributes freed in one operation. */
constexpr uint32_t TRIM_STEP = 64;

/* A key's offset past all extents. */
constexpr uint64_t TRIM_END = FS_FILE_MAX;

static enum fs_err orphan_note(struct fs *fs, uint64_t ino)
{
	return item_put(fs, key_make(ORPHANS_INO, ITEM_ORPHAN, ino), "", 0);
}

static enum fs_err item_del_if_there(struct fs *fs, struct key k)
{
	enum fs_err e = item_del(fs, k);

	return e == FS_NOT_FOUND ? FS_OK : e;
}

enum fs_err trim_begin(struct fs *fs, struct inode *i, bool *more)
{
	uint64_t size = i->attr.nlink > 0 ? i->attr.size : 0;
	uint64_t from = (size + fs->block_size - 1) >> fs->block_shift;
	uint64_t reached, freed = 0;

	TRY(extent_clear(fs, i->ino, from, TRIM_END, TRIM_STEP, &reached, &freed));
	log_range(fs, RECORD_CLEAR, i->ino, from, reached);
	i->attr.blocks -= min64(freed, i->attr.blocks);
	inode_touch(fs, i);
	*more = reached < TRIM_END;
	return *more ? orphan_note(fs, i->ino) : FS_OK;
}

static enum fs_err xattrs_delete(struct fs *fs, uint64_t ino, bool *more)
{
	struct path p;

	for (uint32_t n = 0; n < TRIM_STEP; n++) {
		enum fs_err e = tree_seek_ge(fs, key_make(ino, ITEM_XATTR, 0), &p);

		*more = false;
		if (e == FS_NOT_FOUND)
			return FS_OK;
		TRY(e);
		struct key k = path_key(&p);
		if (k.ino != ino || key_type(k) != ITEM_XATTR)
			return FS_OK;
		TRY(item_del(fs, k));
		*more = true;
	}
	return orphan_note(fs, ino);
}

/* One step of deleting an inode without names. */
static enum fs_err inode_delete(struct fs *fs, struct inode *i, bool *more)
{
	TRY(trim_begin(fs, i, more));
	if (!*more)
		TRY(xattrs_delete(fs, i->ino, more));
	if (*more)
		return FS_OK;
	TRY(item_del_if_there(fs, key_make(i->ino, ITEM_INLINE, 0)));
	TRY(item_del_if_there(fs, key_make(i->ino, ITEM_INODE, 0)));
	TRY(item_del_if_there(fs, key_make(ORPHANS_INO, ITEM_ORPHAN, i->ino)));
	fs->space.reserved -= i->reserved;
	i->reserved = 0;
	i->attr.type = 0;
	fs->inodes--;
	return FS_OK;
}

enum fs_err inode_orphan(struct fs *fs, struct inode *i)
{
	bool more;

	if (i->pins > 0) {
		inode_touch(fs, i);
		return orphan_note(fs, i->ino);
	}
	return inode_delete(fs, i, &more); /* what is left is done by trim_finish() */
}

static enum fs_err trim_step(struct fs *fs, uint64_t ino, bool *more)
{
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	if (i->attr.nlink == 0)
		return inode_delete(fs, i, more);
	TRY(trim_begin(fs, i, more));
	if (*more)
		return FS_OK;
	return item_del_if_there(fs, key_make(ORPHANS_INO, ITEM_ORPHAN, ino));
}

enum fs_err trim_finish(struct fs *fs, uint64_t ino)
{
	bool more = true;

	while (more) {
		TRY(op_begin(fs, 0, 0, true));
		TRY(op_end(fs, trim_step(fs, ino, &more)));
	}
	return FS_OK;
}

enum fs_err orphans_finish(struct fs *fs)
{
	struct path p;

	for (;;) {
		enum fs_err e = tree_seek_ge(fs, key_make(ORPHANS_INO, ITEM_ORPHAN, 0), &p);

		if (e == FS_NOT_FOUND)
			return FS_OK;
		TRY(e);
		struct key k = path_key(&p);
		if (k.ino != ORPHANS_INO)
			return FS_OK;
		e = trim_finish(fs, key_off(k));
		if (e == FS_NOT_FOUND) {
			TRY(op_begin(fs, 0, 0, true));
			e = op_end(fs, item_del(fs, k));
		}
		TRY(e);
	}
}
