/* SPDX-License-Identifier: MPL-2.0 */
/* Truncating files, punching holes, keeping space, and finding data. */
#include "futurafs/extent.h"
#include "futurafs/file.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"
#include "futurafs/tree.h"

/* Zero from..end of one block, unless it is a hole. */
static enum fs_err block_zero(struct fs *fs, struct inode *i, uint64_t fblk, uint32_t from,
			      uint32_t end)
{
	struct extent x;
	enum fs_err e = extent_find(fs, i->ino, fblk, &x);

	if (e == FS_NOT_FOUND || (e == FS_OK && (x.fblk > fblk || x.kind != EXTENT_DATA)))
		return FS_OK;
	TRY(e);
	TRY(block_load(fs, i->ino, fblk, fs->scratch_tail));
	bytes_zero(fs->scratch_tail + from, end - from);
	return block_put(fs, i, fblk, fs->scratch_tail);
}

static enum fs_err truncate_in_op(struct fs *fs, uint64_t ino, uint64_t size, bool *more)
{
	uint32_t tail = size & (fs->block_size - 1);
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	if (size < i->attr.size && tail != 0 && !(i->state & INODE_INLINE))
		TRY(block_zero(fs, i, size >> fs->block_shift, tail, fs->block_size));
	bool shrinks = size < i->attr.size;
	if (i->state & INODE_INLINE)
		TRY(inline_truncate(fs, i, size));
	i->attr.size = size;
	i->attr.mtime = i->attr.ctime = time_now(fs);
	inode_touch(fs, i);
	return shrinks ? trim_begin(fs, i, more) : FS_OK;
}

enum fs_err fs_truncate(struct fs *fs, uint64_t ino, uint64_t size)
{
	bool more = false;
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	if (i->attr.type == FS_DIR)
		return FS_IS_DIR;
	if (i->attr.type != FS_FILE)
		return FS_BAD_ARGUMENT;
	if (size > FS_FILE_MAX)
		return FS_FILE_TOO_BIG;
	if (i->state & INODE_INLINE && size > fs->inline_max)
		TRY(inline_expand(fs, ino));
	TRY(op_begin(fs, 0, 1, true));
	TRY(op_end(fs, truncate_in_op(fs, ino, size, &more)));
	return more ? trim_finish(fs, ino) : FS_OK;
}

/* Zero the partial blocks at both ends. */
static enum fs_err punch_edges(struct fs *fs, struct inode *i, uint64_t off, uint64_t len)
{
	uint32_t mask = fs->block_size - 1, head = off & mask, tail = (off + len) & mask;
	uint64_t first = off >> fs->block_shift, last = (off + len) >> fs->block_shift;

	i->attr.mtime = i->attr.ctime = time_now(fs);
	inode_touch(fs, i);
	if (i->state & INODE_INLINE)
		return inline_punch(fs, i, off, len);
	if (first == last)
		return block_zero(fs, i, first, head, tail);
	if (head != 0)
		TRY(block_zero(fs, i, first, head, fs->block_size));
	return tail != 0 ? block_zero(fs, i, last, 0, tail) : FS_OK;
}

/* Clear from *from to end as far as one operation goes; the first one also does the edges. */
static enum fs_err punch_step(struct fs *fs, uint64_t ino, uint64_t *from, uint64_t end,
			      const uint64_t edges[2])
{
	uint64_t reached, freed = 0;
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	if (edges != nullptr)
		TRY(punch_edges(fs, i, edges[0], edges[1]));
	if (*from >= end)
		return FS_OK;
	TRY(extent_clear(fs, ino, *from, end, 64, &reached, &freed));
	log_range(fs, RECORD_CLEAR, ino, *from, reached);
	i->attr.blocks -= min64(freed, i->attr.blocks);
	inode_touch(fs, i);
	*from = reached;
	return FS_OK;
}

static enum fs_err range_check(struct fs *fs, uint64_t ino, uint64_t off, uint64_t len)
{
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	if (i->attr.type == FS_DIR)
		return FS_IS_DIR;
	if (i->attr.type != FS_FILE || len == 0)
		return FS_BAD_ARGUMENT;
	return off > FS_FILE_MAX || len > FS_FILE_MAX - off ? FS_FILE_TOO_BIG : FS_OK;
}

