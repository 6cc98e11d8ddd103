/* SPDX-License-Identifier: MPL-2.0 */
/* clone, clone3 and vfork: what is shared and what is not; posix_spawn, which is made of them. */
#include "tests/posix/check.h"
#include <linux/sched.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

extern char **environ;

static char *stack_top(void)
{
	constexpr size_t SIZE = 256 << 10;
	char *p = mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p + SIZE;
}

static volatile int value;

static int change(void *argument)
{
	value = 42;
	return argument ? *(int *)argument : 0;
}

TEST(clone_without_flags_is_fork)
{
	int status = 7;
	pid_t pid = clone(change, stack_top(), SIGCHLD, &status);

	CHECK(pid > 0);
	CHECK_EQ(check_wait(pid), 7);
	CHECK_EQ(value, 0);
}

TEST(CLONE_VM_shares_memory)
{
	pid_t pid = clone(change, stack_top(), CLONE_VM | SIGCHLD, nullptr);

	CHECK(pid > 0);
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(value, 42);
}

static int open_and_chdir(void *argument)
{
	*(int *)argument = open("/dev/null", O_RDONLY);
	return chdir("/");
}

TEST(CLONE_FILES_and_CLONE_FS_share_theirs)
{
	static int fd;
	char here[256];

	check_folder();
	pid_t pid = clone(open_and_chdir, stack_top(), CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD,
			  &fd);
	CHECK_EQ(check_wait(pid), 0);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	CHECK(getcwd(here, sizeof(here)));
	CHECK_STR(here, "/");
	close(fd);
	pid = clone(open_and_chdir, stack_top(), CLONE_VM | SIGCHLD, &fd);
	CHECK_EQ(check_wait(pid), 0);
	CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
}

static void handler(int signal)
{
	(void)signal;
}

static int set_action(void *argument)
{
	(void)argument;
	return signal(SIGUSR1, handler) == SIG_ERR;
}

TEST(CLONE_SIGHAND_shares_actions)
{
	struct sigaction now;
	pid_t pid = clone(set_action, stack_top(), CLONE_VM | CLONE_SIGHAND | SIGCHLD, nullptr);

	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
	CHECK(now.sa_handler == handler);
}

static int tid_is(void *argument)
{
	return *(volatile pid_t *)argument == gettid() ? 0 : 1;
}

TEST(ids_are_stored_where_asked)
{
	pid_t parent = 0, pid;
	static volatile pid_t child;

	pid = clone(tid_is, stack_top(), CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD,
		    (void *)&child, &parent, nullptr, &child);
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(parent, pid);
	CHECK_EQ(child, 0); /* the parent's memory is another one */
}

