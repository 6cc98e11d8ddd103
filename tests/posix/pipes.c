/* SPDX-License-Identifier: MPL-2.0 */
/* Pipes and FIFOs: order, atomicity, blocking, ends. */
#include "tests/posix/check.h"
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

static void nonblock(int fd)
{
	CHECK_EQ(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

TEST(bytes_come_out_in_order)
{
	int ends[2];
	char text[16] = "";

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "hello ", 6), 6);
	CHECK_EQ(write(ends[1], "pipe", 4), 4);
	CHECK_EQ(read(ends[0], text, 3), 3);
	CHECK_STR(text, "hel");
	CHECK_EQ(read(ends[0], text, sizeof(text)), 7);
}

TEST(the_last_writers_end_is_the_end)
{
	int ends[2];
	char c;

	CHECK_EQ(pipe(ends), 0);
	int copy = dup(ends[1]);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	close(ends[1]);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	nonblock(ends[0]);
	CHECK_ERR(read(ends[0], &c, 1), EAGAIN);
	close(copy);
	CHECK_EQ(read(ends[0], &c, 1), 0);
	CHECK_EQ(read(ends[0], &c, 1), 0);
}

TEST(without_readers_a_write_fails)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	close(ends[0]);
	CHECK_ERR(write(ends[1], "x", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_ERR(write(ends[1], "x", 1), EPIPE);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 128 + SIGPIPE);
}

