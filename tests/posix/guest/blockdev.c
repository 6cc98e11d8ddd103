/* SPDX-License-Identifier: MPL-2.0 */
/*
 * blockdev DEVICE SIZE: a disk's node does what Linux's block devices do; `blockdev DEVICE ro` one
 * that cannot be written to. Silent success; else what was wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(x)                                                                                   \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			printf("line %d: %s (errno %d)\n", __LINE__, #x, errno);                   \
			failed = 1;                                                                \
		}                                                                                  \
	} while (0)

enum { BIG = 3 << 20 };

static int failed;
static const char *device;
static uint64_t size;
static unsigned char big[BIG], back[BIG];

static void says_what_it_is(int fd)
{
	struct stat st;
	uint64_t bytes = 0;
	unsigned long sectors = 0;
	unsigned physical = 0;
	int sector = 0, ro = -1;

	CHECK(fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) && st.st_size == 0);
	CHECK(major(st.st_rdev) == 253 && (st.st_mode & 07777) == 0660 && st.st_uid == 0 &&
	      st.st_gid == 6);
	CHECK(ioctl(fd, BLKGETSIZE64, &bytes) == 0 && bytes == size);
	CHECK(ioctl(fd, BLKGETSIZE, &sectors) == 0 && sectors == size / 512);
	CHECK(ioctl(fd, BLKSSZGET, &sector) == 0 && sector == 512);
	CHECK(ioctl(fd, BLKPBSZGET, &physical) == 0 && physical >= 512);
	CHECK(ioctl(fd, BLKROGET, &ro) == 0 && ro == 0);
	CHECK(lseek(fd, 0, SEEK_END) == (off_t)size);
	CHECK(lseek(fd, -100, SEEK_CUR) == (off_t)size - 100);
	CHECK(read(fd, back, 4096) == 100 && read(fd, back, 4096) == 0);
	CHECK(ioctl(fd, 0x5401 /* TCGETS */, back) == -1 && errno == ENOTTY);
}

/* A piece that begins and ends anywhere, and what lies around it stays. */
static void takes_any_place(int fd)
{
	static const struct {
		uint64_t at;
		size_t n;
	} cases[] = { { 0, 1 },       { 511, 2 },     { 700, 100 },        { 1000, 5000 },
		      { 4096, 4096 }, { 99, 262144 }, { 513, BIG - 2048 }, { 261632, 1024 } };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t at = cases[i].at;
		size_t n = cases[i].n;
		memset(big, 0x11, sizeof(big));
		CHECK(pwrite(fd, big, sizeof(big), 0) > 0);
		for (size_t k = 0; k < n; k++)
			back[k] = (unsigned char)(k * 7 + i);
		for (size_t done = 0; done < n;) {
			ssize_t w = pwrite(fd, back + done, n - done, (off_t)(at + done));
			CHECK(w > 0);
			if (w <= 0)
				break;
			done += (size_t)w;
		}
		memcpy(big + at, back, n);
		memset(back, 0, sizeof(back));
		CHECK(pread(fd, back, at + n + 600, 0) == (ssize_t)(at + n + 600));
		for (size_t k = 0; k < at + n + 600; k++)
			if (k < (1 << 20) || (k >= at && k < at + n))
				if (back[k] != big[k]) {
					printf("case %u: byte %zu is %d\n", i, k, back[k]);
					failed = 1;
					break;
				}
	}
	memset(back, 0, sizeof(back));
	CHECK(pread(fd, back, BIG, 0) == BIG); /* in one go, beyond what a message carries */
}

static void ends_where_it_ends(int fd)
{
	CHECK(pwrite(fd, big, 100, (off_t)size - 40) == 40);
	CHECK(pwrite(fd, big, 100, (off_t)size) == -1 && errno == ENOSPC);
	CHECK(pread(fd, back, 100, (off_t)size) == 0);
	CHECK(pread(fd, back, 100, (off_t)size + 4096) == 0);
	CHECK(pread(fd, back, 100, (off_t)size - 40) == 40 && memcmp(back, big, 40) == 0);
	CHECK(ftruncate(fd, 0) == -1 && errno == EINVAL);
	CHECK(pread(fd, (void *)8, 100, 0) == -1 && errno == EFAULT);
	CHECK(pwrite(fd, (void *)8, 100, 0) == -1 && errno == EFAULT);
}

