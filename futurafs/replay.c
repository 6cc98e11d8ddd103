/* SPDX-License-Identifier: MPL-2.0 */
/* Roll-forward: applies the chunks that were committed after the last checkpoint. */
#include "futurafs/checkpoint.h"
#include "futurafs/chunk.h"
#include "futurafs/extent.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"
#include "futurafs/tree.h"

/* Where the next chunk of the log must be: here, or else at the start of `next`. */
struct position {
	uint32_t seg, off, next;
	uint32_t prev; /* CRC of the chunk before */
	uint64_t seq;
};

/* Are the blocks that lie elsewhere what they were, and where they may be? */
static bool place_is_sound(struct fs *fs, const struct d_record *r)
{
	uint64_t addr = place_addr(r);
	const le32 *crc = place_crcs(r);
	uint32_t n = get16(r->len);

	if (n == 0 || n > fs->chunk_max || !segment_has(fs, addr, n))
		return false;
	const struct segment *s = &fs->segment[segment_of(fs, addr)];
	if (s->state != STATE_USED || s->type != SEGMENT_DATA)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (blocks_read(fs, addr + i, fs->scratch_data, 1) != FS_OK ||
		    fs->crc(0, fs->scratch_data, fs->block_size) != get32(crc[i]))
			return false;
	return true;
}

/* Is all of the chunk's data on the device? A power cut may have lost any block of it. */
static bool chunk_data_is_sound(struct fs *fs, struct chunk_reader *c)
{
	uint64_t addr = get64(c->head->addr) + 1;
	const uint8_t *at = c->data;

	if (get16(c->head->data) > 0 &&
	    blocks_read(fs, addr, c->data, get16(c->head->data)) != FS_OK)
		return false;
	for (const struct d_record *r = chunk_first(c); r != nullptr; r = chunk_next(c, r)) {
		const le32 *crc = (const le32 *)r->body;

		if (r->type == RECORD_PLACE && !place_is_sound(fs, r))
			return false;
		for (uint32_t i = 0; r->type == RECORD_MAP && i < get16(r->len); i++) {
			if (fs->crc(0, at, fs->block_size) != get32(crc[i]))
				return false;
			at += fs->block_size;
		}
	}
	return true;
}

/*
 * Number and checkpoint alone do not tell a chunk of this life from one that an earlier power cut
 * left behind a torn one: the chain of CRCs does.
 */
static bool chunk_is_next(struct fs *fs, struct chunk_reader *c, uint32_t seg, uint32_t off,
			  const struct position *p)
{
	return chunk_load(fs, c, seg, off) == FS_OK && get64(c->head->seq) == p->seq &&
	       get64(c->head->checkpoint) == fs->seq && get32(c->head->prev) == p->prev &&
	       !(get32(c->head->flags) & CHUNK_QUIET);
}

/* Load the chunk at the position and move behind it. False: the log ends. */
static bool log_advance(struct fs *fs, struct chunk_reader *c, struct position *p, bool check)
{
	if (!chunk_is_next(fs, c, p->seg, p->off, p)) {
		if (p->next == NONE || !chunk_is_next(fs, c, p->next, 0, p))
			return false;
		p->seg = p->next;
		p->off = 0;
	}
	if (check && !chunk_data_is_sound(fs, c))
		return false;
	p->next = get32(c->head->next);
	p->prev = get32(c->head->crc);
	p->off += chunk_blocks(c);
	p->seq++;
	return p->next < fs->nsegments;
}

static enum fs_err replay_put(struct fs *fs, struct key k, const struct d_record *r)
{
	const void *val;
	uint32_t len;

	if (key_type(k) == ITEM_INODE) {
		enum fs_err e = tree_get(fs, k, &val, &len);
		if (e == FS_NOT_FOUND)
			fs->inodes++;
		else
			TRY(e);
		fs->next_ino = max64(fs->next_ino, k.ino + 1);
	}
	return tree_put(fs, k, r->body, get16(r->len));
}