TEST(a_read_waits_for_a_writer)
{
	int ends[2];
	char text[8] = "";

	CHECK_EQ(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		usleep(30'000);
		_exit(write(ends[1], "late", 4) == 4 ? 0 : 1);
	}
	CHECK_EQ(read(ends[0], text, sizeof(text)), 4);
	CHECK_STR(text, "late");
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_full_pipe_refuses_or_waits)
{
	int ends[2];
	static char block[65536];
	size_t used = 0;
	ssize_t n;

	CHECK_EQ(pipe(ends), 0);
	nonblock(ends[1]);
	while ((n = write(ends[1], block, 4096)) > 0)
		used += (size_t)n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(used, 65536);
	CHECK_EQ(read(ends[0], block, 4096), 4096);
	CHECK_EQ(write(ends[1], block, 8192), 4096);
	CHECK_ERR(write(ends[1], block, 1), EAGAIN);
}

TEST(small_writes_are_not_mixed)
{
	int ends[2];
	pid_t pids[4];

	CHECK_EQ(pipe(ends), 0);
	for (int i = 0; i < 4; i++)
		if ((pids[i] = fork()) == 0) {
			char record[64];
			memset(record, 'a' + i, sizeof(record));
			for (int j = 0; j < 500; j++)
				if (write(ends[1], record, sizeof(record)) != sizeof(record))
					_exit(1);
			_exit(0);
		}
	close(ends[1]);
	int n[4] = {};
	char record[64];
	for (;;) {
		size_t have = 0;
		ssize_t got;
		while (have < sizeof(record) &&
		       (got = read(ends[0], record + have, sizeof(record) - have)) > 0)
			have += (size_t)got;
		if (have == 0)
			break;
		CHECK_EQ(have, sizeof(record));
		for (size_t i = 1; i < sizeof(record); i++)
			CHECK_EQ(record[i], record[0]);
		n[record[0] - 'a']++;
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(n[i], 500);
		CHECK_EQ(check_wait(pids[i]), 0);
	}
}

static void *writer(void *argument)
{
	int fd = *(int *)argument;
	static unsigned char block[10'000];
	unsigned x = 1;

	for (int i = 0; i < 300; i++) {
		for (size_t j = 0; j < sizeof(block); j++)
			block[j] = (unsigned char)((x = x * 1'103'515'245 + 12345) >> 16);
		for (size_t at = 0; at < sizeof(block);) {
			ssize_t n = write(fd, block + at, sizeof(block) - at);
			CHECK(n > 0);
			at += (size_t)n;
		}
	}
	close(fd);
	return nullptr;
}

TEST(three_megabytes_between_threads)
{
	int ends[2];
	pthread_t t;
	unsigned char block[4567];
	unsigned x = 1;
	size_t total = 0;
	ssize_t n;

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(pthread_create(&t, nullptr, writer, &ends[1]), 0);
	while ((n = read(ends[0], block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(block[i], (unsigned char)((x = x * 1'103'515'245 + 12345) >> 16));
		total += (size_t)n;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(total, 3'000'000);
	CHECK_EQ(pthread_join(t, nullptr), 0);
}

TEST(a_pipeline_of_ten_processes)
{
	int first[2], in, ends[2];

	CHECK_EQ(pipe(first), 0);
	in = first[0];
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(pipe(ends), 0);
		if (fork() == 0) {
			char c;
			close(first[1]);
			close(ends[0]);
			while (read(in, &c, 1) == 1) {
				c++;
				if (write(ends[1], &c, 1) != 1)
					_exit(1);
			}
			_exit(0);
		}
		close(in);
		close(ends[1]);
		in = ends[0];
	}
	char text[6] = "";
	CHECK_EQ(write(first[1], "ABCDE", 5), 5);
	close(first[1]);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(read(in, text + i, 1), 1);
	CHECK_STR(text, "KLMNO");
	CHECK_EQ(read(in, text, 1), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(check_wait(-1), 0);
}

TEST(pipe2_takes_flags)
{
	int ends[2];
	char c;

	CHECK_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	CHECK_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	CHECK_ERR(read(ends[0], &c, 1), EAGAIN);
	CHECK_ERR(pipe2(ends, 0x12345678), EINVAL);
	CHECK_EQ(fcntl(ends[1], F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK_EQ(fcntl(ends[0], F_GETFL) & O_ACCMODE, O_RDONLY);
}

TEST(an_end_has_one_direction_and_no_offset)
{
	int ends[2];
	char c = 0;

	CHECK_EQ(pipe(ends), 0);
	CHECK_ERR(write(ends[0], &c, 1), EBADF);
	CHECK_ERR(read(ends[1], &c, 1), EBADF);
	CHECK_ERR(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERR(pread(ends[0], &c, 1, 0), ESPIPE);
	CHECK_ERR(preadv(ends[0], &(struct iovec){ &c, 1 }, 1, 0), ESPIPE);
	CHECK_ERR(pwritev2(ends[1], &(struct iovec){ &c, 1 }, 1, 0, 0), ESPIPE);
	CHECK_EQ(pwritev2(ends[1], &(struct iovec){ &c, 1 }, 1, -1, 0), 1);
	CHECK_ERR(ftruncate(ends[1], 0), EINVAL);
}

TEST(fstat_and_FIONREAD)
{
	int ends[2], n = -1;
	struct stat st;

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(fstat(ends[0], &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_EQ(write(ends[1], "12345", 5), 5);
	CHECK_EQ(ioctl(ends[0], FIONREAD, &n), 0);
	CHECK_EQ(n, 5);
}

TEST(the_size_can_be_asked_and_set)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(fcntl(ends[0], F_GETPIPE_SZ), 65536);
	CHECK(fcntl(ends[0], F_SETPIPE_SZ, 200'000) >= 200'000);
	CHECK(fcntl(ends[1], F_GETPIPE_SZ) >= 200'000);
	CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, 0), 4096);
}

TEST(reading_nothing_and_writing_nothing)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "", 0), 0);
	CHECK_EQ(read(ends[0], nullptr, 0), 0);
	nonblock(ends[0]);
	char c;
	CHECK_ERR(read(ends[0], &c, 1), EAGAIN);
}

TEST(vectors)
{
	int ends[2];
	char a[3], b[10];
	struct iovec out[3] = { { "ab", 2 }, { "", 0 }, { "cdefg", 5 } };
	struct iovec in[2] = { { a, sizeof(a) }, { b, sizeof(b) } };

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(writev(ends[1], out, 3), 7);
	CHECK_EQ(readv(ends[0], in, 2), 7);
	CHECK_EQ(memcmp(a, "abc", 3), 0);
	CHECK_EQ(memcmp(b, "defg", 4), 0);
	CHECK_ERR(writev(ends[1], out, -1), EINVAL);
	CHECK_EQ(writev(ends[1], out, 0), 0);
	out[2].iov_len = (size_t)-1;
	CHECK_ERR(writev(ends[1], out, 3), EINVAL);
}

TEST(a_fifo_has_a_name)
{
	char text[8] = "";

	check_folder();
	CHECK_EQ(mkfifo("f", 0600), 0);
	CHECK_ERR(mkfifo("f", 0600), EEXIST);
	pid_t pid = fork();
	if (pid == 0) {
		int out = open("f", O_WRONLY);
		_exit(write(out, "named", 5) == 5 ? 0 : 1);
	}
	int in = open("f", O_RDONLY); /* both wait for each other */
	CHECK(in >= 0);
	CHECK_EQ(read(in, text, 5), 5);
	CHECK_STR(text, "named");
	CHECK_EQ(read(in, text, 1), 0);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(opening_a_fifo_without_waiting)
{
	char c;

	check_folder();
	CHECK_EQ(mkfifo("f", 0600), 0);
	CHECK_ERR(open("f", O_WRONLY | O_NONBLOCK), ENXIO);
	int in = open("f", O_RDONLY | O_NONBLOCK);
	CHECK(in >= 0);
	CHECK_EQ(read(in, &c, 1), 0); /* no writer yet */
	int out = open("f", O_WRONLY | O_NONBLOCK);
	CHECK(out >= 0);
	CHECK_ERR(read(in, &c, 1), EAGAIN);
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_EQ(read(in, &c, 1), 1);
}

TEST(a_fifo_can_be_opened_both_ways)
{
	char c;

	check_folder();
	CHECK_EQ(mkfifo("f", 0600), 0);
	int fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'y');
}

TEST(a_fifos_openings_share_its_bytes)
{
	char c;

	check_folder();
	CHECK_EQ(mkfifo("f", 0600), 0);
	int a = open("f", O_RDWR), b = open("f", O_RDONLY);
	CHECK_EQ(write(a, "12", 2), 2);
	CHECK_EQ(read(b, &c, 1), 1);
	CHECK_EQ(c, '1');
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(read(a, &c, 1), 1);
	CHECK_EQ(c, '2');
}

TEST(a_pipe_can_be_opened_again_by_proc)
{
	int ends[2];
	char path[64], c;

	CHECK_EQ(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	int again = open(path, O_WRONLY);
	CHECK(again >= 0);
	CHECK_EQ(write(again, "p", 1), 1);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	CHECK_EQ(c, 'p');
}

TEST(poll_on_both_ends)
{
	int ends[2];
	struct pollfd p[2];

	CHECK_EQ(pipe(ends), 0);
	p[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = ends[1], .events = POLLOUT };
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[1].revents, POLLOUT);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(poll(p, 2, 0), 2);
	CHECK_EQ(p[0].revents, POLLIN);
	close(ends[1]);
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN | POLLHUP);
	CHECK_EQ(pipe(ends), 0);
	close(ends[0]);
	p[1].fd = ends[1];
	CHECK_EQ(poll(p + 1, 1, 0), 1);
	CHECK_EQ(p[1].revents, POLLOUT | POLLERR);
}

TEST(a_killed_writer_leaves_the_end)
{
	int ends[2];
	char c;

	CHECK_EQ(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	close(ends[1]);
	usleep(10'000);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(read(ends[0], &c, 1), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
}

TEST(ping_pong)
{
	int there[2], back[2];
	int n = 0;

	CHECK_EQ(pipe(there), 0);
	CHECK_EQ(pipe(back), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(there[1]);
		while (read(there[0], &n, sizeof(n)) == sizeof(n)) {
			n++;
			if (write(back[1], &n, sizeof(n)) != sizeof(n))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 2000; i++) {
		CHECK_EQ(write(there[1], &n, sizeof(n)), sizeof(n));
		CHECK_EQ(read(back[0], &n, sizeof(n)), sizeof(n));
	}
	CHECK_EQ(n, 2000);
	close(there[1]);
	CHECK_EQ(check_wait(pid), 0);
}

/* A pipe with that in it. */
static void pipe_with(int ends[2], const char *text)
{
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], text, strlen(text)), strlen(text));
}

static const char *all_of(int fd)
{
	static char text[256];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	CHECK(n >= 0);
	text[n] = '\0';
	return text;
}

TEST(splice_moves_between_pipes_and_files)
{
	int a[2], b[2];
	loff_t at = 2;

	check_folder();
	check_write("from", "0123456789");
	int from = open("from", O_RDONLY), to = open("to", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(splice(from, &at, a[1], nullptr, 5, 0), 5);
	CHECK_EQ(at, 7);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), 0);
	CHECK_EQ(splice(from, nullptr, a[1], nullptr, 100, 0), 10);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), 10);
	CHECK_EQ(splice(from, nullptr, a[1], nullptr, 100, 0), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_EQ(splice(a[0], nullptr, b[1], nullptr, 7, 0), 7);
	at = 3;
	CHECK_EQ(splice(b[0], nullptr, to, &at, 100, 0), 7);
	CHECK_EQ(at, 10);
	CHECK_EQ(splice(a[0], nullptr, to, nullptr, 100, 0), 8);
	CHECK_EQ(splice(a[0], nullptr, to, nullptr, 100, SPLICE_F_NONBLOCK), -1);
	CHECK_EQ(errno, EAGAIN);
	close(a[1]);
	CHECK_EQ(splice(a[0], nullptr, to, nullptr, 100, 0), 0);
	CHECK_EQ(memcmp(check_read("to"), "2345678901", 8), 0);
}

TEST(splice_moves_what_fits)
{
	constexpr int ALL = 300'000;
	int ends[2], zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
	ssize_t n, left;

	CHECK_EQ(pipe(ends), 0);
	n = splice(zero, nullptr, ends[1], nullptr, ALL, 0);
	CHECK(n > 0 && n <= fcntl(ends[1], F_GETPIPE_SZ));
	CHECK_ERR(splice(zero, nullptr, ends[1], nullptr, ALL, SPLICE_F_NONBLOCK), EAGAIN);
	for (left = n; left > 0; left -= n) {
		n = splice(ends[0], nullptr, null, nullptr, ALL, 0);
		CHECK(n > 0);
	}
	CHECK_EQ(left, 0);
}

/* Nothing of a pipe is lost before a file that takes no more. */
TEST(splice_leaves_what_does_not_fit)
{
	struct rlimit few = { 10, RLIM_INFINITY };
	char text[32] = {};
	int ends[2];

	check_folder();
	int to = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "0123456789abcdef", 16), 16);
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &few), 0);
	CHECK_EQ(splice(ends[0], nullptr, to, nullptr, 16, 0), 10);
	CHECK_ERR(splice(ends[0], nullptr, to, nullptr, 16, 0), EFBIG);
	CHECK_EQ(read(ends[0], text, sizeof(text)), 6);
	CHECK_STR(text, "abcdef");
}

TEST(splice_leaves_what_a_full_file_system_refuses)
{
	constexpr int SIZE = 16384;
	static char data[SIZE], back[2 * SIZE];
	int ends[2];

	check_folder();
	CHECK_EQ(mkdir("m", 0700), 0);
	CHECK_EQ(mount("none", "m", "tmpfs", 0, "size=8192"), 0);
	int to = open("m/f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(pipe(ends), 0);
	for (int i = 0; i < SIZE; i++)
		data[i] = (char)(i / 7);
	CHECK_EQ(write(ends[1], data, SIZE), SIZE);
	ssize_t n = 0, part;
	while ((part = splice(ends[0], nullptr, to, nullptr, SIZE, SPLICE_F_NONBLOCK)) > 0)
		n += part;
	CHECK(part == -1 && errno == ENOSPC);
	CHECK_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(pread(to, back, SIZE, 0), n);
	CHECK_EQ(read(ends[0], back + n, SIZE), SIZE - n);
	CHECK(memcmp(back, data, SIZE) == 0);
	close(to);
	CHECK_EQ(umount("m"), 0);
}

TEST(splice_waits_for_data_and_takes_it_to_a_socket)
{
	int ends[2], s[2], status;
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	pid = fork();
	if (pid == 0) {
		usleep(20'000);
		_exit(write(ends[1], "hello", 5) == 5 ? 0 : 1);
	}
	CHECK_EQ(splice(ends[0], nullptr, s[0], nullptr, 100, 0), 5);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(strcmp(all_of(s[1]), "hello") == 0);
	CHECK_EQ(write(s[1], "back", 4), 4);
	CHECK_EQ(splice(s[0], nullptr, ends[1], nullptr, 100, 0), 4);
	CHECK(strcmp(all_of(ends[0]), "back") == 0);
}

TEST(tee_copies_and_takes_nothing)
{
	int a[2], b[2];

	pipe_with(a, "abcdef");
	CHECK_EQ(pipe(b), 0);
	CHECK_EQ(tee(a[0], b[1], 4, 0), 4);
	CHECK_EQ(tee(a[0], b[1], 100, 0), 6);
	CHECK(strcmp(all_of(b[0]), "abcdabcdef") == 0);
	CHECK(strcmp(all_of(a[0]), "abcdef") == 0);
	CHECK_ERR(tee(a[0], b[1], 4, SPLICE_F_NONBLOCK), EAGAIN);
	close(a[1]);
	CHECK_EQ(tee(a[0], b[1], 4, 0), 0);
}

TEST(vmsplice_is_filled_from_memory_and_fills_it)
{
	char first[] = "one", second[] = "two", to[8] = "";
	struct iovec out[] = { { first, 3 }, { second, 3 } }, in = { to, 7 };
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(vmsplice(ends[1], out, 2, 0), 6);
	CHECK_EQ(vmsplice(ends[0], &in, 1, 0), 6);
	CHECK(strcmp(to, "onetwo") == 0);
	CHECK_ERR(vmsplice(ends[0], &in, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(vmsplice(open("/dev/null", O_RDWR), out, 2, 0), EBADF);
}

TEST(splice_tells_what_is_wrong)
{
	int a[2], null = open("/dev/null", O_RDWR);
	loff_t at = 0;

	pipe_with(a, "x");
	CHECK_ERR(splice(null, nullptr, null, nullptr, 1, 0), EINVAL);
	CHECK_ERR(splice(a[0], nullptr, a[1], nullptr, 1, 0), EINVAL);
	CHECK_ERR(splice(a[0], &at, null, nullptr, 1, 0), ESPIPE);
	CHECK_ERR(splice(null, nullptr, a[1], &at, 1, 0), ESPIPE);
	CHECK_ERR(splice(a[1], nullptr, null, nullptr, 1, 0), EBADF);
	CHECK_ERR(splice(999, nullptr, a[1], nullptr, 1, 0), EBADF);
	CHECK_ERR(splice(a[0], nullptr, null, nullptr, 1, 1 << 20), EINVAL);
	CHECK_EQ(splice(999, nullptr, a[1], nullptr, 0, 0), 0);
	CHECK_ERR(tee(a[0], null, 1, 0), EINVAL);
	check_folder();
	int appending = open("f", O_WRONLY | O_CREAT | O_APPEND, 0600);
	CHECK_ERR(splice(a[0], nullptr, appending, nullptr, 1, 0), EINVAL);
}

static void writes_to(int fd)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(write(fd, "x", 1) != 1);
	CHECK_EQ(check_wait(pid), 0);
}

/* The signal that comes within seconds; 0: none within a moment. */
static int signal_within(const sigset_t *set, time_t seconds)
{
	struct timespec t = { .tv_sec = seconds, .tv_nsec = seconds ? 0 : 50'000'000 };

	return sigtimedwait(set, nullptr, &t);
}

/* One end is watched with O_ASYNC while the other is written. */
static void tells_its_owner(int watched, int other)
{
	struct f_owner_ex owner = { .type = F_OWNER_TID, .pid = gettid() };
	sigset_t set;
	int on = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	CHECK_EQ(fcntl(watched, F_GETOWN), 0);
	CHECK_EQ(fcntl(watched, F_SETOWN, getpid()), 0);
	CHECK_EQ(fcntl(watched, F_GETOWN), getpid());
	writes_to(other);
	CHECK_EQ(signal_within(&set, 0), -1);
	CHECK_EQ(fcntl(watched, F_SETFL, O_ASYNC), 0);
	writes_to(other);
	CHECK_EQ(signal_within(&set, 10), SIGIO);
	CHECK_EQ(fcntl(watched, F_SETSIG, SIGUSR1), 0);
	CHECK_EQ(fcntl(watched, F_GETSIG), SIGUSR1);
	CHECK_EQ(fcntl(watched, F_SETOWN_EX, &owner), 0);
	writes_to(other);
	CHECK_EQ(signal_within(&set, 10), SIGUSR1);
	CHECK_EQ(fcntl(watched, F_SETOWN, -getpgrp()), 0);
	CHECK_EQ(fcntl(watched, F_GETOWN_EX, &owner), 0);
	CHECK(owner.type == F_OWNER_PGRP && owner.pid == getpgrp());
	CHECK_EQ(ioctl(watched, FIOASYNC, &on), 0);
	CHECK_EQ(fcntl(watched, F_GETFL) & O_ASYNC, 0);
	CHECK_ERR(fcntl(watched, F_SETOWN, 3'999'999), ESRCH);
	CHECK_ERR(fcntl(watched, F_SETSIG, 100), EINVAL);
}

TEST(who_owns_a_pipe_is_told_of_bytes)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	tells_its_owner(ends[0], ends[1]);
}

TEST(who_owns_a_socket_is_told_of_bytes)
{
	int ends[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	tells_its_owner(ends[0], ends[1]);
}
