/* SPDX-License-Identifier: MPL-2.0 */
/* Processes: fork, what a child has of its parent, ends of processes. */
#include "tests/posix/check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static int exit_7(void *argument)
{
	(void)argument;
	return 7;
}

TEST(fork_gives_the_childs_pid_to_the_parent_and_0_to_the_child)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(getpid() > 1 ? 5 : 6);
	CHECK(pid != getpid());
	CHECK_EQ(check_wait(pid), 5);
}

static int parent_is(void *argument)
{
	return getppid() == *(pid_t *)argument ? 0 : 1;
}

TEST(a_childs_parent_is_who_forked_it)
{
	pid_t self = getpid();

	CHECK_EQ(check_child(parent_is, &self), 0);
}

static int counter = 1;

static int counter_change(void *argument)
{
	int *on_stack = argument;

	counter++;
	(*on_stack)++;
	return counter * 10 + *on_stack;
}

TEST(memory_is_copied_not_shared)
{
	int on_stack = 3;

	CHECK_EQ(check_child(counter_change, &on_stack), 24);
	CHECK_EQ(counter, 1);
	CHECK_EQ(on_stack, 3);
}

TEST(the_heap_is_copied_page_by_page)
{
	constexpr size_t SIZE = 4 << 20;
	char *heap = malloc(SIZE);
	pid_t pids[4];

	CHECK(heap);
	memset(heap, 'p', SIZE);
	for (int i = 0; i < 4; i++)
		if ((pids[i] = fork()) == 0) {
			for (size_t at = (size_t)i * 4096; at < SIZE; at += 4 * 4096)
				heap[at] = (char)i;
			for (size_t at = 0; at < SIZE; at += 4096)
				if (heap[at] != (at / 4096 % 4 == (size_t)i ? (char)i : 'p'))
					_exit(1);
			_exit(0);
		}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(check_wait(pids[i]), 0);
	for (size_t at = 0; at < SIZE; at++)
		CHECK_EQ(heap[at], 'p');
}

static int write_shared(void *argument)
{
	*(volatile int *)argument = 77;
	return 0;
}

TEST(a_shared_mapping_stays_shared)
{
	int *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	CHECK_EQ(check_child(write_shared, page), 0);
	CHECK_EQ(*page, 77);
}

static int read_one(void *argument)
{
	char c = 0;

	return read(*(int *)argument, &c, 1) == 1 ? c : 1;
}

TEST(descriptors_share_their_offset)
{
	check_folder();
	check_write("f", "abc");
	int fd = open("f", O_RDONLY);
	CHECK_EQ(check_child(read_one, &fd), 'a');
	CHECK_EQ(check_child(read_one, &fd), 'b');
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2);
}

static int close_one(void *argument)
{
	return close(*(int *)argument);
}

TEST(closing_in_the_child_leaves_the_parents_open)
{
	int fd = open("/dev/null", O_RDONLY);

	CHECK_EQ(check_child(close_one, &fd), 0);
	CHECK(fcntl(fd, F_GETFD) >= 0);
}

static int chdir_root(void *argument)
{
	(void)argument;
	umask(0);
	return chdir("/");
}

TEST(working_directory_and_umask_are_copied)
{
	char before[256], after[256];

	check_folder();
	umask(027);
	CHECK(getcwd(before, sizeof(before)));
	CHECK_EQ(check_child(chdir_root, nullptr), 0);
	CHECK(getcwd(after, sizeof(after)));
	CHECK_STR(after, before);
	CHECK_EQ(umask(0), 027);
}

static int environment_change(void *argument)
{
	(void)argument;
	const char *was = getenv("CHECK_X");
	setenv("CHECK_X", "child", 1);
	return was && strcmp(was, "parent") == 0 ? 0 : 1;
}

TEST(the_environment_is_copied)
{
	setenv("CHECK_X", "parent", 1);
	CHECK_EQ(check_child(environment_change, nullptr), 0);
	CHECK_STR(getenv("CHECK_X"), "parent");
}

