/* SPDX-License-Identifier: MPL-2.0 */
/* Small files, whose data lies in the tree beside the inode. */
#include "futurafs/file.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

static struct key inline_key(const struct inode *i)
{
	return key_make(i->ino, ITEM_INLINE, 0);
}

bool inline_fits(const struct fs *fs, const struct inode *i, uint64_t end)
{
	bool empty = i->attr.size == 0 && i->attr.blocks == 0;

	return (i->state & INODE_INLINE || empty) && end <= fs->inline_max;
}

/* The content as fs->value, `size` bytes long, zeros where there is none. */
static enum fs_err inline_load(struct fs *fs, struct inode *i, size_t size)
{
	const void *val;
	uint32_t len;
	enum fs_err e = tree_get(fs, inline_key(i), &val, &len);

	if (size > fs->inline_max)
		return FS_CORRUPT;
	bytes_zero(fs->value, size);
	if (e == FS_NOT_FOUND)
		return FS_OK;
	TRY(e);
	bytes_copy(fs->value, val, min64(len, size));
	return FS_OK;
}

enum fs_err inline_read(struct fs *fs, struct inode *i, uint64_t off, uint8_t *buf, size_t len)
{
	const void *val;
	uint32_t have;

	bytes_zero(buf, len);
	enum fs_err e = tree_get(fs, inline_key(i), &val, &have);
	if (e == FS_NOT_FOUND)
		return FS_OK;
	TRY(e);
	if (off < have)
		bytes_copy(buf, (const uint8_t *)val + off, min64(len, have - off));
	return FS_OK;
}

static enum fs_err inline_store(struct fs *fs, struct inode *i, uint64_t size)
{
	i->state |= INODE_INLINE;
	i->attr.size = size;
	inode_touch(fs, i);
	return item_put(fs, inline_key(i), fs->value, (uint32_t)size);
}

enum fs_err inline_write(struct fs *fs, struct inode *i, uint64_t off, const uint8_t *buf,
			 size_t len)
{
	uint64_t size = max64(i->attr.size, off + len);

	TRY(inline_load(fs, i, size));
	bytes_copy(fs->value + off, buf, len);
	return inline_store(fs, i, size);
}

enum fs_err inline_truncate(struct fs *fs, struct inode *i, uint64_t size)
{
	TRY(inline_load(fs, i, min64(size, i->attr.size)));
	if (size > i->attr.size)
		bytes_zero(fs->value + i->attr.size, size - i->attr.size);
	return inline_store(fs, i, size);
}

enum fs_err inline_punch(struct fs *fs, struct inode *i, uint64_t off, uint64_t len)
{
	if (off >= i->attr.size)
		return FS_OK;
	TRY(inline_load(fs, i, i->attr.size));
	bytes_zero(fs->value + off, min64(len, i->attr.size - off));
	return inline_store(fs, i, i->attr.size);
}

static enum fs_err inline_move_out(struct fs *fs, uint64_t ino)
{
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	if (!(i->state & INODE_INLINE))
		return FS_OK;
	TRY(inline_load(fs, i, i->attr.size));
	bytes_zero(fs->scratch_tail, fs->block_size);
	bytes_copy(fs->scratch_tail, fs->value, i->attr.size);
	i->state &= ~INODE_INLINE;
	inode_touch(fs, i);
	TRY(item_del(fs, inline_key(i)));
	return i->attr.size > 0 ? block_put(fs, i, 0, fs->scratch_tail) : FS_OK;
}

enum fs_err inline_expand(struct fs *fs, uint64_t ino)
{
	TRY(op_begin(fs, 1, 1, false));
	return op_end(fs, inline_move_out(fs, ino));
}
