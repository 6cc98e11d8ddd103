/* SPDX-License-Identifier: MPL-2.0 */
/* Appends blocks to open segments, a chunk or a run of nodes at a time. */
#include "futurafs/stream.h"
#include "futurafs/holes.h"
#include "futurafs/segment.h"

uint32_t records_max(const struct fs *fs)
{
	return (fs->tail_max + 1) * fs->block_size - (uint32_t)sizeof(struct d_chunk);
}

static size_t blocks_size(const struct fs *fs)
{
	return (size_t)(fs->chunk_max + 1 + fs->tail_max) * fs->block_size;
}

enum fs_err stream_init(struct fs *fs, enum stream_id id)
{
	struct stream *s = &fs->stream[id];

	s->id = id;
	s->seg = s->next = NONE;
	s->off = fs->segment_blocks;
	s->last_map = NONE;
	if (fs->dev.buffer != nullptr)
		s->blocks = fs->dev.buffer(fs->dev.ctx, blocks_size(fs));
	s->lent = s->blocks != nullptr;
	if (!s->lent)
		s->blocks = mem_alloc(fs, blocks_size(fs));
	s->records = mem_alloc(fs, records_max(fs));
	return s->blocks == nullptr || s->records == nullptr ? FS_NO_MEMORY : FS_OK;
}

void stream_fini(struct fs *fs, enum stream_id id)
{
	struct stream *s = &fs->stream[id];

	if (!s->lent)
		mem_free(fs, s->blocks, blocks_size(fs));
	mem_free(fs, s->records, records_max(fs));
}

/* Go on in the next segment. The log names its next one ahead, so that replay can follow. */
static enum fs_err stream_advance(struct fs *fs, struct stream *s)
{
	enum segment_type type = s->id == STREAM_NODE ? SEGMENT_NODE : SEGMENT_DATA;
	uint32_t seg = s->next, next = NONE;

	if (seg == NONE)
		TRY(segment_take(fs, type, &seg));
	if (s->id == STREAM_LOG)
		TRY(segment_take(fs, type, &next));
	if (s->seg != NONE)
		segment_close(fs, s->seg);
	s->seg = seg;
	s->next = next;
	s->off = 0;
	return FS_OK;
}

enum fs_err stream_open_log(struct fs *fs)
{
	return stream_advance(fs, &fs->stream[STREAM_LOG]);
}

static uint32_t chunk_tail(const struct fs *fs, uint32_t record_len)
{
	uint32_t head = fs->block_size - (uint32_t)sizeof(struct d_chunk);

	return record_len <= head ? 0 : (record_len - head + fs->block_size - 1) >> fs->block_shift;
}

bool chunk_has_room(const struct fs *fs, const struct stream *s, uint32_t nblocks, uint32_t bytes)
{
	uint32_t tail = chunk_tail(fs, s->record_len + bytes);

	return s->nblocks + nblocks <= fs->chunk_max && tail <= fs->tail_max &&
	       1 + s->nblocks + nblocks + tail <= fs->segment_blocks - s->off;
}

static void chunk_fill_head(struct fs *fs, struct stream *s, enum chunk_flags flags, uint32_t tail)
{
	struct d_chunk *c = (struct d_chunk *)s->blocks;
	uint32_t head_room = fs->block_size - (uint32_t)sizeof(*c);
	uint32_t in_head = s->record_len < head_room ? s->record_len : head_room;
	uint8_t *tail_at = s->blocks + (size_t)(1 + s->nblocks) * fs->block_size;

	bytes_zero(c, fs->block_size);
	bytes_zero(tail_at, (size_t)tail * fs->block_size);
	bytes_copy(c->records, s->records, in_head);
	bytes_copy(tail_at, s->records + in_head, s->record_len - in_head);
	c->magic = put32(CHUNK_MAGIC);
	c->fsid = put32(fs->fsid);
	c->flags = put32(flags);
	c->addr = put64(segment_base(fs, s->seg) + s->off);
	c->seq = put64(s->id == STREAM_LOG ? fs->chunk_seq : 0);
	c->checkpoint = put64(fs->seq);
	c->next = put32(s->next);
	c->prev = put32(s->id == STREAM_LOG ? fs->chunk_crc : 0);
	c->data = put16((uint16_t)s->nblocks);
	c->tail = put16((uint16_t)tail);
	c->record_bytes = put32(s->record_len);
	size_t from = offsetof(struct d_chunk, fsid);
	uint32_t crc = fs->crc(0, s->blocks + from, fs->block_size - from);
	c->crc = put32(fs->crc(crc, tail_at, (size_t)tail * fs->block_size));
}

enum fs_err chunk_write(struct fs *fs, enum stream_id id, enum chunk_flags flags)
{
	struct stream *s = &fs->stream[id];
	uint32_t tail = chunk_tail(fs, s->record_len);

