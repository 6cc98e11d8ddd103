/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fuzzes what FuturaFS reads from the device. Checksums are switched off (every block's is 0), so
 * that a changed byte reaches the code behind them. The input patches a good volume.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/test/model.h"
#include "futurafs/test/ram.h"
#include "futurafs/test/random_steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What this run of the fuzzer did, told when it ends. */
static uint64_t inputs, patched;

constexpr uint32_t BLOCK = 1024;
constexpr uint64_t SIZE = 400 * BLOCK;

static uint32_t no_crc(uint32_t crc, const void *buf, size_t len)
{
	(void)crc;
	(void)buf;
	(void)len;
	return 0;
}

static struct fs_host fuzz_host(void)
{
	struct fs_host host = test_host;

	host.crc32c = no_crc;
	return host;
}

static const struct fs_config config = { .cache_bytes = 64 << 10, .inodes = 16 };

/* A volume with something of everything, and a log to replay. */
static void base_make(struct ram *base)
{
	const struct fs_format format = { .block_size = BLOCK,
					  .segment_blocks = 16,
					  .uuid = "fuzzed volume" };
	struct fs_host host = fuzz_host();
	uint64_t seed = 12345;
	struct fs *fs;

	ram_init(base, SIZE);
	struct fs_device dev = ram_device(base);
	if (fs_make(&dev, &host, &format) != FS_OK || fs_mount(&dev, &host, &config, &fs) != FS_OK)
		abort();
	for (unsigned i = 0; i < 150; i++) {
		struct step s = step_random(&seed, 4096);

		s.a %= 20000;
		(void)volume_do(fs, &s); /* some fail */
		if (i == 100 &&
		    (fs_checkpoint(fs) != FS_OK || fs_snapshot_create(fs, "s") != FS_OK))
			abort();
	}
	if (fs_sync(fs) != FS_OK)
		abort();
	fs_abandon(fs);
}

/* Three bytes of offset, one of length, then so many bytes; offsets cover the whole device. */
static void patch(struct ram *r, const uint8_t *data, size_t size)
{
	while (size > 4) {
		uint64_t off = (data[0] | (uint64_t)data[1] << 8 | (uint64_t)data[2] << 16) % SIZE;
		size_t len = data[3] % 16 + 1u;

		data += 4;
		size -= 4;
		if (len > size)
			len = size;
		if (len > SIZE - off)
			len = SIZE - off;
		ram_poke(r, off, data, len);
		patched += len;
		data += len;
		size -= len;
	}
}

static void told(void)
{
	fprintf(stderr, "%llu bytes of images were changed in %llu inputs\n",
		(unsigned long long)patched, (unsigned long long)inputs);
}

static void use(struct fs_device *dev, const struct fs_host *host, enum fs_mount_flags flags,
		uint64_t seed)
{
	struct fs_config c = { .flags = flags, .cache_bytes = 64 << 10, .inodes = 16 };
	struct fs_check check = { .data = true };
	struct fs *fs;

	if (fs_mount(dev, host, &c, &fs) != FS_OK)
		return;
	for (unsigned i = 0; i < 30; i++) {
		struct step s = step_random(&seed, 4096);

		s.a %= 20000;
		(void)volume_do(fs, &s); /* some fail */
	}
	(void)fs_check(fs, &check); /* must only end */
	if (fs_unmount(fs) != FS_OK)
		return;
}

static void problem_show(void *ctx, const struct fs_problem *p)
{
	(void)ctx;
	fprintf(stderr, "%s: %llu %llx %llu %llu\n", fs_problem_text(p->kind),
		(unsigned long long)p->ino, (unsigned long long)p->off, (unsigned long long)p->a,
		(unsigned long long)p->b);
}

static void repair(struct fs_device *dev, const struct fs_host *host)
{
	struct fs_check check = { .data = true, .problem = problem_show };
	struct fs_repair r = {};
	struct fs *fs;

	if (fs_repair(dev, host, &r) != FS_OK || r.left > 0)
		return;
	/* What repair calls mended must be. */
	enum fs_err e = fs_mount(dev, host, &config, &fs);
	if (e != FS_OK) {
		fprintf(stderr, "does not mount after repair: %s, %s\n", fs_err_text(e),
			report_text);
		abort();
	}
	if (fs_check(fs, &check) != FS_OK || check.problems > 0) {
		fprintf(stderr, "%llu problems after repair\n", (unsigned long long)check.problems);
		abort();
	}
	if (fs_unmount(fs) != FS_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ram base, work;
	struct fs_host host = fuzz_host();

	inputs++;
	if (base.bytes == nullptr) {
		atexit(told);
		base_make(&base);
		ram_init(&work, SIZE);
	}
	ram_copy(&work, &base);
	patch(&work, data, size);
	struct fs_device dev = ram_device(&work);
	work.undoing = true;
	use(&dev, &host, FS_MOUNT_READ_ONLY, size);
	use(&dev, &host, 0, size);
	ram_rollback(&work);
	repair(&dev, &host);
	ram_rollback(&work);
	work.undoing = false;
	return 0;
}
