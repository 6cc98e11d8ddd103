/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What random overwrites cost on a volume that is filled to some part: full PERCENT COUNT EVERY
 * [CACHE_MIB [SIZE_MIB]]. Prints what reaches the device, in bytes a byte and requests a block.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/crc32c.h"
#include "futurafs/test/ram.h"

static uint8_t block[4096];

static void must(enum fs_err e)
{
	if (e == FS_OK)
		return;
	fprintf(stderr, "full: %s %s\n", fs_err_text(e), report_text);
	exit(1);
}

static void block_write(struct fs *fs, uint64_t ino, uint64_t fblk)
{
	size_t done;

	memcpy(block, &fblk, sizeof(fblk));
	must(fs_write(fs, ino, fblk * sizeof(block), block, sizeof(block), &done));
}

/* One file that takes so much of what the volume can hold. */
static uint64_t file_fill(struct fs *fs, unsigned percent, uint64_t *blocks)
{
	const struct fs_attr attr = { .type = FS_FILE, .mode = 0644 };
	struct fs_stat st;
	uint64_t ino;

	fs_statfs(fs, &st);
	*blocks = 0;
	must(fs_create(fs, FS_ROOT, "file", 4, &attr, &ino));
	while (st.blocks - st.blocks_free < st.blocks * percent / 100) {
		block_write(fs, ino, (*blocks)++);
		fs_statfs(fs, &st);
	}
	must(fs_checkpoint(fs));
	return ino;
}

static void overwrite(struct fs *fs, uint64_t ino, uint64_t blocks, unsigned n, unsigned every,
		      uint64_t *seed)
{
	for (unsigned i = 1; i <= n; i++) {
		block_write(fs, ino, random_next(seed) % blocks);
		if (i % every == 0)
			must(fs_sync(fs));
	}
	must(fs_checkpoint(fs));
}

static void tell(const struct fs_stat *a, const struct fs_stat *b, unsigned n)
{
	double bytes = (double)n * sizeof(block);

	printf("written %.2f, read %.2f bytes a byte; %.3f flushes, %.3f checkpoints a block; "
	       "%llu segments cleaned, %llu of %llu free\n",
	       (double)(b->device_writes - a->device_writes) / bytes,
	       (double)(b->device_reads - a->device_reads) / bytes,
	       (double)(b->flushes - a->flushes) / n, (double)(b->checkpoints - a->checkpoints) / n,
	       (unsigned long long)(b->cleaned_segments - a->cleaned_segments),
	       (unsigned long long)b->segments_free, (unsigned long long)b->segments);
}

int main(int argc, char **argv)
{
	const struct fs_format format = { .uuid = "a full volume" };
	struct fs_config config = { .inodes = 4096 };
	struct fs_host host = test_host;
	struct fs_check check = {};
	struct fs_stat before, after;
	uint64_t blocks, seed = 1;
	struct ram r;
	struct fs *fs;

	if (argc < 4)
		return 2;
	unsigned n = (unsigned)atoi(argv[2]), every = (unsigned)atoi(argv[3]);
	config.cache_bytes = (argc > 4 ? (uint32_t)atoi(argv[4]) : 8) << 20;
	host.crc32c = crc32c_hw;
	ram_init(&r, (argc > 5 ? (uint64_t)atoi(argv[5]) : 512) << 20);
	struct fs_device dev = ram_device(&r);
	must(fs_make(&dev, &host, &format));
	must(fs_mount(&dev, &host, &config, &fs));
	uint64_t ino = file_fill(fs, (unsigned)atoi(argv[1]), &blocks);
	/* Until the volume is as it stays: everything overwritten about once. */
	overwrite(fs, ino, blocks, (unsigned)blocks, 64, &seed);
	fs_statfs(fs, &before);
	overwrite(fs, ino, blocks, n, every, &seed);
	fs_statfs(fs, &after);
	tell(&before, &after, n);
	must(fs_check(fs, &check));
	must(fs_unmount(fs));
	ram_fini(&r);
	return check.problems != 0;
}
