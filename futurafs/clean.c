/* SPDX-License-Identifier: MPL-2.0 */
/* Chooses segments to clean and moves what is live in them. */
#include "futurafs/clean.h"
#include "futurafs/checkpoint.h"
#include "futurafs/chunk.h"
#include "futurafs/extent.h"
#include "futurafs/holes.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"
#include "futurafs/tree.h"

constexpr uint32_t BATCH = 8;

struct victim {
	uint32_t seg;
	uint64_t score;
};

/* The most that may be live in a segment worth cleaning: emptying a mixed one costs a walk. */
static uint32_t victim_most_live(const struct fs *fs, const struct segment *s, enum clean_how how)
{
	uint32_t all = fs->segment_blocks;

	if (how == CLEAN_NOW)
		return all - 2;
	return how == CLEAN_CHEAP || s->mixed ? all / 2 : all - all / 8;
}

static bool victim_is_fit(const struct fs *fs, const struct segment *s, enum clean_how how)
{
	return s->state == STATE_USED && s->live > 0 && !s->unfit && !segment_is_pinned(fs, s) &&
	       s->live <= victim_most_live(fs, s, how);
}

/*
 * What is gained for what it costs. With time to spare, age counts: a segment that has been quiet
 * for long will not empty by itself (Rosenblum and Ousterhout's cost-benefit rule).
 */
static uint64_t victim_score(const struct fs *fs, const struct segment *s, enum clean_how how)
{
	uint64_t gain = fs->segment_blocks - s->live, cost = fs->segment_blocks + s->live;
	uint64_t age = (uint32_t)((uint32_t)fs->seq - s->age) + 1ull;

	if (how != CLEAN_IDLE)
		return gain;
	return gain * min64(age, 1u << 20) * 256 / cost;
}

static uint32_t victims_choose(struct fs *fs, uint32_t most, enum clean_how how, struct victim *v)
{
	uint32_t n = 0;

	for (uint32_t seg = 0; seg < fs->nsegments; seg++) {
		const struct segment *s = &fs->segment[seg];

		if (!victim_is_fit(fs, s, how))
			continue;
		struct victim new = { seg, victim_score(fs, s, how) };
		if (n == most && new.score <= v[n - 1].score)
			continue;
		uint32_t i = n < most ? n++ : n - 1;
		for (; i > 0 && v[i - 1].score < new.score; i--)
			v[i] = v[i - 1];
		v[i] = new;
	}
	return n;
}

bool clean_is_dear(struct fs *fs)
{
	uint32_t all = fs->segment_blocks, good = 0;

	for (uint32_t seg = 0; seg < fs->nsegments && good < BATCH; seg++) {
		const struct segment *s = &fs->segment[seg];

		good += s->type == SEGMENT_DATA && victim_is_fit(fs, s, CLEAN_CHEAP) &&
			s->live < all / 2;
	}
	return good < BATCH;
}

/* Write n blocks, read and checked into `data`, to holes or the cold stream. */
static enum fs_err blocks_move(struct fs *fs, uint64_t ino, uint64_t fblk, uint32_t n,
			       const uint8_t *data)
{
	uint64_t first = 0, freed = 0;
	uint32_t mapped = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *from = data + ((size_t)i << fs->block_shift);
		uint64_t addr;
		bool placed;

		TRY(holes_put(fs, from, &addr, &placed));
		if (!placed)
			TRY(stream_put_data(fs, STREAM_COLD, ino, fblk + i, from, fs->run_crc[i],
					    &addr));
		if (i > mapped && !segment_goes_on(fs, first + (i - mapped), addr)) {
			TRY(extent_map(fs, ino, fblk + mapped, i - mapped, first,
				       fs->run_crc + mapped, &freed));
			mapped = i;
		}
		if (i == mapped)
			first = addr;
	}
	return extent_map(fs, ino, fblk + mapped, n - mapped, first, fs->run_crc + mapped, &freed);
}

