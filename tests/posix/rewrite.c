/* SPDX-License-Identifier: MPL-2.0 */
/* Files that are written over again and again: what others see of it meanwhile. */
#include "tests/posix/check.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

constexpr size_t PAGE = 4096;
constexpr int TIMES = 8;

static char data[3 * PAGE], back[3 * PAGE];

/* A file of three pages that was written over often, and so in whatever way is quick. */
static int busy(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	memset(data, 'a', sizeof(data));
	for (int i = 0; i < TIMES; i++)
		CHECK_EQ(pwrite(fd, data, sizeof(data), 0), sizeof(data));
	return fd;
}

static struct stat look(const char *path)
{
	struct stat st;

	CHECK_EQ(stat(path, &st), 0);
	return st;
}

TEST(others_read_what_is_written)
{
	check_folder();
	int fd = busy("f"), other = open("f", O_RDONLY);
	for (int i = 0; i < TIMES; i++) {
		memset(data, 'b' + i, PAGE);
		CHECK_EQ(pwrite(fd, data, PAGE, PAGE), PAGE);
		CHECK_EQ(pread(other, back, sizeof(back), 0), sizeof(back));
		CHECK(back[PAGE - 1] == 'a' && back[PAGE] == 'b' + i &&
		      back[2 * PAGE - 1] == 'b' + i && back[2 * PAGE] == 'a');
	}
}

TEST(each_write_moves_the_times)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };

	check_folder();
	int fd = busy("f");
	struct timespec before, after;
	for (int i = 0; i < TIMES; i++) {
		CHECK_EQ(futimens(fd, old), 0);
		CHECK_EQ(look("f").st_mtim.tv_sec, 2000);
		struct stat was = look("f");
		usleep(20000); /* a tick of Linux's file times and more */
		clock_gettime(CLOCK_REALTIME, &before);
		CHECK_EQ(pwrite(fd, "x", 1, i), 1);
		usleep(20000);
		clock_gettime(CLOCK_REALTIME, &after);
		struct stat st = look("f");
		CHECK(st.st_mtim.tv_sec >= before.tv_sec - 1 && st.st_mtim.tv_sec <= after.tv_sec);
		CHECK(st.st_ctim.tv_sec > was.st_ctim.tv_sec ||
		      (st.st_ctim.tv_sec == was.st_ctim.tv_sec &&
		       st.st_ctim.tv_nsec > was.st_ctim.tv_nsec));
		/* A time set after a write stays, though nobody looked in between. */
		CHECK_EQ(pwrite(fd, "y", 1, i), 1);
		CHECK_EQ(futimens(fd, old), 0);
		CHECK_EQ(look("f").st_mtim.tv_sec, 2000);
	}
	CHECK_EQ(pwrite(fd, "z", 1, 0), 1);
	CHECK_EQ(close(fd), 0);
	CHECK(look("f").st_mtim.tv_sec > 2000);
}

TEST(the_end_moves_under_it)
{
	check_folder();
	int fd = busy("f"), other = open("f", O_RDWR);
	for (int i = 0; i < TIMES; i++) {
		CHECK_EQ(ftruncate(other, 100), 0);
		CHECK_EQ(look("f").st_size, 100);
		memset(data, 'n', sizeof(data));
		CHECK_EQ(pwrite(fd, data, 50, 80), 50);
		CHECK_EQ(look("f").st_size, 130);
		CHECK_EQ(ftruncate(other, sizeof(data)), 0);
		CHECK_EQ(pread(fd, back, sizeof(back), 0), sizeof(back));
		CHECK(back[129] == 'n' && back[130] == 0 && back[sizeof(back) - 1] == 0);
		CHECK_EQ(pwrite(fd, data, 10, 2 * PAGE - 5), 10);
		CHECK_EQ(pread(other, back, 20, 2 * PAGE - 10), 20);
		CHECK(back[4] == 0 && back[5] == 'n' && back[14] == 'n' && back[15] == 0);
	}
}

TEST(it_grows_on_and_is_written_over)
{
	check_folder();
	int fd = busy("f");
	size_t size = sizeof(data);
	for (int i = 0; i < 40; i++, size += 1000) {
		memset(data, 'A' + i % 26, 2000);
		CHECK_EQ(pwrite(fd, data, 2000, (off_t)size - 1000), 2000);
		CHECK_EQ(look("f").st_size, size + 1000);
		CHECK_EQ(pwrite(fd, "!", 1, (off_t)size - 500), 1);
		CHECK_EQ(pread(fd, back, 1000, (off_t)size - 1000), 1000);
		CHECK(back[0] == 'A' + i % 26 && back[500] == '!');
	}
}

TEST(an_offset_is_shared_with_a_child)
{
	check_folder();
	int fd = busy("f");
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "one", 3), 3);
	pid_t pid = fork();
	if (pid == 0)
		_exit(write(fd, "two", 3) == 3 ? 0 : 1);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(write(fd, "three", 5), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 11);
	CHECK_EQ(pread(fd, back, 12, 0), 12);
	CHECK(memcmp(back, "onetwothreea", 12) == 0);
}

TEST(appending_starts_at_the_end)
{
	check_folder();
	int fd = busy("f");
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND), 0);
	CHECK_EQ(write(fd, "end", 3), 3);
	CHECK_EQ(look("f").st_size, sizeof(data) + 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), sizeof(data) + 3);
	CHECK_EQ(pread(fd, back, 3, 0), 3);
	CHECK_EQ(back[0], 'a');
}

TEST(what_cannot_be_read_is_not_written)
{
	char *p =
		mmap(nullptr, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check_folder();
	int fd = busy("f");
	CHECK_EQ(mprotect(p + PAGE, PAGE, PROT_NONE), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERR(write(fd, p + PAGE, 8), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(pread(fd, back, 8, 0), 8);
	CHECK_EQ(back[0], 'a');
}

TEST(a_hole_stays_a_hole)
{
	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(ftruncate(fd, 1 << 20), 0);
	for (int i = 0; i < TIMES; i++)
		CHECK_EQ(pwrite(fd, data, PAGE, 8 * PAGE), PAGE);
	CHECK(look("f").st_blocks <= 4 * 8);
}
