/* SPDX-License-Identifier: MPL-2.0 */
/* Running commands in other circumstances: env printenv nice nohup time timeout sleep setsid which.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/command.h"
#include "apps/utils/signals.h"

extern char **environ;

static const struct opt env_opts[] = {
	{ 'i', "ignore-environment", nullptr, "start with an empty environment" },
	{ '0', "null", nullptr, "end lines with NUL, not newline" },
	{ 'u', "unset", "NAME", "remove NAME" },
	{ 'C', "chdir", "DIR", "work in DIR" },
	{ 'S', "split-string", "TEXT", "split TEXT into arguments; for #! lines" },
	{ 'v', "debug", nullptr, nullptr },
	{},
};

/* Words of TEXT, with quotes and backslashes, before the arguments that follow it. */
static char **words_split(const char *text, int argc, char **argv, int *count)
{
	size_t capacity = 0, n = 0;
	char **words = nullptr;
	struct text w = {};
	bool any = false;

	for (char quote = 0;; text++) {
		char c = *text;
		if (c == '\0' || (quote == 0 && (c == ' ' || c == '\t' || c == '\n'))) {
			if (any || w.len != 0) {
				words = mem_room(words, n, &capacity, sizeof *words);
				words[n++] = mem_dup_bytes(w.bytes, w.len);
			}
			w.len = 0;
			any = false;
			if (c == '\0')
				break;
		} else if (c == quote) {
			quote = 0;
		} else if (quote == 0 && (c == '"' || c == '\'')) {
			quote = c;
			any = true;
		} else if (c == '\\' && quote != '\'' && text[1] != '\0') {
			text_add_char(&w, *++text);
		} else {
			text_add_char(&w, c);
		}
	}
	char **all = mem_alloc((n + (size_t)argc + 2) * sizeof *all);
	all[0] = argv[0];
	for (size_t i = 0; i < n; i++)
		all[i + 1] = words[i];
	for (int i = 0; i < argc; i++)
		all[n + 1 + (size_t)i] = argv[i];
	all[n + 1 + (size_t)argc] = nullptr;
	*count = (int)n + 1 + argc;
	return all;
}

static int env_main(int argc, char **argv)
{
	static char *empty[] = { nullptr };
	const char *dir = nullptr;
	struct opt_state s;
	char end = '\n';
	int o;

	err_status = 125;
	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'i')
			environ = empty;
		if (o == '0')
			end = '\0';
		if (o == 'u' && unsetenv(s.arg) != 0)
			err_fatal_errno("cannot unset '%s'", s.arg);
		if (o == 'C')
			dir = s.arg;
		if (o == 'S') {
			int count;
			char **words = words_split(s.arg, argc - s.next, argv + s.next, &count);
			opt_init_in_order(&s, count, words);
			argv = words;
			argc = count;
		}
	}
	if (s.index < argc && strcmp(argv[s.index], "-") == 0) {
		environ = empty;
		s.index++;
	}
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the environment keeps the copy */
	for (; s.index < argc && strchr(argv[s.index], '=') != nullptr; s.index++) {
		char *copy = strdup(argv[s.index]);
		if (copy == nullptr || putenv(copy) != 0)
			err_fatal_errno("cannot set '%s'", argv[s.index]);
	}
	if (dir != nullptr && s.index == argc)
		opt_usage_error("must specify command with --chdir (-C)");
	if (dir != nullptr && chdir(dir) != 0)
		err_fatal_errno("cannot change directory to '%s'", dir);
	if (s.index < argc)
		command_become(argv + s.index);
	for (char **e = environ; *e != nullptr; e++) {
		put_string(*e);
		put_char(end);
	}
	return 0;
}

static const struct opt printenv_opts[] = {
	{ '0', "null", nullptr, "end lines with NUL, not newline" },
	{},
};

static int printenv_main(int argc, char **argv)
{
	struct opt_state s;
	char end = '\n';
	int status = 0;

	err_status = 2;
	opt_init_in_order(&s, argc, argv);
	while (opt_next(&s) != 0)
		end = '\0';
	for (char **e = environ; s.index == argc && *e != nullptr; e++) {
		put_string(*e);
		put_char(end);
	}
	for (int i = s.index; i < argc; i++) {
		const char *value = strchr(argv[i], '=') == nullptr ? getenv(argv[i]) : nullptr;
		if (value == nullptr) {
			status = 1;
			continue;
		}
		put_string(value);
		put_char(end);
	}
	return status;
}

static const struct opt nice_opts[] = {
	{ 'n', "adjustment", "N", "add N to the niceness (10)" },
	{ '#', nullptr, "N", nullptr },
	{},
};

