/* SPDX-License-Identifier: MPL-2.0 */
/* Mapped files: private and shared, together with read and write, and at their ends. */
#include "tests/posix/check.h"
#include <setjmp.h>
#include <sys/mman.h>

constexpr size_t PAGE = 4096;
constexpr int RW = PROT_READ | PROT_WRITE;

static int file(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	char *data = malloc(size);

	CHECK(fd >= 0);
	for (size_t i = 0; i < size; i++)
		data[i] = (char)('a' + i / PAGE);
	CHECK_EQ(write(fd, data, size), size);
	free(data);
	return fd;
}

static char *map(int fd, size_t size, int prot, int flags, off_t offset)
{
	char *p = mmap(nullptr, size, prot, flags, fd, offset);

	CHECK(p != MAP_FAILED);
	return p;
}

static jmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, signal);
}

static int touch(volatile char *p, bool write)
{
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	int got = sigsetjmp(back, 1);
	if (got == 0) {
		char c = *p;
		if (write)
			*p = c;
	}
	return got;
}

TEST(a_private_mapping_shows_the_file)
{
	check_folder();
	int fd = file("f", 3 * PAGE);
	char *p = map(fd, 3 * PAGE, PROT_READ, MAP_PRIVATE, 0);
	for (size_t i = 0; i < 3 * PAGE; i++)
		CHECK_EQ(p[i], 'a' + (int)(i / PAGE));
}

TEST(an_offset_is_kept)
{
	check_folder();
	int fd = file("f", 3 * PAGE);
	char *p = map(fd, PAGE, PROT_READ, MAP_SHARED, 2 * PAGE);
	CHECK_EQ(p[0], 'c');
	CHECK_ERR((long)mmap(nullptr, PAGE, PROT_READ, MAP_SHARED, fd, 100), EINVAL);
}

TEST(writing_a_private_mapping_leaves_the_file)
{
	char c;

	check_folder();
	int fd = file("f", 2 * PAGE);
	char *p = map(fd, 2 * PAGE, RW, MAP_PRIVATE, 0);
	p[0] = 'X';
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 'a');
	CHECK_EQ(p[1], 'a');
}

TEST(writing_a_shared_mapping_writes_the_file)
{
	check_folder();
	int fd = file("f", 2 * PAGE);
	char *p = map(fd, 2 * PAGE, RW, MAP_SHARED, 0);
	memcpy(p + PAGE - 2, "WXYZ", 4);
	char text[5] = "";
	CHECK_EQ(pread(fd, text, 4, PAGE - 2), 4);
	CHECK_STR(text, "WXYZ");
	CHECK_EQ(msync(p, 2 * PAGE, MS_SYNC), 0);
}

TEST(write_shows_in_mappings)
{
	check_folder();
	int fd = file("f", 2 * PAGE);
	char *shared = map(fd, 2 * PAGE, PROT_READ, MAP_SHARED, 0);
	CHECK_EQ(shared[PAGE], 'b');
	CHECK_EQ(pwrite(fd, "NEW", 3, PAGE), 3);
	CHECK_EQ(memcmp(shared + PAGE, "NEW", 3), 0);
}

TEST(two_mappings_are_one)
{
	check_folder();
	int fd = file("f", PAGE), other = open("f", O_RDWR);
	char *p = map(fd, PAGE, RW, MAP_SHARED, 0), *q = map(other, PAGE, RW, MAP_SHARED, 0);
	p[100] = 1;
	CHECK_EQ(q[100], 1);
	q[101] = 2;
	CHECK_EQ(p[101], 2);
}

TEST(a_mapping_outlives_descriptor_and_name)
{
	check_folder();
	int fd = file("f", 2 * PAGE);
	char *p = map(fd, 2 * PAGE, RW, MAP_SHARED, 0);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(p[PAGE], 'b');
	p[0] = 'q';
	CHECK_EQ(p[0], 'q');
}

TEST(the_rest_of_the_last_page_is_zero)
{
	check_folder();
	int fd = file("f", PAGE + 10);
	char *p = map(fd, 2 * PAGE, PROT_READ, MAP_PRIVATE, 0);
	CHECK_EQ(p[PAGE + 9], 'b');
	for (size_t i = PAGE + 10; i < 2 * PAGE; i++)
		CHECK_EQ(p[i], 0);
}

