/* SPDX-License-Identifier: MPL-2.0 */
/* Finds the segments that snapshots need by walking their trees, when the table is in doubt. */
#include "futurafs/extent.h"
#include "futurafs/segment.h"
#include "futurafs/snapshot.h"
#include "futurafs/table.h"
#include "futurafs/tree.h"

/* A birth before every snapshot pins the segment as long as there is one. */
static void segment_hold(struct fs *fs, uint64_t addr)
{
	uint32_t i = segment_of(fs, addr);
	struct segment *s = &fs->segment[i];

	if (s->state == STATE_FREE) {
		s->state = STATE_USED;
		fs->nfree--;
	}
	s->birth = 1;
	table_touch(fs, i);
}

static void leaf_hold(struct fs *fs, const struct node *n)
{
	for (uint32_t i = 0; i < node_count(n); i++) {
		struct key k = node_key(n, i);
		struct extent x;

		if (key_type(k) == ITEM_EXTENT &&
		    extent_decode(fs, k, node_value(n, i), node_len(n, i), &x) &&
		    x.kind == EXTENT_DATA)
			segment_hold(fs, x.addr);
	}
}

/* As deep as the tree is high. What cannot be read holds nothing. */
static enum fs_err subtree_hold(struct fs *fs, struct ptr at, uint32_t level)
{
	struct node *n;
	enum fs_err e = cache_load(fs, at, level, &n);

	if (e == FS_CORRUPT || e == FS_IO)
		return FS_OK;
	TRY(e);
	if (!segment_has(fs, at.addr, 1))
		return FS_OK;
	segment_hold(fs, at.addr);
	if (level == 0)
		leaf_hold(fs, n);
	for (uint32_t i = 0; level > 0 && i < node_count(n); i++)
		TRY(subtree_hold(fs, node_ptr(n, i), level - 1));
	if (!n->dirty)
		cache_drop(fs, n);
	return FS_OK;
}

enum fs_err snapshots_hold(struct fs *fs)
{
	struct d_snapshot d;
	enum fs_err e;

	for (uint64_t id = 1; (e = snapshot_seek(fs, &id, &d)) == FS_OK; id++) {
		uint32_t height = get32(d.height);

		if (height >= 1 && height <= MAX_HEIGHT)
			TRY(subtree_hold(fs, (struct ptr){ get64(d.root.addr), get32(d.root.crc) },
					 height - 1));
	}
	return e == FS_NO_MEMORY ? e : FS_OK;
}
