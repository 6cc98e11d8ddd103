/* SPDX-License-Identifier: MPL-2.0 */
/* Reading and writing file data. */
#include "futurafs/file.h"
#include "futurafs/extent.h"
#include "futurafs/holes.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"
#include "futurafs/tree.h"

static enum fs_err data_check(struct fs *fs, const uint8_t *block, uint32_t crc, uint64_t addr)
{
	if (fs->crc(0, block, fs->block_size) == crc)
		return FS_OK;
	report(fs, "damaged data at block", addr, 0);
	return FS_CORRUPT;
}

enum fs_err data_load(struct fs *fs, uint64_t addr, uint32_t crc, uint8_t *to)
{
	const uint8_t *open = stream_find(fs, addr);

	if (open != nullptr)
		bytes_copy(to, open, fs->block_size);
	else
		TRY(blocks_read(fs, addr, to, 1));
	return data_check(fs, to, crc, addr);
}

enum fs_err block_load(struct fs *fs, uint64_t ino, uint64_t fblk, uint8_t *to)
{
	struct extent x;
	enum fs_err e = extent_find(fs, ino, fblk, &x);

	bytes_zero(to, fs->block_size);
	if (e == FS_NOT_FOUND || (e == FS_OK && (x.fblk > fblk || x.kind == EXTENT_KEPT)))
		return FS_OK;
	TRY(e);
	if (x.kind == EXTENT_LOST)
		return FS_IO;
	return data_load(fs, x.addr + (fblk - x.fblk), get32(x.crc[fblk - x.fblk]), to);
}

/* Whole blocks of an extent, straight into the caller's memory. */
static enum fs_err extent_read(struct fs *fs, const struct extent *x, uint64_t skip, uint32_t n,
			       uint8_t *to)
{
	if (x->kind == EXTENT_LOST)
		return FS_IO;
	if (x->kind == EXTENT_KEPT) {
		bytes_zero(to, (size_t)n << fs->block_shift);
		return FS_OK;
	}
	if (stream_find(fs, x->addr + skip) == nullptr &&
	    stream_find(fs, x->addr + skip + n - 1) == nullptr) {
		TRY(blocks_read(fs, x->addr + skip, to, n));
		for (uint32_t i = 0; i < n; i++)
			TRY(data_check(fs, to + ((size_t)i << fs->block_shift),
				       get32(x->crc[skip + i]), x->addr + skip + i));
		return FS_OK;
	}
	for (uint32_t i = 0; i < n; i++)
		TRY(data_load(fs, x->addr + skip + i, get32(x->crc[skip + i]),
			      to + ((size_t)i << fs->block_shift)));
	return FS_OK;
}

/* Read from `off` on as much as one step can, at most len bytes. */
static enum fs_err read_step(struct fs *fs, uint64_t ino, uint64_t off, uint8_t *to, size_t len,
			     size_t *step)
{
	uint32_t bs = fs->block_size, in_block = off & (bs - 1);
	uint64_t fblk = off >> fs->block_shift;
	struct extent x;

	if (in_block != 0 || len < bs) {
		*step = min64(bs - in_block, len);
		TRY(block_load(fs, ino, fblk, fs->scratch_data));
		bytes_copy(to, fs->scratch_data + in_block, *step);
		return FS_OK;
	}
	uint64_t n = len >> fs->block_shift;
	enum fs_err e = extent_find(fs, ino, fblk, &x);
	if (e == FS_NOT_FOUND || (e == FS_OK && x.fblk > fblk)) {
		if (e == FS_OK)
			n = min64(n, x.fblk - fblk);
		*step = n << fs->block_shift;
		bytes_zero(to, *step);
		return FS_OK;
	}
	TRY(e);
	n = min64(n, x.fblk + x.count - fblk);
	*step = n << fs->block_shift;
	return extent_read(fs, &x, fblk - x.fblk, (uint32_t)n, to);
}

enum fs_err fs_read(struct fs *fs, uint64_t ino, uint64_t off, void *buf, size_t len, size_t *done)
{
	struct inode *i;

	*done = 0;
	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	if (i->attr.type == FS_DIR)
		return FS_IS_DIR;
	if (i->attr.type != FS_FILE && i->attr.type != FS_SYMLINK)
		return FS_BAD_ARGUMENT;
	if (off >= i->attr.size)
		return FS_OK;
	len = min64(len, i->attr.size - off);
	if (i->state & INODE_INLINE) {
		TRY(inline_read(fs, i, off, buf, len));
		*done = len;
		return FS_OK;
	}
	while (*done < len) {
		size_t step;

		TRY(read_step(fs, ino, off + *done, (uint8_t *)buf + *done, len - *done, &step));
		*done += step;
	}
	return FS_OK;
}

/* Blocks with consecutive addresses, on their way into the tree. */
struct run {
	uint64_t fblk, addr;
	uint32_t n;
	bool placed; /* in holes, so the log must say where */
};

static enum fs_err run_map(struct fs *fs, struct inode *i, struct run *run)
{
	uint64_t freed = 0;

	if (run->n == 0)
		return FS_OK;
	TRY(extent_map(fs, i->ino, run->fblk, run->n, run->addr, fs->run_crc, &freed));
	if (run->placed)
		log_place(fs, i->ino, run->fblk, run->n, run->addr, fs->run_crc);
	i->attr.blocks += run->n;
	i->attr.blocks -= min64(freed, i->attr.blocks);
	run->n = 0;
	return FS_OK;
}

