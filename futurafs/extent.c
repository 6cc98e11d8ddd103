/* SPDX-License-Identifier: MPL-2.0 */
/* Finds, adds and cuts extents in the tree. */
#include "futurafs/extent.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

/* A block number past every file. */
constexpr uint64_t FBLK_END = FS_FILE_MAX;

bool extent_decode(struct fs *fs, struct key k, const void *val, uint32_t len, struct extent *x)
{
	const struct d_extent *d = val;

	if (len < sizeof(*d) || d->kind > EXTENT_LOST)
		return false;
	*x = (struct extent){ .fblk = key_off(k),
			      .addr = get64(d->addr),
			      .count = get32(d->count),
			      .kind = (enum extent_kind)d->kind,
			      .crc = d->crc };
	if (x->count == 0 || x->fblk + x->count > FBLK_END)
		return false;
	if (x->kind != EXTENT_DATA)
		return len == sizeof(*d);
	return len == sizeof(*d) + x->count * sizeof(le32) && segment_has(fs, x->addr, x->count);
}

uint32_t extent_encode(struct fs *fs, const struct extent *x)
{
	struct d_extent *d = (struct d_extent *)fs->value;
	size_t crcs = x->kind == EXTENT_DATA ? x->count * sizeof(le32) : 0;

	*d = (struct d_extent){ .addr = put64(x->kind == EXTENT_DATA ? x->addr : 0),
				.count = put32((uint32_t)x->count),
				.kind = (uint8_t)x->kind };
	bytes_copy(d->crc, x->crc, crcs);
	return (uint32_t)(sizeof(*d) + crcs);
}

static enum fs_err extent_at(struct fs *fs, const struct path *p, uint64_t ino, struct extent *x)
{
	struct key k = path_key(p);
	uint32_t len;
	const void *val = path_value(p, &len);

	if (k.ino != ino || key_type(k) != ITEM_EXTENT)
		return FS_NOT_FOUND;
	if (extent_decode(fs, k, val, len, x))
		return FS_OK;
	report(fs, "extent makes no sense: inode, block", ino, key_off(k));
	return FS_CORRUPT;
}

enum fs_err extent_find(struct fs *fs, uint64_t ino, uint64_t fblk, struct extent *x)
{
	struct path p;
	enum fs_err e = tree_seek_le(fs, key_make(ino, ITEM_EXTENT, fblk), &p);

	if (e == FS_OK) {
		e = extent_at(fs, &p, ino, x);
		if (e == FS_OK && x->fblk + x->count > fblk)
			return FS_OK;
		if (e == FS_OK || e == FS_NOT_FOUND)
			e = tree_next(fs, &p);
	} else if (e == FS_NOT_FOUND) {
		e = tree_seek_ge(fs, key_make(ino, ITEM_EXTENT, fblk), &p);
	}
	TRY(e);
	TRY(extent_at(fs, &p, ino, x));
	return x->fblk > fblk ? FS_OK : FS_CORRUPT; /* or callers would go in circles */
}

static enum fs_err extent_put(struct fs *fs, uint64_t ino, const struct extent *x)
{
	uint32_t len = extent_encode(fs, x);

	return tree_put(fs, key_make(ino, ITEM_EXTENT, x->fblk), fs->value, len);
}

/* The part of x from block `from` on; x begins before it. */
static struct extent extent_after(const struct extent *x, uint64_t from)
{
	uint64_t skip = from - x->fblk;

	return (struct extent){ from, x->addr + skip, x->count - skip, x->kind, x->crc + skip };
}

static void extent_free(struct fs *fs, const struct extent *x, uint64_t *freed)
{
	if (x->kind == EXTENT_DATA) {
		segment_drop(fs, x->addr, (uint32_t)x->count);
		*freed += x->count;
	} else if (x->kind == EXTENT_KEPT) {
		fs->space.kept -= min64(x->count, fs->space.kept);
	}
}

/* Cut from..end out of x, which overlaps it. */
static enum fs_err extent_cut(struct fs *fs, uint64_t ino, const struct extent *found,
			      uint64_t from, uint64_t end, uint64_t *freed)
{
	struct extent x = *found, gone = x;
	uint64_t x_end = x.fblk + x.count;

	/* The tree moves under us: keep the checksums of what stays. */
	if (x.kind == EXTENT_DATA && (x.fblk < from || x_end > end)) {
		bytes_copy(fs->cut_crc, x.crc, x.count * sizeof(le32));
		x.crc = fs->cut_crc;
	}
	if (gone.fblk < from)
		gone = extent_after(&gone, from);
	gone.count = min64(x_end, end) - gone.fblk;
	extent_free(fs, &gone, freed);
	if (x.fblk < from) {
		struct extent left = x;

		left.count = from - x.fblk;
		TRY(extent_put(fs, ino, &left));
	} else {
		TRY(tree_del(fs, key_make(ino, ITEM_EXTENT, x.fblk)));
	}
	if (x_end <= end)
		return FS_OK;
	struct extent right = extent_after(&x, end);
	return extent_put(fs, ino, &right);
}

