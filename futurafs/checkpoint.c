/* SPDX-License-Identifier: MPL-2.0 */
/* Writes and reads checkpoints. */
#include "futurafs/checkpoint.h"
#include "futurafs/holes.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"
#include "futurafs/tree.h"

/* No volume lives so long; what claims to has no room to go on counting. */
constexpr uint64_t SEQ_MAX = UINT64_MAX / 2;

static uint32_t checkpoint_crc(struct fs *fs, const struct d_checkpoint *c)
{
	size_t from = offsetof(struct d_checkpoint, fsid);

	return fs->crc(0, (const uint8_t *)c + from, fs->block_size - from);
}

static void checkpoint_fill(struct fs *fs, struct d_checkpoint *c)
{
	bytes_zero(c, fs->block_size);
	c->magic = put32(CHECKPOINT_MAGIC);
	c->fsid = put32(fs->fsid);
	c->height = put32(fs->height);
	c->seq = put64(fs->seq + 1);
	c->root = (struct d_ptr){ put64(fs->root.addr), put32(fs->root.crc) };
	c->chunk_seq = put64(fs->chunk_seq);
	c->next_ino = put64(fs->next_ino);
	c->inodes = put64(fs->inodes);
	c->kept = put64(fs->space.kept);
	c->time = put64((uint64_t)time_now(fs));
	for (unsigned i = 0; i < STREAMS; i++) {
		const struct stream *s = &fs->stream[i];

		c->stream[i] = (struct d_stream){ .seg = put32(s->seg),
						  .next = put32(s->next),
						  .off = put32(s->off) };
	}
	bytes_copy(c->table_home, fs->table_home, (fs->table_blocks + 7) / 8);
	c->crc = put32(checkpoint_crc(fs, c));
}

/*
 * Everything the checkpoint refers to is on the device before it, and it is there before anything
 * it lets go of is reused: hence the two flushes.
 */
enum fs_err checkpoint_write(struct fs *fs)
{
	uint8_t *block = fs->scratch_data;
	uint64_t slot = SLOT_BLOCK[(fs->seq + 1) & 1];

	TRY(inodes_write(fs));
	if (!fs->changed)
		return FS_OK;
	TRY(holes_flush(fs));
	TRY(chunk_close(fs, STREAM_LOG, 0));
	TRY(chunk_close(fs, STREAM_COLD, 0));
	TRY(tree_write(fs));
	TRY(segments_write(fs));
	TRY(device_flush(fs));
	checkpoint_fill(fs, (struct d_checkpoint *)block);
	TRY(blocks_write(fs, slot, block, 1));
	TRY(blocks_write(fs, slot + 1, block, 1));
	TRY(device_flush(fs));
	fs->seq++;
	fs->changed = false;
	fs->stat.checkpoints++;
	segments_release(fs);
	log_reset(fs);
	return FS_OK;
}

static bool is_sound_stream(const struct fs *fs, const struct d_stream *d)
{
	uint32_t seg = get32(d->seg), next = get32(d->next), off = get32(d->off);

	return (seg == NONE || seg < fs->nsegments) && (next == NONE || next < fs->nsegments) &&
	       off <= fs->segment_blocks && (seg != NONE || off == fs->segment_blocks);
}

/* All that can be told without looking further: one that is not sound must not hide the one before.
 */
static bool checkpoint_is_sound(struct fs *fs, const struct d_checkpoint *c)
{
	if (get32(c->magic) != CHECKPOINT_MAGIC || get32(c->fsid) != fs->fsid ||
	    checkpoint_crc(fs, c) != get32(c->crc) || get32(c->height) < 1 ||
	    get32(c->height) > MAX_HEIGHT || !segment_has(fs, get64(c->root.addr), 1))
		return false;
	if (get64(c->kept) > fs->blocks || get64(c->next_ino) < FIRST_INO ||
	    get64(c->seq) > SEQ_MAX)
		return false;
	for (unsigned i = 0; i < STREAMS; i++)
		if (!is_sound_stream(fs, &c->stream[i]))
			return false;
	return true;
}

static void checkpoint_take(struct fs *fs, const struct d_checkpoint *c)
{
	fs->seq = get64(c->seq);
	fs->height = get32(c->height);
	fs->root = (struct ptr){ get64(c->root.addr), get32(c->root.crc) };
	trail_forget(fs);
	fs->chunk_seq = get64(c->chunk_seq);
	fs->next_ino = get64(c->next_ino);
	fs->inodes = get64(c->inodes);
	fs->space.kept = get64(c->kept);
	bytes_copy(fs->table_home, c->table_home, (fs->table_blocks + 7) / 8);
	for (unsigned i = 0; i < STREAMS; i++) {
		fs->stream[i].seg = get32(c->stream[i].seg);
		fs->stream[i].next = get32(c->stream[i].next);
		fs->stream[i].off = get32(c->stream[i].off);
	}
}

enum fs_err checkpoint_read(struct fs *fs)
{
	struct d_checkpoint *best = (struct d_checkpoint *)fs->scratch_node;
	struct d_checkpoint *c = (struct d_checkpoint *)fs->scratch_data;
	bool found = false, failed = false;

	for (unsigned i = 0; i < 4; i++) {
		if (blocks_read(fs, SLOT_BLOCK[i / 2] + i % 2, c, 1) != FS_OK) {
			failed = true;
			continue;
		}
		if (!checkpoint_is_sound(fs, c))
			continue;
		if (found && get64(c->seq) <= get64(best->seq))
			continue;
		bytes_copy(best, c, fs->block_size);
		found = true;
	}
	if (!found)
		return failed ? FS_IO : FS_CORRUPT;
	checkpoint_take(fs, best);
	return FS_OK;
}

bool checkpoint_is_whole(struct fs *fs)
{
	struct d_checkpoint *a = (struct d_checkpoint *)fs->scratch_node;
	struct d_checkpoint *b = (struct d_checkpoint *)fs->scratch_data;
	uint64_t slot = SLOT_BLOCK[fs->seq & 1];

	/* The other slot may be half written, or still empty: only this one is in use. */
	return blocks_read(fs, slot, a, 1) == FS_OK && blocks_read(fs, slot + 1, b, 1) == FS_OK &&
	       checkpoint_is_sound(fs, a) && bytes_compare(a, b, fs->block_size) == 0;
}
