/* SPDX-License-Identifier: MPL-2.0 */
/* futfs dump and diff: the volume as its format sees it. */
#include <stdio.h>
#include <string.h>

#include "futurafs/crc32c.h"
#include "futurafs/dir.h"
#include "futurafs/extent.h"
#include "futurafs/segment.h"
#include "futurafs/super.h"
#include "futurafs/tree.h"
#include "host/futfs/futfs.h"

static void super_dump(const struct d_super *s)
{
	printf("format %u.%u, features %llx %llx %llx\nblock size %u, %llu blocks\n"
	       "%llu segments of %u blocks from block %llu on, table of %llu blocks twice\n",
	       get32(s->major), get32(s->minor), (unsigned long long)get64(s->compat),
	       (unsigned long long)get64(s->ro_compat), (unsigned long long)get64(s->incompat),
	       get32(s->block_size), (unsigned long long)get64(s->blocks),
	       (unsigned long long)get64(s->segments), get32(s->segment_blocks),
	       (unsigned long long)get64(s->main), (unsigned long long)get64(s->table_blocks));
}

static void state_dump(const struct fs *fs)
{
	static const char *const names[] = { "log", "cold", "nodes" };

	printf("checkpoint %llu, root %llu, height %u, next inode %llu, %llu inodes\n",
	       (unsigned long long)fs->seq, (unsigned long long)fs->root.addr, fs->height,
	       (unsigned long long)fs->next_ino, (unsigned long long)fs->inodes);
	printf("blocks: %llu live, %llu kept, %llu held by snapshots only, %llu at most\n",
	       (unsigned long long)fs->space.live, (unsigned long long)fs->space.kept,
	       (unsigned long long)fs->space.pinned, (unsigned long long)fs->space.capacity);
	printf("replayed %llu blocks of log, chunk %llu is next\n",
	       (unsigned long long)fs->log_blocks, (unsigned long long)fs->chunk_seq);
	for (unsigned i = 0; i < STREAMS; i++)
		printf("stream %s: segment %d, %u blocks in use, then %d\n", names[i],
		       (int)fs->stream[i].seg, fs->stream[i].off, (int)fs->stream[i].next);
}

static void segments_dump(const struct fs *fs)
{
	static const char *const types[] = { "-", "data", "nodes" };
	static const char *const states[] = { "free", "used", "open" };

	for (uint32_t i = 0; i < fs->nsegments; i++) {
		const struct segment *s = &fs->segment[i];

		printf("segment %u at %llu: %s %s, live %u, born %llu, age %u\n", i,
		       (unsigned long long)segment_base(fs, i), states[s->state], types[s->type],
		       s->live, (unsigned long long)s->birth, s->age);
	}
}

static void item_dump(struct fs *fs, struct key k, const void *val, uint32_t len)
{
	static const char *const types[] = { "?",      "inode",  "inline", "xattr",
					     "dirent", "extent", "orphan", "snapshot" };
	enum item_type type = key_type(k);
	struct extent x;

	printf("%llu %s %llx: %u bytes", (unsigned long long)k.ino,
	       type <= ITEM_SNAPSHOT ? types[type] : "?", (unsigned long long)key_off(k), len);
	if (type == ITEM_DIRENT && len > sizeof(struct d_dirent))
		printf(" \"%.*s\" -> %llu", (int)(len - sizeof(struct d_dirent)),
		       ((const struct d_dirent *)val)->name,
		       (unsigned long long)get64(((const struct d_dirent *)val)->ino));
	if (type == ITEM_EXTENT && extent_decode(fs, k, val, len, &x))
		printf(" blocks %llu+%llu at %llu kind %u", (unsigned long long)x.fblk,
		       (unsigned long long)x.count, (unsigned long long)x.addr, x.kind);
	printf("\n");
}

static enum fs_err tree_dump(struct fs *fs)
{
	struct path p;
	struct key k = {};
	enum fs_err e;

