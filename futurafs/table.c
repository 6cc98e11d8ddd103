/* SPDX-License-Identifier: MPL-2.0 */
/* Reads and writes the segment table: each block alternates between its two homes. */
#include "futurafs/segment.h"
#include "futurafs/table.h"

static uint64_t table_addr(struct fs *fs, uint32_t index, unsigned home)
{
	return TABLE_BLOCK + home * fs->table_blocks + index;
}

static unsigned table_home(struct fs *fs, uint32_t index)
{
	return fs->table_home[index / 8] >> index % 8 & 1;
}

static uint32_t table_crc(struct fs *fs, const struct d_table *t)
{
	size_t from = offsetof(struct d_table, fsid);

	return fs->crc(0, (const uint8_t *)t + from, fs->block_size - from);
}

static enum fs_err table_read(struct fs *fs, uint32_t index)
{
	struct d_table *t = (struct d_table *)fs->scratch_data;
	uint32_t per = table_per_block(fs), first = index * per;

	TRY(blocks_read(fs, table_addr(fs, index, table_home(fs, index)), t, 1));
	if (get32(t->magic) != TABLE_MAGIC || get32(t->fsid) != fs->fsid ||
	    get32(t->index) != index || table_crc(fs, t) != get32(t->crc)) {
		report(fs, "damaged segment table block", index, 0);
		return FS_CORRUPT;
	}
	for (uint32_t i = 0; i < per && first + i < fs->nsegments; i++)
		if (get16(t->seg[i].live) > fs->segment_blocks || t->seg[i].type > SEGMENT_NODE)
			return FS_CORRUPT;
	for (uint32_t i = 0; i < per && first + i < fs->nsegments; i++) {
		struct segment *s = &fs->segment[first + i];
		const struct d_segment *d = &t->seg[i];

		s->live = get16(d->live);
		s->type = (enum segment_type)d->type;
		s->mixed = d->flags & SEGMENT_MIXED;
		s->age = get32(d->age);
		s->birth = get64(d->birth);
		s->state = s->live > 0 ? STATE_USED : STATE_FREE;
		fs->nfree += s->live == 0;
		fs->space.live += s->live;
	}
	return FS_OK;
}

/* For repair: of these segments only a walk of the tree can tell what is in them. */
static void table_distrust(struct fs *fs, uint32_t index)
{
	uint32_t per = table_per_block(fs);

	for (uint64_t i = (uint64_t)index * per; i < fs->nsegments && i / per == index; i++) {
		struct segment *s = &fs->segment[i];

		*s = (struct segment){ .state = STATE_USED };
	}
	fs->table_dirty[index] = true;
	fs->changed = true;
}

enum fs_err segments_load(struct fs *fs)
{
	fs->nfree = 0;
	fs->space.live = 0;
	fs->dead_list = NONE;
	for (uint32_t i = 0; i < fs->table_blocks; i++) {
		enum fs_err e = table_read(fs, i);

		if (e != FS_OK && !fs->repairing)
			return e;
		if (e != FS_OK)
			table_distrust(fs, i);
	}
	return FS_OK;
}

static enum fs_err table_write(struct fs *fs, uint32_t index)
{
	struct d_table *t = (struct d_table *)fs->scratch_data;
	uint32_t per = table_per_block(fs), first = index * per;

	bytes_zero(t, fs->block_size);
	t->magic = put32(TABLE_MAGIC);
	t->fsid = put32(fs->fsid);
	t->index = put32(index);
	for (uint32_t i = 0; i < per && first + i < fs->nsegments; i++) {
		const struct segment *s = &fs->segment[first + i];

		t->seg[i] = (struct d_segment){ .live = put16(s->live),
						.type = (uint8_t)s->type,
						.flags = s->mixed ? SEGMENT_MIXED : 0,
						.age = put32(s->age),
						.birth = put64(s->birth) };
	}
	t->crc = put32(table_crc(fs, t));
	fs->table_home[index / 8] ^= (uint8_t)(1 << index % 8);
	TRY(blocks_write(fs, table_addr(fs, index, table_home(fs, index)), t, 1));
	fs->table_dirty[index] = false;
	return FS_OK;
}

enum fs_err segments_write(struct fs *fs)
{
	for (uint32_t i = 0; i < fs->table_blocks; i++)
		if (fs->table_dirty[i])
			TRY(table_write(fs, i));
	return FS_OK;
}

uint32_t segments_dirty(const struct fs *fs)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fs->table_blocks; i++)
		n += fs->table_dirty[i];
	return n;
}
