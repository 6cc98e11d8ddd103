/* SPDX-License-Identifier: MPL-2.0 */
/* Processes that are killed in the midst of what they do leave nothing behind: no process, no end
 * of a pipe, no lock, no memory. */
#include "tests/posix/check.h"
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

extern char **environ;

constexpr int ROUNDS = 24;
constexpr unsigned LONGEST = 12'000; /* microseconds until the kill */

static uint32_t state = 20260101; /* the same every time; numbers as xorshift32 makes them */

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

ROLE(linger)
{
	usleep(2'000);
	return 0;
}

static void act_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (fork() == 0)
			pause();
		_exit(0);
	}
	waitpid(pid, nullptr, 0);
}

static void act_exec(void)
{
	if (vfork() == 0) {
		execve(check_program, (char *[]){ "x", "@linger", nullptr }, environ);
		_exit(126);
	}
	wait(nullptr);
}

static void act_pipe(void)
{
	char block[3000] = {};
	int p[2];

	if (pipe(p) != 0)
		return;
	if (write(p[1], block, sizeof(block)) < 0 || read(p[0], block, sizeof(block)) < 0)
		_exit(1);
	close(p[0]);
	close(p[1]);
}

static void act_socket(void)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
		return;
	if (write(s[0], "x", 1) != 1)
		_exit(1);
	close(s[1]);
	close(s[0]);
}

static void act_map(void)
{
	constexpr size_t SIZE = 1 << 20;
	char *p = mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	memset(p, 1, SIZE);
	munmap(p, SIZE);
}

static void act_file(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	struct flock lock = { .l_type = F_WRLCK };

	fcntl(fd, F_SETLKW, &lock);
	if (write(fd, "abc", 3) != 3)
		_exit(1);
	flock(fd, LOCK_EX);
	close(fd);
}

static void *ending_thread(void *argument)
{
	return argument;
}

static void act_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, nullptr, ending_thread, nullptr) == 0)
		pthread_join(t, nullptr);
}

static void (*const acts[])(void) = { act_fork, act_exec, act_pipe,  act_socket,
				      act_map,  act_file, act_thread };
constexpr unsigned ACTS = sizeof(acts) / sizeof(acts[0]);

/* A process, leader of a group, that acts until it is killed. `first` chooses where it begins. */
static pid_t start(unsigned first)
{
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		for (unsigned i = first;; i++)
			acts[i % ACTS]();
	}
	setpgid(pid, pid);
	return pid;
}

static int count_processes(void)
{
	DIR *d = opendir("/proc");
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d)) != nullptr;)
		n += e->d_name[0] >= '0' && e->d_name[0] <= '9';
	if (d)
		closedir(d);
	return n;
}

static long free_kilobytes(void)
{
	const char *at = strstr(check_read("/proc/meminfo"), "MemFree:");

	return at ? atol(at + 8) : 0;
}

/* Its descendants that are no children of ours end by the same signal. */
static void kill_group(pid_t pid)
{
	usleep(draw(LONGEST));
	CHECK_EQ(kill(-pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
	kill(-pid, SIGKILL); /* what was being forked meanwhile */
}

/* We are the parent of what its death orphans. */
static bool group_is_gone(pid_t pid)
{
	while (waitpid(-pid, nullptr, WNOHANG) > 0)
		;
	return kill(-pid, SIGKILL) == -1 && errno == ESRCH;
}

TEST(no_process_and_no_lock_is_left)
{
	struct flock lock;
	int before = count_processes();

	check_folder();
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = start(draw(ACTS));
		kill_group(pid);
		CHECK_SOON(group_is_gone(pid));
		lock = (struct flock){ .l_type = F_WRLCK };
		CHECK_SOON(fcntl(fd, F_SETLK, &lock) == 0);
		CHECK_SOON(flock(fd, LOCK_EX | LOCK_NB) == 0);
		lock.l_type = F_UNLCK;
		CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
		CHECK_EQ(flock(fd, LOCK_UN), 0);
	}
	/* Other processes of this machine come and go, but not that many. */
	CHECK_SOON(count_processes() < before + ROUNDS / 2);
}

TEST(no_pipe_end_is_left)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct pollfd p = { .events = POLLIN };
		int ends[2];
		char c;

		CHECK_EQ(pipe(ends), 0);
		pid_t pid = start(draw(3));
		close(ends[1]);
		kill_group(pid);
		CHECK_SOON(group_is_gone(pid));
		p.fd = ends[0];
		CHECK_EQ(poll(&p, 1, 10'000), 1);
		CHECK_EQ(read(ends[0], &c, 1), 0);
		close(ends[0]);
	}
}

TEST(no_memory_is_left)
{
	constexpr long SLACK = 4096; /* kilobytes: others use memory too */
	long before;

	check_folder();
	kill_group(start(0)); /* what is kept for the next time is there now */
	before = free_kilobytes();
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = start(draw(ACTS));
		kill_group(pid);
		CHECK_SOON(group_is_gone(pid));
	}
	if (strstr(check_read("/proc/version"), "Futura")) /* a machine that is ours alone */
		CHECK_SOON(free_kilobytes() > before - SLACK);
}

/* Two that do the same are killed at once, so that each may die in what the other waits for. */
TEST(pairs_that_share_are_killed)
{
	check_folder();
	for (int i = 0; i < ROUNDS; i++) {
		unsigned first = draw(ACTS);
		pid_t a = start(first), b = start(first);
		kill_group(a);
		usleep(draw(3'000));
		kill_group(b);
		CHECK_SOON(group_is_gone(a) && group_is_gone(b));
	}
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	CHECK_SOON(flock(fd, LOCK_EX | LOCK_NB) == 0);
}
