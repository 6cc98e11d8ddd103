/* SPDX-License-Identifier: MPL-2.0 */
/* Making, mounting, syncing and unmounting a volume. */
#include "futurafs/checkpoint.h"
#include "futurafs/chunk.h"
#include "futurafs/crc32c.h"
#include "futurafs/holes.h"
#include "futurafs/inode.h"
#include "futurafs/node.h"
#include "futurafs/segment.h"
#include "futurafs/snapshot.h"
#include "futurafs/stream.h"
#include "futurafs/super.h"
#include "futurafs/tree.h"

static uint32_t log2_of(uint32_t v)
{
	return 31u - (uint32_t)__builtin_clz(v);
}

static void fs_shape(struct fs *fs, const struct d_super *s)
{
	fs->block_size = get32(s->block_size);
	fs->block_shift = log2_of(fs->block_size);
	fs->segment_blocks = get32(s->segment_blocks);
	fs->segment_shift = log2_of(fs->segment_blocks);
	fs->fsid = get32(s->fsid);
	fs->main = get64(s->main);
	fs->nsegments = get64(s->segments);
	fs->table_blocks = get64(s->table_blocks);
	fs->max_inodes = get64(s->max_inodes);
	fs->hash_seed = get64(s->hash_seed);
	fs->blocks = get64(s->blocks);
	bytes_copy(fs->uuid, s->uuid, sizeof(s->uuid));
	bytes_copy(fs->label, s->label, sizeof(s->label));
	/* An extent must fit an item, and a chunk's map its head, even if every block has its own.
	 */
	fs->chunk_max = (uint32_t)min64(fs->block_size / 32, fs->segment_blocks / 2);
	fs->tail_max = (uint32_t)min64(65536 / fs->block_size, fs->segment_blocks / 4);
	/* A third, so that a node which overflows always divides in two. */
	fs->item_max = node_room(fs) / 3 - (uint32_t)sizeof(struct d_slot);
	fs->inline_max = fs->item_max & ~63u;
	fs->dead_list = NONE;
	fs->holes = (struct holes){ .allowed = get64(s->incompat) & FEATURE_HOLES, .seg = NONE };
}

static enum fs_err fs_allocate_memory(struct fs *fs, const struct fs_config *config)
{
	uint32_t bs = fs->block_size;

	fs->segment = mem_alloc(fs, fs->nsegments * sizeof(fs->segment[0]));
	fs->table_home = mem_alloc(fs, (fs->table_blocks + 7) / 8);
	fs->table_dirty = mem_alloc(fs, fs->table_blocks * sizeof(bool));
	fs->scratch_node = mem_alloc(fs, bs);
	fs->scratch_data = mem_alloc(fs, bs);
	fs->scratch_tail = mem_alloc(fs, bs);
	fs->value = mem_alloc(fs, bs);
	fs->run_crc = mem_alloc(fs, fs->chunk_max * sizeof(uint32_t));
	fs->cut_crc = mem_alloc(fs, bs);
	fs->map_crc = mem_alloc(fs, fs->chunk_max * sizeof(le32));
	if (fs->segment == nullptr || fs->table_home == nullptr || fs->table_dirty == nullptr ||
	    fs->scratch_node == nullptr || fs->scratch_data == nullptr ||
	    fs->scratch_tail == nullptr || fs->value == nullptr || fs->run_crc == nullptr ||
	    fs->cut_crc == nullptr || fs->map_crc == nullptr)
		return FS_NO_MEMORY;
	for (unsigned i = 0; i < STREAMS; i++)
		TRY(stream_init(fs, (enum stream_id)i));
	fs->cleaner = chunk_reader_create(fs);
	if (fs->cleaner == nullptr)
		return FS_NO_MEMORY;
	TRY(cache_init(fs, config->cache_bytes != 0 ? config->cache_bytes : 8u << 20));
	return inodes_init(fs, config->inodes != 0 ? config->inodes : 1024);
}

void fs_abandon(struct fs *fs)
{
	uint32_t bs = fs->block_size;

	inodes_fini(fs);
	cache_fini(fs);
	holes_fini(fs);
	chunk_reader_destroy(fs, fs->cleaner);
	for (unsigned i = 0; i < STREAMS; i++)
		stream_fini(fs, (enum stream_id)i);
	mem_free(fs, fs->map_crc, fs->chunk_max * sizeof(le32));
	mem_free(fs, fs->cut_crc, bs);
	mem_free(fs, fs->run_crc, fs->chunk_max * sizeof(uint32_t));
	mem_free(fs, fs->value, bs);
	mem_free(fs, fs->scratch_tail, bs);
	mem_free(fs, fs->scratch_data, bs);
	mem_free(fs, fs->scratch_node, bs);
	mem_free(fs, fs->table_dirty, fs->table_blocks * sizeof(bool));
	mem_free(fs, fs->table_home, (fs->table_blocks + 7) / 8);
	mem_free(fs, fs->segment, fs->nsegments * sizeof(fs->segment[0]));
	mem_free(fs, fs, sizeof(*fs));
}

enum fs_err fs_open(const struct fs_device *dev, const struct fs_host *host,
		    const struct d_super *s, const struct fs_config *config, struct fs **out)
{
	struct fs *fs = host->alloc(host->ctx, sizeof(*fs));

	if (fs == nullptr)
		return FS_NO_MEMORY;
	fs->dev = *dev;
	fs->host = *host;
	fs->crc = host->crc32c != nullptr ? host->crc32c : crc32c;
	fs_shape(fs, s);
	enum fs_err e = fs_allocate_memory(fs, config);
	if (e != FS_OK) {
		fs_abandon(fs);
		return e;
	}
	space_init(fs);
	*out = fs;
	return FS_OK;
}

