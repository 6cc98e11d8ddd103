/* SPDX-License-Identifier: MPL-2.0 */
/* What the interface promises, one promise a test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/crc32c.h"
#include "futurafs/test/ram.h"
#include "lib/test/test.h"

struct fixture {
	struct ram ram;
	struct fs_device dev;
	struct fs *fs;
};

static const struct fs_config config = {};
static const struct fs_attr file_attr = { .type = FS_FILE, .mode = 0644 };
static const struct fs_attr dir_attr = { .type = FS_DIR, .mode = 0755 };

static void setup(struct fixture *f, uint64_t size, uint64_t max_inodes)
{
	const struct fs_format format = { .uuid = "volume test vo", .max_inodes = max_inodes };

	ram_init(&f->ram, size);
	f->dev = ram_device(&f->ram);
	CHECK(fs_make(&f->dev, &test_host, &format) == FS_OK);
	CHECK(fs_mount(&f->dev, &test_host, &config, &f->fs) == FS_OK);
}

static void remount(struct fixture *f)
{
	CHECK(fs_unmount(f->fs) == FS_OK);
	CHECK(fs_mount(&f->dev, &test_host, &config, &f->fs) == FS_OK);
}

static void teardown(struct fixture *f)
{
	struct fs_check check = { .data = true };

	CHECK(fs_check(f->fs, &check) == FS_OK);
	CHECK(check.problems == 0);
	CHECK(fs_unmount(f->fs) == FS_OK);
	ram_fini(&f->ram);
}

static enum fs_err create(struct fixture *f, uint64_t dir, const char *name, uint64_t *ino)
{
	return fs_create(f->fs, dir, name, strlen(name), &file_attr, ino);
}

static enum fs_err lookup(struct fixture *f, uint64_t dir, const char *name, uint64_t *ino)
{
	return fs_lookup(f->fs, dir, name, strlen(name), ino);
}

static enum fs_err unlink_name(struct fixture *f, uint64_t dir, const char *name)
{
	return fs_unlink(f->fs, dir, name, strlen(name));
}

TEST(crc32c, matches_the_published_vector_and_the_instruction)
{
	uint8_t buf[100];

	CHECK(crc32c(0, "123456789", 9) == 0xe3069283);
	CHECK(crc32c(crc32c(0, "1234", 4), "56789", 5) == 0xe3069283);
	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 37);
	for (unsigned n = 0; n <= sizeof(buf); n++)
		CHECK(crc32c(7, buf, n) == crc32c_hw(7, buf, n));
}

TEST(make, refuses_shapes_that_cannot_be)
{
	struct fs_format odd = { .block_size = 3000 }, small = { .block_size = 512 };
	struct fs_format many = { .segments = 1000000 };
	struct ram r;

	ram_init(&r, 16 << 20);
	struct fs_device dev = ram_device(&r);
	CHECK(fs_make(&dev, &test_host, &odd) == FS_BAD_ARGUMENT);
	CHECK(fs_make(&dev, &test_host, &small) == FS_BAD_ARGUMENT);
	CHECK(fs_make(&dev, &test_host, &many) == FS_NO_SPACE);
	dev.size = 64 << 10;
	CHECK(fs_make(&dev, &test_host, &(struct fs_format){}) == FS_NO_SPACE);
	ram_fini(&r);
}

TEST(mount, refuses_what_is_not_a_volume_and_features_it_does_not_know)
{
	struct fixture f;
	struct fs *fs;

	setup(&f, 16 << 20, 0);
	CHECK(fs_unmount(f.fs) == FS_OK);
	uint8_t saved = f.ram.bytes[0];
	f.ram.bytes[0] ^= 1; /* the copy at the end still serves */
	CHECK(fs_mount(&f.dev, &test_host, &config, &fs) == FS_OK);
	CHECK(fs_unmount(fs) == FS_OK);
	f.ram.bytes[f.ram.size - 4096] ^= 1;
	CHECK(fs_mount(&f.dev, &test_host, &config, &fs) == FS_CORRUPT);
	f.ram.bytes[0] = saved;
	/* major version, with its checksum */
	f.ram.bytes[12] = 9;
	uint32_t crc = crc32c(0, f.ram.bytes + 12, 1024 - 12);
	memcpy(f.ram.bytes + 8, &crc, 4);
	CHECK(fs_mount(&f.dev, &test_host, &config, &fs) == FS_UNSUPPORTED);
	ram_fini(&f.ram);
}

