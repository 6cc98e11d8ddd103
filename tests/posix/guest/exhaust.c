/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Takes of fsd, at /data, all that its quota gives: open files, which has to end with an error, and
 * pages that are written to through mappings, which has not. When the takers are gone the server
 * does its work for others. For Futura alone.
 */
#include "tests/posix/check.h"
#include <sys/mman.h>
#include <sys/resource.h>

constexpr unsigned MOST = 60'000; /* of a kind, by one process */
constexpr size_t PAGE = 4096;

static void into_folder(void)
{
	CHECK_EQ(chdir("/data"), 0);
	CHECK(mkdir("taken", 0777) == 0 || errno == EEXIST);
	CHECK_EQ(chdir("taken"), 0);
}

/* Files that are open, and so known to the server, until one cannot be. */
static void take_files(void)
{
	struct rlimit all = { MOST, MOST };
	char name[32];
	unsigned n = 0;

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &all), 0);
	for (; n < MOST - 10; n++) {
		snprintf(name, sizeof(name), "%d-%u", getpid(), n);
		int fd = open(name, O_RDWR | O_CREAT, 0600);
		if (fd < 0 || write(fd, name, sizeof(name)) < 0)
			break;
	}
	printf("# %u files, then %s\n", n, strerrorname_np(errno));
	CHECK(errno == ENOMEM || errno == ENFILE || errno == ENOSPC);
}

/* Pages of a file that are written to through a mapping, more than the server may hold: it brings
 * them to the disk meanwhile, and back when they are read. */
static void write_pages(void)
{
	constexpr size_t ALL = PAGE * 8'000;
	int fd = open("pages", O_RDWR | O_CREAT, 0600);
	unsigned differ = 0;
	uint32_t back;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, ALL), 0);
	char *at = mmap(nullptr, ALL, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED);
	for (uint32_t round = 1; round < 3; round++) {
		for (size_t i = 0; i < ALL; i += PAGE)
			*(volatile uint32_t *)(at + i + 4 * round) = (uint32_t)i * 7 + round;
		for (size_t i = 0; i < ALL; i += PAGE)
			for (uint32_t r = 1; r <= round; r++)
				differ += *(volatile uint32_t *)(at + i + 4 * r) !=
					  (uint32_t)i * 7 + r;
	}
	CHECK_EQ(differ, 0);
	CHECK_EQ(msync(at, ALL, MS_SYNC), 0);
	CHECK_EQ(munmap(at, ALL), 0);
	for (size_t i = 0; i < ALL; i += PAGE)
		differ += pread(fd, &back, 4, (off_t)(i + 8)) != 4 || back != (uint32_t)i * 7 + 2;
	CHECK_EQ(differ, 0);
	CHECK_EQ(ftruncate(fd, 0), 0); /* the next begins with zeros */
}

static void served(void)
{
	char back[8] = {};
	int fd;

	/* What the takers had comes back when the server has heard of their end. */
	CHECK_SOON((fd = open("../after", O_RDWR | O_CREAT | O_TRUNC, 0600)) >= 0 &&
		   write(fd, "written", 8) == 8);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(pread(fd, back, 8, 0), 8);
	CHECK_STR(back, "written");
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink("../after"), 0);
}

static void takers(void (*take)(void), unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			take();
			_exit(0);
		}
		CHECK_EQ(check_wait(pid), 0);
	}
	served();
}

TEST(open_files_end_with_an_error)
{
	into_folder();
	takers(take_files, 2);
}

TEST(mapped_pages_are_written_back_meanwhile)
{
	into_folder();
	takers(write_pages, 2);
}
