/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Finds dead blocks in segments that are in use, and writes data there. Which blocks live is known
 * in memory only: learned from the tree when holes are first needed, then kept up to date.
 *
 * A hole may be written to if the last checkpoint's tree does not refer to it and the log since
 * then is not in its segment. So what is written is in nobody's way until it is committed, and a
 * power cut leaves what was there before. The segment's chunks no longer tell what is in it, hence
 * `mixed`.
 */
#include "futurafs/holes.h"
#include "futurafs/extent.h"
#include "futurafs/segment.h"
#include "futurafs/table.h"
#include "futurafs/tree.h"

constexpr uint32_t WORD_BITS = 64;
/* Segments looked at for the one with most holes. */
constexpr uint32_t LOOK = 256;

static size_t holes_words(const struct fs *fs)
{
	return (size_t)((fs->nsegments << fs->segment_shift) + WORD_BITS - 1) / WORD_BITS;
}

void holes_fini(struct fs *fs)
{
	struct holes *h = &fs->holes;

	mem_free(fs, h->used, holes_words(fs) * sizeof(uint64_t));
	mem_free(fs, h->dying, holes_words(fs) * sizeof(uint64_t));
	mem_free(fs, h->blocks, (size_t)fs->chunk_max << fs->block_shift);
	h->used = h->dying = nullptr;
	h->blocks = nullptr;
	h->on = false;
}

static void bits_set(const struct fs *fs, uint64_t *bits, uint64_t addr, uint32_t n)
{
	for (uint64_t b = addr - fs->main; n > 0; b++, n--)
		bits[b / WORD_BITS] |= 1ull << b % WORD_BITS;
}

void holes_add(struct fs *fs, uint64_t addr, uint32_t n)
{
	if (fs->holes.used != nullptr)
		bits_set(fs, fs->holes.used, addr, n);
}

void holes_drop(struct fs *fs, uint64_t addr, uint32_t n)
{
	if (fs->holes.used != nullptr)
		bits_set(fs, fs->holes.dying, addr, n);
}

void holes_settle(struct fs *fs)
{
	struct holes *h = &fs->holes;

	h->seg = NONE;
	h->dry = false;
	for (size_t i = 0; h->used != nullptr && i < holes_words(fs); i++) {
		h->used[i] &= ~h->dying[i];
		h->dying[i] = 0;
	}
}

/* Blocks of the segment from `off` on that may be written to; at most one word of them. */
static uint64_t holes_word(const struct fs *fs, uint32_t seg, uint32_t off)
{
	uint64_t b = ((uint64_t)seg << fs->segment_shift) + off;
	uint32_t most = fs->segment_blocks < WORD_BITS ? fs->segment_blocks : WORD_BITS;
	uint64_t mask = most == WORD_BITS ? ~0ull : (1ull << most) - 1;

	return ~(fs->holes.used[b / WORD_BITS] >> b % WORD_BITS) & mask;
}

static uint32_t holes_count(const struct fs *fs, uint32_t seg)
{
	uint32_t n = 0;

	for (uint32_t off = 0; off < fs->segment_blocks; off += WORD_BITS)
		n += (uint32_t)__builtin_popcountll(holes_word(fs, seg, off));
	return n;
}

static bool segment_has_holes(const struct fs *fs, const struct segment *s)
{
	return s->state == STATE_USED && s->type == SEGMENT_DATA && s->live > 0 && !s->leaving &&
	       s->live < fs->segment_blocks && s->closed != (uint32_t)(fs->seq + 1) &&
	       !segment_is_pinned(fs, s);
}

/* Of the next LOOK segments that have holes, the one with most. */
static bool holes_choose_segment(struct fs *fs)
{
	struct holes *h = &fs->holes;
	uint32_t best = 0, looked = 0;

	for (uint64_t i = 0; i < fs->nsegments && looked < LOOK; i++) {
		h->rotor = h->rotor + 1 < fs->nsegments ? h->rotor + 1 : 0;
		if (!segment_has_holes(fs, &fs->segment[h->rotor]))
			continue;
		uint32_t n = holes_count(fs, h->rotor);
		looked += n > 0;
		if (n > best) {
			best = n;
			h->seg = h->rotor;
		}
	}
	h->off = 0;
	h->dry = best == 0;
	if (h->dry)
		return false;
	fs->segment[h->seg].mixed = true;
	fs->segment[h->seg].age = (uint32_t)(fs->seq + 1);
	table_touch(fs, h->seg);
	return true;
}

