/* SPDX-License-Identifier: MPL-2.0 */
/* Checks a volume: walks the whole tree, then compares with what is written down elsewhere. */
#include "futurafs/checker.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/stream.h"
#include "futurafs/table.h"
#include "futurafs/tree.h"

void check_report(struct checker *k, enum fs_problem_kind kind, struct key key, uint64_t a,
		  uint64_t b)
{
	struct fs_problem p = { kind, key.ino, key.off, a, b };

	k->c->problems++;
	if (k->c->problem != nullptr)
		k->c->problem(k->c->ctx, &p);
}

bool check_use(struct checker *k, uint64_t addr)
{
	uint64_t bit = addr - k->fs->main;
	bool first = !(k->used[bit / 8] >> bit % 8 & 1);

	k->used[bit / 8] |= (uint8_t)(1 << bit % 8);
	if (first)
		k->live[segment_of(k->fs, addr)]++;
	return first;
}

static enum fs_err check_leaf(struct checker *k, const struct node *n)
{
	for (uint32_t i = 0; i < node_count(n); i++)
		TRY(check_item(k, node_key(n, i), node_value(n, i), node_len(n, i)));
	return FS_OK;
}

static bool node_is_within(const struct node *n, struct key low, struct key high)
{
	uint32_t count = node_count(n);

	/* The first child of a node also takes keys below its own, so only a leaf has a floor. */
	return count == 0 || ((n->d->level > 0 || !key_less(node_key(n, 0), low)) &&
			      key_less(node_key(n, count - 1), high));
}

/* As deep as the tree is high. */
static enum fs_err check_subtree(struct checker *k, struct ptr at, uint32_t level, struct key low,
				 struct key high)
{
	struct fs *fs = k->fs;
	struct node *n;
	enum fs_err e = cache_load(fs, at, level, &n);

	if (e == FS_CORRUPT || e == FS_IO) {
		check_report(k, FS_PROBLEM_NODE, low, at.addr, level);
		return FS_OK;
	}
	TRY(e);
	k->c->node_blocks++;
	if ((!n->dirty && (!segment_has(fs, at.addr, 1) || !check_use(k, at.addr))) ||
	    !node_is_within(n, low, high)) {
		check_report(k, FS_PROBLEM_NODE, low, at.addr, level);
		return FS_OK;
	}
	if (level == 0)
		TRY(check_leaf(k, n));
	for (uint32_t i = 0; level > 0 && i < node_count(n); i++) {
		struct key from = i > 0 ? node_key(n, i) : low;
		struct key to = i + 1 < node_count(n) ? node_key(n, i + 1) : high;

		TRY(check_subtree(k, node_ptr(n, i), level - 1, from, to));
	}
	if (!n->dirty)
		cache_drop(fs, n); /* the tree may be larger than the cache */
	return FS_OK;
}

static enum fs_err check_tree(struct checker *k)
{
	struct key high = { UINT64_MAX, UINT64_MAX };

	TRY(check_subtree(k, k->fs->root, k->fs->height - 1, (struct key){}, high));
	return check_inode_end(k);
}

static void check_table(struct checker *k)
{
	struct fs *fs = k->fs;

	for (uint32_t i = 0; i < fs->nsegments; i++) {
		const struct segment *s = &fs->segment[i];

		if (s->live != k->live[i] || (k->live[i] > 0 && s->state == STATE_FREE))
			check_report(k, FS_PROBLEM_TABLE, (struct key){ i, 0 }, k->live[i],
				     s->live);
	}
}

static void check_counters(struct checker *k)
{
	struct fs *fs = k->fs;
	uint64_t last = k->ninodes > 0 ? k->inode[k->ninodes - 1].ino : 0;

	if (fs->inodes != k->ninodes)
		check_report(k, FS_PROBLEM_COUNTER, (struct key){ 0, 0 }, k->ninodes, fs->inodes);
	if (fs->next_ino <= last)
		check_report(k, FS_PROBLEM_COUNTER, (struct key){ 1, 0 }, last + 1, fs->next_ino);
	if (fs->space.kept != k->kept)
		check_report(k, FS_PROBLEM_COUNTER, (struct key){ 2, 0 }, k->kept, fs->space.kept);
}

/*
 * Believe what the walk found rather than what was written down. Segments without life stay out of
 * use for now: something in them may still be worth saving.
 */