static int pending_here(void *argument)
{
	sigset_t set;

	(void)argument;
	sigpending(&set);
	return sigismember(&set, SIGUSR1);
}

TEST(pending_signals_are_not_inherited)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(pending_here(nullptr), 1);
	CHECK_EQ(check_child(pending_here, nullptr), 0);
}

static int usr1_blocked(void *argument)
{
	sigset_t set;

	(void)argument;
	sigprocmask(SIG_BLOCK, nullptr, &set);
	struct sigaction old;
	sigaction(SIGUSR2, nullptr, &old);
	return sigismember(&set, SIGUSR1) && old.sa_handler == SIG_IGN ? 0 : 1;
}

TEST(the_mask_and_actions_are_inherited)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	signal(SIGUSR2, SIG_IGN);
	CHECK_EQ(check_child(usr1_blocked, nullptr), 0);
}

static int alarm_left(void *argument)
{
	(void)argument;
	return (int)alarm(0);
}

TEST(alarms_are_not_inherited)
{
	alarm(100);
	CHECK_EQ(check_child(alarm_left, nullptr), 0);
	CHECK(alarm(0) > 90);
}

TEST(exit_runs_handlers_and_flushes_and__exit_does_neither)
{
	int ends[2];
	char text[16] = "";

	CHECK_EQ(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		FILE *f = fdopen(ends[1], "w");
		fputs("kept", f);
		exit(3);
	}
	CHECK_EQ(check_wait(pid), 3);
	CHECK_EQ(read(ends[0], text, sizeof(text)), 4);
	CHECK_STR(text, "kept");
	pid = fork();
	if (pid == 0) {
		FILE *f = fdopen(ends[1], "w");
		fputs("lost", f);
		_exit(4);
	}
	CHECK_EQ(check_wait(pid), 4);
	close(ends[1]);
	CHECK_EQ(read(ends[0], text, sizeof(text)), 0);
}

TEST(only_the_low_byte_of_the_status_counts)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0x1234);
	CHECK_EQ(check_wait(pid), 0x34);
}

static void *exit_group_thread(void *argument)
{
	(void)argument;
	_exit(9);
}

static int exit_from_thread(void *argument)
{
	pthread_t t;

	(void)argument;
	pthread_create(&t, nullptr, exit_group_thread, nullptr);
	for (;;)
		pause();
}

TEST(_exit_in_any_thread_ends_the_process)
{
	CHECK_EQ(check_child(exit_from_thread, nullptr), 9);
}

static void *forking_thread(void *argument)
{
	(void)argument;
	pid_t pid = fork();
	if (pid == 0)
		_exit(gettid() == getpid() ? 0 : 1);
	return (void *)(intptr_t)check_wait(pid);
}

TEST(a_child_of_a_thread_has_that_thread_only)
{
	pthread_t t;
	void *result;

	CHECK_EQ(pthread_create(&t, nullptr, forking_thread, nullptr), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ((intptr_t)result, 0);
}

static int tree(int depth)
{
	int sum = 1;

	if (depth == 0)
		return 1;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(tree(depth - 1));
		sum += check_wait(pid);
	}
	return sum;
}

TEST(a_tree_of_processes)
{
	CHECK_EQ(tree(5), 63);
}

TEST(a_hundred_children_at_once)
{
	pid_t pids[100];
	int go[2];

	CHECK_EQ(pipe(go), 0);
	for (int i = 0; i < 100; i++)
		if ((pids[i] = fork()) == 0) {
			char c;
			close(go[1]);
			_exit(read(go[0], &c, 1) == 0 ? i : 255);
		} else {
			CHECK(pids[i] > 0);
		}
	close(go[1]);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(check_wait(pids[i]), i);
}

TEST(five_hundred_children_one_after_the_other)
{
	for (int i = 0; i < 500; i++)
		CHECK_EQ(check_child(exit_7, nullptr), 7);
}

