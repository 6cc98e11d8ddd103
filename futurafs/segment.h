/* SPDX-License-Identifier: MPL-2.0 */
/* Segments: which are free, how much of each is live, and the space a caller may count on. */
#pragma once

#include "futurafs/fs.h"

static inline uint64_t segment_base(const struct fs *fs, uint32_t seg)
{
	return fs->main + ((uint64_t)seg << fs->segment_shift);
}

/* The caller has checked the address with segment_has(). */
static inline uint32_t segment_of(const struct fs *fs, uint64_t addr)
{
	return (uint32_t)((addr - fs->main) >> fs->segment_shift);
}

/* Is it the block after those that end at `end`, in the same segment? */
static inline bool segment_goes_on(const struct fs *fs, uint64_t end, uint64_t addr)
{
	return addr == end && ((addr - fs->main) & (fs->segment_blocks - 1)) != 0;
}

/* Do n blocks from addr on lie in one segment? */
bool segment_has(const struct fs *fs, uint64_t addr, uint64_t n);

/* A free segment, now open. FS_NO_SPACE if none is left, which the reserve rules out. */
enum fs_err segment_take(struct fs *fs, enum segment_type type, uint32_t *seg);
/* Nothing will be added to it any more. */
void segment_close(struct fs *fs, uint32_t seg);
/* Mark a segment as open at mount. `fresh`: it was opened after the checkpoint, not before. */
enum fs_err segment_claim(struct fs *fs, uint32_t seg, enum segment_type type, bool fresh);
/* n blocks came to life, or died. They are reused only after the next checkpoint. */
void segment_add(struct fs *fs, uint64_t addr, uint32_t n);
void segment_drop(struct fs *fs, uint64_t addr, uint32_t n);
/* A checkpoint is complete: what died before it may be used again. */
void segments_release(struct fs *fs);
/* The newest snapshot is now `seq` (0: none). */
void segments_pin(struct fs *fs, uint64_t seq);
/* At mount, before anything is claimed: what only snapshots hold is not free. */
void segments_pin_loaded(struct fs *fs, uint64_t seq);

enum fs_err segments_load(struct fs *fs);
enum fs_err segments_write(struct fs *fs);
/* Blocks of the table that segments_write() would write. */
uint32_t segments_dirty(const struct fs *fs);

static inline bool segment_is_pinned(const struct fs *fs, const struct segment *s)
{
	return s->birth != 0 && s->birth <= fs->pin_seq;
}

/* Space (space.c). */
void space_init(struct fs *fs);
/* Blocks that hold something or are promised. */
uint64_t space_used(const struct fs *fs);
/* Would `blocks` more still be within what can be kept? */
bool space_has(const struct fs *fs, uint64_t blocks);
/*
 * Begin an operation that adds up to `new_blocks` blocks of data to what is kept and writes up to
 * `write_blocks` (overwriting adds nothing). One that frees may use the reserve.
 */
enum fs_err op_begin(struct fs *fs, uint64_t new_blocks, uint32_t write_blocks, bool freeing);
/* End it: an error after the first change leaves memory inconsistent, so the volume stops. */
void op_close(struct fs *fs, enum fs_err e);
static inline enum fs_err op_end(struct fs *fs, enum fs_err e)
{
	op_close(fs, e);
	return e;
}
/* What op_begin() does when free segments run low: clean, or fail. */
enum fs_err space_make(struct fs *fs, uint64_t blocks, bool freeing);
