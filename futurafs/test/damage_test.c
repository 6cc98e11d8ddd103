/* SPDX-License-Identifier: MPL-2.0 */
/* Damaged blocks: noticed, never returned as data, and repaired with no more loss than theirs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/test/ram.h"
#include "lib/test/test.h"

constexpr unsigned FILES = 40;
constexpr uint32_t BLOCK = 1024;
static const struct fs_config config = { .cache_bytes = 64 << 10, .inodes = 16 };
static const struct fs_format format = {
	.block_size = BLOCK, .segment_blocks = 16, .segments = 64, .uuid = "damage test vo"
};

static size_t file_size(unsigned i)
{
	return i % 3 == 0 ? 50 + i : i * 331;
}

static uint8_t file_byte(unsigned i, size_t at)
{
	return (uint8_t)(i * 31 + at * 7 + at / 256);
}

/* d0 to d3 with ten files each; file i has a content of its own. */
static void volume_fill(struct fs *fs)
{
	struct fs_attr dir = { .type = FS_DIR, .mode = 0755 }, file = { .type = FS_FILE };
	uint64_t parent = 0, ino;
	static uint8_t buf[FILES * 331];
	char name[16];
	size_t done;

	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "d%u", i / 10);
		if (i % 10 == 0)
			CHECK(fs_create(fs, FS_ROOT, name, strlen(name), &dir, &parent) == FS_OK);
		snprintf(name, sizeof(name), "file%u", i);
		CHECK(fs_create(fs, parent, name, strlen(name), &file, &ino) == FS_OK);
		for (size_t at = 0; at < file_size(i); at++)
			buf[at] = file_byte(i, at);
		CHECK(fs_write(fs, ino, 0, buf, file_size(i), &done) == FS_OK);
	}
}

/* How many files are as they were? A file must be that, or an error, or gone: never different. */
static unsigned files_intact(struct fs *fs, bool *different)
{
	static uint8_t buf[FILES * 331 + 1];
	unsigned good = 0;

	for (unsigned i = 0; i < FILES; i++) {
		uint64_t ino;
		char name[16];
		size_t done = 0;

		snprintf(name, sizeof(name), "d%u", i / 10);
		enum fs_err e = fs_lookup(fs, FS_ROOT, name, strlen(name), &ino);
		snprintf(name, sizeof(name), "file%u", i);
		if (e == FS_OK)
			e = fs_lookup(fs, ino, name, strlen(name), &ino);
		if (e == FS_OK)
			e = fs_read(fs, ino, 0, buf, sizeof(buf), &done);
		bool same = e == FS_OK && done == file_size(i), before = *different;
		for (size_t at = 0; at < done; at++)
			*different = *different || buf[at] != file_byte(i, at);
		if (*different && !before)
			printf("%s: %zu bytes differ\n", name, done);
		good += same;
	}
	return good;
}

static void disk_make(struct ram *r, bool clean)
{
	struct fs_device dev;
	struct fs *fs;

	ram_init(r, 1100 * BLOCK);
	dev = ram_device(r);
	CHECK(fs_make(&dev, &test_host, &format) == FS_OK);
	CHECK(fs_mount(&dev, &test_host, &config, &fs) == FS_OK);
	volume_fill(fs);
	if (clean) {
		CHECK(fs_unmount(fs) == FS_OK);
		return;
	}
	CHECK(fs_sync(fs) == FS_OK);
	fs_abandon(fs);
}

static uint64_t repair(struct fs_device *dev, enum fs_err *e)
{
	struct fs_repair r = {};

	*e = fs_repair(dev, &test_host, &r);
	return *e == FS_OK && r.left > 0 ? UINT64_MAX : r.problems;
}

enum damage { DAMAGE_FLIP, DAMAGE_ZERO, DAMAGE_RANDOM, DAMAGES };

static void damage_do(struct ram *r, uint64_t block, enum damage how, uint64_t *seed)
{
	uint8_t bytes[BLOCK];

	memcpy(bytes, r->bytes + block * BLOCK, BLOCK);
	if (how == DAMAGE_FLIP)
		bytes[random_next(seed) % BLOCK] ^= (uint8_t)(1 << random_next(seed) % 8);
	for (unsigned i = 0; how != DAMAGE_FLIP && i < BLOCK; i++)
		bytes[i] = how == DAMAGE_ZERO ? 0 : (uint8_t)random_next(seed);
	ram_poke(r, block * BLOCK, bytes, BLOCK);
}

