/* SPDX-License-Identifier: MPL-2.0 */
/* Creating, linking and unlinking. */
#include "futurafs/dir.h"
#include "futurafs/file.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

constexpr uint32_t LINK_MAX = 1u << 30;

/* Is there a directory that may get this new name? */
static enum fs_err name_is_new(struct fs *fs, uint64_t dir, const char *name, size_t len)
{
	struct entry_ref ref;
	struct inode *d;

	cache_trim(fs);
	TRY(name_check(name, len));
	TRY(inode_get_dir(fs, dir, &d));
	if (d->attr.nlink == 0)
		return FS_NOT_FOUND;
	enum fs_err e = dir_find(fs, dir, name, len, &ref);
	if (e == FS_OK)
		return FS_EXISTS;
	return e == FS_NOT_FOUND ? FS_OK : e;
}

static enum fs_err create_in_op(struct fs *fs, uint64_t dir, const char *name, size_t len,
				const struct fs_attr *attr, struct inode **i)
{
	struct inode *d;

	TRY(inode_get_dir(fs, dir, &d));
	TRY(inode_create(fs, attr, dir, i));
	TRY(dir_add(fs, d, name, len, *i));
	if (attr->type == FS_DIR)
		d->attr.nlink++;
	return FS_OK;
}

enum fs_err fs_create(struct fs *fs, uint64_t dir, const char *name, size_t len,
		      const struct fs_attr *attr, uint64_t *ino)
{
	struct inode *i;

	if (attr->type == FS_SYMLINK)
		return FS_BAD_ARGUMENT;
	TRY(name_is_new(fs, dir, name, len));
	TRY(op_begin(fs, 0, 0, false));
	TRY(op_end(fs, create_in_op(fs, dir, name, len, attr, &i)));
	*ino = i->ino;
	return FS_OK;
}

static enum fs_err create_unnamed_in_op(struct fs *fs, const struct fs_attr *attr, struct inode **i)
{
	TRY(inode_create(fs, attr, 0, i));
	(*i)->attr.nlink = 0;
	(*i)->pins = 1;
	return inode_orphan(fs, *i);
}

enum fs_err fs_create_unnamed(struct fs *fs, const struct fs_attr *attr, uint64_t *ino)
{
	struct inode *i;

	if (attr->type != FS_FILE)
		return FS_BAD_ARGUMENT;
	TRY(op_begin(fs, 0, 0, false));
	TRY(op_end(fs, create_unnamed_in_op(fs, attr, &i)));
	*ino = i->ino;
	return FS_OK;
}

static enum fs_err symlink_in_op(struct fs *fs, uint64_t dir, const char *name, size_t len,
				 const struct fs_attr *attr, const char *target, size_t target_len,
				 struct inode **i)
{
	struct fs_attr link = *attr;

	link.type = FS_SYMLINK;
	link.mode = 0777;
	TRY(create_in_op(fs, dir, name, len, &link, i));
	if (target_len <= fs->inline_max)
		TRY(inline_write(fs, *i, 0, (const uint8_t *)target, target_len));
	else
		TRY(blocks_put(fs, *i, 0, (const uint8_t *)target, target_len));
	(*i)->attr.size = target_len;
	return FS_OK;
}

enum fs_err fs_symlink(struct fs *fs, uint64_t dir, const char *name, size_t len,
		       const struct fs_attr *attr, const char *target, size_t target_len,
		       uint64_t *ino)
{
	uint32_t blocks = (uint32_t)(target_len >> fs->block_shift) + 1;
	struct inode *i;

	if (target_len == 0)
		return FS_BAD_ARGUMENT;
	if (target_len > 4095)
		return FS_NAME_TOO_LONG;
	TRY(name_is_new(fs, dir, name, len));
	TRY(op_begin(fs, blocks, blocks, false));
	TRY(op_end(fs, symlink_in_op(fs, dir, name, len, attr, target, target_len, &i)));
	*ino = i->ino;
	return FS_OK;
}

static enum fs_err link_in_op(struct fs *fs, uint64_t ino, uint64_t dir, const char *name,
			      size_t len)
{
	struct inode *i, *d;

	TRY(inode_get(fs, ino, &i));
	TRY(inode_get_dir(fs, dir, &d));
	TRY(dir_add(fs, d, name, len, i));
	if (i->attr.nlink == 0) { /* made by fs_create_unnamed(), or removed while open */
		enum fs_err e = item_del(fs, key_make(ORPHANS_INO, ITEM_ORPHAN, ino));
		if (e != FS_NOT_FOUND)
			TRY(e);
	}
	i->attr.nlink++;
	i->attr.ctime = time_now(fs);
	inode_touch(fs, i);
	return FS_OK;
}

enum fs_err fs_link(struct fs *fs, uint64_t ino, uint64_t dir, const char *name, size_t len)
{
	struct inode *i;

	TRY(name_is_new(fs, dir, name, len));
	TRY(inode_get(fs, ino, &i));
	if (i->attr.type == FS_DIR)
		return FS_IS_DIR;
	if (i->attr.nlink >= LINK_MAX)
		return FS_TOO_MANY_LINKS;
	TRY(op_begin(fs, 0, 0, false));
	return op_end(fs, link_in_op(fs, ino, dir, name, len));
}

static enum fs_err unlink_in_op(struct fs *fs, uint64_t dir, const struct entry_ref *ref)
{
	struct inode *i, *d;

	TRY(inode_get_dir(fs, dir, &d));
	TRY(inode_get(fs, ref->ino, &i));
	TRY(dir_remove(fs, d, ref));
	i->attr.ctime = time_now(fs);
	if (i->attr.type == FS_DIR) {
		d->attr.nlink--;
		i->attr.nlink = 0;
	} else {
		i->attr.nlink--;
	}
	inode_touch(fs, i);
	return i->attr.nlink == 0 ? inode_orphan(fs, i) : FS_OK;
}

/* Free in further operations what did not fit into the one that removed the last name. */
static enum fs_err unlink_finish(struct fs *fs, uint64_t ino)
{
	struct inode *i;
	enum fs_err e = inode_get(fs, ino, &i);

	if (e == FS_NOT_FOUND || (e == FS_OK && (i->attr.nlink > 0 || i->pins > 0)))
		return FS_OK;
	TRY(e);
	return trim_finish(fs, ino);
}

static enum fs_err name_remove(struct fs *fs, uint64_t dir, const char *name, size_t len,
			       bool is_dir)
{
	struct entry_ref ref;
	struct inode *d, *i;

	cache_trim(fs);
	TRY(name_check(name, len));
	TRY(inode_get_dir(fs, dir, &d));
	TRY(dir_find(fs, dir, name, len, &ref));
	TRY(inode_get(fs, ref.ino, &i));
	if (is_dir && i->attr.type != FS_DIR)
		return FS_NOT_DIR;
	if (!is_dir && i->attr.type == FS_DIR)
		return FS_IS_DIR;
	if (is_dir)
		TRY(dir_is_empty(fs, i));
	if (i->attr.nlink == 0)
		return FS_CORRUPT;
	TRY(op_begin(fs, 0, 0, true));
	TRY(op_end(fs, unlink_in_op(fs, dir, &ref)));
	return unlink_finish(fs, ref.ino);
}

enum fs_err fs_unlink(struct fs *fs, uint64_t dir, const char *name, size_t len)
{
	return name_remove(fs, dir, name, len, false);
}

enum fs_err fs_rmdir(struct fs *fs, uint64_t dir, const char *name, size_t len)
{
	return name_remove(fs, dir, name, len, true);
}
