/* SPDX-License-Identifier: MPL-2.0 */
/* Device callbacks over a Linux file descriptor, and the host's memory, clock and messages. */
#include "host/futfs/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "futurafs/crc32c.h"

static int device_fd(void *ctx)
{
	return (int)(intptr_t)ctx;
}

static enum fs_err device_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = pread(device_fd(ctx), buf, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FS_IO;
		buf = (char *)buf + n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return FS_OK;
}

static enum fs_err device_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = pwrite(device_fd(ctx), buf, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FS_IO;
		buf = (const char *)buf + n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return FS_OK;
}

static enum fs_err device_sync(void *ctx)
{
	return fdatasync(device_fd(ctx)) == 0 ? FS_OK : FS_IO;
}

/* Only hints: what does not support them keeps the blocks. */
static void file_discard(void *ctx, uint64_t off, uint64_t len)
{
	(void)fallocate(device_fd(ctx), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off,
			(off_t)len);
}

static void block_discard(void *ctx, uint64_t off, uint64_t len)
{
	uint64_t range[2] = { off, len };

	/* Not fallocate(): on a block device that promises zeros, and may write them. */
	(void)ioctl(device_fd(ctx), BLKDISCARD, range);
}

static int device_size(int fd, uint64_t *size, bool *is_block)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return errno;
	*size = (uint64_t)st.st_size;
	*is_block = S_ISBLK(st.st_mode);
	if (*is_block && ioctl(fd, BLKGETSIZE64, size) != 0)
		return errno;
	return 0;
}

int device_open(const char *path, bool write, bool create, struct fs_device *dev)
{
	int fd = open(path, (write ? O_RDWR : O_RDONLY) | (create ? O_CREAT : 0) | O_CLOEXEC, 0666);
	uint64_t have = 0;
	bool is_block = false;
	int e = fd < 0 ? errno : 0;

	if (e == 0 && write && flock(fd, LOCK_EX | LOCK_NB) != 0)
		e = EBUSY; /* two writers would ruin it */
	if (e == 0)
		e = device_size(fd, &have, &is_block);
	if (e != 0) {
		if (fd >= 0)
			close(fd);
		return e;
	}
	*dev = (struct fs_device){ .ctx = (void *)(intptr_t)fd,
				   .size = have,
				   .read = device_read,
				   .write = device_write,
				   .flush = device_sync,
				   .discard = is_block ? block_discard : file_discard };
	return 0;
}

int device_resize(struct fs_device *dev, uint64_t size)
{
	int fd = device_fd(dev->ctx);
	bool is_block;
	int e = device_size(fd, &dev->size, &is_block);

	if (e != 0 || is_block)
		return e;
	if (ftruncate(fd, (off_t)size) != 0)
		return errno;
	dev->size = size;
	return 0;
}

void device_close(struct fs_device *dev)
{
	close(device_fd(dev->ctx));
}

static void *host_alloc(void *ctx, size_t len)
{
	(void)ctx;
	return calloc(1, len > 0 ? len : 1);
}

static void host_free(void *ctx, void *p, size_t len)
{
	(void)ctx;
	(void)len;
	free(p);
}

static int64_t host_now(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void host_report(void *ctx, const char *text, uint64_t a, uint64_t b)
{
	(void)ctx;
	fprintf(stderr, "futurafs: %s (%llu, %llu)\n", text, (unsigned long long)a,
		(unsigned long long)b);
}

struct fs_host linux_host(bool quiet)
{
	return (struct fs_host){ .alloc = host_alloc,
				 .free = host_free,
				 .now_ns = host_now,
				 .report = quiet ? nullptr : host_report,
				 .crc32c = cpu_has_crc32c() ? crc32c_hw : nullptr };
}

int fs_errno(enum fs_err e)
{
	static const int number[] = { 0,      ENOENT, EEXIST, ENOTDIR,    EISDIR,       ENOTEMPTY,
				      ENOSPC, EIO,    EIO,    EROFS,      ENAMETOOLONG, EMLINK,
				      EINVAL, EFBIG,  ENOMEM, EOPNOTSUPP, ENODATA,      ERANGE,
				      EINVAL };
	unsigned i = (unsigned)-e;

	return i < sizeof(number) / sizeof(number[0]) ? number[i] : EIO;
}

uint64_t size_parse(const char *text)
{
	static const char units[] = "KMGT";
	char *end;
	unsigned long long v = strtoull(text, &end, 10);
	const char *unit = *end != 0 ? strchr(units, *end) : nullptr;

	if (end == text || text[0] == '-' || (*end != 0 && (unit == nullptr || end[1] != 0)))
		return 0;
	unsigned shift = unit != nullptr ? 10u * (unsigned)(unit - units + 1) : 0;
	return v > UINT64_MAX >> shift ? 0 : v << shift;
}
