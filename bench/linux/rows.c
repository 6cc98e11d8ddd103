/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What Linux's calls cost, row by row, in nanoseconds of CLOCK_MONOTONIC: under QEMU's
 * -icount shift=0 that is instructions. One static program, the same for Linux and for Futura.
 *
 *	rows [NAME...]		prints name, p50, p90, p99, most, repetitions
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "/tmp/rows.data"
constexpr size_t FILE_BYTES = 1 << 20, PAGE = 4096;

static char buffer[65536];
static int zero, data, ends[4];
static const char *self;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void need(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void row_getppid(void)
{
	syscall(SYS_getppid);
}

static void row_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
}

static void row_read_zero(void)
{
	need(read(zero, buffer, 1) == 1, "read /dev/zero");
}

static void row_pread_4k(void)
{
	need(pread(data, buffer, 4096, 8192) == 4096, "pread");
}

static void row_pread_64k(void)
{
	need(pread(data, buffer, 65536, 0) == 65536, "pread");
}

static void row_open_close(void)
{
	int fd = open(FILE_NAME, O_RDONLY);

	need(fd >= 0, "open");
	close(fd);
}

static void row_stat(void)
{
	struct stat st;

	need(stat(FILE_NAME, &st) == 0, "stat");
}

static void row_create_unlink(void)
{
	int fd = open("/tmp/rows.new", O_CREAT | O_EXCL | O_WRONLY, 0600);

	need(fd >= 0, "create");
	close(fd);
	need(unlink("/tmp/rows.new") == 0, "unlink");
}

/* --- Ping-pong with a child that echoes bytes --- */

static pid_t echo;

static void echo_start(bool sockets)
{
	int a[2], b[2];

	if (sockets) {
		need(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0, "socketpair");
		ends[0] = ends[1] = a[0];
		ends[2] = ends[3] = a[1];
	} else {
		need(pipe(a) == 0 && pipe(b) == 0, "pipe");
		ends[0] = b[0], ends[1] = a[1];
		ends[2] = a[0], ends[3] = b[1];
	}
	echo = fork();
	need(echo >= 0, "fork");
	if (echo == 0) {
		char c;
		while (read(ends[2], &c, 1) == 1 && write(ends[3], &c, 1) == 1)
			;
		_exit(0);
	}
}

static void start_pipes(void)
{
	echo_start(false);
}

static void start_sockets(void)
{
	echo_start(true);
}

static void echo_stop(void)
{
	kill(echo, SIGKILL);
	waitpid(echo, nullptr, 0);
	for (int i = 0; i < 4; i++)
		close(ends[i]);
}

static void row_ping_pong(void)
{
	char c = 1;

	need(write(ends[1], &c, 1) == 1 && read(ends[0], &c, 1) == 1, "ping-pong");
}

/* --- Processes and threads --- */

static void row_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	need(pid > 0 && waitpid(pid, nullptr, 0) == pid, "fork");
}

static void row_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, self, "nothing", nullptr);
		_exit(127);
	}
	need(pid > 0 && waitpid(pid, nullptr, 0) == pid, "vfork");
}

static void *nothing(void *argument)
{
	return argument;
}

static void row_thread(void)
{
	pthread_t t;

	need(pthread_create(&t, nullptr, nothing, nullptr) == 0, "pthread_create");
	pthread_join(t, nullptr);
}

static void touch(volatile char *p, bool write)
{
	for (int i = 0; i < 16; i++) {
		if (write)
			p[i * PAGE] = 1;
		else
			(void)p[i * PAGE];
	}
}