static void check_adopt(struct checker *k)
{
	struct fs *fs = k->fs;
	uint64_t last = k->ninodes > 0 ? k->inode[k->ninodes - 1].ino : 0;

	fs->space.live = 0;
	for (uint32_t i = 0; i < fs->nsegments; i++) {
		struct segment *s = &fs->segment[i];

		if (k->live[i] > 0 && s->state == STATE_FREE) {
			s->state = STATE_USED;
			fs->nfree--;
		}
		if (s->live != k->live[i])
			table_touch(fs, i);
		s->live = (uint16_t)k->live[i];
		fs->space.live += k->live[i];
	}
	fs->inodes = k->ninodes;
	fs->next_ino = max64(fs->next_ino, max64(last + 1, FIRST_INO));
	fs->space.kept = k->kept;
}

static enum fs_err check_run(struct checker *k)
{
	if (!k->fs->read_only && !k->fs->broken)
		TRY(inodes_write(k->fs));
	TRY(check_tree(k));
	TRY(check_names(k));
	if (k->fs->is_snapshot)
		return FS_OK;
	check_table(k);
	check_counters(k);
	if (k->fs->repairing)
		check_adopt(k);
	return FS_OK;
}

static size_t used_bytes(const struct fs *fs)
{
	return ((fs->nsegments << fs->segment_shift) + 7) / 8;
}

enum fs_err fs_check(struct fs *fs, struct fs_check *c)
{
	struct checker k = { .fs = fs, .c = c };
	enum fs_err e = FS_NO_MEMORY;

	c->problems = c->inodes = c->dirs = c->data_blocks = c->node_blocks = 0;
	k.live = mem_alloc(fs, fs->nsegments * sizeof(k.live[0]));
	k.used = mem_alloc(fs, used_bytes(fs));
	k.block = mem_alloc(fs, fs->block_size);
	if (k.live != nullptr && k.used != nullptr && k.block != nullptr)
		e = check_run(&k);
	c->inodes = k.ninodes;
	mem_free(fs, k.live, fs->nsegments * sizeof(k.live[0]));
	mem_free(fs, k.used, used_bytes(fs));
	mem_free(fs, k.block, fs->block_size);
	mem_free(fs, k.inode, k.room * sizeof(k.inode[0]));
	mem_free(fs, k.orphan, k.orphan_room * sizeof(k.orphan[0]));
	return e;
}

const char *fs_problem_text(enum fs_problem_kind kind)
{
	static const char *const text[] = {
		[FS_PROBLEM_NODE] = "tree node is unreadable",
		[FS_PROBLEM_ITEM] = "item makes no sense",
		[FS_PROBLEM_EXTENT] = "blocks are used twice or out of order",
		[FS_PROBLEM_DATA] = "data does not match its checksum",
		[FS_PROBLEM_BLOCKS] = "block count of an inode is wrong",
		[FS_PROBLEM_INLINE] = "inode is wrong about where its data is",
		[FS_PROBLEM_PAST_END] = "data past the end of a file",
		[FS_PROBLEM_DIR_SIZE] = "directory counts its entries wrongly",
		[FS_PROBLEM_LINKS] = "link count is wrong",
		[FS_PROBLEM_DANGLING] = "name leads to no inode",
		[FS_PROBLEM_ENTRY_TYPE] = "name is wrong about the type",
		[FS_PROBLEM_SECOND_NAME] = "directory has a second name",
		[FS_PROBLEM_PARENT] = "directory is wrong about its parent",
		[FS_PROBLEM_UNREACHABLE] = "inode has no name",
		[FS_PROBLEM_ROOT] = "root directory is missing",
		[FS_PROBLEM_ORPHAN] = "note of an orphan is wrong",
		[FS_PROBLEM_TABLE] = "segment's live count is wrong",
		[FS_PROBLEM_COUNTER] = "counter of the checkpoint is wrong",
		[FS_PROBLEM_SNAPSHOT] = "snapshot has lost its root",
		[FS_PROBLEM_LOG] = "log cannot be replayed to its end",
		[FS_PROBLEM_SUPER] = "superblock or checkpoint copy is damaged",
	};

	return kind < sizeof(text) / sizeof(text[0]) ? text[kind] : "unknown problem";
}