static enum fs_err replay_del(struct fs *fs, struct key k)
{
	enum fs_err e = tree_del(fs, k);

	if (e == FS_OK && key_type(k) == ITEM_INODE)
		fs->inodes--;
	return e;
}

static enum fs_err replay_map(struct fs *fs, const struct d_record *r, uint64_t addr,
			      const le32 *crc)
{
	uint32_t n = get16(r->len);
	uint64_t freed = 0;

	for (uint32_t i = 0; i < n; i++)
		fs->run_crc[i] = get32(crc[i]);
	return n > 0 ? extent_map(fs, get64(r->ino), get64(r->off), n, addr, fs->run_crc, &freed)
		     : FS_OK;
}

static enum fs_err replay_place(struct fs *fs, const struct d_record *r)
{
	uint64_t addr = place_addr(r);
	uint32_t seg = segment_of(fs, addr);

	fs->segment[seg].mixed = true;
	fs->log_blocks += get16(r->len);
	return replay_map(fs, r, addr, place_crcs(r));
}

static enum fs_err replay_range(struct fs *fs, const struct d_record *r)
{
	uint64_t ino = get64(r->ino), from = get64(r->off), unused = 0;
	le64 end;

	bytes_copy(&end, r->body, sizeof(end));
	if (r->type == RECORD_KEEP)
		return extent_keep(fs, ino, from, get64(end), &unused);
	return extent_clear(fs, ino, from, get64(end), UINT32_MAX, &from, &unused);
}

static enum fs_err record_apply(struct fs *fs, const struct d_record *r, uint64_t *addr)
{
	struct key k = { get64(r->ino), get64(r->off) };

	switch (r->type) {
	case RECORD_PUT:
		return replay_put(fs, k, r);
	case RECORD_DEL:
		return replay_del(fs, k);
	case RECORD_MAP:
		TRY(replay_map(fs, r, *addr, (const le32 *)r->body));
		*addr += get16(r->len);
		return FS_OK;
	case RECORD_PLACE:
		return replay_place(fs, r);
	default:
		return replay_range(fs, r);
	}
}

static enum fs_err chunk_apply(struct fs *fs, struct chunk_reader *c, const struct position *p)
{
	struct stream *s = &fs->stream[STREAM_LOG];
	uint64_t addr = get64(c->head->addr) + 1;

	if (s->seg != p->seg) {
		segment_close(fs, s->seg);
		s->seg = p->seg;
	}
	if (s->next != p->next)
		TRY(segment_claim(fs, p->next, SEGMENT_DATA, true));
	s->next = p->next;
	s->off = p->off;
	for (const struct d_record *r = chunk_first(c); r != nullptr; r = chunk_next(c, r))
		TRY(record_apply(fs, r, &addr));
	fs->log_blocks += chunk_blocks(c);
	return FS_OK;
}

enum fs_err log_replay(struct fs *fs, bool *any)
{
	struct stream *s = &fs->stream[STREAM_LOG];
	struct position start = { s->seg, s->off, s->next, 0, fs->chunk_seq }, p = start;
	struct chunk_reader *c = fs->cleaner;
	uint64_t end = start.seq;

	*any = false;
	if (s->seg == NONE)
		return FS_OK;
	while (log_advance(fs, c, &p, true))
		if (get32(c->head->flags) & CHUNK_COMMIT)
			end = p.seq;
	fs->replaying = true;
	for (p = start; p.seq < end;) {
		if (!log_advance(fs, c, &p, false))
			return FS_CORRUPT;
		TRY(chunk_apply(fs, c, &p));
		cache_trim(fs);
		*any = true;
	}
	fs->replaying = false;
	fs->chunk_seq = end;
	fs->chunk_crc = p.prev;
	fs->changed = fs->changed || *any; /* so that a checkpoint ends this chain */
	return fs->broken ? FS_CORRUPT : FS_OK;
}