/* Read and check blocks of x into the cleaner's buffer. */
static enum fs_err blocks_fetch(struct fs *fs, const struct extent *x, uint64_t skip, uint32_t n,
				uint8_t *data)
{
	TRY(blocks_read(fs, x->addr + skip, data, n));
	for (uint32_t i = 0; i < n; i++) {
		fs->run_crc[i] = get32(x->crc[skip + i]);
		if (fs->crc(0, data + ((size_t)i << fs->block_shift), fs->block_size) !=
		    fs->run_crc[i]) {
			report(fs, "damaged data at block", x->addr + skip + i, 0);
			return FS_CORRUPT;
		}
	}
	return FS_OK;
}

/* Move those of a record's blocks that are still live; the first lies at addr. */
static enum fs_err record_move(struct fs *fs, const struct d_record *r, uint64_t addr,
			       uint8_t *data)
{
	uint64_t ino = get64(r->ino), fblk = get64(r->off);
	uint32_t len = get16(r->len), n;
	struct extent x;

	for (uint32_t i = 0; i < len; i += n) {
		enum fs_err e = extent_find(fs, ino, fblk + i, &x);
		uint64_t skip = fblk + i - x.fblk;

		n = 1;
		if (e == FS_NOT_FOUND)
			return FS_OK;
		TRY(e);
		if (x.fblk > fblk + i || x.kind != EXTENT_DATA || x.addr + skip != addr + i)
			continue;
		n = (uint32_t)min64(len - i, x.count - skip);
		TRY(blocks_fetch(fs, &x, skip, n, data));
		TRY(blocks_move(fs, ino, fblk + i, n, data));
	}
	return FS_OK;
}

static enum fs_err clean_data(struct fs *fs, uint32_t seg)
{
	struct chunk_reader *c = fs->cleaner;

	for (uint32_t off = 0; off + 2 <= fs->segment_blocks && fs->segment[seg].live > 0;) {
		uint64_t addr = segment_base(fs, seg) + off + 1;

		if (chunk_load(fs, c, seg, off) != FS_OK)
			return FS_OK;
		for (const struct d_record *r = chunk_first(c); r != nullptr;
		     r = chunk_next(c, r)) {
			if (r->type != RECORD_MAP)
				continue;
			TRY(record_move(fs, r, addr, c->data));
			addr += get16(r->len);
		}
		off += chunk_blocks(c);
	}
	return FS_OK;
}

/* Every live node of the segment is made dirty: the checkpoint writes it elsewhere. */
static enum fs_err clean_nodes(struct fs *fs, uint32_t seg)
{
	struct d_node *d = (struct d_node *)fs->scratch_tail;

	for (uint32_t off = 0; off < fs->segment_blocks && fs->segment[seg].live > 0; off++) {
		uint64_t addr = segment_base(fs, seg) + off;
		struct path p;

		TRY(blocks_read(fs, addr, d, 1));
		if (get32(d->magic) != NODE_MAGIC || get32(d->fsid) != fs->fsid ||
		    get64(d->addr) != addr || d->level >= fs->height)
			continue;
		TRY(tree_walk(fs, key_get(d->low), d->level, &p));
		if (p.node[d->level]->addr == addr)
			TRY(tree_dirty(fs, &p, d->level));
	}
	return FS_OK;
}

/* What cannot be read stays where it is, and the rest of the volume goes on. */
static enum fs_err move_error(enum fs_err e)
{
	return e == FS_CORRUPT || e == FS_IO ? FS_OK : e;
}

/* Move the extents of the leaf that lie in segments being emptied, from slot `i` on, up to one. */
static enum fs_err sweep_leaf(struct fs *fs, const struct path *p, struct key *reached)
{
	const struct node *leaf = p->node[0];
	struct extent x;

	for (uint32_t i = p->slot[0]; i < node_count(leaf); i++) {
		struct key k = node_key(leaf, i);

		*reached = k;
		if (key_type(k) != ITEM_EXTENT ||
		    !extent_decode(fs, k, node_value(leaf, i), node_len(leaf, i), &x) ||
		    x.kind != EXTENT_DATA || !fs->segment[segment_of(fs, x.addr)].leaving)
			continue;
		TRY(blocks_fetch(fs, &x, 0, (uint32_t)x.count, fs->cleaner->data));
		return blocks_move(fs, k.ino, x.fblk, (uint32_t)x.count, fs->cleaner->data);
	}
	return FS_OK;
}