TEST(past_the_end_is_SIGBUS)
{
	check_folder();
	int fd = file("f", PAGE + 10);
	char *p = map(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	CHECK_EQ(touch(p + PAGE + 100, false), 0);
	CHECK_EQ(touch(p + 2 * PAGE, false), SIGBUS);
	CHECK_EQ(touch(p + 3 * PAGE, true), SIGBUS);
	CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
	CHECK_EQ(touch(p + 2 * PAGE, true), 0);
	CHECK_EQ(touch(p + 3 * PAGE, false), SIGBUS);
}

TEST(cutting_the_file_cuts_its_mappings)
{
	check_folder();
	int fd = file("f", 4 * PAGE);
	char *p = map(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	CHECK_EQ(touch(p + 3 * PAGE, true), 0);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(touch(p + 3 * PAGE, false), SIGBUS);
	CHECK_EQ(ftruncate(fd, 4 * PAGE), 0);
	CHECK_EQ(touch(p + 3 * PAGE, false), 0);
	CHECK_EQ(p[3 * PAGE], 0); /* what was cut off is gone */
}

TEST(rights_of_the_descriptor_bound_those_of_the_mapping)
{
	check_folder();
	close(file("f", PAGE));
	int reading = open("f", O_RDONLY), writing = open("f", O_WRONLY);
	CHECK_ERR((long)mmap(nullptr, PAGE, RW, MAP_SHARED, reading, 0), EACCES);
	CHECK((long)mmap(nullptr, PAGE, RW, MAP_PRIVATE, reading, 0) != -1);
	CHECK_ERR((long)mmap(nullptr, PAGE, PROT_WRITE, MAP_SHARED, writing, 0), EACCES);
	char *p = map(reading, PAGE, PROT_READ, MAP_SHARED, 0);
	CHECK_ERR(mprotect(p, PAGE, RW), EACCES);
	CHECK_EQ(touch(p, true), SIGSEGV);
}

TEST(directories_and_pipes_cannot_be_mapped)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	CHECK_ERR((long)mmap(nullptr, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0), ENODEV);
	int dir = open("/", O_RDONLY);
	CHECK_ERR((long)mmap(nullptr, PAGE, PROT_READ, MAP_PRIVATE, dir, 0), ENODEV);
}

TEST(a_child_shares_the_file)
{
	check_folder();
	int fd = file("f", PAGE);
	char *p = map(fd, PAGE, RW, MAP_SHARED, 0);
	char *q = map(fd, PAGE, RW, MAP_PRIVATE, 0);
	q[0] = 'P';
	pid_t pid = fork();
	if (pid == 0) {
		p[1] = 'C';
		q[0] = 'D';
		_exit(p[0] == 'a' ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(p[1], 'C');
	CHECK_EQ(q[0], 'P');
}

TEST(reading_into_a_mapping_of_the_same_file)
{
	check_folder();
	int fd = file("f", 4 * PAGE);
	char *p = map(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	CHECK_EQ(pread(fd, p, PAGE, 3 * PAGE), PAGE);
	CHECK_EQ(p[0], 'd');
	CHECK_EQ(pwrite(fd, p, PAGE, PAGE), PAGE);
	CHECK_EQ(p[PAGE], 'd');
}

TEST(memfd_is_a_file_without_a_name)
{
	int fd = memfd_create("check", MFD_CLOEXEC);
	struct stat st;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	char *p = map(fd, 2 * PAGE, RW, MAP_SHARED, 0);
	p[PAGE] = 'm';
	char c;
	CHECK_EQ(pread(fd, &c, 1, PAGE), 1);
	CHECK_EQ(c, 'm');
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISREG(st.st_mode) && st.st_size == 2 * PAGE && st.st_nlink == 0);
}

TEST(memfd_seals)
{
	int fd = memfd_create("check", MFD_ALLOW_SEALING);

	CHECK_EQ(ftruncate(fd, PAGE), 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	CHECK_ERR(ftruncate(fd, 0), EPERM);
	CHECK_ERR(ftruncate(fd, 2 * PAGE), EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	CHECK_ERR(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERR((long)mmap(nullptr, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM);
}

TEST(a_mapping_that_may_be_written_keeps_the_seal_off)
{
	int fd = memfd_create("check", MFD_ALLOW_SEALING);

	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	char *p = map(fd, 2 * PAGE, RW, MAP_SHARED, 0);
	p[0] = 'w';
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(munmap(p, PAGE), 0);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	pid_t pid = fork(); /* whose copy of the mapping counts too */
	if (pid == 0)
		_exit(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1 && errno == EBUSY &&
				      munmap(p + PAGE, PAGE) == 0 &&
				      fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1
			      ? 0
			      : 1);
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_WRITE);
	p = map(fd, PAGE, RW, MAP_PRIVATE, 0);
	CHECK_EQ(p[0], 'w');
	p[0] = 'x';
	CHECK_EQ(map(fd, PAGE, PROT_READ, MAP_SHARED, 0)[0], 'w');
}

TEST(a_seal_on_later_writing_leaves_mappings_alone)
{
	int fd = memfd_create("check", MFD_ALLOW_SEALING);
	char c;

	CHECK_EQ(ftruncate(fd, PAGE), 0);
	char *p = map(fd, PAGE, RW, MAP_SHARED, 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
	p[0] = 'f';
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 'f');
	CHECK_ERR(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERR((long)mmap(nullptr, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
	p = map(fd, PAGE, PROT_READ, MAP_SHARED, 0);
	CHECK_ERR(mprotect(p, PAGE, RW), EACCES);
}

TEST(what_cannot_grow_takes_whole_pages)
{
	int fd = memfd_create("check", MFD_ALLOW_SEALING), plain = memfd_create("plain", 0);
	static char data[3 * PAGE];

	CHECK_EQ(ftruncate(fd, PAGE + 10), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	CHECK_EQ(pwrite(fd, data, 10, PAGE), 10);
	CHECK_ERR(pwrite(fd, data, 11, PAGE), EPERM);
	CHECK_EQ(pwrite(fd, data, sizeof(data), 1), PAGE - 1);
	CHECK_ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 * PAGE), EPERM);
	CHECK_EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, PAGE), 0);
	CHECK_EQ(ftruncate(fd, 1), 0);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, 1 << 20), EINVAL);
	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERR(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW), EPERM);
}

TEST(posix_shared_memory)
{
	int fd = shm_open("/check-shm", O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	char *p = map(fd, PAGE, RW, MAP_SHARED, 0);
	pid_t pid = fork();
	if (pid == 0) {
		int other = shm_open("/check-shm", O_RDWR, 0);
		map(other, PAGE, RW, MAP_SHARED, 0)[7] = 'S';
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(p[7], 'S');
	CHECK_EQ(shm_unlink("/check-shm"), 0);
	CHECK_ERR(shm_open("/check-shm", O_RDWR, 0), ENOENT);
}

TEST(dev_zero_can_be_mapped)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = map(fd, 2 * PAGE, RW, MAP_PRIVATE, 0);

	CHECK_EQ(p[PAGE], 0);
	p[PAGE] = 1;
	CHECK_EQ(p[PAGE], 1);
}

TEST(a_sparse_files_holes_read_as_zero)
{
	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(pwrite(fd, "end", 3, 1 << 20), 3);
	char *p = map(fd, (1 << 20) + 3, RW, MAP_SHARED, 0);
	CHECK_EQ(p[12345], 0);
	CHECK_EQ(memcmp(p + (1 << 20), "end", 3), 0);
	p[512 << 10] = 'M';
	char c;
	CHECK_EQ(pread(fd, &c, 1, 512 << 10), 1);
	CHECK_EQ(c, 'M');
}

TEST(mremap_of_a_shared_file)
{
	check_folder();
	int fd = file("f", 4 * PAGE);
	char *p = map(fd, PAGE, RW, MAP_SHARED, 0);
	char *q = mremap(p, PAGE, 4 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[3 * PAGE], 'd');
	q[3 * PAGE] = 'Q';
	char c;
	CHECK_EQ(pread(fd, &c, 1, 3 * PAGE), 1);
	CHECK_EQ(c, 'Q');
}

TEST(appending_shows_in_a_mapping_made_before)
{
	check_folder();
	int fd = file("f", PAGE);
	char *p = map(fd, 3 * PAGE, PROT_READ, MAP_SHARED, 0);
	CHECK_EQ(touch(p + PAGE, false), SIGBUS);
	CHECK_EQ(pwrite(fd, "tail", 4, PAGE), 4);
	CHECK_EQ(memcmp(p + PAGE, "tail", 4), 0);
}

TEST(two_processes_count_in_one_file)
{
	check_folder();
	int fd = file("f", PAGE);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	pid_t pids[2];
	for (int i = 0; i < 2; i++)
		if ((pids[i] = fork()) == 0) {
			int own = open("f", O_RDWR);
			_Atomic long *n = (_Atomic long *)(void *)map(own, PAGE, RW, MAP_SHARED, 0);
			for (int j = 0; j < 10'000; j++)
				(*n)++;
			_exit(0);
		}
	CHECK_EQ(check_wait(pids[0]), 0);
	CHECK_EQ(check_wait(pids[1]), 0);
	long n;
	CHECK_EQ(pread(fd, &n, sizeof(n), 0), sizeof(n));
	CHECK_EQ(n, 20'000);
}