/* A root directory in an empty tree. */
static enum fs_err fs_fill(struct fs *fs, const struct d_super *s)
{
	struct fs_attr root = { .type = FS_DIR, .mode = 0755 };
	struct inode *i;

	fs->nfree = (uint32_t)fs->nsegments;
	for (uint32_t b = 0; b < fs->table_blocks; b++)
		fs->table_dirty[b] = true;
	TRY(stream_open_log(fs));
	TRY(tree_create(fs));
	fs->next_ino = FS_ROOT;
	TRY(inode_create(fs, &root, FS_ROOT, &i));
	fs->next_ino = FIRST_INO;
	/* No superblock of ours is there before everything it leads to. */
	bytes_zero(fs->scratch_data, fs->block_size);
	for (unsigned slot = 0; slot < 4; slot++)
		TRY(blocks_write(fs, SLOT_BLOCK[0] + slot, fs->scratch_data, 1));
	TRY(blocks_write(fs, 0, fs->scratch_data, 1));
	TRY(blocks_write(fs, fs->blocks - 1, fs->scratch_data, 1));
	TRY(checkpoint_write(fs));
	TRY(super_write(fs, s));
	return device_flush(fs);
}

enum fs_err fs_make_check(uint64_t size, const struct fs_format *format)
{
	struct d_super s;

	return super_plan(size, format, 0, &s);
}

enum fs_err fs_make(const struct fs_device *dev, const struct fs_host *host,
		    const struct fs_format *format)
{
	const struct fs_config config = {};
	struct d_super s;
	struct fs *fs;

	TRY(super_plan(dev->size, format, host->now_ns(host->ctx), &s));
	TRY(fs_open(dev, host, &s, &config, &fs));
	enum fs_err e = fs_fill(fs, &s);
	fs_abandon(fs);
	return e;
}

static enum fs_err fs_claim_streams(struct fs *fs)
{
	for (unsigned i = 0; i < STREAMS; i++) {
		enum segment_type type = i == STREAM_NODE ? SEGMENT_NODE : SEGMENT_DATA;
		const struct stream *s = &fs->stream[i];

		if (s->seg != NONE)
			TRY(segment_claim(fs, s->seg, type, false));
		if (s->next != NONE)
			TRY(segment_claim(fs, s->next, type, false));
	}
	return FS_OK;
}

static enum fs_err fs_load(struct fs *fs)
{
	uint64_t newest;
	bool any;

	TRY(checkpoint_read(fs));
	TRY(segments_load(fs));
	TRY(snapshots_newest(fs, &newest));
	segments_pin_loaded(fs, newest);
	TRY(fs_claim_streams(fs));
	TRY(log_replay(fs, &any));
	TRY(snapshots_newest(fs, &newest));
	segments_pin(fs, newest);
	if (fs->read_only)
		return FS_OK;
	if (any)
		TRY(checkpoint_write(fs));
	else
		segments_release(fs);
	return orphans_finish(fs);
}

static fs_crc_fn *host_crc(const struct fs_host *host)
{
	return host->crc32c != nullptr ? host->crc32c : crc32c;
}

enum fs_err fs_probe(const struct fs_device *dev, const struct fs_host *host)
{
	struct d_super s;

	return super_read(dev, host_crc(host), &s);
}

enum fs_err fs_mount(const struct fs_device *dev, const struct fs_host *host,
		     const struct fs_config *config, struct fs **out)
{
	struct d_super s;
	struct fs *fs;

	TRY(super_read(dev, host_crc(host), &s));
	TRY(fs_open(dev, host, &s, config, &fs));
	fs->read_only = config->flags & FS_MOUNT_READ_ONLY || config->snapshot != nullptr ||
			get64(s.ro_compat) & ~FEATURES_RO_COMPAT;
	enum fs_err e = fs_load(fs);
	if (e == FS_OK && config->snapshot != nullptr)
		e = snapshot_enter(fs, config->snapshot);
	if (e != FS_OK) {
		fs_abandon(fs);
		return e;
	}
	*out = fs;
	return FS_OK;
}

/* Would a checkpoint write no more than the log would? */
static bool checkpoint_is_cheaper(const struct fs *fs)
{
	constexpr uint32_t fixed = 4; /* two copies of the checkpoint, and its second flush */
	uint32_t log = fs->stream[STREAM_LOG].record_len >> fs->block_shift;

	return log >= fs->ndirty + segments_dirty(fs) + fixed;
}

enum fs_err fs_sync(struct fs *fs)
{
	if (fs->read_only)
		return FS_OK;
	if (fs->broken)
		return FS_READ_ONLY;
	if (fs->transaction == fs->committed)
		return FS_OK;
	TRY(inodes_write(fs));
	if (fs->log_lost || checkpoint_is_cheaper(fs))
		return checkpoint_write(fs);
	TRY(holes_flush(fs));
	TRY(chunk_close(fs, STREAM_LOG, CHUNK_COMMIT));
	TRY(device_flush(fs));
	fs->committed = fs->transaction;
	return FS_OK;
}

enum fs_err fs_fsync(struct fs *fs, uint64_t ino)
{
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	/* An inode read back from the tree has forgotten when it changed. */
	if (i->change != 0 && i->change <= fs->committed)
		return FS_OK;
	return fs_sync(fs);
}

enum fs_err fs_checkpoint(struct fs *fs)
{
	if (fs->read_only)
		return FS_OK;
	return checkpoint_write(fs);
}

enum fs_err fs_unmount(struct fs *fs)
{
	enum fs_err e = fs_checkpoint(fs);

	fs_abandon(fs);
	return e;
}
