/* SPDX-License-Identifier: MPL-2.0 */
/* Space: what may be promised, what must be free before an operation starts, and making it so. */
#include "futurafs/checkpoint.h"
#include "futurafs/clean.h"
#include "futurafs/holes.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

/*
 * Two different questions. Promises: live blocks plus promised ones stay below `capacity`, which
 * leaves a reserve of segments, so that cleaning can always turn dead blocks into free segments.
 * Room now: before an operation, free segments hold its data, the nodes it may dirty and a
 * checkpoint; otherwise a checkpoint or the cleaner makes room first.
 */

constexpr uint64_t RESERVE_SEGMENTS = 10, RESERVE_FRACTION = 16;

static uint64_t space_reserve(const struct fs *fs)
{
	return max64(RESERVE_SEGMENTS, fs->nsegments / RESERVE_FRACTION);
}

void space_init(struct fs *fs)
{
	uint64_t reserve = space_reserve(fs);
	uint32_t heads = fs->segment_blocks / (fs->chunk_max + 1) + 1;

	fs->space.capacity = fs->nsegments <= reserve
				     ? 0
				     : (fs->nsegments - reserve) * (fs->segment_blocks - heads);
}

uint64_t space_used(const struct fs *fs)
{
	return fs->space.live + fs->space.kept + fs->space.reserved + fs->space.pinned + fs->ndirty;
}

/* Nodes one operation may add: splits along a few paths. */
static uint64_t op_nodes(const struct fs *fs)
{
	return 4 * fs->height + 8;
}

bool space_has(const struct fs *fs, uint64_t blocks)
{
	uint64_t used = space_used(fs) + op_nodes(fs);

	return used <= fs->space.capacity && blocks <= fs->space.capacity - used;
}

/* Blocks that the next checkpoint writes, at most. */
static uint64_t checkpoint_blocks(const struct fs *fs)
{
	return fs->ndirty + (uint64_t)fs->ninodes_dirty * 2;
}

static bool space_is_free(const struct fs *fs, uint64_t blocks, bool freeing)
{
	/*
	 * Each stream may need to open a segment, the log two; and the cleaner must still be able
	 * to start after the checkpoint that precedes it.
	 */
	uint64_t spare = freeing ? 4 : 6;
	uint64_t need = checkpoint_blocks(fs) + blocks + op_nodes(fs);

	return fs->nfree >= spare + ((need + fs->segment_blocks - 1) >> fs->segment_shift);
}

/* Rounds of cleaning without a gain after which there is none to be had. */
constexpr uint32_t IDLE_ROUNDS_MAX = 32;

enum fs_err space_make(struct fs *fs, uint64_t blocks, bool freeing)
{
	uint32_t best = fs->nfree, idle = 0, done = 1;

	TRY(checkpoint_write(fs));
	TRY(holes_choose(fs, clean_is_dear(fs)));
	/*
	 * Some more than needed, so that checkpoint and search are not paid for each operation.
	 * While data goes to holes only nodes and the log take segments.
	 */
	uint64_t more = space_reserve(fs) / (fs->holes.on ? 4 : 2);
	uint64_t ahead = blocks + (more << fs->segment_shift);
	enum clean_how how = fs->holes.on ? CLEAN_CHEAP : CLEAN_NOW;
	/* A round may gain nothing yet: the old nodes of what it moved are the next one's prey. */
	while (!space_is_free(fs, ahead, freeing) && idle < IDLE_ROUNDS_MAX) {
		TRY(clean_segments(fs, 8, how, &done));
		if (done == 0 && how == CLEAN_NOW)
			break;
		if (done == 0)
			how = CLEAN_NOW;
		idle = fs->nfree > best ? 0 : idle + 1;
		if (idle > 4 && space_is_free(fs, blocks, freeing))
			break;
		best = fs->nfree > best ? fs->nfree : best;
	}
	return space_is_free(fs, blocks, true) ? FS_OK : FS_NO_SPACE;
}

/* Has replay after a power cut become long enough to stop it here? */
static bool log_is_long(const struct fs *fs)
{
	uint64_t most = min64(max64(4, fs->nsegments / 8) << fs->segment_shift, 16384);

	return fs->log_blocks > most;
}

static bool memory_is_ready(const struct fs *fs)
{
	return fs->host.ready == nullptr || fs->host.ready(fs->host.ctx);
}

/* Nobody uses a node or an inode now: what is on the device can be forgotten, and after a
 * checkpoint that is all of it. */
static enum fs_err memory_make(struct fs *fs)
{
	cache_forget(fs);
	if (memory_is_ready(fs))
		return FS_OK;
	TRY(checkpoint_write(fs));
	cache_forget(fs);
	return memory_is_ready(fs) ? FS_OK : FS_NO_MEMORY;
}

enum fs_err op_begin(struct fs *fs, uint64_t new_blocks, uint32_t write_blocks, bool freeing)
{
	if (fs->read_only || fs->broken)
		return FS_READ_ONLY;
	cache_trim(fs);
	if (!memory_is_ready(fs))
		TRY(memory_make(fs));
	if (fs->ninodes_dirty > fs->inode_goal / 2)
		TRY(inodes_write(fs));
	if (!freeing && !space_has(fs, new_blocks))
		return FS_NO_SPACE;
	if (checkpoint_blocks(fs) > fs->node_goal / 2 || log_is_long(fs))
		TRY(checkpoint_write(fs));
	if (!space_is_free(fs, write_blocks, freeing))
		TRY(space_make(fs, write_blocks, freeing));
	fs->op_changed = false;
	return FS_OK;
}

void op_close(struct fs *fs, enum fs_err e)
{
	if (!fs->op_changed)
		return;
	fs->transaction++;
	if (e != FS_OK) {
		fs->broken = true;
		report(fs, "an operation failed half way; the volume is read-only from here on",
		       (uint64_t)-e, 0);
	}
}

void fs_statfs(struct fs *fs, struct fs_stat *st)
{
	uint64_t used = space_used(fs) + op_nodes(fs);

	*st = fs->stat;
	st->block_size = fs->block_size;
	st->blocks = fs->space.capacity;
	st->blocks_free = used < fs->space.capacity ? fs->space.capacity - used : 0;
	st->inodes = fs->inodes;
	st->max_inodes = fs->max_inodes;
	st->segments = fs->nsegments;
	st->segments_free = fs->nfree;
	st->segment_blocks = fs->segment_blocks;
	st->sequence = fs->seq;
	st->read_only = fs->read_only || fs->broken;
	bytes_copy(st->uuid, fs->uuid, sizeof(st->uuid));
	bytes_copy(st->label, fs->label, sizeof(st->label));
}
