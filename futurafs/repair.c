/* SPDX-License-Identifier: MPL-2.0 */
/* Repairs a volume: check, mend, and again, until a check finds nothing. */
#include "futurafs/checkpoint.h"
#include "futurafs/crc32c.h"
#include "futurafs/fix.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/snapshot.h"
#include "futurafs/stream.h"
#include "futurafs/super.h"
#include "futurafs/tree.h"

constexpr uint32_t ROUNDS_MAX = 12;

/* Problems of one round, to be mended after the walk that found them. */
struct repair {
	struct fs *fs;
	struct fs_repair *r;
	struct fs_problem *problem;
	size_t n, room;
	bool overflow; /* out of memory: the rest waits for the next round */
};

static void repair_note(void *ctx, const struct fs_problem *p)
{
	struct repair *k = ctx;

	k->r->problems++;
	if (k->r->problem != nullptr)
		k->r->problem(k->r->ctx, p);
	if (k->n == k->room) {
		size_t room = k->room * 2 + 256;
		struct fs_problem *bigger = mem_alloc(k->fs, room * sizeof(*bigger));

		k->overflow = bigger == nullptr;
		if (bigger == nullptr)
			return;
		if (k->n > 0)
			bytes_copy(bigger, k->problem, k->n * sizeof(*bigger));
		mem_free(k->fs, k->problem, k->room * sizeof(*bigger));
		k->problem = bigger;
		k->room = room;
	}
	k->problem[k->n++] = *p;
}

/* Without a checkpoint, every leaf that can be found is all there is. */
static void repair_without_checkpoint(struct repair *k)
{
	struct fs *fs = k->fs;

	fs->seq = UINT32_MAX; /* no leaf is too new */
	fs->height = 1;
	fs->root = (struct ptr){};
	trail_forget(fs);
	fs->next_ino = FIRST_INO;
	fs->changed = true;
}

/* Leave the old segments alone: they may hold what is to be saved. */
static void repair_close_streams(struct fs *fs)
{
	for (unsigned i = 0; i < STREAMS; i++) {
		struct stream *s = &fs->stream[i];

		if (s->seg != NONE && fs->segment[s->seg].state == STATE_OPEN)
			segment_close(fs, s->seg);
		if (s->next != NONE && fs->segment[s->next].state == STATE_OPEN)
			segment_close(fs, s->next);
		s->seg = s->next = NONE;
		s->off = fs->segment_blocks;
	}
}

static enum fs_err repair_load(struct repair *k)
{
	struct fs *fs = k->fs;
	uint64_t newest;
	bool any;
	enum fs_err e = checkpoint_read(fs);

	TRY(segments_load(fs));
	if (fs->changed) { /* a block of the table was unreadable */
		struct fs_problem p = { .kind = FS_PROBLEM_TABLE, .ino = UINT64_MAX };

		repair_note(k, &p);
	}
	if (e != FS_OK) {
		repair_without_checkpoint(k);
		repair_close_streams(fs);
		return FS_OK;
	}
	if (snapshots_newest(fs, &newest) == FS_OK)
		segments_pin_loaded(fs, newest);
	for (unsigned i = 0; i < STREAMS; i++) {
		const struct stream *s = &fs->stream[i];
		enum segment_type type = i == STREAM_NODE ? SEGMENT_NODE : SEGMENT_DATA;

		if (s->seg != NONE)
			(void)segment_claim(fs, s->seg, type, false); /* the walk tells its life */
		if (s->next != NONE)
			(void)segment_claim(fs, s->next, type, false); /* as above */
	}
	if (log_replay(fs, &any) != FS_OK) { /* it counts as far as it went */
		struct fs_problem p = { .kind = FS_PROBLEM_LOG };

		repair_note(k, &p);
		fs->changed = true;
	}
	fs->replaying = false;
	repair_close_streams(fs);
	return snapshots_hold(fs);
}

/* One check, and the mending of what it found. */
static enum fs_err repair_round(struct repair *k)
{
	struct fs_check check = { .data = true, .ctx = k, .problem = repair_note };
	struct fs *fs = k->fs;

	k->n = 0;
	k->r->rounds++;
	fs->broken = false;
	TRY(fs_check(fs, &check));
	k->r->left = check.problems;
	for (size_t i = 0; i < k->n; i++) {
		enum fs_err e = problem_fix(fs, &k->problem[i]);

		/* What one repair could not find, another has already taken care of. */
		if (e == FS_NO_MEMORY || e == FS_READ_ONLY)
			return e;
		cache_trim(fs);
	}
	TRY(inodes_write(fs));
	inodes_forget(fs);
	return FS_OK;
}

/* Write the result: nothing is left out of use but what is used. */
static enum fs_err repair_finish(struct repair *k, const struct d_super *s)
{
	struct fs *fs = k->fs;
	uint64_t newest;

	TRY(snapshots_hold(fs)); /* some may have been found only now */
	TRY(snapshots_newest(fs, &newest));
	segments_pin(fs, newest);
	/* What was only suspected to be in use is not; but take it only if there is nothing else.
	 */
	if (fs->nfree < 4 + (fs->ndirty >> fs->segment_shift))
		segments_release(fs);
	TRY(stream_open_log(fs));
	fs->changed = true;
	TRY(checkpoint_write(fs));
	TRY(super_write(fs, s));
	return device_flush(fs);
}

static enum fs_err repair_run(struct repair *k, const struct d_super *s)
{
	bool whole = super_is_whole(&k->fs->dev, k->fs->crc, s);
	struct fs_problem p = { .kind = FS_PROBLEM_SUPER };

	TRY(repair_load(k));
	if (!whole || !checkpoint_is_whole(k->fs))
		repair_note(k, &p);
	do
		TRY(repair_round(k));
	while (k->r->left > 0 && k->r->rounds < ROUNDS_MAX);
	if (k->r->problems == 0 && !k->fs->changed)
		return FS_OK;
	return repair_finish(k, s);
}

enum fs_err fs_repair(const struct fs_device *dev, const struct fs_host *host, struct fs_repair *r)
{
	fs_crc_fn *crc = host->crc32c != nullptr ? host->crc32c : crc32c;
	const struct fs_config config = {};
	struct repair k = { .r = r };
	struct d_super s;

	r->problems = r->left = r->rounds = 0;
	TRY(super_read(dev, crc, &s));
	TRY(fs_open(dev, host, &s, &config, &k.fs));
	k.fs->repairing = true;
	k.fs->log_lost = true; /* only the checkpoint at the end counts */
	enum fs_err e = repair_run(&k, &s);
	mem_free(k.fs, k.problem, k.room * sizeof(k.problem[0]));
	fs_abandon(k.fs);
	return e;
}