struct damage_count {
	unsigned tried, unseen, mount_fails, left, again, lost;
	bool different;
};

static void damage_try(struct ram *r, uint64_t block, enum damage how, uint64_t *seed,
		       struct damage_count *n)
{
	struct fs_device dev = ram_device(r);
	struct fs_config ro = { .flags = FS_MOUNT_READ_ONLY, .cache_bytes = 64 << 10 };
	enum fs_err e;
	struct fs *fs;

	r->undoing = true;
	damage_do(r, block, how, seed);
	n->tried++;
	if (fs_mount(&dev, &test_host, &ro, &fs) == FS_OK) {
		(void)files_intact(fs, &n->different); /* any number may be lost */
		fs_abandon(fs);
	} else {
		n->mount_fails++;
	}
	if (repair(&dev, &e) == UINT64_MAX || e != FS_OK) {
		n->left++;
		printf("block %llu damage %u: repair: %s, %s\n", (unsigned long long)block, how,
		       fs_err_text(e), report_text);
	}
	uint64_t again = repair(&dev, &e);
	if (again > 0) {
		n->again++;
		if (n->again == 1)
			printf("block %llu damage %u: a second repair finds %llu\n",
			       (unsigned long long)block, how, (unsigned long long)again);
	}
	if (fs_mount(&dev, &test_host, &config, &fs) == FS_OK) {
		n->lost += FILES - files_intact(fs, &n->different);
		CHECK(fs_unmount(fs) == FS_OK);
	} else {
		n->left++;
		printf("block %llu damage %u: does not mount: %s\n", (unsigned long long)block, how,
		       report_text);
	}
	ram_rollback(r);
	r->undoing = false;
}

static void damage_all(bool clean)
{
	struct damage_count n = {};
	uint64_t seed = 5;
	struct ram r;

	disk_make(&r, clean);
	for (uint64_t block = 0; block < r.size / BLOCK; block++)
		damage_try(&r, block, (enum damage)(block % DAMAGES), &seed, &n);
	printf("damage: %u tried, %u do not mount, %u files lost in all\n", n.tried, n.mount_fails,
	       n.lost);
	CHECK(n.tried == 1100);
	CHECK(!n.different);
	CHECK(n.left == 0);
	CHECK(n.again == 0);
	ram_fini(&r);
}

TEST(damage, any_one_block_after_unmount)
{
	damage_all(true);
}

TEST(damage, any_one_block_with_a_log_to_replay)
{
	damage_all(false);
}

TEST(damage, both_checkpoints_gone_leaves_what_leaves_hold)
{
	struct ram r;
	bool different = false;
	enum fs_err e;
	struct fs *fs;

	disk_make(&r, true);
	struct fs_device dev = ram_device(&r);
	memset(r.bytes + BLOCK, 0, 4 * BLOCK);
	CHECK(fs_mount(&dev, &test_host, &config, &fs) == FS_CORRUPT);
	CHECK(repair(&dev, &e) != UINT64_MAX && e == FS_OK);
	CHECK(repair(&dev, &e) == 0);
	CHECK(fs_mount(&dev, &test_host, &config, &fs) == FS_OK);
	CHECK(files_intact(fs, &different) == FILES);
	CHECK(!different);
	CHECK(fs_unmount(fs) == FS_OK);
	ram_fini(&r);
}

TEST(damage, many_blocks_at_once)
{
	uint64_t seed = 99;
	struct ram r;

	disk_make(&r, true);
	struct fs_device dev = ram_device(&r);
	for (unsigned i = 0; i < 60; i++) {
		bool different = false;
		enum fs_err e;
		struct fs *fs;

		r.undoing = true;
		for (unsigned k = 0; k < 1 + i; k++)
			damage_do(&r, 1 + random_next(&seed) % 500,
				  (enum damage)(random_next(&seed) % DAMAGES), &seed);
		CHECK(repair(&dev, &e) != UINT64_MAX && e == FS_OK);
		CHECK(repair(&dev, &e) == 0);
		CHECK(fs_mount(&dev, &test_host, &config, &fs) == FS_OK);
		(void)files_intact(fs, &different); /* any number may be lost */
		CHECK(!different);
		CHECK(fs_unmount(fs) == FS_OK);
		ram_rollback(&r);
		r.undoing = false;
	}
	ram_fini(&r);
}