static bool holes_next(struct fs *fs, uint64_t *addr)
{
	struct holes *h = &fs->holes;

	while (h->seg != NONE || holes_choose_segment(fs)) {
		while (h->off < fs->segment_blocks) {
			uint32_t first = h->off & ~(WORD_BITS - 1);
			uint64_t free = holes_word(fs, h->seg, first) >> (h->off - first);

			if (free != 0) {
				h->off += (uint32_t)__builtin_ctzll(free);
				*addr = segment_base(fs, h->seg) + h->off++;
				bits_set(fs, h->used, *addr, 1);
				return true;
			}
			h->off = first + WORD_BITS;
		}
		h->seg = NONE;
	}
	return false;
}

enum fs_err holes_flush(struct fs *fs)
{
	struct holes *h = &fs->holes;
	uint32_t n = h->n;

	h->n = 0;
	return n > 0 ? blocks_write(fs, h->first, h->blocks, n) : FS_OK;
}

enum fs_err holes_leave(struct fs *fs)
{
	fs->holes.seg = NONE;
	return holes_flush(fs);
}

enum fs_err holes_put(struct fs *fs, const void *data, uint64_t *addr, bool *placed)
{
	struct holes *h = &fs->holes;

	*placed = h->on && !h->dry && !fs->replaying && holes_next(fs, addr);
	if (!*placed)
		return FS_OK;
	if (h->n == fs->chunk_max || *addr != h->first + h->n)
		TRY(holes_flush(fs));
	if (h->n == 0)
		h->first = *addr;
	bytes_copy(h->blocks + ((size_t)h->n << fs->block_shift), data, fs->block_size);
	h->n++;
	fs->stat.hole_blocks++;
	return FS_OK;
}

const uint8_t *holes_find(const struct fs *fs, uint64_t addr)
{
	const struct holes *h = &fs->holes;

	if (h->n == 0 || addr < h->first || addr >= h->first + h->n)
		return nullptr;
	return h->blocks + ((size_t)(addr - h->first) << fs->block_shift);
}

/* Note all that the tree refers to in data segments. */
static enum fs_err holes_learn(struct fs *fs)
{
	struct key k = {};
	struct path p;
	enum fs_err e;

	while ((e = tree_seek_ge(fs, k, &p)) == FS_OK) {
		const struct node *leaf = p.node[0];

		for (uint32_t i = p.slot[0]; i < node_count(leaf); i++) {
			struct extent x;

			k = node_key(leaf, i);
			if (key_type(k) == ITEM_EXTENT &&
			    extent_decode(fs, k, node_value(leaf, i), node_len(leaf, i), &x) &&
			    x.kind == EXTENT_DATA)
				bits_set(fs, fs->holes.used, x.addr, (uint32_t)x.count);
		}
		k = key_after(k);
		cache_trim(fs);
	}
	return e == FS_NOT_FOUND ? FS_OK : e;
}

/* A segment that disagrees with its live count is damaged: not a block of it is written to. */
static void holes_distrust(struct fs *fs)
{
	for (uint32_t seg = 0; seg < fs->nsegments; seg++) {
		const struct segment *s = &fs->segment[seg];

		if (s->type == SEGMENT_DATA && holes_count(fs, seg) + s->live != fs->segment_blocks)
			bits_set(fs, fs->holes.used, segment_base(fs, seg), fs->segment_blocks);
	}
}

static enum fs_err holes_init(struct fs *fs)
{
	struct holes *h = &fs->holes;
	size_t len = holes_words(fs) * sizeof(uint64_t);

	h->used = mem_alloc(fs, len);
	h->dying = mem_alloc(fs, len);
	h->blocks = mem_alloc(fs, (size_t)fs->chunk_max << fs->block_shift);
	if (h->used == nullptr || h->dying == nullptr || h->blocks == nullptr) {
		holes_fini(fs);
		return FS_OK; /* then segments are emptied, as far as that goes */
	}
	enum fs_err e = holes_learn(fs);
	if (e != FS_OK) {
		holes_fini(fs);
		return e == FS_CORRUPT || e == FS_IO ? FS_OK : e;
	}
	holes_distrust(fs);
	return FS_OK;
}

enum fs_err holes_choose(struct fs *fs, bool wanted)
{
	struct holes *h = &fs->holes;

	h->on = false;
	if (!wanted || !h->allowed || fs->repairing || fs->replaying)
		return holes_leave(fs); /* what is known stays so: to learn it anew is dear */
	if (h->used == nullptr)
		TRY(holes_init(fs));
	h->on = h->used != nullptr;
	h->dry = false;
	return FS_OK;
}
