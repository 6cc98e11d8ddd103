/* SPDX-License-Identifier: MPL-2.0 */
/* Snapshots: an old root, kept readable by never reusing the segments it was written in. */
#include "futurafs/snapshot.h"
#include "futurafs/checkpoint.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

enum fs_err snapshot_seek(struct fs *fs, uint64_t *id, struct d_snapshot *d)
{
	struct path p;
	uint32_t len;

	TRY(tree_seek_ge(fs, key_make(SNAPSHOTS_INO, ITEM_SNAPSHOT, *id), &p));
	struct key k = path_key(&p);
	if (k.ino != SNAPSHOTS_INO || key_type(k) != ITEM_SNAPSHOT)
		return FS_NOT_FOUND;
	const void *val = path_value(&p, &len);
	if (len != sizeof(*d))
		return FS_CORRUPT;
	bytes_copy(d, val, sizeof(*d));
	*id = key_off(k);
	return d->name[sizeof(d->name) - 1] == 0 ? FS_OK : FS_CORRUPT;
}

/* Find by name, or with nullptr the number after the last. */
static enum fs_err snapshot_find(struct fs *fs, const char *name, uint64_t *id,
				 struct d_snapshot *d)
{
	*id = 1;
	for (;; ++*id) {
		TRY(snapshot_seek(fs, id, d));
		if (text_len(d->name) == text_len(name) &&
		    bytes_compare(d->name, name, text_len(name)) == 0)
			return FS_OK;
	}
}

enum fs_err snapshots_newest(struct fs *fs, uint64_t *seq)
{
	struct d_snapshot d;
	enum fs_err e;

	*seq = 0;
	for (uint64_t id = 1; (e = snapshot_seek(fs, &id, &d)) == FS_OK; id++)
		*seq = max64(*seq, get64(d.seq));
	return e == FS_NOT_FOUND ? FS_OK : e;
}

enum fs_err fs_snapshot_create(struct fs *fs, const char *name)
{
	struct d_snapshot d;
	uint64_t id;

	if (text_len(name) == 0 || text_len(name) >= sizeof(d.name))
		return FS_BAD_ARGUMENT;
	cache_trim(fs);
	enum fs_err e = snapshot_find(fs, name, &id, &d);
	if (e != FS_NOT_FOUND)
		return e == FS_OK ? FS_EXISTS : e;
	TRY(op_begin(fs, 0, 0, false));
	TRY(checkpoint_write(fs));
	fs->op_changed = false;
	d = (struct d_snapshot){ .root = { put64(fs->root.addr), put32(fs->root.crc) },
				 .height = put32(fs->height),
				 .seq = put64(fs->seq),
				 .time = put64((uint64_t)time_now(fs)),
				 .inodes = put64(fs->inodes) };
	bytes_copy(d.name, name, text_len(name));
	TRY(op_end(fs, item_put(fs, key_make(SNAPSHOTS_INO, ITEM_SNAPSHOT, id), &d, sizeof(d))));
	segments_pin(fs, fs->seq);
	return fs_sync(fs);
}

enum fs_err fs_snapshot_delete(struct fs *fs, const char *name)
{
	struct d_snapshot d;
	uint64_t id, newest;

	cache_trim(fs);
	TRY(snapshot_find(fs, name, &id, &d));
	TRY(op_begin(fs, 0, 0, true));
	TRY(op_end(fs, item_del(fs, key_make(SNAPSHOTS_INO, ITEM_SNAPSHOT, id))));
	TRY(snapshots_newest(fs, &newest));
	segments_pin(fs, newest);
	return checkpoint_write(fs);
}

enum fs_err fs_snapshot_next(struct fs *fs, uint64_t *id, struct fs_snapshot *snap)
{
	struct d_snapshot d;

	cache_trim(fs);
	++*id;
	TRY(snapshot_seek(fs, id, &d));
	*snap = (struct fs_snapshot){ .id = *id,
				      .sequence = get64(d.seq),
				      .time = (int64_t)get64(d.time) };
	bytes_copy(snap->name, d.name, sizeof(snap->name));
	return FS_OK;
}

enum fs_err snapshot_enter(struct fs *fs, const char *name)
{
	struct d_snapshot d;
	uint64_t id;

	TRY(snapshot_find(fs, name, &id, &d));
	uint32_t height = get32(d.height);
	if (height < 1 || height > MAX_HEIGHT || !segment_has(fs, get64(d.root.addr), 1))
		return FS_CORRUPT;
	fs->height = height;
	fs->root = (struct ptr){ get64(d.root.addr), get32(d.root.crc) };
	trail_forget(fs);
	fs->seq = get64(d.seq);
	fs->inodes = get64(d.inodes);
	fs->is_snapshot = true;
	return FS_OK;
}
