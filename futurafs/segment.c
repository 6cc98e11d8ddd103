/* SPDX-License-Identifier: MPL-2.0 */
/* The segment table in memory: states, live counts, and when a segment may be used again. */
#include "futurafs/segment.h"
#include "futurafs/holes.h"
#include "futurafs/table.h"

bool segment_has(const struct fs *fs, uint64_t addr, uint64_t n)
{
	uint64_t end = fs->main + (fs->nsegments << fs->segment_shift);

	if (addr < fs->main || addr >= end || n > fs->segment_blocks)
		return false;
	return ((addr - fs->main) & (fs->segment_blocks - 1)) + n <= fs->segment_blocks;
}

static void segment_open(struct fs *fs, uint32_t seg, enum segment_type type)
{
	struct segment *s = &fs->segment[seg];

	s->state = STATE_OPEN;
	s->type = type;
	s->birth = fs->seq + 1;
	s->age = (uint32_t)(fs->seq + 1);
	s->unfit = s->mixed = false;
	fs->nfree--;
	table_touch(fs, seg);
}

enum fs_err segment_take(struct fs *fs, enum segment_type type, uint32_t *seg)
{
	if (fs->nfree == 0)
		return FS_NO_SPACE;
	while (fs->segment[fs->rotor].state != STATE_FREE)
		fs->rotor = fs->rotor + 1 == fs->nsegments ? 0 : fs->rotor + 1;
	*seg = fs->rotor;
	segment_open(fs, fs->rotor, type);
	return FS_OK;
}

enum fs_err segment_claim(struct fs *fs, uint32_t seg, enum segment_type type, bool fresh)
{
	if (seg >= fs->nsegments || fs->segment[seg].state == STATE_OPEN)
		return FS_CORRUPT;
	struct segment *s = &fs->segment[seg];
	uint64_t birth = s->birth;

	if (s->state == STATE_FREE)
		segment_open(fs, seg, type);
	else if (s->type != type)
		return FS_CORRUPT;
	s->state = STATE_OPEN;
	if (!fresh)
		s->birth = birth;
	return FS_OK;
}

/* Remember that the next checkpoint may free it. */
static void segment_list(struct fs *fs, uint32_t seg)
{
	struct segment *s = &fs->segment[seg];

	if (s->listed || s->state != STATE_USED || s->live > 0)
		return;
	s->listed = true;
	s->next_dead = fs->dead_list;
	fs->dead_list = seg;
}

void segment_close(struct fs *fs, uint32_t seg)
{
	struct segment *s = &fs->segment[seg];

	s->state = STATE_USED;
	s->closed = (uint32_t)(fs->seq + 1);
	if (segment_is_pinned(fs, s))
		fs->space.pinned += fs->segment_blocks - s->live;
	segment_list(fs, seg);
}

void segment_add(struct fs *fs, uint64_t addr, uint32_t n)
{
	uint32_t seg = segment_of(fs, addr);

	fs->segment[seg].live += n;
	fs->space.live += n;
	holes_add(fs, addr, n);
	table_touch(fs, seg);
}

void segment_drop(struct fs *fs, uint64_t addr, uint32_t n)
{
	uint32_t seg = segment_of(fs, addr);
	struct segment *s = &fs->segment[seg];

	if (s->live < n) {
		/* Only a damaged image gets here; to go on could overwrite what is in use. */
		if (!fs->repairing) {
			report(fs, "segment holds less than its table entry says", seg, s->live);
			fs->broken = true;
		}
		n = s->live;
	}
	s->live -= n;
	fs->space.live -= n;
	holes_drop(fs, addr, n);
	if (segment_is_pinned(fs, s) && s->state == STATE_USED)
		fs->space.pinned += n;
	segment_list(fs, seg);
	table_touch(fs, seg);
}

/* It is free: nothing of what it was stays in the table. */
static void segment_forget(struct fs *fs, uint32_t seg)
{
	fs->segment[seg].type = SEGMENT_FREE;
	fs->segment[seg].birth = 0;
	table_touch(fs, seg);
}

static void segment_free(struct fs *fs, uint32_t seg)
{
	struct segment *s = &fs->segment[seg];

	s->state = STATE_FREE;
	segment_forget(fs, seg);
	fs->nfree++;
	if (fs->dev.discard != nullptr)
		fs->dev.discard(fs->dev.ctx, segment_base(fs, seg) << fs->block_shift,
				(uint64_t)fs->segment_blocks << fs->block_shift);
}

void segments_release(struct fs *fs)
{
	uint32_t seg = fs->dead_list;

	fs->dead_list = NONE;
	holes_settle(fs);
	while (seg != NONE) {
		struct segment *s = &fs->segment[seg];
		uint32_t next = s->next_dead;

		s->listed = false;
		if (s->live == 0 && s->state == STATE_USED && !segment_is_pinned(fs, s))
			segment_free(fs, seg);
		seg = next;
	}
}

void segments_pin(struct fs *fs, uint64_t seq)
{
	fs->pin_seq = seq;
	fs->space.pinned = 0;
	for (uint32_t i = 0; i < fs->nsegments; i++) {
		struct segment *s = &fs->segment[i];

		/* Or the next mount would take it for one that the snapshot holds. */
		if (s->state == STATE_FREE && s->birth != 0)
			segment_forget(fs, i);
		if (s->state != STATE_USED)
			continue;
		if (segment_is_pinned(fs, s))
			fs->space.pinned += fs->segment_blocks - s->live;
		else
			segment_list(fs, i);
	}
}

void segments_pin_loaded(struct fs *fs, uint64_t seq)
{
	fs->pin_seq = seq;
	for (uint32_t i = 0; i < fs->nsegments; i++) {
		struct segment *s = &fs->segment[i];

		if (s->state == STATE_FREE && segment_is_pinned(fs, s)) {
			s->state = STATE_USED;
			fs->nfree--;
		}
	}
}