TEST(names, a_stale_inode_number_finds_nothing)
{
	struct fixture f;
	struct fs_attr attr;
	uint64_t ino, again;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	CHECK(unlink_name(&f, FS_ROOT, "a") == FS_OK);
	CHECK(create(&f, FS_ROOT, "a", &again) == FS_OK);
	CHECK(again != ino);
	CHECK(fs_getattr(f.fs, ino, &attr) == FS_NOT_FOUND);
	teardown(&f);
}

TEST(names, bad_ones_are_refused)
{
	struct fixture f;
	char longest[257];
	uint64_t ino;

	setup(&f, 16 << 20, 0);
	memset(longest, 'n', sizeof(longest));
	CHECK(fs_create(f.fs, FS_ROOT, longest, 255, &file_attr, &ino) == FS_OK);
	CHECK(fs_create(f.fs, FS_ROOT, longest, 256, &file_attr, &ino) == FS_NAME_TOO_LONG);
	CHECK(create(&f, FS_ROOT, "", &ino) == FS_BAD_ARGUMENT);
	CHECK(create(&f, FS_ROOT, ".", &ino) == FS_BAD_ARGUMENT);
	CHECK(create(&f, FS_ROOT, "..", &ino) == FS_BAD_ARGUMENT);
	CHECK(create(&f, FS_ROOT, "a/b", &ino) == FS_BAD_ARGUMENT);
	CHECK(create(&f, 12345, "a", &ino) == FS_NOT_FOUND);
	teardown(&f);
}

TEST(pin, an_open_file_outlives_its_name_until_it_is_closed)
{
	struct fixture f;
	struct fs_attr attr;
	uint64_t ino;
	char buf[8];
	size_t done;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	CHECK(fs_write(f.fs, ino, 0, "hello", 5, &done) == FS_OK);
	CHECK(fs_pin(f.fs, ino) == FS_OK);
	CHECK(unlink_name(&f, FS_ROOT, "a") == FS_OK);
	CHECK(fs_getattr(f.fs, ino, &attr) == FS_OK && attr.nlink == 0);
	CHECK(fs_read(f.fs, ino, 0, buf, sizeof(buf), &done) == FS_OK && done == 5);
	CHECK(fs_unpin(f.fs, ino, 1) == FS_OK);
	CHECK(fs_getattr(f.fs, ino, &attr) == FS_NOT_FOUND);
	teardown(&f);
}

TEST(pin, a_power_cut_frees_what_was_open_without_a_name)
{
	struct fixture f;
	struct fs_stat before, after;
	static char data[1 << 20];
	uint64_t ino;
	size_t done;

	setup(&f, 16 << 20, 0);
	fs_statfs(f.fs, &before);
	CHECK(fs_create_unnamed(f.fs, &file_attr, &ino) == FS_OK);
	CHECK(fs_write(f.fs, ino, 0, data, sizeof(data), &done) == FS_OK);
	CHECK(fs_sync(f.fs) == FS_OK);
	fs_abandon(f.fs);
	CHECK(fs_mount(&f.dev, &test_host, &config, &f.fs) == FS_OK);
	CHECK(fs_checkpoint(f.fs) == FS_OK);
	fs_statfs(f.fs, &after);
	CHECK(after.inodes == before.inodes);
	CHECK(after.blocks_free + 4 >= before.blocks_free);
	teardown(&f);
}