static int nothing(void *argument)
{
	(void)argument;
	usleep(20'000);
	return 0;
}

static volatile pid_t told;

static int is_told(void *)
{
	return told == getpid() ? 0 : 1;
}

TEST(the_parents_word_is_there_before_a_child_that_shares_it_runs)
{
	for (int i = 0; i < 20; i++) {
		told = 0;
		pid_t pid = clone(is_told, stack_top(), CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD,
				  nullptr, &told);
		CHECK(pid > 0);
		CHECK_EQ(check_wait(pid), 0);
	}
}

TEST(CLONE_CHILD_CLEARTID_clears_and_wakes)
{
	static volatile pid_t tid = 1;
	pid_t pid = clone(nothing, stack_top(),
			  CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, nullptr,
			  nullptr, nullptr, &tid);

	CHECK(pid > 0);
	while (tid != 0)
		syscall(SYS_futex, &tid, 0 /* FUTEX_WAIT */, pid, nullptr);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(the_end_signal_can_be_chosen)
{
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	pid_t pid = clone(nothing, stack_top(), SIGUSR2, nullptr);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR2);
	CHECK_EQ(info.si_pid, pid);
	CHECK_ERR(waitpid(pid, nullptr, 0), ECHILD);
	CHECK_EQ(waitpid(pid, nullptr, __WALL), pid);
}

static int orphan_with_signal(void *argument)
{
	(void)argument;
	/* Its parent, which chose the signal, ends first. */
	CHECK(clone(nothing, stack_top(), SIGUSR2, nullptr) > 0);
	return 0;
}

TEST(an_orphans_end_signal_is_the_usual)
{
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_EQ(check_child(orphan_with_signal, nullptr), 0);
	CHECK(wait(nullptr) > 0); /* SIGUSR2 would have ended us */
}

TEST(clone3_and_a_pidfd)
{
	int pidfd = -1;
	struct clone_args a = { .flags = CLONE_PIDFD,
				.pidfd = (uintptr_t)&pidfd,
				.exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	if (pid == 0)
		_exit(6);
	CHECK(pid > 0 && pidfd >= 0);
	siginfo_t info;
	CHECK_EQ(waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
	CHECK_EQ(info.si_status, 6);
}

TEST(wrong_flags_are_refused)
{
	struct clone_args a = { .flags = CLONE_THREAD };

	CHECK_ERR(syscall(SYS_clone, CLONE_SIGHAND, nullptr), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_THREAD, nullptr), EINVAL);
	CHECK_ERR(syscall(SYS_clone3, &a, sizeof(a)), EINVAL);
	CHECK_ERR(syscall(SYS_clone3, &a, 8), EINVAL);
	CHECK_ERR(syscall(SYS_clone3, 8, sizeof(a)), EFAULT);
	a = (struct clone_args){ .flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = 8 };
	CHECK_ERR(syscall(SYS_clone3, &a, sizeof(a)), EFAULT);
	a.flags = CLONE_FS | CLONE_NEWNS;
	CHECK_ERR(syscall(SYS_clone3, &a, sizeof(a)), EINVAL);
}

#pragma clang diagnostic ignored "-Wdeprecated-declarations"

TEST(vfork_waits_until_exec_or_exit)
{
	value = 1;
	pid_t pid = vfork();
	if (pid == 0) {
		value = 2; /* the parent's memory */
		_exit(9);
	}
	CHECK_EQ(value, 2);
	CHECK_EQ(check_wait(pid), 9);
}

ROLE(exit)
{
	return atoi(argv[2]);
}

TEST(vfork_then_exec)
{
	for (int i = 0; i < 50; i++) {
		pid_t pid = vfork();
		if (pid == 0) {
			execl(check_program, "x", "@exit", "12", nullptr);
			_exit(126);
		}
		CHECK_EQ(check_wait(pid), 12);
	}
}

TEST(a_vforked_childs_descriptors_are_its_own)
{
	int fd = open("/dev/null", O_RDONLY);
	pid_t pid = vfork();

	if (pid == 0) {
		close(fd);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK(fcntl(fd, F_GETFD) >= 0);
}

TEST(a_failed_exec_after_vfork_is_seen)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/no/such/program", "x", nullptr);
		value = errno;
		_exit(127);
	}
	CHECK_EQ(check_wait(pid), 127);
	CHECK_EQ(value, ENOENT);
}

TEST(posix_spawn_runs_and_tells_errors)
{
	pid_t pid;
	char *argv[] = { "x", "@exit", "33", nullptr };

	CHECK_EQ(posix_spawn(&pid, check_program, nullptr, nullptr, argv, environ), 0);
	CHECK_EQ(check_wait(pid), 33);
	CHECK_EQ(posix_spawn(&pid, "/no/such", nullptr, nullptr, argv, environ), ENOENT);
	CHECK_ERR(wait(nullptr), ECHILD);
}

ROLE(input)
{
	char c = 0;

	return read(STDIN_FILENO, &c, 1) == 1 && c == 'i' && getpgrp() == getpid() ? 0 : 1;
}

TEST(posix_spawn_actions_and_attributes)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;
	char *argv[] = { "x", "@input", nullptr };

	check_folder();
	check_write("in", "i");
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	CHECK_EQ(posix_spawn_file_actions_addopen(&actions, 0, "in", O_RDONLY, 0), 0);
	CHECK_EQ(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP), 0);
	CHECK_EQ(posix_spawn(&pid, check_program, &actions, &attributes, argv, environ), 0);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(popen_and_system)
{
	char text[16] = "", command[512];

	if (access("/bin/sh", X_OK) != 0)
		return;
	FILE *f = popen("echo out", "r");
	CHECK(f && fgets(text, sizeof(text), f));
	CHECK_STR(text, "out\n");
	CHECK_EQ(pclose(f), 0);
	CHECK_EQ(WEXITSTATUS(system("exit 5")), 5);
	snprintf(command, sizeof(command), "exec %s @exit 6", check_program);
	CHECK_EQ(WEXITSTATUS(system(command)), 6);
}