/* Empty the segments marked `leaving` whose chunks do not tell whose their blocks are. */
static enum fs_err sweep(struct fs *fs)
{
	struct key k = {};
	struct path p;
	enum fs_err e;

	while ((e = tree_seek_ge(fs, k, &p)) == FS_OK) {
		TRY(move_error(sweep_leaf(fs, &p, &k)));
		k = key_after(k);
		cache_trim(fs);
	}
	return e == FS_NOT_FOUND ? FS_OK : move_error(e);
}

static enum fs_err clean_one(struct fs *fs, uint32_t seg)
{
	struct segment *s = &fs->segment[seg];

	fs->stat.cleaned_segments++;
	if (s->type == SEGMENT_NODE)
		return move_error(clean_nodes(fs, seg));
	if (s->mixed)
		return FS_OK; /* sweep() will do it */
	TRY(move_error(clean_data(fs, seg)));
	s->mixed = s->live > 0;
	return FS_OK;
}

/* Done with it: what could not be emptied is damaged, and left to fsck rather than tried for ever.
 */
static void victim_release(struct fs *fs, uint32_t seg)
{
	struct segment *s = &fs->segment[seg];

	if (s->live == 0)
		return;
	s->unfit = true;
	report(fs, "segment cannot be emptied", seg, s->live);
}

/* Segments that a stream must open to take so many blocks. */
static uint64_t stream_needs(const struct fs *fs, enum stream_id id, uint64_t blocks)
{
	const struct stream *s = &fs->stream[id];
	uint64_t room = fs->segment_blocks - s->off;

	room -= min64(room, s->nblocks + 1);
	if (blocks <= room)
		return 0;
	return (blocks - room + fs->segment_blocks - 1) >> fs->segment_shift;
}

/*
 * Is there room to move what lives there, the leaves this may dirty, and a checkpoint? `waiting`
 * blocks of other segments are to be moved, too.
 */
static bool victim_can_move(const struct fs *fs, const struct segment *s, uint64_t waiting)
{
	uint64_t live = s->live + waiting;
	uint64_t data = s->type == SEGMENT_DATA ? live + live / 8 + 2 : 0;
	uint64_t nodes = fs->ndirty + live + 2 * fs->height;

	return stream_needs(fs, STREAM_COLD, data) + stream_needs(fs, STREAM_NODE, nodes) <=
	       fs->nfree;
}

enum fs_err clean_segments(struct fs *fs, uint32_t most, enum clean_how how, uint32_t *done)
{
	struct victim v[BATCH];
	uint32_t n = victims_choose(fs, most < BATCH ? most : BATCH, how, v);
	uint64_t waiting = 0;

	TRY(holes_leave(fs));
	for (uint32_t i = 0; i < n; i++)
		fs->segment[v[i].seg].leaving = true; /* nothing is moved into any of them */
	for (*done = 0; *done < n; ++*done) {
		struct segment *s = &fs->segment[v[*done].seg];

		if (!victim_can_move(fs, s, waiting))
			break;
		TRY(clean_one(fs, v[*done].seg));
		if (fs->broken)
			return FS_READ_ONLY;
		if (s->type == SEGMENT_DATA)
			waiting += s->live;
	}
	for (uint32_t i = *done; i < n; i++)
		fs->segment[v[i].seg].leaving = false;
	if (waiting > 0)
		TRY(sweep(fs));
	for (uint32_t i = 0; i < *done; i++) {
		fs->segment[v[i].seg].leaving = false;
		victim_release(fs, v[i].seg);
	}
	return checkpoint_write(fs);
}

enum fs_err fs_clean(struct fs *fs, uint32_t segments, uint32_t *done)
{
	*done = 0;
	while (*done < segments) {
		uint32_t n;

		TRY(op_begin(fs, 0, 0, true));
		TRY(clean_segments(fs, segments - *done, CLEAN_IDLE, &n));
		if (n == 0)
			break;
		*done += n;
	}
	return FS_OK;
}