TEST(pin, a_file_made_without_a_name_can_be_given_one)
{
	struct fixture f;
	uint64_t ino, found;

	setup(&f, 16 << 20, 0);
	CHECK(fs_create_unnamed(f.fs, &file_attr, &ino) == FS_OK);
	CHECK(fs_link(f.fs, ino, FS_ROOT, "now", 3) == FS_OK);
	CHECK(fs_unpin(f.fs, ino, 1) == FS_OK);
	remount(&f);
	CHECK(lookup(&f, FS_ROOT, "now", &found) == FS_OK && found == ino);
	teardown(&f);
}

TEST(dir, a_listing_sees_each_lasting_entry_once_while_others_come_and_go)
{
	struct fixture f;
	struct fs_dirent d;
	uint64_t ino, cookie = 0;
	unsigned seen[200] = {};
	char name[16];

	setup(&f, 16 << 20, 0);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "keep%u", i);
		CHECK(create(&f, FS_ROOT, name, &ino) == FS_OK);
		snprintf(name, sizeof(name), "gone%u", i);
		CHECK(create(&f, FS_ROOT, name, &ino) == FS_OK);
	}
	for (unsigned n = 0; fs_readdir(f.fs, FS_ROOT, &cookie, &d) == FS_OK; n++) {
		if (strncmp(d.name, "keep", 4) == 0)
			seen[atoi(d.name + 4)]++;
		snprintf(name, sizeof(name), "gone%u", n % 200);
		enum fs_err e = unlink_name(&f, FS_ROOT, name);
		CHECK(e == FS_OK || e == FS_NOT_FOUND);
		snprintf(name, sizeof(name), "new%u", n);
		CHECK(create(&f, FS_ROOT, name, &ino) == FS_OK);
	}
	for (unsigned i = 0; i < 200; i++)
		CHECK(seen[i] == 1);
	teardown(&f);
}

TEST(space, a_full_volume_says_so_before_it_takes_data_and_still_deletes)
{
	struct fixture f;
	struct fs_stat st;
	static char data[65536];
	uint64_t ino;
	char name[16];
	size_t done;
	enum fs_err e = FS_OK;
	unsigned n = 0;

	setup(&f, 16 << 20, 0);
	memset(data, 'd', sizeof(data));
	for (; e == FS_OK; n++) {
		snprintf(name, sizeof(name), "f%u", n);
		e = create(&f, FS_ROOT, name, &ino);
		if (e == FS_OK)
			e = fs_write(f.fs, ino, 0, data, sizeof(data), &done);
	}
	CHECK(e == FS_NO_SPACE);
	CHECK(n > 100);
	CHECK(fs_sync(f.fs) == FS_OK); /* all that was taken */
	CHECK(lookup(&f, FS_ROOT, "f0", &ino) == FS_OK);
	/* overwriting takes nothing, and holds its promise often */
	for (unsigned i = 0; i < 500; i++)
		CHECK(fs_write(f.fs, ino, i % 16 * 4096, data, 4096, &done) == FS_OK);
	CHECK(fs_checkpoint(f.fs) == FS_OK);
	for (unsigned i = 0; i + 1 < n; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		CHECK(unlink_name(&f, FS_ROOT, name) == FS_OK);
	}
	CHECK(fs_checkpoint(f.fs) == FS_OK);
	fs_statfs(f.fs, &st);
	CHECK(st.blocks_free > st.blocks * 9 / 10);
	teardown(&f);
}

TEST(space, scattered_overwrites_of_a_nearly_full_volume_go_on_for_ever)
{
	struct fixture f;
	struct fs_stat st;
	static char data[4096];
	uint64_t ino, seed = 3;
	size_t done;

	setup(&f, 64 << 20, 0);
	fs_statfs(f.fs, &st);
	uint64_t blocks = st.blocks * 95 / 100;
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	for (uint64_t i = 0; i < blocks; i++)
		CHECK(fs_write(f.fs, ino, i * 4096, data, 4096, &done) == FS_OK);
	for (unsigned i = 0; i < 30000; i++) {
		CHECK(fs_write(f.fs, ino, random_next(&seed) % blocks * 4096, data, 4096, &done) ==
		      FS_OK);
		if (i % 64 == 0)
			CHECK(fs_sync(f.fs) == FS_OK);
	}
	teardown(&f);
}