static int nice_main(int argc, char **argv)
{
	int64_t by = 10;
	struct opt_state s;

	err_status = 125;
	opt_init_in_order(&s, argc, argv);
	while (opt_next(&s) != 0)
		by = num_get_signed(s.arg, "adjustment");
	if (s.index == argc) {
		put_format("%d\n", getpriority(PRIO_PROCESS, 0));
		return 0;
	}
	if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + (int)by) != 0)
		err_warn_errno("cannot set niceness");
	command_become(argv + s.index);
}

static const struct opt no_opts[] = { {} };

static int nohup_main(int argc, char **argv)
{
	struct opt_state s;

	err_status = 125;
	opt_init_in_order(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (s.index == argc)
		opt_missing_operand();
	if (isatty(STDIN_FILENO)) {
		int fd = open("/dev/null", O_WRONLY);
		if (fd >= 0)
			dup2(fd, STDIN_FILENO);
	}
	if (isatty(STDOUT_FILENO)) {
		const char *home = getenv("HOME");
		int fd = open("nohup.out", O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (fd < 0 && home != nullptr)
			fd = open(mem_path(home, "nohup.out"), O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (fd < 0)
			err_fatal_errno("failed to open 'nohup.out'");
		err_warn("appending output to 'nohup.out'");
		dup2(fd, STDOUT_FILENO);
	}
	if (isatty(STDERR_FILENO))
		dup2(STDOUT_FILENO, STDERR_FILENO);
	signal(SIGHUP, SIG_IGN);
	command_become(argv + s.index);
}

static int setsid_main(int argc, char **argv)
{
	struct opt_state s;

	opt_init_in_order(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (s.index == argc)
		opt_missing_operand();
	if (getpgrp() == getpid()) {
		pid_t pid = fork();
		if (pid < 0)
			err_fatal_errno("cannot fork");
		if (pid != 0)
			return 0;
	}
	if (setsid() < 0)
		err_fatal_errno("cannot make a session");
	command_become(argv + s.index);
}

static const struct opt time_opts[] = {
	{ 'p', "portability", nullptr, "in the form POSIX asks for (default)" },
	{},
};

static int time_main(int argc, char **argv)
{
	struct timespec start, end;
	struct opt_state s;
	struct rusage u;

	err_status = 125;
	opt_init_in_order(&s, argc, argv);
	while (opt_next(&s) != 0)
		;
	if (s.index == argc)
		opt_missing_operand();
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid_t pid = command_start(argv + s.index);
	/* Ctrl-C is for the command; we still tell how long it took. */
	void (*old)(int) = signal(SIGINT, SIG_IGN);
	int status = command_wait(pid);
	signal(SIGINT, old);
	clock_gettime(CLOCK_MONOTONIC, &end);
	getrusage(RUSAGE_CHILDREN, &u);
	dprintf(STDERR_FILENO, "real %.2f\nuser %.2f\nsys %.2f\n",
		(double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9,
		(double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6,
		(double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6);
	return status;
}

enum { OPT_FOREGROUND = 256, OPT_PRESERVE };

static const struct opt timeout_opts[] = {
	{ OPT_FOREGROUND, "foreground", nullptr, "let the command read from the terminal" },
	{ 'k', "kill-after", "TIME", "send KILL if it still runs TIME later" },
	{ OPT_PRESERVE, "preserve-status", nullptr,
	  "the status is the command's even after the time" },
	{ 's', "signal", "SIGNAL", "send SIGNAL, not TERM" },
	{ 'v', "verbose", nullptr, "tell of each signal sent" },
	{},
};

static volatile sig_atomic_t alarm_rang;

static void alarm_ring(int signal_number)
{
	(void)signal_number;
	alarm_rang = 1;
}

static void alarm_set(const struct timespec *t)
{
	struct itimerval v = { .it_value = { t->tv_sec, t->tv_nsec / 1000 } };

	if (t->tv_sec != 0 && v.it_value.tv_usec == 0 && t->tv_nsec != 0)
		v.it_value.tv_usec = 1;
	setitimer(ITIMER_REAL, &v, nullptr);
}

static int timeout_main(int argc, char **argv)
{
	struct timespec limit, kill_after = {};
	bool foreground = false, preserve = false, verbose = false, timed_out = false;
	int o, status, signal_number = SIGTERM;
	struct opt_state s;

	err_status = 125;
	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		foreground |= o == OPT_FOREGROUND;
		preserve |= o == OPT_PRESERVE;
		verbose |= o == 'v';
		if (o == 'k' && !num_duration(s.arg, &kill_after))
			opt_usage_error("invalid time interval '%s'", s.arg);
		if (o == 's' && (signal_number = signame_find(s.arg)) < 0)
			opt_usage_error("'%s': invalid signal", s.arg);
	}
	if (argc - s.index < 2)
		opt_missing_operand();
	if (!num_duration(argv[s.index], &limit))
		opt_usage_error("invalid time interval '%s'", argv[s.index]);
	if (!foreground)
		(void)setpgid(0, 0); /* a session leader cannot, and need not */
	struct sigaction a = { .sa_handler = alarm_ring };
	sigaction(SIGALRM, &a, nullptr);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	alarm_rang = 0;
	pid_t pid = fork();
	if (pid < 0)
		err_fatal_errno("cannot fork");
	if (pid == 0) {
		signal(SIGTTIN, SIG_DFL);
		signal(SIGTTOU, SIG_DFL);
		signal(SIGALRM, SIG_DFL);
		execvp(argv[s.index + 1], argv + s.index + 1);
		err_warn_errno("'%s'", argv[s.index + 1]);
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (limit.tv_sec != 0 || limit.tv_nsec != 0)
		alarm_set(&limit);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			err_fatal_errno("cannot wait");
		if (!alarm_rang)
			continue;
		alarm_rang = 0;
		int send = timed_out ? SIGKILL : signal_number;
		if (verbose)
			err_warn("sending signal %s to command '%s'", signame_of(send),
				 argv[s.index + 1]);
		kill(pid, send);
		if (send != SIGKILL && send != SIGCONT)
			kill(pid, SIGCONT);
		if (!foreground) {
			signal(send, SIG_IGN);
			if (send != SIGKILL)
				kill(0, send);
		}
		if (!timed_out && (kill_after.tv_sec != 0 || kill_after.tv_nsec != 0))
			alarm_set(&kill_after);
		timed_out = true;
	}
	if (timed_out && !preserve)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 137 : 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int sleep_main(int argc, char **argv)
{
	struct timespec total = {}, t;
	struct opt_state s;
	bool bad = false;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (s.index == argc)
		opt_missing_operand();
	for (int i = s.index; i < argc; i++) {
		if (!num_duration(argv[i], &t)) {
			err_warn("invalid time interval '%s'", argv[i]);
			bad = true;
			continue;
		}
		total.tv_sec += t.tv_sec;
		total.tv_nsec += t.tv_nsec;
		if (total.tv_nsec >= 1000000000) {
			total.tv_nsec -= 1000000000;
			total.tv_sec++;
		}
	}
	if (bad)
		opt_usage_error("no sleep");
	while (nanosleep(&total, &total) != 0 && errno == EINTR) {
		if (applet_interrupted)
			return 130;
	}
	return 0;
}

static const struct opt which_opts[] = {
	{ 'a', nullptr, nullptr, "all in $PATH, not only the first" },
	{ 's', nullptr, nullptr, "show nothing; the status tells" },
	{},
};

static bool is_command(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static int which_main(int argc, char **argv)
{
	bool all = false, silent = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		all |= o == 'a';
		silent |= o == 's';
	}
	for (int i = s.index; i < argc; i++) {
		bool found = false;
		const char *path = getenv("PATH");
		if (strchr(argv[i], '/') != nullptr) {
			found = is_command(argv[i]);
			if (found && !silent)
				put_format("%s\n", argv[i]);
			path = "";
		}
		while (path != nullptr && *path != '\0' && (all || !found)) {
			size_t n = strcspn(path, ":");
			char *full = mem_format("%.*s/%s", n == 0 ? 1 : (int)n, n == 0 ? "." : path,
						argv[i]);
			if (is_command(full)) {
				found = true;
				if (!silent)
					put_format("%s\n", full);
			}
			mem_free(full);
			path += n + (path[n] == ':');
		}
		status |= !found;
	}
	return s.index == argc ? 1 : status;
}

APPLET(env, .usage = "[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]",
       .summary = "Run COMMAND in a changed environment, or show it.", .opts = env_opts);
APPLET(printenv, .usage = "[OPTION] [NAME]...",
       .summary = "Show the values of variables of the environment.", .opts = printenv_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(nice, .usage = "[OPTION] [COMMAND [ARG]...]",
       .summary = "Run COMMAND with other niceness, or show ours.", .opts = nice_opts);
APPLET(nohup, .usage = "COMMAND [ARG]...",
       .summary = "Run COMMAND so that it outlives the terminal.", .opts = no_opts);
APPLET(setsid, .usage = "COMMAND [ARG]...", .summary = "Run COMMAND in a session of its own.",
       .opts = no_opts);
APPLET(time, .usage = "[OPTION] COMMAND [ARG]...",
       .summary = "Run COMMAND and tell how long it took.", .opts = time_opts);
APPLET(timeout, .usage = "[OPTION]... TIME COMMAND [ARG]...",
       .summary = "Run COMMAND, and stop it after TIME.", .opts = timeout_opts);
APPLET(sleep, .usage = "TIME[smhd]...", .summary = "Wait for the sum of TIMEs.", .opts = no_opts);
APPLET(which, .usage = "[OPTION]... NAME...", .summary = "Show where in $PATH commands are.",
       .opts = which_opts, .flags = APPLET_IN_PROCESS);
