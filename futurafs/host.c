/* SPDX-License-Identifier: MPL-2.0 */
/* What the volume asks of its surroundings: memory, time, messages and the device. */
#include "futurafs/fs.h"

void *mem_alloc(struct fs *fs, size_t len)
{
	return fs->host.alloc(fs->host.ctx, len);
}

void mem_free(struct fs *fs, void *p, size_t len)
{
	if (p != nullptr)
		fs->host.free(fs->host.ctx, p, len);
}

int64_t time_now(struct fs *fs)
{
	return fs->host.now_ns(fs->host.ctx);
}

void report(struct fs *fs, const char *text, uint64_t a, uint64_t b)
{
	if (fs->host.report != nullptr)
		fs->host.report(fs->host.ctx, text, a, b);
}

enum fs_err blocks_read(struct fs *fs, uint64_t addr, void *buf, uint32_t n)
{
	uint64_t len = (uint64_t)n << fs->block_shift;

	if (addr >= fs->blocks || n > fs->blocks - addr)
		return FS_CORRUPT;
	fs->stat.device_reads += len;
	return fs->dev.read(fs->dev.ctx, addr << fs->block_shift, buf, len);
}

enum fs_err blocks_write(struct fs *fs, uint64_t addr, const void *buf, uint32_t n)
{
	uint64_t len = (uint64_t)n << fs->block_shift;

	if (fs->broken || fs->read_only)
		return FS_READ_ONLY;
	fs->stat.device_writes += len;
	enum fs_err e = fs->dev.write(fs->dev.ctx, addr << fs->block_shift, buf, len);
	if (e != FS_OK) {
		fs->broken = true;
		report(fs, "write failed; the volume is read-only from here on", addr, n);
	}
	return e;
}

enum fs_err device_flush(struct fs *fs)
{
	if (fs->broken || fs->read_only)
		return FS_READ_ONLY;
	fs->stat.flushes++;
	enum fs_err e = fs->dev.flush(fs->dev.ctx);
	if (e != FS_OK) {
		fs->broken = true; /* what a failed flush lost is unknowable: never try again */
		report(fs, "flush failed; the volume is read-only from here on", 0, 0);
	}
	return e;
}

const char *fs_err_text(enum fs_err e)
{
	static const char *const text[] = {
		"no error",
		"not found",
		"exists already",
		"not a directory",
		"is a directory",
		"directory not empty",
		"no space left",
		"device error",
		"damaged",
		"read-only",
		"name too long",
		"too many links",
		"bad argument",
		"file too big",
		"out of memory",
		"format version or feature not known",
		"no such attribute",
		"out of range",
		"would be its own ancestor",
	};
	unsigned i = (unsigned)-e;

	return i < sizeof(text) / sizeof(text[0]) ? text[i] : "unknown error";
}