	if (id == STREAM_COLD || fs->log_lost)
		flags |= CHUNK_QUIET;
	if (!chunk_has_room(fs, s, 0, 0)) /* only records, so nothing has an address yet */
		TRY(stream_advance(fs, s));
	chunk_fill_head(fs, s, flags, tail);
	TRY(blocks_write(fs, segment_base(fs, s->seg) + s->off, s->blocks, 1 + s->nblocks + tail));
	if (id == STREAM_LOG) {
		fs->chunk_seq++;
		fs->chunk_crc = get32(((const struct d_chunk *)s->blocks)->crc);
		fs->log_blocks += 1 + s->nblocks + tail;
	}
	s->off += 1 + s->nblocks + tail;
	s->nblocks = 0;
	s->record_len = 0;
	s->last_map = NONE;
	s->has_places = false;
	return FS_OK;
}

enum fs_err chunk_close(struct fs *fs, enum stream_id id, enum chunk_flags flags)
{
	if (fs->stream[id].nblocks == 0 && !(flags & CHUNK_COMMIT))
		return FS_OK;
	return chunk_write(fs, id, flags);
}

/* Make room for a data block and its record. */
static enum fs_err stream_make_room(struct fs *fs, struct stream *s)
{
	uint32_t record = (uint32_t)sizeof(struct d_record) + (uint32_t)sizeof(le32);

	if (chunk_has_room(fs, s, 1, record))
		return FS_OK;
	TRY(chunk_close(fs, s->id, 0));
	if (!chunk_has_room(fs, s, 1, record))
		TRY(stream_advance(fs, s));
	if (chunk_has_room(fs, s, 1, record))
		return FS_OK;
	/* Records alone fill the chunk: let go of them. */
	fs->log_lost = true;
	s->record_len = 0;
	return FS_OK;
}

static void stream_note_block(struct stream *s, uint64_t ino, uint64_t fblk, uint32_t crc)
{
	struct d_record *r = (struct d_record *)(s->records + s->last_map);

	if (s->last_map == NONE || get64(r->ino) != ino || get64(r->off) + get16(r->len) != fblk) {
		s->last_map = s->record_len;
		r = (struct d_record *)(s->records + s->record_len);
		*r = (struct d_record){ .type = RECORD_MAP, .ino = put64(ino), .off = put64(fblk) };
		s->record_len += (uint32_t)sizeof(*r);
	}
	r->len = put16((uint16_t)(get16(r->len) + 1));
	le32 d = put32(crc);
	bytes_copy(s->records + s->record_len, &d, sizeof(d));
	s->record_len += (uint32_t)sizeof(d);
}

enum fs_err stream_put_data(struct fs *fs, enum stream_id id, uint64_t ino, uint64_t fblk,
			    const void *data, uint32_t crc, uint64_t *addr)
{
	struct stream *s = &fs->stream[id];

	TRY(stream_make_room(fs, s));
	bytes_copy(s->blocks + (size_t)(1 + s->nblocks) * fs->block_size, data, fs->block_size);
	*addr = segment_base(fs, s->seg) + s->off + 1 + s->nblocks;
	s->nblocks++;
	stream_note_block(s, ino, fblk, crc);
	return FS_OK;
}

const uint8_t *stream_find(struct fs *fs, uint64_t addr)
{
	const uint8_t *waits = holes_find(fs, addr);

	if (waits != nullptr)
		return waits;
	for (unsigned id = STREAM_LOG; id <= STREAM_COLD; id++) {
		const struct stream *s = &fs->stream[id];

		if (s->nblocks == 0)
			continue;
		uint64_t first = segment_base(fs, s->seg) + s->off + 1;
		if (addr >= first && addr < first + s->nblocks)
			return s->blocks + (size_t)(1 + addr - first) * fs->block_size;
	}
	return nullptr;
}

enum fs_err stream_node_addr(struct fs *fs, uint64_t *addr)
{
	struct stream *s = &fs->stream[STREAM_NODE];

	if (s->nblocks == fs->chunk_max || s->off + s->nblocks == fs->segment_blocks)
		TRY(stream_flush_nodes(fs));
	if (s->off == fs->segment_blocks)
		TRY(stream_advance(fs, s));
	*addr = segment_base(fs, s->seg) + s->off + s->nblocks;
	return FS_OK;
}

enum fs_err stream_put_node(struct fs *fs, const void *block)
{
	struct stream *s = &fs->stream[STREAM_NODE];

	bytes_copy(s->blocks + (size_t)s->nblocks * fs->block_size, block, fs->block_size);
	s->nblocks++;
	return FS_OK;
}

enum fs_err stream_flush_nodes(struct fs *fs)
{
	struct stream *s = &fs->stream[STREAM_NODE];

	if (s->nblocks == 0)
		return FS_OK;
	TRY(blocks_write(fs, segment_base(fs, s->seg) + s->off, s->blocks, s->nblocks));
	s->off += s->nblocks;
	s->nblocks = 0;
	return FS_OK;
}