TEST(the_orphan_gets_a_new_parent)
{
	int ends[2], asked[2];
	pid_t parents[2];
	char c;

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(pipe(asked), 0);
	pid_t middle = fork();
	if (middle == 0) {
		if (fork() == 0) {
			pid_t before = getppid();
			CHECK_EQ(write(asked[1], "x", 1), 1);
			CHECK_SOON(getppid() != before);
			pid_t both[2] = { before, getppid() };
			CHECK_EQ(write(ends[1], both, sizeof(both)), sizeof(both));
			_exit(0);
		}
		CHECK_EQ(read(asked[0], &c, 1), 1);
		_exit(0);
	}
	CHECK_EQ(check_wait(middle), 0);
	CHECK_EQ(read(ends[0], parents, sizeof(parents)), sizeof(parents));
	CHECK_EQ(parents[0], middle);
	CHECK(parents[1] != middle);
}

TEST(a_subreaper_gets_the_orphans)
{
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid_t middle = fork();
	if (middle == 0) {
		if (fork() == 0)
			_exit(11);
		_exit(0);
	}
	CHECK_EQ(check_wait(middle), 0);
	CHECK_EQ(check_wait(-1), 11);
}

TEST(the_parents_death_signal_comes)
{
	int ends[2];
	char c = 0;

	CHECK_EQ(pipe(ends), 0);
	pid_t middle = fork();
	if (middle == 0) {
		if (fork() == 0) {
			close(ends[0]);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			CHECK_EQ(write(ends[1], "r", 1), 1);
			for (;;)
				pause();
		}
		CHECK_EQ(read(ends[0], &c, 1), 1);
		_exit(0);
	}
	close(ends[1]);
	CHECK_EQ(check_wait(middle), 0);
	CHECK_EQ(read(ends[0], &c, 1), 0); /* the grandchild is dead, and its end closed */
}

TEST(getpid_is_the_same_in_all_threads_and_gettid_is_not)
{
	CHECK_EQ(getpid(), gettid());
	CHECK_EQ(getpid(), (pid_t)syscall(SYS_getpid));
	CHECK_EQ(gettid(), (pid_t)syscall(SYS_gettid));
}

TEST(nice_and_priorities)
{
	errno = 0;
	int before = getpriority(PRIO_PROCESS, 0);
	CHECK_EQ(errno, 0);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, before + 3), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), before + 3);
	CHECK_EQ(nice(1), before + 4);
	CHECK_ERR(setpriority(PRIO_PROCESS, 99'999'999, 0), ESRCH);
	CHECK_ERR(setpriority(99, 0, 0), EINVAL);
}

TEST(scheduling_calls_answer)
{
	cpu_set_t set;
	struct sched_param param = {};

	CHECK_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	CHECK(CPU_COUNT(&set) >= 1);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	CHECK_EQ(sched_yield(), 0);
	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_EQ(sched_getparam(0, &param), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
	CHECK_ERR(sched_getaffinity(99'999'999, sizeof(set), &set), ESRCH);
	CHECK_ERR(sched_getaffinity(-1, sizeof(set), &set), ESRCH);
	CHECK_ERR(sched_setaffinity(-1, sizeof(set), &set), ESRCH);
	CHECK_ERR(sched_getscheduler(-1), EINVAL);
	CHECK_ERR(sched_getparam(-1, &param), EINVAL);
	CHECK_ERR(sched_getparam(0, nullptr), EINVAL);
	CHECK_ERR(sched_setparam(0, nullptr), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getattr, 0, nullptr, 48, 0), EINVAL);
}

TEST(a_thread_runs_where_it_is_bound)
{
	cpu_set_t all, one;

	CHECK_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
	for (int round = 0; round < 10; round++)
		for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (!CPU_ISSET(cpu, &all))
				continue;
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
			CHECK_EQ(sched_getcpu(), cpu);
		}
	CHECK_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void sleeper_end(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, nullptr, 0), pid);
}

