/* SPDX-License-Identifier: MPL-2.0 */
/* Reads chunks and walks their records. */
#include "futurafs/chunk.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"

struct chunk_reader *chunk_reader_create(struct fs *fs)
{
	struct chunk_reader *c = mem_alloc(fs, sizeof(*c));

	if (c == nullptr)
		return nullptr;
	c->head = mem_alloc(fs, fs->block_size);
	c->data = mem_alloc(fs, (size_t)fs->chunk_max << fs->block_shift);
	c->tail = mem_alloc(fs, (size_t)(fs->tail_max + 1) << fs->block_shift);
	c->records = mem_alloc(fs, records_max(fs));
	if (c->head != nullptr && c->data != nullptr && c->tail != nullptr && c->records != nullptr)
		return c;
	chunk_reader_destroy(fs, c);
	return nullptr;
}

void chunk_reader_destroy(struct fs *fs, struct chunk_reader *c)
{
	if (c == nullptr)
		return;
	mem_free(fs, c->head, fs->block_size);
	mem_free(fs, c->data, (size_t)fs->chunk_max << fs->block_shift);
	mem_free(fs, c->tail, (size_t)(fs->tail_max + 1) << fs->block_shift);
	mem_free(fs, c->records, records_max(fs));
	mem_free(fs, c, sizeof(*c));
}

static uint32_t record_bytes(const struct d_record *r)
{
	uint32_t len = get16(r->len);

	switch (r->type) {
	case RECORD_PUT:
		return (uint32_t)sizeof(*r) + len;
	case RECORD_DEL:
		return (uint32_t)sizeof(*r);
	case RECORD_MAP:
		return (uint32_t)sizeof(*r) + len * (uint32_t)sizeof(le32);
	case RECORD_PLACE:
		return (uint32_t)(sizeof(*r) + sizeof(le64)) + len * (uint32_t)sizeof(le32);
	case RECORD_CLEAR:
	case RECORD_KEEP:
		return (uint32_t)(sizeof(*r) + sizeof(le64));
	default:
		return 0;
	}
}

/* Do the blocks it speaks of exist in any file? */
static bool record_is_sound(const struct d_record *r)
{
	uint64_t from = get64(r->off), end;
	le64 d_end;

	switch (r->type) {
	case RECORD_MAP:
	case RECORD_PLACE:
		end = from + get16(r->len);
		break;
	case RECORD_CLEAR:
	case RECORD_KEEP:
		bytes_copy(&d_end, r->body, sizeof(d_end));
		end = get64(d_end);
		break;
	default:
		return true;
	}
	return from <= FS_FILE_MAX && end <= FS_FILE_MAX && from <= end;
}

/* Do the records fill their bytes exactly, and name every data block once? */
static bool records_are_sound(const struct chunk_reader *c)
{
	uint32_t at = 0, data = 0;

	while (at < c->record_len) {
		const struct d_record *r = (const struct d_record *)(c->records + at);

		if (c->record_len - at < sizeof(*r))
			return false;
		uint32_t len = record_bytes(r);
		if (len == 0 || len > c->record_len - at || !record_is_sound(r))
			return false;
		if (r->type == RECORD_MAP)
			data += get16(r->len);
		at += len;
	}
	return data == get16(c->head->data);
}

static bool head_is_sound(struct fs *fs, const struct chunk_reader *c, uint32_t seg, uint32_t off)
{
	const struct d_chunk *h = c->head;
	uint32_t blocks = chunk_blocks(c), tail = get16(h->tail);
	uint32_t most = (tail + 1) * fs->block_size - (uint32_t)sizeof(*h);

	return get32(h->magic) == CHUNK_MAGIC && get32(h->fsid) == fs->fsid &&
	       get64(h->addr) == segment_base(fs, seg) + off && get16(h->data) <= fs->chunk_max &&
	       tail <= fs->tail_max && blocks <= fs->segment_blocks - off &&
	       get32(h->record_bytes) <= most;
}

enum fs_err chunk_load(struct fs *fs, struct chunk_reader *c, uint32_t seg, uint32_t off)
{
	struct d_chunk *h = c->head;
	size_t from = offsetof(struct d_chunk, fsid);

	if (off >= fs->segment_blocks)
		return FS_NOT_FOUND;
	uint64_t addr = segment_base(fs, seg) + off;
	TRY(blocks_read(fs, addr, h, 1));
	if (!head_is_sound(fs, c, seg, off))
		return FS_NOT_FOUND;
	uint32_t tail = get16(h->tail);
	if (tail > 0)
		TRY(blocks_read(fs, addr + 1 + get16(h->data), c->tail, tail));
	uint32_t crc = fs->crc(0, (uint8_t *)h + from, fs->block_size - from);
	if (fs->crc(crc, c->tail, (size_t)tail << fs->block_shift) != get32(h->crc))
		return FS_NOT_FOUND;
	c->record_len = get32(h->record_bytes);
	uint32_t in_head = (uint32_t)min64(c->record_len, fs->block_size - sizeof(*h));
	bytes_copy(c->records, h->records, in_head);
	bytes_copy(c->records + in_head, c->tail, c->record_len - in_head);
	return records_are_sound(c) ? FS_OK : FS_CORRUPT;
}

const struct d_record *chunk_first(const struct chunk_reader *c)
{
	return c->record_len > 0 ? (const struct d_record *)c->records : nullptr;
}

const struct d_record *chunk_next(const struct chunk_reader *c, const struct d_record *r)
{
	const uint8_t *next = (const uint8_t *)r + record_bytes(r);

	return next < c->records + c->record_len ? (const struct d_record *)next : nullptr;
}