enum fs_err extent_clear(struct fs *fs, uint64_t ino, uint64_t from, uint64_t end, uint32_t limit,
			 uint64_t *reached, uint64_t *freed)
{
	struct extent x;

	for (; limit > 0; limit--) {
		enum fs_err e = extent_find(fs, ino, from, &x);

		if (e == FS_NOT_FOUND || (e == FS_OK && x.fblk >= end)) {
			*reached = end;
			return FS_OK;
		}
		TRY(e);
		uint64_t x_end = x.fblk + x.count;
		TRY(extent_cut(fs, ino, &x, from, end, freed));
		from = min64(x_end, end);
	}
	*reached = from;
	return FS_OK;
}

/* Add to the extent that ends where this one begins, in the file and on the device. */
static enum fs_err extent_append(struct fs *fs, uint64_t ino, const struct extent *new, bool *done)
{
	struct path p;
	struct extent x;

	*done = false;
	enum fs_err e = tree_seek_le(fs, key_make(ino, ITEM_EXTENT, new->fblk), &p);
	if (e == FS_OK)
		e = extent_at(fs, &p, ino, &x);
	if (e == FS_NOT_FOUND)
		return FS_OK;
	TRY(e);
	uint64_t count = x.count + new->count;
	if (x.kind != EXTENT_DATA || x.fblk + x.count != new->fblk ||
	    x.addr + x.count != new->addr || count > fs->chunk_max ||
	    !segment_has(fs, x.addr, count))
		return FS_OK;
	bytes_copy(fs->cut_crc, x.crc, x.count * sizeof(le32));
	bytes_copy(fs->cut_crc + x.count, new->crc, new->count * sizeof(le32));
	x.crc = fs->cut_crc;
	x.count = count;
	*done = true;
	return extent_put(fs, ino, &x);
}

enum fs_err extent_map(struct fs *fs, uint64_t ino, uint64_t fblk, uint32_t n, uint64_t addr,
		       const uint32_t *crc, uint64_t *freed)
{
	uint64_t reached;
	bool done;
	struct extent x = { fblk, addr, n, EXTENT_DATA, fs->map_crc };

	TRY(extent_clear(fs, ino, fblk, fblk + n, UINT32_MAX, &reached, freed));
	segment_add(fs, addr, n);
	for (uint32_t i = 0; i < n; i++)
		fs->map_crc[i] = put32(crc[i]);
	TRY(extent_append(fs, ino, &x, &done));
	return done ? FS_OK : extent_put(fs, ino, &x);
}

/* Call `hole` for each gap without data or kept space in from..end. */
static enum fs_err extent_next_hole(struct fs *fs, uint64_t ino, uint64_t *from, uint64_t end,
				    uint64_t *hole_end)
{
	struct extent x;

	for (;;) {
		enum fs_err e = extent_find(fs, ino, *from, &x);

		if (e == FS_NOT_FOUND || (e == FS_OK && x.fblk > *from)) {
			*hole_end = e == FS_OK ? min64(x.fblk, end) : end;
			return FS_OK;
		}
		TRY(e);
		*from = x.fblk + x.count;
		if (*from >= end) {
			*hole_end = *from;
			return FS_OK;
		}
	}
}

enum fs_err extent_count_holes(struct fs *fs, uint64_t ino, uint64_t from, uint64_t end,
			       uint64_t *holes)
{
	*holes = 0;
	while (from < end) {
		uint64_t hole_end;

		TRY(extent_next_hole(fs, ino, &from, end, &hole_end));
		*holes += hole_end - from;
		from = hole_end;
	}
	return FS_OK;
}

enum fs_err extent_keep(struct fs *fs, uint64_t ino, uint64_t from, uint64_t end, uint64_t *kept)
{
	*kept = 0;
	while (from < end) {
		struct extent x = { .kind = EXTENT_KEPT };
		uint64_t hole_end;

		TRY(extent_next_hole(fs, ino, &from, end, &hole_end));
		for (; from < hole_end; from += x.count) {
			x.fblk = from;
			x.count = min64(hole_end - from, 1u << 30);
			TRY(extent_put(fs, ino, &x));
			fs->space.kept += x.count;
			*kept += x.count;
		}
	}
	return FS_OK;
}