static int as_a_user(void *other)
{
	struct sched_param first = { 1 }, none = {};
	pid_t pid = *(pid_t *)other;
	cpu_set_t set;

	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_EQ(sched_getscheduler(pid), SCHED_RR);
	CHECK_ERR(sched_setscheduler(pid, SCHED_OTHER, &none), EPERM);
	CHECK_EQ(sched_getaffinity(pid, sizeof(set), &set), 0);
	CHECK_ERR(sched_setaffinity(pid, sizeof(set), &set), EPERM);
	CHECK_ERR(sched_setscheduler(0, SCHED_FIFO, &first), EPERM);
	CHECK_EQ(sched_setscheduler(0, SCHED_BATCH, &none), 0);
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
	return 0;
}

TEST(a_child_can_be_bound_before_it_runs)
{
	cpu_set_t one, got;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	for (int i = 0; i < 100; i++) {
		pid_t pid = sleeper();
		CHECK_EQ(sched_setaffinity(pid, sizeof(one), &one), 0);
		CHECK_EQ(sched_getaffinity(pid, sizeof(got), &got), 0);
		CHECK(CPU_EQUAL(&one, &got));
		sleeper_end(pid);
	}
}

TEST(another_s_scheduling_can_be_asked_and_set)
{
	struct sched_param seven = { 7 }, got = {}, none = {};
	cpu_set_t one, set;
	pid_t pid = sleeper();

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK_EQ(sched_setaffinity(pid, sizeof(one), &one), 0);
	CHECK_EQ(sched_getaffinity(pid, sizeof(set), &set), 0);
	CHECK(CPU_EQUAL(&one, &set));
	CPU_ZERO(&one);
	CHECK_ERR(sched_setaffinity(pid, sizeof(one), &one), EINVAL);
	CHECK_EQ(sched_setscheduler(pid, SCHED_RR, &seven), 0);
	CHECK_EQ(sched_getscheduler(pid), SCHED_RR);
	CHECK_EQ(sched_getparam(pid, &got), 0);
	CHECK_EQ(got.sched_priority, 7);
	CHECK_ERR(sched_setscheduler(pid, SCHED_RR, &none), EINVAL);
	CHECK_ERR(sched_setscheduler(pid, SCHED_OTHER, &seven), EINVAL);
	CHECK_EQ(check_child(as_a_user, &pid), 0);
	CHECK_EQ(setpriority(PRIO_PROCESS, (id_t)pid, -3), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, (id_t)pid), -3);
	sleeper_end(pid);
	CHECK_ERR(sched_setscheduler(pid, SCHED_OTHER, &none), ESRCH);
	CHECK_ERR(sched_setaffinity(pid, sizeof(set), &set), ESRCH);
}

TEST(policies_are_inherited_unless_they_are_reset)
{
	struct sched_param five = { 5 }, got = {};

	CHECK_EQ(sched_setscheduler(0, SCHED_FIFO, &five), 0);
	pid_t pid = sleeper();
	CHECK_EQ(sched_getscheduler(pid), SCHED_FIFO);
	CHECK_EQ(sched_getparam(pid, &got), 0);
	CHECK_EQ(got.sched_priority, 5);
	sleeper_end(pid);
	CHECK_EQ(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &five), 0);
	CHECK_EQ(sched_getscheduler(0), SCHED_FIFO | SCHED_RESET_ON_FORK);
	pid = sleeper();
	CHECK_EQ(sched_getscheduler(pid), SCHED_OTHER);
	sleeper_end(pid);
}

TEST(io_priorities_are_kept)
{
	constexpr int NONE = 0, BEST = 2 << 13 | 7;

	CHECK_EQ(syscall(SYS_ioprio_get, 1, 0), NONE);
	CHECK_EQ(syscall(SYS_ioprio_set, 1, 0, BEST), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(syscall(SYS_ioprio_get, 1, 0) == BEST ? 0 : 1);
	int status;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(syscall(SYS_ioprio_get, 1, getpid()), BEST);
	CHECK_ERR(syscall(SYS_ioprio_set, 1, 0, 7 << 13), EINVAL);
	CHECK_ERR(syscall(SYS_ioprio_set, 1, 99'999'999, BEST), ESRCH);
	CHECK_ERR(syscall(SYS_ioprio_get, 4, 0), EINVAL);
}
