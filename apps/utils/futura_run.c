/* SPDX-License-Identifier: MPL-2.0 */
/*
 * futura-run: a program in a world of its own. Its input and output go by pipes and through us: a
 * terminal or a file of ours would be a way to more than itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"
#include "posix/abi/world.h"

extern char **environ;

/* As protocol/posix.fipc numbers them. */
static const struct {
	const char *name;
	uint32_t bit;
} capabilities[] = { { "devices", 1 } };

enum { OPT_ROOT = 256, OPT_CAP };

static const struct opt run_opts[] = {
	{ OPT_ROOT, "root", "DIR", "the directory that it sees as /; needed" },
	{ OPT_CAP, "cap", "NAME", "let it use what NAME says; may be repeated" },
	{},
};

static uint32_t capability_find(const char *name)
{
	for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
		if (strcmp(capabilities[i].name, name) == 0)
			return capabilities[i].bit;
	err_fatal("%s: no such capability; there is: devices (terminals, disks, power, services)",
		  name);
}

static pid_t child;

static void stop(int signal)
{
	(void)signal;
	if (child > 0)
		(void)kill(child, SIGKILL); /* its world ends with it */
}

/* Does not return; the child's exit status says how the program ended, as a shell has it. */
[[noreturn]] static void child_run(const char *root, uint32_t caps, char **argv, int ends[3])
{
	struct world_request r = {
		.root = (uintptr_t)root,
		.arguments = (uintptr_t)argv,
		.environment = (uintptr_t)environ,
		.capabilities = caps,
	};

	int said = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++)
		if (dup2(ends[i], i) < 0)
			_exit(126);
	int status = prctl(WORLD_RUN, &r, 0, 0, 0);
	if (status < 0) {
		int error = errno;
		(void)dup2(said, STDERR_FILENO); /* ours again, for the complaint */
		errno = error;
		if (error == EINVAL)
			err_fatal(
				"cannot make a world: this is not Futura, or an argument is wrong");
		err_status = error == ENOENT ? 127 : 126;
		err_fatal_errno("cannot run '%s' below '%s'", argv[0], root);
	}
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* Carry what is there; false at its end, or if nobody takes it. */
static bool carry(int from, int to)
{
	char buf[65536];
	ssize_t n = read(from, buf, sizeof buf);

	for (ssize_t done = 0; done < n;) {
		ssize_t part = write(to, buf + done, (size_t)(n - done));
		if (part < 0)
			return false;
		done += part;
	}
	return n > 0 || (n < 0 && errno == EINTR);
}

static void carry_all(int in, int out, int error)
{
	struct pollfd p[3] = { { .fd = STDIN_FILENO, .events = POLLIN },
			       { .fd = out, .events = POLLIN },
			       { .fd = error, .events = POLLIN } };
	const int to[3] = { in, STDOUT_FILENO, STDERR_FILENO };

	while (p[1].fd >= 0 || p[2].fd >= 0) {
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			err_fatal_errno("poll");
		for (int i = 0; i < 3; i++) {
			if (p[i].fd < 0 || p[i].revents == 0 || carry(p[i].fd, to[i]))
				continue;
			p[i].fd = -1;
			if (i == 0)
				close(in);
		}
	}
}

static int futura_run_main(int argc, char **argv)
{
	int in[2], out[2], error[2], status, o;
	const char *root = nullptr;
	struct opt_state s;
	uint32_t caps = 0;

	err_status = 125;
	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == OPT_ROOT)
			root = s.arg;
		if (o == OPT_CAP)
			caps |= capability_find(s.arg);
	}
	if (root == nullptr)
		opt_usage_error("--root DIR is missing");
	if (s.index == argc)
		opt_missing_operand();
	if (access(root, X_OK) != 0)
		err_fatal_errno("%s", root);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(error, O_CLOEXEC) != 0)
		err_fatal_errno("pipe");
	signal(SIGPIPE, SIG_IGN);
	child = fork();
	if (child < 0)
		err_fatal_errno("fork");
	if (child == 0) {
		close(in[1]);
		close(out[0]);
		close(error[0]);
		child_run(root, caps, argv + s.index, (int[]){ in[0], out[1], error[1] });
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	signal(SIGHUP, stop);
	close(in[0]);
	close(out[1]);
	close(error[1]);
	carry_all(in[1], out[0], error[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

APPLET_NAMED(futura_run, "futura-run", .usage = "--root DIR [--cap NAME]... COMMAND [ARG]...",
	     .summary =
		     "Run COMMAND in a world of its own: only DIR's files, only its own processes,"
		     " no terminals, no disks.",
	     .opts = run_opts);
