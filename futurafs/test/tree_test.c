/* SPDX-License-Identifier: MPL-2.0 */
/* A tree of several levels: files that grow side by side, lose pieces and are emptied. */
#include <stdio.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/test/ram.h"
#include "lib/test/test.h"

constexpr unsigned FILES = 6;
constexpr unsigned PIECES = 16384; /* of a file: one block each, with a hole behind it */
constexpr unsigned BLOCK_MAX = 4096;

struct files {
	struct ram ram;
	struct fs_device dev;
	struct fs *fs;
	uint32_t block;
	uint64_t seed, ino[FILES];
	unsigned size[FILES];         /* in pieces */
	uint8_t wrote[FILES][PIECES]; /* what a piece was filled with; 0: nothing */
};

static const struct fs_config config = { .cache_bytes = 256 << 10, .inodes = 16 };
static struct files files;

static void setup(struct files *f, uint32_t block, uint64_t seed)
{
	const struct fs_format format = { .block_size = block, .uuid = "tree test volum" };
	const struct fs_attr attr = { .type = FS_FILE, .mode = 0644 };

	memset(f, 0, sizeof(*f));
	f->block = block;
	f->seed = seed * 0x9e3779b97f4a7c15;
	ram_init(&f->ram, 64 << 20);
	f->dev = ram_device(&f->ram);
	CHECK(fs_make(&f->dev, &test_host, &format) == FS_OK);
	CHECK(fs_mount(&f->dev, &test_host, &config, &f->fs) == FS_OK);
	for (unsigned i = 0; i < FILES; i++) {
		char name = (char)('a' + i);
		CHECK(fs_create(f->fs, FS_ROOT, &name, 1, &attr, &f->ino[i]) == FS_OK);
	}
}

static enum fs_err piece_write(struct files *f, unsigned file, unsigned piece)
{
	uint8_t with = (uint8_t)(random_next(&f->seed) % 255 + 1), bytes[BLOCK_MAX];
	size_t done;

	memset(bytes, with, f->block);
	f->wrote[file][piece] = with;
	return fs_write(f->fs, f->ino[file], 2ull * piece * f->block, bytes, f->block, &done);
}

static enum fs_err pieces_punch(struct files *f, unsigned file)
{
	unsigned first = (unsigned)random_next(&f->seed) % (f->size[file] + 1);
	unsigned n = (unsigned)random_next(&f->seed) % 400 + 1;

	n = first + n < f->size[file] ? n : f->size[file] - first;
	if (n == 0)
		return FS_OK;
	memset(&f->wrote[file][first], 0, n);
	return fs_punch(f->fs, f->ino[file], 2ull * first * f->block, 2ull * n * f->block);
}

static enum fs_err file_empty(struct files *f, unsigned file)
{
	memset(f->wrote[file], 0, sizeof(f->wrote[file]));
	f->size[file] = 0;
	return fs_truncate(f->fs, f->ino[file], 0);
}

static enum fs_err step(struct files *f)
{
	unsigned what = (unsigned)(random_next(&f->seed) >> 32) % 1000;
	unsigned file = (unsigned)(random_next(&f->seed) >> 32) % FILES, *size = &f->size[file];

	if (what < 2 || *size == PIECES)
		return file_empty(f, file);
	if (what < 4)
		return fs_sync(f->fs);
	if (what < 10)
		return pieces_punch(f, file);
	if (what < 500 && *size > 0)
		return piece_write(f, file, (unsigned)(random_next(&f->seed) >> 32) % *size);
	return piece_write(f, file, (*size)++);
}

static unsigned wrong_pieces(struct files *f)
{
	uint8_t bytes[BLOCK_MAX], want[BLOCK_MAX];
	unsigned wrong = 0;

	for (unsigned file = 0; file < FILES; file++)
		for (unsigned i = 0; i < f->size[file]; i++) {
			size_t done = 0;
			enum fs_err e = fs_read(f->fs, f->ino[file], 2ull * i * f->block, bytes,
						f->block, &done);
			memset(want, f->wrote[file][i], f->block);
			/* A file may end in a hole's place that was never written. */
			wrong += e != FS_OK || memcmp(bytes, want, done) != 0 ||
				 (done < f->block && f->wrote[file][i] != 0);
		}
	return wrong;
}

static void files_live(uint32_t block, uint64_t seed)
{
	struct files *f = &files;
	struct fs_check check = { .data = true };

	setup(f, block, seed);
	for (unsigned i = 0; i < 12000; i++) {
		enum fs_err e = step(f);

		CHECK(e == FS_OK);
		if (e != FS_OK) {
			printf("seed %llu, step %u: %s\n", (unsigned long long)seed, i,
			       report_text);
			break;
		}
	}
	CHECK(fs_unmount(f->fs) == FS_OK);
	CHECK(fs_mount(&f->dev, &test_host, &config, &f->fs) == FS_OK);
	CHECK(wrong_pieces(f) == 0);
	CHECK(fs_check(f->fs, &check) == FS_OK);
	CHECK(check.problems == 0);
	CHECK(fs_unmount(f->fs) == FS_OK);
	ram_fini(&f->ram);
}

TEST(tree, files_live_side_by_side_with_small_nodes)
{
	for (uint64_t seed = 1; seed <= 6; seed++)
		files_live(1024, seed);
}

TEST(tree, files_live_side_by_side)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		files_live(4096, seed);
}
