/* SPDX-License-Identifier: MPL-2.0 */
#include "tests/posix/check.h"
#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <time.h>

constexpr int SECONDS = 60; /* a case that takes longer hangs */

static struct check_case *first, **last = &first;
static const char *name;
static pid_t case_process;

void check_add(struct check_case *c)
{
	*last = c;
	last = &c->next;
}

static struct check_role *roles;
char *check_program;

void check_role_add(struct check_role *r)
{
	r->next = roles;
	roles = r;
}

void check_fail(const char *file, int line, const char *format, ...)
{
	bool in_case = getpid() == case_process;
	char why[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	const char *base = strrchr(file, '/');
	dprintf(STDOUT_FILENO, "%s %s: %s:%d: %s\n", in_case ? "not ok" : "# in a child of", name,
		base ? base + 1 : file, line, why);
	_exit(in_case ? 1 : CHECK_FAILED);
}

pid_t check_spawn(int (*f)(void *), void *argument)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(f(argument));
	return pid;
}

int check_wait(pid_t pid)
{
	int status;

	pid_t ended = waitpid(pid, &status, 0);

	CHECK(ended > 0 && (pid <= 0 || ended == pid));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int check_child(int (*f)(void *), void *argument)
{
	return check_wait(check_spawn(f, argument));
}

pthread_t check_thread(void *(*f)(void *), void *argument)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, nullptr, f, argument), 0);
	return t;
}

void *check_join(pthread_t thread)
{
	void *result;

	CHECK_EQ(pthread_join(thread, &result), 0);
	return result;
}

void check_elsewhere(void (*change)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		change();
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
}

static char folder[64];

static int remove_one(const char *path, const struct stat *st, int flags, struct FTW *f)
{
	(void)st, (void)flags, (void)f;
	return remove(path);
}

static void folder_remove(void)
{
	if (getpid() != case_process)
		return;
	CHECK_EQ(chdir("/"), 0);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void check_folder(void)
{
	strcpy(folder, "/tmp/check-XXXXXX");
	CHECK(mkdtemp(folder));
	CHECK_EQ(chdir(folder), 0);
	CHECK_EQ(atexit(folder_remove), 0);
}

void check_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(close(fd), 0);
}

const char *check_read(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);
	size_t used = 0;
	ssize_t n;

	CHECK(fd >= 0);
	while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	CHECK(n == 0);
	close(fd);
	text[used] = '\0';
	return text;
}

/* Polls, so that a hang is seen whatever of signals and timers works. */
static bool case_ended(pid_t pid, int *status)
{
	for (int i = 0; i < SECONDS * 200; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = i < 10 ? 500'000 : 5'000'000 }, nullptr);
	}
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	return false;
}

static bool case_run(struct check_case *c)
{
	int status;

	name = c->name;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		case_process = getpid();
		c->run();
		exit(0);
	}
	if (!case_ended(pid, &status))
		printf("not ok %s: did not end in %d s\n", name, SECONDS);
	else if (WIFSIGNALED(status))
		printf("not ok %s: ended by signal %d\n", name, WTERMSIG(status));
	else if (WEXITSTATUS(status) > 1)
		printf("not ok %s: ended with status %d\n", name, WEXITSTATUS(status));
	else if (WEXITSTATUS(status) == 0)
		printf("ok %s\n", name);
	return status == 0;
}

static bool is_wanted(const struct check_case *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], c->name) == 0)
			return true;
	return argc < 2;
}

/*
 * Run in a group of our own below a parent in another: a group without such a parent is orphaned,
 * and terminal stops do nothing to it, whatever the runner's own place is. What is left of the
 * group at the end is killed: it may hold the runner's pipes.
 */
static void supervise(void)
{
	int status;

	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	pid_t pid = fork();
	if (pid < 0)
		perror("fork"), exit(1);
	if (pid == 0) {
		setpgid(0, 0);
		return;
	}
	setpgid(pid, pid);
	while (waitpid(pid, &status, 0) != pid)
		;
	kill(-pid, SIGKILL);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
	int n = 0, failed = 0;

	check_program = realpath("/proc/self/exe", nullptr);
	for (struct check_role *r = roles; r && argc > 1; r = r->next)
		if (strcmp(argv[1], r->name) == 0)
			return r->run(argc, argv);
	supervise();
	for (struct check_case *c = first; c; c = c->next)
		n += is_wanted(c, argc, argv);
	printf("plan %d\n", n);
	for (struct check_case *c = first; c; c = c->next)
		if (is_wanted(c, argc, argv) && !case_run(c))
			failed++;
	return failed != 0;
}
