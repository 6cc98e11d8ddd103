/* SPDX-License-Identifier: MPL-2.0 */
/* The records of the log: what changed since the last checkpoint, for a cheap fs_sync(). */
#include "futurafs/stream.h"

static bool log_is_on(const struct fs *fs)
{
	return !fs->replaying && !fs->log_lost;
}

/* Room for a record, or nullptr: the log gives up until the next checkpoint. */
static struct d_record *log_room(struct fs *fs, uint32_t bytes)
{
	struct stream *s = &fs->stream[STREAM_LOG];

	/* In an unopened segment nothing has an address yet: any chunk can still go elsewhere. */
	struct stream fresh = { .nblocks = 0, .record_len = s->record_len };
	const struct stream *fit = s->nblocks > 0 ? s : &fresh;

	if (!chunk_has_room(fs, fit, 0, bytes)) {
		if ((s->nblocks > 0 || s->has_places) && chunk_write(fs, STREAM_LOG, 0) != FS_OK)
			fs->log_lost = true; /* the volume is broken; its next write tells */
		else if (fresh.record_len > 0 && s->record_len > 0)
			fs->log_lost = true;
	}
	if (fs->log_lost) {
		if (s->nblocks == 0)
			s->record_len = 0;
		return nullptr;
	}
	s->last_map = NONE; /* order matters: later blocks need a record after this one */
	struct d_record *r = (struct d_record *)(s->records + s->record_len);
	s->record_len += bytes;
	return r;
}

void log_put(struct fs *fs, struct key k, const void *val, uint32_t len)
{
	if (!log_is_on(fs))
		return;
	struct d_record *r = log_room(fs, (uint32_t)sizeof(*r) + len);
	if (r == nullptr)
		return;
	*r = (struct d_record){ .type = RECORD_PUT,
				.len = put16((uint16_t)len),
				.ino = put64(k.ino),
				.off = put64(k.off) };
	bytes_copy(r->body, val, len);
}

void log_del(struct fs *fs, struct key k)
{
	if (!log_is_on(fs))
		return;
	struct d_record *r = log_room(fs, (uint32_t)sizeof(*r));
	if (r != nullptr)
		*r = (struct d_record){ .type = RECORD_DEL,
					.ino = put64(k.ino),
					.off = put64(k.off) };
}

void log_range(struct fs *fs, enum record_type type, uint64_t ino, uint64_t from, uint64_t end)
{
	le64 d_end = put64(end);

	if (!log_is_on(fs))
		return;
	struct d_record *r = log_room(fs, (uint32_t)(sizeof(*r) + sizeof(d_end)));
	if (r == nullptr)
		return;
	*r = (struct d_record){ .type = (uint8_t)type, .ino = put64(ino), .off = put64(from) };
	bytes_copy(r->body, &d_end, sizeof(d_end));
}

void log_place(struct fs *fs, uint64_t ino, uint64_t fblk, uint32_t n, uint64_t addr,
	       const uint32_t *crc)
{
	struct d_record *r;
	le64 d_addr = put64(addr);

	fs->log_blocks += n; /* replay will read them */
	if (!log_is_on(fs))
		return;
	r = log_room(fs, (uint32_t)(sizeof(*r) + sizeof(d_addr) + n * sizeof(le32)));
	if (r == nullptr)
		return;
	*r = (struct d_record){ .type = RECORD_PLACE,
				.len = put16((uint16_t)n),
				.ino = put64(ino),
				.off = put64(fblk) };
	bytes_copy(r->body, &d_addr, sizeof(d_addr));
	for (uint32_t i = 0; i < n; i++) {
		le32 d = put32(crc[i]);

		bytes_copy(r->body + sizeof(d_addr) + i * sizeof(d), &d, sizeof(d));
	}
	fs->stream[STREAM_LOG].has_places = true;
}

void log_reset(struct fs *fs)
{
	struct stream *s = &fs->stream[STREAM_LOG];

	s->record_len = 0;
	s->last_map = NONE;
	s->has_places = false;
	fs->log_lost = false;
	fs->log_blocks = 0;
	fs->chunk_crc = 0;
	fs->committed = fs->transaction;
}