TEST(space, what_was_reserved_can_be_written_when_the_rest_is_full)
{
	struct fixture f;
	static char data[1 << 20];
	uint64_t ino, other;
	size_t done;
	enum fs_err e = FS_OK;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "promised", &ino) == FS_OK);
	CHECK(create(&f, FS_ROOT, "greedy", &other) == FS_OK);
	CHECK(fs_pin(f.fs, ino) == FS_OK);
	CHECK(fs_reserve(f.fs, ino, 0, sizeof(data)) == FS_OK);
	for (uint64_t at = 0; e == FS_OK; at += 65536)
		e = fs_write(f.fs, other, at, data, 65536, &done);
	CHECK(e == FS_NO_SPACE);
	CHECK(fs_write(f.fs, ino, 0, data, sizeof(data), &done) == FS_OK);
	CHECK(done == sizeof(data));
	CHECK(fs_reserve(f.fs, ino, 1 << 20, 64 << 20) == FS_NO_SPACE);
	teardown(&f);
}

TEST(space, what_was_allocated_can_be_written_after_a_remount)
{
	struct fixture f;
	static char data[1 << 20];
	uint64_t ino, other, found;
	size_t done;
	enum fs_err e = FS_OK;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "kept", &ino) == FS_OK);
	CHECK(create(&f, FS_ROOT, "greedy", &other) == FS_OK);
	CHECK(fs_allocate(f.fs, ino, 0, sizeof(data), true) == FS_OK);
	remount(&f);
	for (uint64_t at = 0; e == FS_OK; at += 65536)
		e = fs_write(f.fs, other, at, data, 65536, &done);
	CHECK(e == FS_NO_SPACE);
	CHECK(fs_write(f.fs, ino, 0, data, sizeof(data), &done) == FS_OK);
	CHECK(fs_seek(f.fs, ino, 0, true, &found) == FS_OK && found == sizeof(data));
	teardown(&f);
}

TEST(space, a_volume_with_a_limit_of_inodes_keeps_it)
{
	struct fixture f;
	uint64_t ino;

	setup(&f, 16 << 20, 3);
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	CHECK(create(&f, FS_ROOT, "b", &ino) == FS_OK);
	CHECK(create(&f, FS_ROOT, "c", &ino) == FS_NO_SPACE);
	CHECK(unlink_name(&f, FS_ROOT, "a") == FS_OK);
	CHECK(create(&f, FS_ROOT, "c", &ino) == FS_OK);
	teardown(&f);
}

TEST(file, eight_tebibytes_and_no_more)
{
	struct fixture f;
	struct fs_attr attr;
	uint64_t ino;
	char buf[4];
	size_t done;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "huge", &ino) == FS_OK);
	CHECK(fs_write(f.fs, ino, FS_FILE_MAX - 4, "last", 4, &done) == FS_OK);
	CHECK(fs_write(f.fs, ino, FS_FILE_MAX, "x", 1, &done) == FS_FILE_TOO_BIG);
	remount(&f);
	CHECK(fs_getattr(f.fs, ino, &attr) == FS_OK && attr.size == FS_FILE_MAX);
	CHECK(fs_read(f.fs, ino, FS_FILE_MAX - 4, buf, 4, &done) == FS_OK);
	CHECK(done == 4 && memcmp(buf, "last", 4) == 0);
	CHECK(attr.blocks == 1);
	teardown(&f);
}

TEST(file, seek_finds_data_and_holes)
{
	struct fixture f;
	uint64_t ino, at;
	size_t done;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	CHECK(fs_write(f.fs, ino, 40960, "x", 1, &done) == FS_OK);
	CHECK(fs_truncate(f.fs, ino, 100000) == FS_OK);
	CHECK(fs_seek(f.fs, ino, 0, false, &at) == FS_OK && at == 40960);
	CHECK(fs_seek(f.fs, ino, 0, true, &at) == FS_OK && at == 0);
	CHECK(fs_seek(f.fs, ino, 40960, true, &at) == FS_OK && at == 45056);
	CHECK(fs_seek(f.fs, ino, 50000, false, &at) == FS_RANGE);
	CHECK(fs_seek(f.fs, ino, 100000, true, &at) == FS_RANGE);
	teardown(&f);
}

