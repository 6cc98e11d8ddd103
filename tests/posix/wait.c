/* SPDX-License-Identifier: MPL-2.0 */
/* wait, waitpid, waitid, wait4: who may be waited for, and what is told. */
#include "tests/posix/check.h"
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

static int quick(void *argument)
{
	return (int)(intptr_t)argument;
}

static int forever(void *argument)
{
	(void)argument;
	for (;;)
		pause();
}

static int busy(void *argument)
{
	(void)argument;
	struct timespec now;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	while (now.tv_nsec < 20'000'000);
	return 0;
}

TEST(wait_tells_the_exit_status)
{
	int status;
	pid_t pid = check_spawn(quick, (void *)33);

	CHECK_EQ(wait(&status), pid);
	CHECK(WIFEXITED(status) && !WIFSIGNALED(status) && !WIFSTOPPED(status));
	CHECK_EQ(WEXITSTATUS(status), 33);
	CHECK_EQ(status, 33 << 8);
}

TEST(wait_tells_the_signal)
{
	int status;
	pid_t pid = check_spawn(forever, nullptr);

	CHECK_EQ(kill(pid, SIGTERM), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && !WIFEXITED(status));
	CHECK_EQ(WTERMSIG(status), SIGTERM);
}

TEST(without_children_there_is_nothing_to_wait_for)
{
	siginfo_t info;

	CHECK_ERR(wait(nullptr), ECHILD);
	CHECK_ERR(waitpid(-1, nullptr, WNOHANG), ECHILD);
	CHECK_ERR(waitpid(getppid(), nullptr, 0), ECHILD);
	CHECK_ERR(waitpid(getpid(), nullptr, 0), ECHILD);
	CHECK_ERR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
}

TEST(bad_options_are_refused)
{
	siginfo_t info;

	CHECK_ERR(waitpid(-1, nullptr, 0x4000), EINVAL);
	CHECK_ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
	CHECK_ERR(waitid((idtype_t)77, 0, &info, WEXITED), EINVAL);
}

TEST(WNOHANG_does_not_wait)
{
	int status = 12345;
	pid_t pid = check_spawn(forever, nullptr);

	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_SOON(waitpid(pid, &status, WNOHANG) == pid);
	CHECK_EQ(WTERMSIG(status), SIGKILL);
	CHECK_ERR(waitpid(pid, &status, WNOHANG), ECHILD);
}

TEST(a_child_is_reaped_once)
{
	pid_t pid = check_spawn(quick, nullptr);

	CHECK_EQ(check_wait(pid), 0);
	CHECK_ERR(waitpid(pid, nullptr, 0), ECHILD);
	CHECK_ERR(kill(pid, 0), ESRCH);
}

TEST(a_zombie_can_be_signalled)
{
	siginfo_t info;
	pid_t pid = check_spawn(quick, nullptr);

	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(kill(pid, 0), 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(waitpid_waits_for_the_one_that_is_named)
{
	pid_t slow = check_spawn(forever, nullptr), fast = check_spawn(quick, (void *)1);
	pid_t other = check_spawn(quick, (void *)2);

	CHECK_EQ(check_wait(other), 2);
	CHECK_EQ(check_wait(fast), 1);
	CHECK_EQ(kill(slow, SIGKILL), 0);
	CHECK_EQ(check_wait(slow), 128 + SIGKILL);
}

TEST(waitpid_waits_for_a_group)
{
	pid_t mine = check_spawn(quick, (void *)1), other = check_spawn(forever, nullptr);

	CHECK_EQ(setpgid(other, other), 0);
	CHECK_EQ(waitpid(0, nullptr, 0), mine);
	CHECK_ERR(waitpid(0, nullptr, 0), ECHILD);
	CHECK_EQ(waitpid(-other, nullptr, WNOHANG), 0);
	CHECK_EQ(kill(other, SIGKILL), 0);
	CHECK_EQ(waitpid(-other, nullptr, 0), other);
}

TEST(stopping_and_continuing_is_told_when_asked)
{
	int status;
	pid_t pid = check_spawn(forever, nullptr);

	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0); /* told once */
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
}

TEST(stopping_is_not_told_unless_asked)
{
	pid_t pid = check_spawn(forever, nullptr);

	CHECK_EQ(kill(pid, SIGSTOP), 0);
	usleep(20000);
	CHECK_EQ(waitpid(pid, nullptr, WNOHANG), 0);
	CHECK_EQ(kill(pid, SIGKILL), 0); /* kills what is stopped, too */
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
}

TEST(waitid_tells_all_about_an_end)
{
	siginfo_t info = {};
	pid_t pid = check_spawn(quick, (void *)5);

	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 5);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_uid, getuid());
	pid = check_spawn(forever, nullptr);
	CHECK_EQ(kill(pid, SIGINT), 0);
	CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGINT);
}

