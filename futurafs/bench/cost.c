/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Workloads to be counted in instructions, on a device in memory: cost WORKLOAD COUNT. Run under
 * `valgrind --tool=callgrind` with two counts; the difference is what the additional ones cost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/crc32c.h"
#include "futurafs/test/ram.h"

static struct fs *fs;
static uint8_t block[4096];

static void must(enum fs_err e)
{
	if (e == FS_OK)
		return;
	fprintf(stderr, "cost: %s %s\n", fs_err_text(e), report_text);
	exit(1);
}

static uint64_t file_create(unsigned i)
{
	const struct fs_attr attr = { .type = FS_FILE, .mode = 0644 };
	char name[16];
	uint64_t ino;

	snprintf(name, sizeof(name), "file%u", i);
	must(fs_create(fs, FS_ROOT, name, strlen(name), &attr, &ino));
	return ino;
}

static void file_write(uint64_t ino, uint64_t fblk)
{
	size_t done;

	must(fs_write(fs, ino, fblk * sizeof(block), block, sizeof(block), &done));
}

static uint64_t file_fill(unsigned blocks)
{
	uint64_t ino = file_create(0);

	for (unsigned i = 0; i < blocks; i++)
		file_write(ino, i);
	must(fs_checkpoint(fs));
	return ino;
}

static void do_create(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		(void)file_create(i); /* its number is not needed */
	must(fs_checkpoint(fs));
}

static void do_lookup(unsigned n)
{
	struct fs_attr attr;
	char name[16];
	uint64_t ino;

	do_create(1000);
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "file%u", i % 1000);
		must(fs_lookup(fs, FS_ROOT, name, strlen(name), &ino));
		must(fs_getattr(fs, ino, &attr));
	}
}

static void do_append(unsigned n)
{
	(void)file_fill(n); /* its number is not needed */
}

static void do_overwrite(unsigned n, unsigned every)
{
	uint64_t seed = 1, ino = file_fill(8192);

	for (unsigned i = 0; i < n; i++) {
		file_write(ino, random_next(&seed) % 8192);
		if (i % every == 0)
			must(fs_sync(fs));
	}
}

static void do_read(unsigned n)
{
	uint64_t ino = file_fill(8192);
	size_t done;

	for (unsigned i = 0; i < n; i++)
		must(fs_read(fs, ino, i % 8192 * sizeof(block), block, sizeof(block), &done));
}

int main(int argc, char **argv)
{
	const struct fs_format format = { .uuid = "cost of things" };
	const struct fs_config config = { .cache_bytes = 32 << 20, .inodes = 4096 };
	struct fs_host host = test_host;
	struct ram r;

	if (argc != 3)
		return 2;
	unsigned n = (unsigned)atoi(argv[2]);
	host.crc32c = crc32c_hw;
	ram_init(&r, 256 << 20);
	struct fs_device dev = ram_device(&r);
	must(fs_make(&dev, &host, &format));
	must(fs_mount(&dev, &host, &config, &fs));
	memset(block, 'c', sizeof(block));
	if (strcmp(argv[1], "create") == 0)
		do_create(n);
	else if (strcmp(argv[1], "lookup") == 0)
		do_lookup(n);
	else if (strcmp(argv[1], "append") == 0)
		do_append(n);
	else if (strcmp(argv[1], "fsync1") == 0)
		do_overwrite(n, 1);
	else if (strcmp(argv[1], "fsync64") == 0)
		do_overwrite(n, 64);
	else if (strcmp(argv[1], "read") == 0)
		do_read(n);
	else
		return 2;
	fs_abandon(fs);
	ram_fini(&r);
	return 0;
}
