/* SPDX-License-Identifier: MPL-2.0 */
/* flock: run a command while a file is locked. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/utils/command.h"

static const struct opt flock_opts[] = {
	{ 'c', "command", "TEXT", "run TEXT with the shell" },
	{ 'e', "exclusive", nullptr, "a lock that nobody shares (default)" },
	{ 'x', nullptr, nullptr, nullptr },
	{ 'E', "conflict-exit-code", "N", "the status when the lock cannot be had; default 1" },
	{ 'n', "nonblock", nullptr, "fail at once if somebody has it" },
	{ 'o', "close", nullptr, "the command does not inherit the lock" },
	{ 's', "shared", nullptr, "a lock that others may share" },
	{ 'u', "unlock", nullptr, "give up the lock of a descriptor" },
	{ 'w', "timeout", "SECONDS", "fail if it cannot be had so soon" },
	{},
};

/* As sysexits.h has them, and util-linux. */
constexpr int WRONG_USE = 64, OPEN_FAILED = 66;

static void alarm_ring(int signal_number)
{
	(void)signal_number; /* flock ends with EINTR */
}

static void alarm_set(const struct timespec *t)
{
	const struct sigaction ring = { .sa_handler = alarm_ring };
	const struct itimerval v = { .it_value = { t->tv_sec, t->tv_nsec / 1000 } };

	sigaction(SIGALRM, &ring, nullptr);
	setitimer(ITIMER_REAL, &v, nullptr);
}

/* A folder too can be locked. */
static int file_open(const char *path)
{
	err_status = OPEN_FAILED;
	int fd = open(path, O_RDONLY | O_CREAT | O_NOCTTY, 0666);

	if (fd < 0 && errno == EISDIR)
		fd = open(path, O_RDONLY | O_NOCTTY);
	if (fd < 0)
		err_fatal_errno("cannot open lock file %s", path);
	return fd;
}

static int flock_main(int argc, char **argv)
{
	int o, how = LOCK_EX, conflict = 1;
	bool limited = false, close_it = false;
	struct timespec limit = {};
	struct opt_state s;
	char sh[] = "sh", dash_c[] = "-c", *by_shell[] = { sh, dash_c, nullptr, nullptr };
	uint64_t number;

	err_status = WRONG_USE;
	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 's' || o == 'u' || o == 'e' || o == 'x')
			how = (how & LOCK_NB) | (o == 's' ? LOCK_SH : o == 'u' ? LOCK_UN : LOCK_EX);
		if (o == 'n')
			how |= LOCK_NB;
		if (o == 'E')
			conflict = (int)num_get(s.arg, 0, 255, "exit code");
		if (o == 'w' && !num_duration(s.arg, &limit))
			opt_usage_error("invalid timeout value: '%s'", s.arg);
		limited |= o == 'w';
		close_it |= o == 'o';
		if (o == 'c')
			opt_usage_error("-c comes after the file");
	}
	if (s.index == argc)
		opt_missing_operand();
	char **command = argv + s.index + 1;
	bool is_number = *command == nullptr && num_parse(argv[s.index], &number) == NUM_OK;
	if (*command == nullptr && !is_number)
		opt_usage_error("requires file descriptor, file or directory");
	int fd = is_number ? (int)number : file_open(argv[s.index]);
	if (limited && limit.tv_sec == 0 && limit.tv_nsec < 1000)
		how |= LOCK_NB;
	else if (limited)
		alarm_set(&limit);
	if (flock(fd, how) != 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return conflict;
		err_fatal_errno("%s", argv[s.index]);
	}
	alarm_set(&(struct timespec){});
	if (is_number)
		return 0;
	if (strcmp(command[0], "-c") == 0 || strcmp(command[0], "--command") == 0) {
		if (command[1] == nullptr || command[2] != nullptr)
			opt_usage_error("%s requires exactly one command argument", command[0]);
		by_shell[2] = command[1];
		command = by_shell;
	}
	if (close_it && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		err_fatal_errno("%s", argv[s.index]);
	return command_wait(command_start(command));
}

APPLET(flock,
       .usage = "[OPTION]... FILE COMMAND [ARG]...\n[OPTION]... FILE -c TEXT\n[OPTION]... NUMBER",
       .summary = "Run COMMAND while FILE is locked, or lock descriptor NUMBER.",
       .opts = flock_opts);