TEST(waitid_tells_of_stopping)
{
	siginfo_t info = {};
	pid_t pid = check_spawn(forever, nullptr);

	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(kill(pid, SIGTSTP), 0);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGTSTP);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WCONTINUED), 0);
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	CHECK_EQ(info.si_status, SIGCONT);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
}

TEST(WNOWAIT_leaves_the_child_to_be_waited_for)
{
	siginfo_t info = {};
	pid_t pid = check_spawn(quick, (void *)9);

	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(check_wait(pid), 9);
}

static volatile sig_atomic_t children_died;
static volatile pid_t last_dead;

static void on_child(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	children_died++;
	last_dead = info->si_pid;
}

TEST(SIGCHLD_comes_with_who_and_why)
{
	struct sigaction action = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(SIGCHLD, &action, nullptr), 0);
	pid_t pid = check_spawn(quick, nullptr);
	CHECK_SOON(children_died == 1);
	CHECK_EQ(last_dead, pid);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(SIGCHLD_for_stopping_can_be_left_out)
{
	struct sigaction action = { .sa_sigaction = on_child,
				    .sa_flags = SA_SIGINFO | SA_NOCLDSTOP | SA_RESTART };

	CHECK_EQ(sigaction(SIGCHLD, &action, nullptr), 0);
	pid_t pid = check_spawn(forever, nullptr);
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, nullptr, WUNTRACED), pid);
	CHECK_EQ(children_died, 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
	CHECK_EQ(children_died, 1);
}

TEST(ignored_SIGCHLD_leaves_no_zombies)
{
	signal(SIGCHLD, SIG_IGN);
	pid_t pid = check_spawn(quick, nullptr);
	CHECK_ERR(wait(nullptr), ECHILD); /* waits until all are gone */
	CHECK_ERR(kill(pid, 0), ESRCH);
}

TEST(SA_NOCLDWAIT_leaves_no_zombies)
{
	struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };

	CHECK_EQ(sigaction(SIGCHLD, &action, nullptr), 0);
	check_spawn(quick, nullptr);
	check_spawn(quick, nullptr);
	CHECK_ERR(wait(nullptr), ECHILD);
}

static void on_alarm(int signal)
{
	(void)signal;
}

TEST(a_signal_interrupts_wait)
{
	struct sigaction action = { .sa_handler = on_alarm };
	pid_t pid = check_spawn(forever, nullptr);

	CHECK_EQ(sigaction(SIGALRM, &action, nullptr), 0);
	ualarm(20000, 20000); /* again, should the first come before we wait */
	CHECK_ERR(waitpid(pid, nullptr, 0), EINTR);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
}

static int dies_soon(void *argument)
{
	(void)argument;
	usleep(100'000);
	return 3;
}

/* Without SA_RESTART: the child whose end the signal tells of is there already. */
TEST(SIGCHLD_does_not_keep_its_child_from_wait)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int status;

	CHECK_EQ(sigaction(SIGCHLD, &action, nullptr), 0);
	for (int i = 0; i < 3; i++) {
		pid_t pid = check_spawn(dies_soon, nullptr);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(WEXITSTATUS(status), 3);
	}
}

TEST(SA_RESTART_resumes_wait)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	CHECK_EQ(sigaction(SIGALRM, &action, nullptr), 0);
	pid_t pid = check_spawn(dies_soon, nullptr);
	ualarm(20000, 0);
	CHECK_EQ(check_wait(pid), 3);
}

TEST(wait4_tells_what_was_used)
{
	struct rusage used = {}, all = {};
	int status;
	pid_t pid = check_spawn(busy, nullptr);

	CHECK_EQ(wait4(pid, &status, 0, &used), pid);
	CHECK(used.ru_utime.tv_sec * 1'000'000 + used.ru_utime.tv_usec +
		      used.ru_stime.tv_sec * 1'000'000 + used.ru_stime.tv_usec >=
	      10'000);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &all), 0);
	CHECK(all.ru_utime.tv_usec + all.ru_stime.tv_usec > 0);
}

static void *waiting_thread(void *argument)
{
	return (void *)(intptr_t)check_wait(*(pid_t *)argument);
}

TEST(any_thread_may_wait_for_any_child)
{
	pthread_t t;
	void *result;
	pid_t pid = check_spawn(dies_soon, nullptr);

	CHECK_EQ(pthread_create(&t, nullptr, waiting_thread, &pid), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ((intptr_t)result, 3);
}

TEST(a_directory_of_proc_stands_for_its_process)
{
	char path[32];
	pid_t pid = check_spawn(forever, nullptr);

	snprintf(path, sizeof(path), "/proc/%d", pid);
	int fd = open(path, O_RDONLY | O_DIRECTORY), other = open("/proc", O_RDONLY);
	CHECK(fd >= 0 && other >= 0);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, other, SIGKILL, nullptr, 0), EBADF);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, 0, SIGKILL, nullptr, 0), EBADF);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0), 0);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGKILL);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, nullptr, 0), ESRCH);
}

