/* SPDX-License-Identifier: MPL-2.0 */
/*
 * storage [--init] [-f FILES] [-m MIB] [-s SYNCS] [-c COPIES] [-p PERCENT] TYPE: what a file system
 * of that type on /dev/vda does, in phases between marks (bench/arch), each ended by a sync; prints
 * their names. tools/perf storage counts instructions from mark to mark, and what reached the disk.
 * --init: as the first process of a Linux. -p: instead of all that, one file fills the volume so
 * far and is overwritten at random. TYPE `raw`: how fast MIB are read from the disk, 1 MiB a time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <bench-arch/mark.h>
#include "bench/linux/init.h"
#include "bench/storage/storage.h"

#define DISK   "/dev/vda"
#define WHERE  "/mnt"
#define SOURCE "/source.tar"
constexpr size_t PIECE = 64 << 10, BLOCK = 4096;

static const char *type;
static unsigned long nfiles = 10000, mib = 256, nsyncs = 1000, ncopies = 4, percent;
static char piece[PIECE];

static void disk_mount(void)
{
	mkdir(WHERE, 0755);
	need(mount(DISK, WHERE, type, 0, nullptr) == 0, "mount");
}

static void disk_unmount(void)
{
	need(umount(WHERE) == 0, "umount");
}

/* Nothing of it is in memory afterwards. */
static void remount(void)
{
	disk_unmount();
	disk_mount();
}

static const char *file_name(unsigned long i)
{
	static char name[64];

	snprintf(name, sizeof(name), WHERE "/many/%lu", i);
	return name;
}

static void create(void)
{
	need(mkdir(WHERE "/many", 0755) == 0, "mkdir");
	for (unsigned long i = 0; i < nfiles; i++) {
		int fd = open(file_name(i), O_CREAT | O_EXCL | O_WRONLY, 0644);
		need(fd >= 0 && write(fd, piece, 1024) == 1024, "create");
		close(fd);
	}
}

static void delete_many(void)
{
	for (unsigned long i = 0; i < nfiles; i++)
		need(unlink(file_name(i)) == 0, "unlink");
	need(rmdir(WHERE "/many") == 0, "rmdir");
}

static int large_open(int flags)
{
	int fd = open(WHERE "/large", flags, 0644);

	need(fd >= 0, "open");
	return fd;
}

static void write_large(void)
{
	int fd = large_open(O_CREAT | O_EXCL | O_WRONLY);

	for (unsigned long i = 0; i < mib << 20; i += PIECE)
		need(write(fd, piece, PIECE) == PIECE, "write");
	close(fd);
}

static void read_large(void)
{
	int fd = large_open(O_RDONLY);

	for (unsigned long i = 0; i < mib << 20; i += PIECE)
		need(read(fd, piece, PIECE) == PIECE, "read");
	close(fd);
}

static void overwrite(unsigned long times, unsigned every)
{
	static uint64_t seed = 1;
	int fd = large_open(O_RDWR);

	for (unsigned long i = 1; i <= times; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		off_t at = (off_t)((seed >> 33) % ((mib << 20) / BLOCK) * BLOCK);
		need(pwrite(fd, piece, BLOCK, at) == BLOCK, "pwrite");
		if (i % every == 0)
			need(fsync(fd) == 0, "fsync");
	}
	close(fd);
}

static void overwrite_each(void)
{
	overwrite(nsyncs, 1);
}

static void overwrite_64(void)
{
	overwrite(4 * nsyncs, 64);
}

static const char *copy_name(unsigned long i)
{
	static char name[64];

	snprintf(name, sizeof(name), WHERE "/tree%lu", i);
	return name;
}

static void untar(void)
{
	for (unsigned long i = 0; i < ncopies; i++) {
		need(mkdir(copy_name(i), 0755) == 0, "mkdir");
		tar_unpack(SOURCE, copy_name(i));
	}
}

static void walk(void)
{
	need(tree_walk(WHERE) > ncopies, "walk");
}

static void delete_tree(void)
{
	for (unsigned long i = 0; i < ncopies; i++)
		tree_remove(copy_name(i));
}

/* `cold`: nothing is in memory before. */
static void phase(const char *name, bool cold, void (*run)(void))
{
	sync();
	if (cold)
		remount();
	mark_begin();
	run();
	sync();
	mark_end();
	printf("phase %s\n", name);
	fflush(stdout);
}

static void phases(void)
{
	disk_mount();
	phase("create", false, create);
	phase("write", false, write_large);
	phase("read-cold", true, read_large);
	phase("read-warm", false, read_large);
	phase("overwrite-1", true, overwrite_each);
	phase("overwrite-64", false, overwrite_64);
	phase("untar", true, untar);
	phase("walk-cold", true, walk);
	phase("walk-warm", false, walk);
	phase("delete-tree", true, delete_tree);
	phase("delete-files", true, delete_many);
	disk_unmount();
}

/* Twice the same: in the second round the file system lives from what it frees. */
static void phases_full(void)
{
	struct statvfs v;

	disk_mount();
	need(statvfs(WHERE, &v) == 0, "statvfs");
	mib = ((v.f_blocks * percent / 100 - (v.f_blocks - v.f_bfree)) * v.f_frsize) >> 20;
	phase("fill", false, write_large);
	phase("age", false, overwrite_64);
	phase("overwrite-64", false, overwrite_64);
	phase("overwrite-1", false, overwrite_each);
	disk_unmount();
}

/* From the disk's beginning on, and from there again at its end; past all caches. */
static void raw(void)
{
	constexpr size_t MIB = 1 << 20;
	int fd = open(DISK, O_RDONLY | O_DIRECT);
	char *to = aligned_alloc(BLOCK, MIB);
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;

	need(size >= (off_t)MIB && to != nullptr, DISK);
	uint64_t start = now();
	for (unsigned long i = 0; i < mib; i++)
		need(pread(fd, to, MIB, (off_t)(i % ((size_t)size / MIB) * MIB)) == MIB, "read");
	printf("raw %.0f MiB/s\n", (double)mib * 1e9 / (double)(now() - start));
}

static void options(int argc, char **argv)
{
	unsigned long *const into[] = { &nfiles, &mib, &nsyncs, &ncopies, &percent };
	static const char letters[] = "fmscp";

	for (int o; (o = getopt(argc, argv, "f:m:s:c:p:")) != -1;) {
		const char *at = strchr(letters, o);
		if (at == nullptr)
			exit(2);
		*into[at - letters] = strtoul(optarg, nullptr, 10);
	}
	need(optind == argc - 1,
	     "usage: storage [-f FILES] [-m MIB] [-s SYNCS] [-c COPIES] [-p PERCENT] TYPE");
	type = argv[optind];
}

int main(int argc, char **argv)
{
	bool is_init = argc > 1 && strcmp(argv[1], "--init") == 0;

	if (is_init) {
		init_begin();
		modules_load();
		argv++, argc--;
	}
	options(argc, argv);
	if (strcmp(type, "raw") == 0)
		raw();
	else if (percent > 0)
		phases_full();
	else
		phases();
	if (is_init)
		init_end();
	return 0;
}