static void row_mmap(void)
{
	char *p = mmap(nullptr, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	need(p != MAP_FAILED, "mmap");
	touch(p, true);
	munmap(p, 16 * PAGE);
}

static void row_mmap_file(void)
{
	char *p = mmap(nullptr, 16 * PAGE, PROT_READ, MAP_SHARED, data, 0);

	need(p != MAP_FAILED, "mmap");
	touch(p, false);
	munmap(p, 16 * PAGE);
}

static char *million;

static void start_million(void)
{
	million = malloc(1 << 20);
	memset(million, 1, 1 << 20);
}

static void stop_million(void)
{
	free(million);
}

static void row_fork_write(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (size_t i = 0; i < 1 << 20; i += PAGE)
			million[i] = 2;
		_exit(0);
	}
	need(pid > 0 && waitpid(pid, nullptr, 0) == pid, "fork");
}

static void caught(int signal)
{
	(void)signal;
}

static void start_signal(void)
{
	signal(SIGUSR1, caught);
}

static void row_signal(void)
{
	raise(SIGUSR1);
}

static const struct row {
	const char *name;
	void (*run)(void), (*start)(void), (*stop)(void);
	unsigned repetitions;
} rows[] = {
	{ "getppid", row_getppid, .repetitions = 10000 },
	{ "clock_gettime", row_clock, .repetitions = 10000 },
	{ "read-zero-1", row_read_zero, .repetitions = 10000 },
	{ "pread-4k", row_pread_4k, .repetitions = 10000 },
	{ "pread-64k", row_pread_64k, .repetitions = 2000 },
	{ "open-close", row_open_close, .repetitions = 10000 },
	{ "stat", row_stat, .repetitions = 10000 },
	{ "create-unlink", row_create_unlink, .repetitions = 5000 },
	{ "signal", row_signal, start_signal, .repetitions = 10000 },
	{ "pipe-ping-pong", row_ping_pong, start_pipes, echo_stop, 5000 },
	{ "unix-ping-pong", row_ping_pong, start_sockets, echo_stop, 5000 },
	{ "fork-exit-wait", row_fork, .repetitions = 500 },
	{ "vfork-exec-wait", row_exec, .repetitions = 200 },
	{ "thread", row_thread, .repetitions = 500 },
	{ "mmap-16", row_mmap, .repetitions = 1000 },
	{ "mmap-file-16", row_mmap_file, .repetitions = 1000 },
	{ "fork-write-1m", row_fork_write, start_million, stop_million, 50 },
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void measure(const struct row *r)
{
	unsigned n = r->repetitions;
	uint64_t *times = malloc(n * sizeof(*times)), least = UINT64_MAX;

	need(times != nullptr, "malloc");
	if (r->start)
		r->start();
	for (unsigned i = 0; i < n / 10 + 3; i++)
		r->run();
	/* What reading the clock costs is taken off. */
	for (unsigned i = 0; i < 100; i++) {
		uint64_t start = now(), took = now() - start;
		least = took < least ? took : least;
	}
	for (unsigned i = 0; i < n; i++) {
		uint64_t start = now();
		r->run();
		uint64_t took = now() - start;
		times[i] = took > least ? took - least : 0;
	}
	if (r->stop)
		r->stop();
	qsort(times, n, sizeof(*times), by_value);
	printf("%-16s %9lu %9lu %9lu %9lu %7u\n", r->name, times[n / 2], times[n * 9 / 10],
	       times[n * 99 / 100], times[n - 1], n);
	fflush(stdout);
	free(times);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "nothing") == 0)
		return 0;
	self = argv[0];
	zero = open("/dev/zero", O_RDONLY);
	data = open(FILE_NAME, O_CREAT | O_TRUNC | O_RDWR, 0600);
	need(zero >= 0 && data >= 0, FILE_NAME);
	for (size_t i = 0; i < FILE_BYTES; i += sizeof(buffer))
		need(write(data, buffer, sizeof(buffer)) == sizeof(buffer), "write");
	printf("%-16s %9s %9s %9s %9s %7s\n", "row", "p50", "p90", "p99", "most", "times");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_wanted(rows[i].name, argc, argv))
			measure(&rows[i]);
	unlink(FILE_NAME);
	return 0;
}
