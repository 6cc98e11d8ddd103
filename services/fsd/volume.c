/* SPDX-License-Identifier: MPL-2.0 */
/* What the volume asks of its surroundings: the disk, memory, time, and somebody to complain to. */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "futurafs/crc32c.h"
#include "services/fsd/fsd.h"

int error_of(enum fs_err e)
{
	static const int errors[] = {
		0,       -ENOENT, -EEXIST,  -ENOTDIR,      -EISDIR, -ENOTEMPTY, -ENOSPC,
		-EIO,    -EIO,    -EROFS,   -ENAMETOOLONG, -EMLINK, -EINVAL,    -EFBIG,
		-ENOMEM, -EIO,    -ENODATA, -ERANGE,       -EINVAL,
	};
	unsigned i = (unsigned)-e;

	return i < sizeof(errors) / sizeof(*errors) ? errors[i] : -EIO;
}

static enum fs_err told(const char *what, enum err e)
{
	if (e == OK)
		return FS_OK;
	print("fsd: cannot %s: %s\n", what, error_name(e));
	return FS_IO;
}

static enum fs_err disk_read(void *ctx, uint64_t offset, void *to, size_t n)
{
	struct block *b = ctx;

	return told("read", block_read(b, offset / b->sector_size, n / b->sector_size, to));
}

/*
 * For tests/crash: with `futurafs.test_crash_compact=N` on the kernel's command line the cleaner
 * runs at each sync, and its N-th write is not done, nor anything after it, as if the power had
 * failed.
 */
static int64_t crash_after = -1; /* writes; -1: this is no such test */
static bool is_cleaning;

static void crash_prepare(void)
{
	static const char option[] = "futurafs.test_crash_compact=";
	const char *line = env_get("CMDLINE");
	const char *at = line ? strstr(line, option) : nullptr;

	if (at != nullptr)
		crash_after = strtol(at + sizeof(option) - 1, nullptr, 10);
}

static void power_may_fail(void)
{
	if (!is_cleaning || crash_after < 0 || --crash_after > 0)
		return;
	print("fsd: the power fails in the cleaner\n");
	for (;;)
		(void)fut_thread_sleep(TIME_NEVER); /* nothing is left to do */
}

void volume_clean(bool is_idle)
{
	uint32_t done;

	if (fsd.system.read_only || (!is_idle && crash_after < 0))
		return;
	is_cleaning = true;
	(void)fs_clean(fsd.fs, 1, &done); /* if it fails the next who writes will hear */
	is_cleaning = false;
}

static enum fs_err disk_write(void *ctx, uint64_t offset, const void *from, size_t n)
{
	power_may_fail();
	struct block *b = ctx;

	return told("write", block_write(b, offset / b->sector_size, n / b->sector_size, from));
}

static enum fs_err disk_flush(void *ctx)
{
	return told("flush", block_flush(ctx));
}

static void disk_discard(void *ctx, uint64_t offset, uint64_t n)
{
	struct block *b = ctx;

	/* If it fails the disk only keeps what it need not. */
	(void)block_erase(b, BLOCK_OP_DISCARD, offset / b->sector_size, n / b->sector_size);
}

static void *disk_buffer(void *ctx, size_t n)
{
	return block_buffer(ctx, n);
}

/*
 * Memory for one operation of the volume's, in pieces that a node fits, kept back for it: clients
 * can take all else of our quota, and an operation that fails half way would end writing for good.
 */
constexpr unsigned SPARES = 64, SPARES_SHARE = 16; /* at most that part of our memory */

static struct {
	void *piece[SPARES];
	unsigned n, want;
	size_t size;
} spare;

static void spares_begin(uint32_t block_size)
{
	constexpr size_t HEAD = 256; /* more than a node has beside its block */
	size_t room = (size_t)fsd.metadata_bytes * 8 / SPARES_SHARE;

	spare.size = block_size + HEAD;
	spare.want = room / spare.size < SPARES ? (unsigned)(room / spare.size) : SPARES;
}

static bool host_ready(void *)
{
	while (spare.n < spare.want && (spare.piece[spare.n] = malloc(spare.size)) != nullptr)
		spare.n++;
	return spare.n == spare.want;
}

static void *host_alloc(void *, size_t n)
{
	void *p = calloc(1, n);

	if (p == nullptr && n <= spare.size && spare.n > 0)
		p = memset(spare.piece[--spare.n], 0, n);
	return p;
}

static void host_free(void *, void *p, size_t)
{
	free(p);
}

static int64_t host_now(void *)
{
	return files_now();
}

static void host_report(void *, const char *text, uint64_t a, uint64_t b)
{
	print("fsd: %s (%llu, %llu)\n", text, (unsigned long long)a, (unsigned long long)b);
}

int volume_open(void)
{
	struct block *b = &fsd.disk;

	crash_prepare();
	struct fs_device device = {
		.ctx = b,
		.size = b->sectors * b->sector_size,
		.read = disk_read,
		.write = disk_write,
		.flush = disk_flush,
		.buffer = disk_buffer,
		.discard = b->features & BLOCK_HAS_DISCARD ? disk_discard : nullptr,
	};
	struct fs_host host = {
		.alloc = host_alloc,
		.free = host_free,
		.ready = host_ready,
		.now_ns = host_now,
		.report = host_report,
		.crc32c = cpu_has_crc32c() ? crc32c_hw : crc32c,
	};
	struct fs_config config = {
		.flags = b->features & BLOCK_READ_ONLY ? FS_MOUNT_READ_ONLY : 0,
		.cache_bytes = fsd.metadata_bytes,
		.inodes = 2 * fsd.most_unused,
	};
	enum fs_err error = fs_mount(&device, &host, &config, &fsd.fs);
	if (error != FS_OK) {
		print("fsd: no FuturaFS volume on `%s`: %s\n", fsd.disk_name, fs_err_text(error));
		return error == FS_IO ? -EIO : -EINVAL;
	}
	struct fs_stat volume;
	fs_statfs(fsd.fs, &volume);
	fsd.block_size = (uint32_t)volume.block_size;
	spares_begin((uint32_t)volume.block_size);
	fsd.system.device = disk_device();
	fsd.system.read_only = config.flags & FS_MOUNT_READ_ONLY;
	return 0;
}