enum fs_err fs_punch(struct fs *fs, uint64_t ino, uint64_t off, uint64_t len)
{
	const uint64_t edges[2] = { off, len };
	bool first = true;

	TRY(range_check(fs, ino, off, len));
	uint64_t from = (off + fs->block_size - 1) >> fs->block_shift;
	uint64_t end = (off + len) >> fs->block_shift;
	do {
		TRY(op_begin(fs, 0, 2, true));
		TRY(op_end(fs, punch_step(fs, ino, &from, end, first ? edges : nullptr)));
		first = false;
	} while (from < end);
	return FS_OK;
}

static enum fs_err allocate_in_op(struct fs *fs, uint64_t ino, uint64_t from, uint64_t end)
{
	uint64_t kept;
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	fs->op_changed = true;
	TRY(extent_keep(fs, ino, from, end, &kept));
	log_range(fs, RECORD_KEEP, ino, from, end);
	inode_touch(fs, i);
	return FS_OK;
}

static enum fs_err allocate_size(struct fs *fs, uint64_t ino, uint64_t size)
{
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	i->attr.ctime = time_now(fs);
	if (size > i->attr.size) {
		if (i->state & INODE_INLINE)
			TRY(inline_truncate(fs, i, size));
		i->attr.size = size;
		i->attr.mtime = i->attr.ctime;
	}
	inode_touch(fs, i);
	return FS_OK;
}

enum fs_err fs_allocate(struct fs *fs, uint64_t ino, uint64_t off, uint64_t len, bool keep_size)
{
	uint64_t holes, step = 4096;
	struct inode *i;

	TRY(range_check(fs, ino, off, len));
	TRY(inode_get(fs, ino, &i));
	uint64_t end = (off + len + fs->block_size - 1) >> fs->block_shift;
	TRY(extent_count_holes(fs, ino, off >> fs->block_shift, end, &holes));
	if (!space_has(fs, holes))
		return FS_NO_SPACE;
	if (i->state & INODE_INLINE && off + len > fs->inline_max)
		TRY(inline_expand(fs, ino));
	bool is_small = off + len <= fs->inline_max && i->state & INODE_INLINE;
	/* A step has at most so many holes as blocks, and few dirty nodes. */
	for (uint64_t at = off >> fs->block_shift; at < end && !is_small; at += step) {
		uint64_t to = min64(at + step, end);

		if (holes == end - at) /* one big hole is one item */
			to = end;
		TRY(extent_count_holes(fs, ino, at, to, &holes));
		TRY(op_begin(fs, holes, 0, false));
		TRY(op_end(fs, allocate_in_op(fs, ino, at, to)));
		if (to == end)
			break;
	}
	TRY(op_begin(fs, 0, 0, true));
	return op_end(fs, allocate_size(fs, ino, keep_size ? 0 : off + len));
}

/* Where data (or a hole) begins, at or after block fblk. */
static enum fs_err seek_block(struct fs *fs, uint64_t ino, uint64_t fblk, bool hole,
			      uint64_t *found)
{
	struct extent x;

	for (;; fblk = x.fblk + x.count) {
		enum fs_err e = extent_find(fs, ino, fblk, &x);

		if (e == FS_NOT_FOUND) {
			*found = fblk;
			return hole ? FS_OK : FS_RANGE;
		}
		TRY(e);
		bool data = x.kind != EXTENT_KEPT;
		if (hole && (x.fblk > fblk || !data)) {
			*found = fblk;
			return FS_OK;
		}
		if (!hole && data) {
			*found = max64(x.fblk, fblk);
			return FS_OK;
		}
	}
}

enum fs_err fs_seek(struct fs *fs, uint64_t ino, uint64_t off, bool hole, uint64_t *found)
{
	uint64_t fblk;
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	if (i->attr.type != FS_FILE)
		return FS_BAD_ARGUMENT;
	if (off >= i->attr.size)
		return FS_RANGE;
	if (i->state & INODE_INLINE) {
		*found = hole ? i->attr.size : off;
		return FS_OK;
	}
	TRY(seek_block(fs, ino, off >> fs->block_shift, hole, &fblk));
	uint64_t at = max64(off, fblk << fs->block_shift);
	if (at >= i->attr.size && !hole)
		return FS_RANGE;
	*found = min64(at, i->attr.size);
	return FS_OK;
}
