/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What runs when the power fails, and what looks afterwards. `work DIR SEED` writes versions of a
 * few files for ever, each to a new file, synced in one of five ways, renamed over the old one, and
 * then says "FILE VERSION": that is promised. In between it makes and removes others that nobody
 * was promised. Two more files only change their size, through descriptors with O_SYNC and O_DSYNC.
 * `work DIR check FILE VERSION...` says if every file is whole, and not older than it was promised.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

constexpr unsigned FILES = 12, JUNK = 24;
constexpr size_t MOST = 200'000;

static uint32_t mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352d; /* a hash by multiplying; any that spreads would do */
	x = (x ^ x >> 15) * 0x846ca68b;
	return x ^ x >> 16;
}

/* The bytes of one version, whose first eight say which it is: their count. */
static size_t version_make(unsigned char *to, uint32_t file, uint32_t version)
{
	size_t n = 8 + mix(file * 1000 + version) % (MOST - 8);

	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)mix(file << 24 ^ version << 12 ^ (uint32_t)(i >> 3));
	memcpy(to, &file, 4);
	memcpy(to + 4, &version, 4);
	return n;
}

[[noreturn]] static void fail(const char *what, const char *path)
{
	printf("FAIL %s %s: %s\n", what, path, strerror(errno));
	exit(1);
}

/* Each way to make what was written last. */
enum sync : uint8_t { BY_FSYNC, BY_FDATASYNC, BY_O_SYNC, BY_O_DSYNC, BY_MSYNC, WAYS, NOT_AT_ALL };

static void all_write(int fd, const char *path, const unsigned char *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t part = write(fd, bytes + done, n - done);
		if (part <= 0)
			fail("write", path);
		done += (size_t)part;
	}
}

static void mapping_write(int fd, const char *path, const unsigned char *bytes, size_t n)
{
	if (ftruncate(fd, (off_t)n) != 0)
		fail("ftruncate", path);
	void *at = mmap(nullptr, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		fail("mmap", path);
	memcpy(at, bytes, n);
	if (msync(at, n, MS_SYNC) != 0 || munmap(at, n) != 0)
		fail("msync", path);
}

static void file_write(const char *path, const unsigned char *bytes, size_t n, enum sync how)
{
	int flags = how == BY_O_SYNC ? O_SYNC : how == BY_O_DSYNC ? O_DSYNC : 0;
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | flags, 0644);

	if (fd < 0)
		fail("open", path);
	if (how == BY_MSYNC)
		mapping_write(fd, path, bytes, n);
	else
		all_write(fd, path, bytes, n);
	if ((how == BY_FSYNC && fsync(fd) != 0) || (how == BY_FDATASYNC && fdatasync(fd) != 0))
		fail("sync", path);
	if (close(fd) != 0)
		fail("close", path);
}

static void directory_sync(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	if (fd < 0 || fsync(fd) != 0)
		fail("fsync", ".");
	close(fd);
}

static void junk_change(uint32_t x, const unsigned char *bytes)
{
	char path[32];

	snprintf(path, sizeof(path), "junk%u", x % JUNK);
	if (x & 0x10000)
		(void)unlink(path); /* it may not be there */
	else
		file_write(path, bytes, mix(x) % 100'000, NOT_AT_ALL);
}

/* --- Sizes: each version of one file makes it longer, of the other shorter --- */

enum length : uint32_t { GROWS = FILES, SHRINKS };

constexpr off_t STEP = 777, LONGEST = 1 << 30;

static int length_open(uint32_t file, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "length%u", file);
	int fd = open(path, O_RDWR | flags, 0644);
	if (fd < 0)
		fail("open", path);
	return fd;
}

static void lengths_begin(int fd[2])
{
	fd[0] = length_open(GROWS, O_CREAT | O_SYNC);
	fd[1] = length_open(SHRINKS, O_CREAT | O_DSYNC);
	if (ftruncate(fd[1], LONGEST) != 0)
		fail("ftruncate", "length");
	directory_sync();
}

static void lengths_change(const int fd[2], uint32_t version)
{
	off_t by = version * STEP;

	if (fallocate(fd[0], 0, by - STEP, STEP) != 0)
		fail("fallocate", "length");
	printf("%u %u\n", GROWS, version);
	fflush(stdout);
	if (ftruncate(fd[1], LONGEST - by) != 0)
		fail("ftruncate", "length");
	printf("%u %u\n", SHRINKS, version);
	fflush(stdout);
}

static bool length_check(uint32_t file, uint32_t least)
{
	struct stat st;
	int fd = length_open(file, 0);

	if (fstat(fd, &st) != 0)
		fail("fstat", "length");
	close(fd);
	off_t by = file == GROWS ? st.st_size : LONGEST - st.st_size;
	if (by % STEP == 0 && by / STEP >= least)
		return true;
	printf("FAIL length%u: %lld bytes, promised version %u\n", file, (long long)st.st_size,
	       least);
	return false;
}

[[noreturn]] static void work(uint32_t seed)
{
	static unsigned char bytes[MOST];
	char path[32];
	int lengths[2];

	lengths_begin(lengths);
	for (uint32_t version = 1;; version++) {
		uint32_t file = mix(seed + version) % FILES;
		size_t n = version_make(bytes, file, version);
		file_write("new", bytes, n, (enum sync)(version % WAYS));
		snprintf(path, sizeof(path), "file%u", file);
		if (rename("new", path) != 0)
			fail("rename", path);
		directory_sync();
		printf("%u %u\n", file, version);
		fflush(stdout);
		junk_change(mix(seed ^ version << 8), bytes);
		lengths_change(lengths, version);
	}
}

static bool file_check(uint32_t file, uint32_t least)
{
	static unsigned char is[MOST], want[MOST];
	char path[32];

	snprintf(path, sizeof(path), "file%u", file);
	int fd = open(path, O_RDONLY);
	if (fd < 0) {
		printf("FAIL %s: %s\n", path, strerror(errno));
		return false;
	}
	ssize_t n = 0, part;
	while ((part = read(fd, is + n, sizeof(is) - (size_t)n)) > 0)
		n += part;
	close(fd);
	uint32_t version = 0;
	if (n >= 8)
		memcpy(&version, is + 4, 4);
	size_t size = version_make(want, file, version);
	if ((size_t)n == size && memcmp(is, want, size) == 0 && version >= least)
		return true;
	printf("FAIL %s: %zd bytes, version %u, promised %u\n", path, n, version, least);
	return false;
}

int main(int argc, char **argv)
{
	bool good = true;

	if (argc < 3 || chdir(argv[1]) != 0) {
		fprintf(stderr, "usage: work DIR SEED, or work DIR check FILE VERSION...\n");
		return 2;
	}
	if (strcmp(argv[2], "check") != 0)
		work((uint32_t)strtoul(argv[2], nullptr, 10));
	for (int i = 3; i + 1 < argc; i += 2) {
		uint32_t file = (uint32_t)strtoul(argv[i], nullptr, 10);
		uint32_t least = (uint32_t)strtoul(argv[i + 1], nullptr, 10);
		good &= file < FILES ? file_check(file, least) : length_check(file, least);
	}
	puts(good ? "GOOD" : "BAD");
	return !good;
}