TEST(xattr, sizes_flags_and_lists_are_those_of_linux)
{
	struct fixture f;
	char buf[2048];
	size_t len = 0;
	uint64_t ino;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	CHECK(fs_xattr_set(f.fs, ino, "user.a", "1", 1, FS_XATTR_REPLACE) == FS_NO_ATTRIBUTE);
	CHECK(fs_xattr_set(f.fs, ino, "user.a", "12", 2, FS_XATTR_CREATE) == FS_OK);
	CHECK(fs_xattr_set(f.fs, ino, "user.a", "12", 2, FS_XATTR_CREATE) == FS_EXISTS);
	CHECK(fs_xattr_get(f.fs, ino, "user.a", nullptr, &len) == FS_OK && len == 2);
	len = 1;
	CHECK(fs_xattr_get(f.fs, ino, "user.a", buf, &len) == FS_RANGE && len == 2);
	len = 3;
	CHECK(fs_xattr_list(f.fs, ino, buf, &len) == FS_RANGE && len == 7);
	memset(buf, 'v', sizeof(buf));
	CHECK(fs_xattr_set(f.fs, ino, "user.b", buf, 1000, 0) == FS_OK);
	CHECK(fs_xattr_set(f.fs, ino, "user.c", buf, sizeof(buf), 0) == FS_NO_SPACE);
	remount(&f);
	len = sizeof(buf);
	CHECK(fs_xattr_get(f.fs, ino, "user.b", buf, &len) == FS_OK && len == 1000);
	CHECK(fs_xattr_remove(f.fs, ino, "user.z") == FS_NO_ATTRIBUTE);
	teardown(&f);
}

TEST(snapshot, shows_what_was_then_whatever_happens_after)
{
	struct fixture f;
	struct fs_config then = { .snapshot = "monday" };
	static char data[1 << 20], back[1 << 20];
	uint64_t ino, other;
	size_t done;
	struct fs *fs;

	setup(&f, 32 << 20, 0);
	memset(data, 'm', sizeof(data));
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	CHECK(fs_write(f.fs, ino, 0, data, sizeof(data), &done) == FS_OK);
	CHECK(fs_snapshot_create(f.fs, "monday") == FS_OK);
	CHECK(fs_snapshot_create(f.fs, "monday") == FS_EXISTS);
	CHECK(unlink_name(&f, FS_ROOT, "a") == FS_OK);
	memset(data, 't', sizeof(data));
	CHECK(create(&f, FS_ROOT, "b", &other) == FS_OK);
	for (unsigned i = 0; i < 60; i++) /* several times the volume */
		CHECK(fs_write(f.fs, other, 0, data, sizeof(data), &done) == FS_OK);
	remount(&f);
	CHECK(fs_mount(&f.dev, &test_host, &then, &fs) == FS_OK);
	CHECK(fs_read(fs, ino, 0, back, sizeof(back), &done) == FS_OK);
	CHECK(done == sizeof(back) && back[0] == 'm' && back[sizeof(back) - 1] == 'm');
	CHECK(fs_lookup(fs, FS_ROOT, "b", 1, &other) == FS_NOT_FOUND);
	CHECK(fs_create(fs, FS_ROOT, "c", 1, &file_attr, &other) == FS_READ_ONLY);
	struct fs_check check = { .data = true };
	CHECK(fs_check(fs, &check) == FS_OK && check.problems == 0);
	CHECK(fs_unmount(fs) == FS_OK);
	teardown(&f);
}