	while ((e = tree_seek_ge(fs, k, &p)) == FS_OK) {
		uint32_t len;
		const void *val = path_value(&p, &len);

		k = path_key(&p);
		item_dump(fs, k, val, len);
		if (++k.off == 0)
			k.ino++;
		cache_trim(fs);
	}
	return e == FS_NOT_FOUND ? FS_OK : e;
}

static bool has_word(const struct command *c, const char *word)
{
	for (int i = 0; i < c->argc; i++)
		if (strcmp(c->argv[i], word) == 0)
			return true;
	return false;
}

int command_dump(struct command *c)
{
	struct d_super s;
	enum fs_err e = super_read(&c->dev, crc32c, &s);

	if (e != FS_OK)
		return command_fail(c->image, e);
	super_dump(&s);
	struct fs *fs = command_open(c, c->snapshot, false);
	if (fs == nullptr)
		return 1;
	state_dump(fs);
	if (has_word(c, "segments"))
		segments_dump(fs);
	if (has_word(c, "tree"))
		e = tree_dump(fs);
	fs_abandon(fs);
	return e == FS_OK ? 0 : command_fail(c->image, e);
}

/* The item at or after k. False: no more, or *e. */
static bool item_at(struct fs *fs, struct key *k, const void **val, uint32_t *len, enum fs_err *e)
{
	struct path p;

	cache_trim(fs);
	enum fs_err found = tree_seek_ge(fs, *k, &p);
	if (found != FS_OK) {
		*e = found == FS_NOT_FOUND ? *e : found;
		return false;
	}
	*k = path_key(&p);
	*val = path_value(&p, len);
	return true;
}

static void key_step(struct key *k)
{
	if (++k->off == 0)
		k->ino++;
}

static void difference(uint64_t *last, struct key k, char what)
{
	if (k.ino != *last)
		printf("%c inode %llu\n", what, (unsigned long long)k.ino);
	*last = k.ino;
}

/* Both trees side by side. Blocks that only moved differ by address, and are not told. */
static enum fs_err trees_diff(struct fs *a, struct fs *b)
{
	struct key ka = {}, kb = {};
	uint64_t last = 0;
	enum fs_err e = FS_OK;

	for (;;) {
		const void *va, *vb;
		uint32_t na, nb;
		bool in_a = item_at(a, &ka, &va, &na, &e), in_b = item_at(b, &kb, &vb, &nb, &e);

		if (e != FS_OK || (!in_a && !in_b))
			return e;
		if (in_a && (!in_b || key_less(ka, kb))) {
			difference(&last, ka, key_type(ka) == ITEM_INODE ? '-' : '*');
			key_step(&ka);
		} else if (in_b && (!in_a || key_less(kb, ka))) {
			difference(&last, kb, key_type(kb) == ITEM_INODE ? '+' : '*');
			key_step(&kb);
		} else {
			uint32_t skip = key_type(ka) == ITEM_EXTENT ? 8 : 0; /* the address */

			if (na != nb || memcmp((const char *)va + skip, (const char *)vb + skip,
					       na - skip) != 0)
				difference(&last, ka, '*');
			key_step(&ka);
			key_step(&kb);
		}
	}
}

int command_diff(struct command *c)
{
	if (c->argc < 1) {
		fputs("futfs: diff: name a snapshot; `futfs snapshot IMAGE` lists them\n", stderr);
		return 2;
	}
	struct fs *a = command_open(c, c->argv[0], false);
	struct fs *b =
		a != nullptr ? command_open(c, c->argc > 1 ? c->argv[1] : nullptr, false) : nullptr;
	enum fs_err e = FS_NOT_FOUND;
	if (b != nullptr)
		e = trees_diff(a, b);
	if (b != nullptr)
		fs_abandon(b);
	if (a != nullptr)
		fs_abandon(a);
	return e == FS_OK ? 0 : 1;
}