TEST(a_pidfd_is_readable_at_the_end)
{
	siginfo_t info = {};
	pid_t pid = check_spawn(forever, nullptr);
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0), 0);
	CHECK_EQ(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_status, SIGKILL);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, nullptr, 0), ESRCH);
	CHECK_ERR(syscall(SYS_pidfd_open, 99'999'999, 0), ESRCH);
}

TEST(ends_come_in_any_order)
{
	pid_t pids[20];
	unsigned seen = 0;

	for (int i = 0; i < 20; i++)
		pids[i] = check_spawn(quick, (void *)(intptr_t)i);
	for (int i = 0; i < 20; i++) {
		int status;
		pid_t pid = wait(&status);
		for (int j = 0; j < 20; j++)
			if (pids[j] == pid && WEXITSTATUS(status) == j)
				seen |= 1u << j;
	}
	CHECK_EQ(seen, (1u << 20) - 1);
}

static int abort_role(void *argument)
{
	(void)argument;
	signal(SIGABRT, SIG_DFL);
	abort();
}

static int fault(void *argument)
{
	*(volatile int *)argument = 1;
	return 0;
}

TEST(ends_by_abort_and_by_faults_are_told)
{
	CHECK_EQ(check_child(abort_role, nullptr), 128 + SIGABRT);
	CHECK_EQ(check_child(fault, (void *)16), 128 + SIGSEGV);
}

static int getfd(int pidfd, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

/* A child that holds a file at its third byte, a pipe's reading end, a socket and a listener: 50 to
 * 53. */
static pid_t holder(int *pipe_to, int *socket_to)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	int ends[2], pair[2], ready[2];
	char text[2];

	CHECK_EQ(pipe(ends) | pipe(ready), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int l = socket(AF_UNIX, SOCK_STREAM, 0);
		CHECK_EQ(bind(l, (struct sockaddr *)&a, sizeof(a)), 0);
		CHECK_EQ(listen(l, 1), 0);
		CHECK_EQ(dup2(open("f", O_RDONLY), 50), 50);
		CHECK_EQ(dup2(ends[0], 51), 51);
		CHECK_EQ(dup2(pair[0], 52), 52);
		CHECK_EQ(dup2(l, 53), 53);
		CHECK_EQ(read(50, text, 2), 2);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		forever(nullptr);
	}
	CHECK_EQ(read(ready[0], text, 1), 1);
	close(ends[0]);
	close(pair[0]);
	*pipe_to = ends[1];
	*socket_to = pair[1];
	return pid;
}

TEST(pidfd_getfd_gives_what_another_holds)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	int to_pipe, to_socket;
	char c;

	check_folder();
	check_write("f", "abcdef");
	pid_t pid = holder(&to_pipe, &to_socket);
	int p = (int)syscall(SYS_pidfd_open, pid, 0);
	int file = getfd(p, 50), end = getfd(p, 51), peer = getfd(p, 52), l = getfd(p, 53);
	CHECK_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(file, &c, 1), 1);
	CHECK_EQ(c, 'c'); /* the offset is one */
	CHECK_EQ(write(to_pipe, "p", 1), 1);
	CHECK_EQ(read(end, &c, 1), 1);
	CHECK_EQ(write(peer, "q", 1), 1);
	CHECK_EQ(read(to_socket, &c, 1), 1);
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(connect(s, (struct sockaddr *)&a, sizeof(a)), 0);
	CHECK(accept(l, nullptr, nullptr) >= 0);
	CHECK_ERR(getfd(p, 54), EBADF);
	CHECK_ERR(getfd(file, 50), EBADF);
	CHECK_ERR(syscall(SYS_pidfd_getfd, p, 50, 1), EINVAL);
	kill(pid, SIGKILL);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
	CHECK_ERR(getfd(p, 50), ESRCH);
	CHECK_EQ(read(file, &c, 1), 1);
	CHECK_EQ(c, 'd');
}

static void try_it(void)
{
	int p = (int)syscall(SYS_pidfd_open, getppid(), 0);

	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_ERR(getfd(p, 0), EPERM);
}

TEST(pidfd_getfd_is_for_those_who_may_trace)
{
	check_elsewhere(try_it);
	int p = (int)syscall(SYS_pidfd_open, getpid(), 0), own = getfd(p, 0);
	CHECK(own >= 0);
}