TEST(snapshot, gives_its_space_back_when_deleted)
{
	struct fixture f;
	struct fs_stat before, held, after;
	static char data[1 << 20];
	uint64_t ino;
	size_t done;

	setup(&f, 32 << 20, 0);
	fs_statfs(f.fs, &before);
	CHECK(create(&f, FS_ROOT, "a", &ino) == FS_OK);
	for (uint64_t i = 0; i < 10; i++)
		CHECK(fs_write(f.fs, ino, i << 20, data, sizeof(data), &done) == FS_OK);
	CHECK(fs_snapshot_create(f.fs, "s") == FS_OK);
	CHECK(unlink_name(&f, FS_ROOT, "a") == FS_OK);
	CHECK(fs_checkpoint(f.fs) == FS_OK);
	fs_statfs(f.fs, &held);
	CHECK(held.blocks_free < before.blocks_free - 2000);
	CHECK(fs_snapshot_delete(f.fs, "s") == FS_OK);
	fs_statfs(f.fs, &after);
	CHECK(after.blocks_free + 8 > before.blocks_free);
	CHECK(fs_snapshot_delete(f.fs, "s") == FS_NOT_FOUND);
	teardown(&f);
}

TEST(clean, frees_segments_that_are_partly_dead)
{
	struct fixture f;
	struct fs_stat before, after;
	static char data[65536];
	uint64_t ino;
	char name[16];
	size_t done;
	uint32_t n;

	setup(&f, 32 << 20, 0);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		CHECK(create(&f, FS_ROOT, name, &ino) == FS_OK);
		CHECK(fs_write(f.fs, ino, 0, data, sizeof(data), &done) == FS_OK);
	}
	for (unsigned i = 0; i < 300; i += 2) {
		snprintf(name, sizeof(name), "f%u", i);
		CHECK(unlink_name(&f, FS_ROOT, name) == FS_OK);
	}
	CHECK(fs_checkpoint(f.fs) == FS_OK);
	fs_statfs(f.fs, &before);
	CHECK(fs_clean(f.fs, 1000, &n) == FS_OK);
	fs_statfs(f.fs, &after);
	CHECK(after.segments_free > before.segments_free + 10);
	CHECK(fs_clean(f.fs, 1000, &n) == FS_OK);
	CHECK(n < 300); /* it comes to an end: what is nearly full of life is left alone */
	teardown(&f);
}

TEST(fsync, writes_nothing_for_a_file_that_did_not_change)
{
	struct fixture f;
	struct fs_stat before, after;
	uint64_t a, b;
	size_t done;

	setup(&f, 16 << 20, 0);
	CHECK(create(&f, FS_ROOT, "a", &a) == FS_OK);
	CHECK(create(&f, FS_ROOT, "b", &b) == FS_OK);
	CHECK(fs_sync(f.fs) == FS_OK);
	CHECK(fs_write(f.fs, b, 0, "x", 1, &done) == FS_OK);
	fs_statfs(f.fs, &before);
	CHECK(fs_fsync(f.fs, a) == FS_OK);
	fs_statfs(f.fs, &after);
	CHECK(after.flushes == before.flushes);
	CHECK(fs_fsync(f.fs, b) == FS_OK);
	fs_statfs(f.fs, &after);
	CHECK(after.flushes == before.flushes + 1);
	CHECK(after.device_writes - before.device_writes == 4096);
	teardown(&f);
}

TEST(dir, a_hundred_thousand_entries)
{
	struct fixture f;
	struct fs_dirent d;
	uint64_t ino, found, cookie = 0, dir;
	char name[24];
	unsigned n = 0;

	setup(&f, 128 << 20, 0);
	CHECK(fs_create(f.fs, FS_ROOT, "dir", 3, &dir_attr, &dir) == FS_OK);
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "entry-%u", i);
		CHECK(create(&f, dir, name, &ino) == FS_OK);
	}
	remount(&f);
	for (unsigned i = 0; i < 100000; i += 97) {
		snprintf(name, sizeof(name), "entry-%u", i);
		CHECK(lookup(&f, dir, name, &found) == FS_OK);
	}
	CHECK(lookup(&f, dir, "entry-100000", &found) == FS_NOT_FOUND);
	while (fs_readdir(f.fs, dir, &cookie, &d) == FS_OK)
		n++;
	CHECK(n == 100000);
	CHECK(fs_rmdir(f.fs, FS_ROOT, "dir", 3) == FS_NOT_EMPTY);
	teardown(&f);
}
