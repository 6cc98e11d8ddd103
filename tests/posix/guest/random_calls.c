/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Random Linux calls with random arguments, from several threads of a process: only that process
 * may suffer. Arguments: SEED ROUNDS. For Futura alone: it would harm the machine of whoever runs
 * it. At the end all is as before: processes, memory, and another program runs.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

constexpr unsigned THREADS = 3, USER = 1000;
constexpr unsigned ROUND_MS = 300, DEATH_MS = 20'000;
constexpr long NUMBERS = 460; /* of calls: the table's, and some beyond */
constexpr long SLACK = 8192;  /* kilobytes that may be kept for the next time */
constexpr size_t ROOM = 1 << 16;

static char *room; /* where pointers lead */

struct random {
	uint64_t state;
};

static uint64_t draw(struct random *r)
{
	r->state ^= r->state << 13; /* xorshift64 */
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state;
}

static uint64_t draw_pointer(struct random *r)
{
	static const char *const paths[] = { "a",
					     "b",
					     "/proc/self/maps",
					     "/dev/null",
					     "/tmp/random/c",
					     "/dev/shm/x",
					     "/proc/1/status",
					     ".",
					     "/dev/ptmx" };

	switch (draw(r) % 8) {
	case 0:
		return (uint64_t)paths[draw(r) % (sizeof(paths) / sizeof(paths[0]))];
	case 1:
		return 0x7f0000000000 + draw(r) % (1ull << 40); /* the personality's region */
	case 2:
		return draw(r);
	case 3:
		return 0;
	default:
		return (uint64_t)room + (draw(r) % ROOM & ~7ull);
	}
}

static uint64_t draw_argument(struct random *r)
{
	static const uint64_t edges[] = { 0,          1,          2,          8,
					  16,         24,         4096,       65536,
					  1ull << 31, 1ull << 32, 1ull << 47, 1ull << 63,
					  ~0ull,      ~0ull - 99, INT32_MAX,  INT64_MAX };

	switch (draw(r) % 8) {
	case 0:
	case 1:
		return draw(r) % 24; /* descriptors, small numbers */
	case 2:
		return edges[draw(r) % (sizeof(edges) / sizeof(edges[0]))];
	case 3:
		return 1ull << draw(r) % 64;
	case 4:
		return draw(r) % 70000;
	default:
		return draw_pointer(r);
	}
}

static void fill_room(struct random *r)
{
	uint64_t *words = (uint64_t *)room;

	for (unsigned i = 0; i < 64; i++)
		words[draw(r) % (ROOM / 8)] = draw_argument(r);
}

static void *call_for_ever(void *argument)
{
	struct random r = { (uint64_t)argument };

	for (unsigned i = 0;; i++) {
		uint64_t a[6];
		for (unsigned k = 0; k < 6; k++)
			a[k] = draw_argument(&r);
		long number = (long)(draw(&r) % (uint64_t)NUMBERS);
		if (i % 16 == 0)
			fill_room(&r);
		if (number != SYS_exit_group && number != SYS_exit)
			syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	return nullptr;
}

static void wake(int signal)
{
	(void)signal;
}

/* Calls that wait are interrupted, so that others follow. */
static void interrupt_often(void)
{
	struct itimerval often = { { 0, 4'000 }, { 0, 4'000 } };
	struct sigaction action = { .sa_handler = wake };

	sigaction(SIGALRM, &action, nullptr);
	setitimer(ITIMER_REAL, &often, nullptr);
}

/* Without privileges, so that it cannot send signals to others, nor end the machine. */
[[noreturn]] static void victim(uint64_t seed)
{
	int p[2];
	pthread_t t;

	setsid();
	if (chdir("/tmp/random") != 0 || pipe(p) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, p) != 0 || setgid(USER) != 0 || setuid(USER) != 0)
		_exit(100);
	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP && i != SIGSEGV && i != SIGBUS && i != SIGILL)
			signal(i, SIG_IGN);
	interrupt_often();
	for (unsigned i = 1; i < THREADS; i++)
		pthread_create(&t, nullptr, call_for_ever, (void *)(seed * 31 + i));
	call_for_ever((void *)(seed * 31));
	_exit(0);
}

/* What it made and left behind has become our child. */
static bool reap(pid_t pid)
{
	for (unsigned ms = 0; ms < DEATH_MS; ms += 5) {
		while (waitpid(-1, nullptr, WNOHANG) > 0)
			;
		if (waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD)
			return true;
		usleep(5'000);
		kill(-pid, SIGKILL);
	}
	return false;
}

static void kill_users(void)
{
	DIR *d = opendir("/proc");

	for (struct dirent *e; d != nullptr && (e = readdir(d)) != nullptr;) {
		pid_t pid = atoi(e->d_name);
		if (pid > 1 && pid != getpid() && pid != getppid())
			kill(pid, SIGKILL);
	}
	if (d != nullptr)
		closedir(d);
}

static long free_kilobytes(void)
{
	char text[512] = "";
	FILE *f = fopen("/proc/meminfo", "r");
	size_t n = f != nullptr ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f != nullptr)
		fclose(f);
	text[n] = '\0';
	const char *at = strstr(text, "MemFree:");
	return at != nullptr ? atol(at + 8) : 0;
}

static int round_run(uint64_t seed)
{
	pid_t pid = fork();

	if (pid == 0)
		victim(seed);
	for (unsigned ms = 0; ms < ROUND_MS && waitpid(pid, nullptr, WNOHANG) == 0; ms += 10)
		usleep(10'000);
	kill(pid, SIGKILL);
	kill_users();
	if (reap(pid))
		return 0;
	printf("not ok seed %llu: not all of it ends\n", (unsigned long long)seed);
	return 1;
}

static void clean(void)
{
	if (system("rm -rf /tmp/random /dev/shm/*; mkdir -m 0777 /tmp/random") != 0)
		printf("# cannot clean up\n");
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;
	unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 20;
	int failed = 0;

	setvbuf(stdout, nullptr, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	room = mmap(nullptr, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return 1;
	clean();
	failed += round_run(seed);
	clean();
	long before = free_kilobytes();
	for (unsigned i = 1; i < rounds; i++) {
		printf("# seed %llu\n", (unsigned long long)(seed + i));
		failed += round_run(seed + i);
		clean();
	}
	long left = free_kilobytes();
	if (left < before - SLACK) {
		printf("not ok memory: %ld of %ld kB are left\n", left, before);
		failed++;
	}
	if (failed == 0)
		printf("ok random_calls\n");
	return failed != 0;
}
