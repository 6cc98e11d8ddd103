/* SPDX-License-Identifier: MPL-2.0 */
/* Reading chunks back: for replay after a power cut, and for the cleaner. */
#pragma once

#include "futurafs/fs.h"

struct chunk_reader {
	struct d_chunk *head;
	uint8_t *data; /* chunk_max blocks, for the caller */
	uint8_t *tail;
	uint8_t *records; /* of head and tail, together */
	uint32_t record_len;
};

struct chunk_reader *chunk_reader_create(struct fs *fs);
void chunk_reader_destroy(struct fs *fs, struct chunk_reader *c);
/* Read and check the head and records of the chunk at this place; not its data. */
enum fs_err chunk_load(struct fs *fs, struct chunk_reader *c, uint32_t seg, uint32_t off);

static inline uint32_t chunk_blocks(const struct chunk_reader *c)
{
	return 1u + get16(c->head->data) + get16(c->head->tail);
}

/* A RECORD_PLACE's address, and the checksums after it. */
static inline uint64_t place_addr(const struct d_record *r)
{
	return get64(*(const le64 *)r->body);
}

static inline const le32 *place_crcs(const struct d_record *r)
{
	return (const le32 *)(r->body + sizeof(le64));
}

/* The records, which chunk_load() has checked for shape. nullptr: no more. */
const struct d_record *chunk_first(const struct chunk_reader *c);
const struct d_record *chunk_next(const struct chunk_reader *c, const struct d_record *r);