static void moves_with_its_children(int fd)
{
	struct iovec v[] = { { big, 700 }, { big + 700, 324 } };
	int status = 0;

	for (int k = 0; k < 1024; k++)
		big[k] = (unsigned char)k;
	CHECK(lseek(fd, 5000, SEEK_SET) == 5000 && writev(fd, v, 2) == 1024);
	if (fork() == 0)
		_exit(lseek(fd, -1024, SEEK_CUR) == 5000 && read(fd, back, 24) == 24 ? 0 : 1);
	CHECK(wait(&status) > 0 && status == 0);
	CHECK(read(fd, back, 1000) == 1000 && memcmp(back, big + 24, 1000) == 0);
	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0 && ioctl(fd, BLKFLSBUF, 0) == 0);
}

static void erases(int fd)
{
	uint64_t range[2] = { 8192, 4096 }, odd[2] = { 8192, 100 }, far[2] = { size, 512 };
	int reader = open(device, O_RDONLY);

	memset(big, 7, 65536);
	CHECK(pwrite(fd, big, 65536, 0) == 65536);
	CHECK(ioctl(fd, BLKZEROOUT, range) == 0 || errno == EOPNOTSUPP);
	CHECK(ioctl(fd, BLKDISCARD, range) == 0 || errno == EOPNOTSUPP);
	CHECK(ioctl(fd, BLKDISCARD, odd) == -1 && errno == EINVAL);
	CHECK(ioctl(fd, BLKDISCARD, far) == -1 && errno == EINVAL);
	CHECK(ioctl(reader, BLKDISCARD, range) == -1 && errno == EBADF);
	CHECK(pread(fd, back, 65536, 0) == 65536 && memcmp(back, big, 8192) == 0 &&
	      memcmp(back + 12288, big, 65536 - 12288) == 0);
	close(reader);
}

static void is_held_by_one(void)
{
	int fd = open(device, O_RDONLY | O_EXCL);

	CHECK(fd >= 0);
	CHECK(open(device, O_RDWR | O_EXCL) == -1 && errno == EBUSY);
	int other = open(device, O_RDWR);
	CHECK(other >= 0 && pread(other, back, 512, 0) == 512);
	close(fd);
	close(other);
	fd = open(device, O_RDWR | O_EXCL | O_SYNC);
	CHECK(fd >= 0 && pwrite(fd, back, 512, 0) == 512);
	close(fd);
	CHECK(open(device, O_RDONLY | O_DIRECTORY) == -1 && errno == ENOTDIR);
	fd = open(device, O_PATH);
	CHECK(fd >= 0 && read(fd, back, 1) == -1 && errno == EBADF);
	close(fd);
}

static void is_the_superusers(void)
{
	int status = 0;

	if (fork() == 0) {
		if (setgid(1000) != 0 || setuid(1000) != 0)
			_exit(1);
		if (open(device, O_RDONLY) != -1 || errno != EACCES)
			_exit(2);
		_exit(0);
	}
	CHECK(wait(&status) > 0 && status == 0);
	CHECK(mknod("/tmp/node", S_IFBLK | 0666, makedev(253, 0)) == 0);
	if (fork() == 0) {
		if (setgid(1000) != 0 || setuid(1000) != 0)
			_exit(1);
		_exit(open("/tmp/node", O_RDONLY) == -1 && errno == EACCES ? 0 : 2);
	}
	CHECK(wait(&status) > 0 && status == 0);
	CHECK(mknod("/tmp/none", S_IFBLK | 0660, makedev(253, 5)) == 0);
	CHECK(open("/tmp/none", O_RDONLY) == -1 && errno == ENXIO);
	CHECK(unlink("/tmp/node") == 0 && unlink("/tmp/none") == 0);
}

static void cannot_be_written(void)
{
	int fd = open(device, O_RDWR), ro = 0;

	CHECK(fd >= 0 && ioctl(fd, BLKROGET, &ro) == 0 && ro == 1);
	CHECK(pread(fd, back, 4096, 100) == 4096);
	CHECK(pwrite(fd, back, 4096, 0) == -1 && errno == EPERM);
	close(fd);
}

int main(int argc, char **argv)
{
	device = argc == 3 ? argv[1] : "";
	size = argc == 3 ? strtoull(argv[2], nullptr, 0) : 0;
	if (size == 0) {
		cannot_be_written();
		return failed;
	}
	int fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror(device);
		return 1;
	}
	says_what_it_is(fd);
	takes_any_place(fd);
	ends_where_it_ends(fd);
	moves_with_its_children(fd);
	erases(fd);
	close(fd);
	is_held_by_one();
	is_the_superusers();
	return failed;
}