static enum fs_err run_add(struct fs *fs, struct inode *i, struct run *run, uint64_t fblk,
			   const uint8_t *from)
{
	uint32_t crc = fs->crc(0, from, fs->block_size);
	uint64_t addr;
	bool placed;

	fs->op_changed = true; /* the log has it from here on */
	TRY(holes_put(fs, from, &addr, &placed));
	if (!placed)
		TRY(stream_put_data(fs, STREAM_LOG, i->ino, fblk, from, crc, &addr));
	if (run->n > 0 && (!segment_goes_on(fs, run->addr + run->n, addr) || placed != run->placed))
		TRY(run_map(fs, i, run));
	if (run->n == 0)
		*run = (struct run){ fblk, addr, 0, placed };
	fs->run_crc[run->n++] = crc;
	return FS_OK;
}

enum fs_err block_put(struct fs *fs, struct inode *i, uint64_t fblk, const uint8_t *from)
{
	struct run run = {};

	TRY(run_add(fs, i, &run, fblk, from));
	TRY(run_map(fs, i, &run));
	inode_touch(fs, i);
	return FS_OK;
}

enum fs_err blocks_put(struct fs *fs, struct inode *i, uint64_t off, const uint8_t *buf, size_t len)
{
	uint32_t bs = fs->block_size, head = off & (bs - 1), tail = (off + len) & (bs - 1);
	uint64_t first = off >> fs->block_shift, last = (off + len - 1) >> fs->block_shift;
	struct run run = {};

	/* Old data first, while failing to read it can still be told without harm. */
	if (head != 0 || (first == last && tail != 0)) {
		TRY(block_load(fs, i->ino, first, fs->scratch_data));
		bytes_copy(fs->scratch_data + head, buf, min64(bs - head, len));
	}
	if (tail != 0 && last != first) {
		TRY(block_load(fs, i->ino, last, fs->scratch_tail));
		bytes_copy(fs->scratch_tail, buf + len - tail, tail);
	}
	for (uint64_t fblk = first; fblk <= last; fblk++) {
		const uint8_t *from = buf + (fblk << fs->block_shift) - off;
		bool partial = fblk == first && (head != 0 || (first == last && tail != 0));

		if (partial)
			from = fs->scratch_data;
		else if (fblk == last && tail != 0)
			from = fs->scratch_tail;
		TRY(run_add(fs, i, &run, fblk, from));
	}
	return run_map(fs, i, &run);
}

static enum fs_err write_in_op(struct fs *fs, uint64_t ino, uint64_t off, const uint8_t *buf,
			       size_t len, uint64_t holes)
{
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	if (inline_fits(fs, i, off + len))
		TRY(inline_write(fs, i, off, buf, len));
	else
		TRY(blocks_put(fs, i, off, buf, len));
	uint64_t promised = min64(holes, i->reserved);
	i->reserved -= promised;
	fs->space.reserved -= promised;
	i->attr.size = max64(i->attr.size, off + len);
	i->attr.mtime = i->attr.ctime = time_now(fs);
	inode_touch(fs, i);
	return FS_OK;
}

/* At most fs->chunk_max blocks. */
static enum fs_err write_piece(struct fs *fs, uint64_t ino, uint64_t off, const uint8_t *buf,
			       size_t len)
{
	uint64_t first = off >> fs->block_shift, end = ((off + len - 1) >> fs->block_shift) + 1;
	uint64_t holes = 0;
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	if (i->state & INODE_INLINE && !inline_fits(fs, i, off + len)) {
		TRY(inline_expand(fs, ino));
		TRY(inode_get(fs, ino, &i));
	}
	TRY(extent_count_holes(fs, ino, first, end, &holes));
	uint64_t promised = min64(holes, i->reserved);
	/* What was promised is part of what is used; op_begin() must not ask for it again. */
	bool overwrites = holes == promised;
	TRY(op_begin(fs, holes - promised, (uint32_t)(end - first), overwrites));
	return op_end(fs, write_in_op(fs, ino, off, buf, len, holes));
}

enum fs_err fs_write(struct fs *fs, uint64_t ino, uint64_t off, const void *buf, size_t len,
		     size_t *done)
{
	uint64_t most = (uint64_t)fs->chunk_max << fs->block_shift;
	struct inode *i;

	*done = 0;
	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	if (i->attr.type == FS_DIR)
		return FS_IS_DIR;
	if (i->attr.type != FS_FILE)
		return FS_BAD_ARGUMENT;
	if (off > FS_FILE_MAX || len > FS_FILE_MAX - off)
		return FS_FILE_TOO_BIG;
	while (*done < len) {
		uint64_t at = off + *done;
		size_t step = min64(len - *done, most - (at & (most - 1)));

		TRY(write_piece(fs, ino, at, (const uint8_t *)buf + *done, step));
		*done += step;
	}
	return FS_OK;
}

enum fs_err fs_reserve(struct fs *fs, uint64_t ino, uint64_t off, uint64_t len)
{
	uint64_t holes;
	struct inode *i;

	if (fs->read_only || fs->broken)
		return FS_READ_ONLY;
	if (off > FS_FILE_MAX || len > FS_FILE_MAX - off)
		return FS_FILE_TOO_BIG;
	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	TRY(extent_count_holes(fs, ino, off >> fs->block_shift,
			       (off + len + fs->block_size - 1) >> fs->block_shift, &holes));
	if (!space_has(fs, holes))
		return FS_NO_SPACE;
	i->reserved += holes;
	fs->space.reserved += holes;
	return FS_OK;
}

void fs_unreserve(struct fs *fs, uint64_t ino)
{
	struct inode *i;

	if (inode_get(fs, ino, &i) != FS_OK)
		return;
	fs->space.reserved -= i->reserved;
	i->reserved = 0;
}
