/* SPDX-License-Identifier: MPL-2.0 */
/* kill: sends signals; and their names. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/signals.h"

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },       { "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "TRAP", SIGTRAP }, { "ABRT", SIGABRT },     { "BUS", SIGBUS },   { "FPE", SIGFPE },
	{ "KILL", SIGKILL }, { "USR1", SIGUSR1 },     { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE }, { "ALRM", SIGALRM },     { "TERM", SIGTERM }, { "STKFLT", 16 },
	{ "CHLD", SIGCHLD }, { "CONT", SIGCONT },     { "STOP", SIGSTOP }, { "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },     { "URG", SIGURG },   { "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF }, { "WINCH", SIGWINCH },
	{ "POLL", SIGIO },   { "PWR", 30 },           { "SYS", SIGSYS },   { "IO", SIGIO },
	{ "IOT", SIGABRT },  { "CLD", SIGCHLD },      { "EXIT", 0 },
};

int signame_find(const char *name)
{
	uint64_t n;

	if (num_parse(name, &n) == NUM_OK)
		return n <= 64 ? (int)n : -1;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		if (strcasecmp(signals[i].name, name) == 0)
			return signals[i].number;
	}
	return -1;
}

const char *signame_of(int number)
{
	static char text[16];

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		if (signals[i].number == number)
			return signals[i].name;
	}
	snprintf(text, sizeof text, "%d", number);
	return text;
}

static void list_show(char **names)
{
	if (*names == nullptr) {
		for (int i = 1; i < 32; i++)
			put_format("%2d %s%c", i, signame_of(i),
				   i % 8 == 0 || i == 31 ? '\n' : '\t');
		return;
	}
	for (; *names != nullptr; names++) {
		int n = signame_find(*names);
		if (n < 0 && isdigit((unsigned char)**names))
			n = atoi(*names);
		if (isdigit((unsigned char)**names))
			put_format("%s\n",
				   signame_of(n > 128 ? n - 128 : n)); /* a status of the shell */
		else if (n >= 0)
			put_format("%d\n", n);
		else
			err_warn("unknown signal name %s", *names);
	}
}

static int kill_main(int argc, char **argv)
{
	int number = SIGTERM, i = 1;

	if (argc > 1 && (strcmp(argv[1], "-l") == 0 || strcmp(argv[1], "-L") == 0 ||
			 strcmp(argv[1], "--list") == 0)) {
		list_show(argv + 2);
		return err_count != 0;
	}
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		opt_print_help(applet_find("kill"));
		return 0;
	}
	if (argc > 2 && (strcmp(argv[1], "-s") == 0 || strcmp(argv[1], "-n") == 0)) {
		number = signame_find(argv[2]);
		if (number < 0)
			err_fatal("unknown signal name %s", argv[2]);
		i = 3;
	} else if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0' && argv[1][1] != '-') {
		number = signame_find(argv[1] + 1);
		if (number < 0)
			err_fatal("unknown signal name %s", argv[1] + 1);
		i = 2;
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i == argc)
		opt_missing_operand();
	for (; i < argc; i++) {
		int64_t pid;
		if (num_parse_signed(argv[i], &pid) != NUM_OK) {
			err_warn("failed to parse argument: '%s'", argv[i]);
			continue;
		}
		if (kill((pid_t)pid, number) != 0)
			err_warn_errno("(%lld)", (long long)pid);
	}
	return err_count != 0;
}

static const struct opt kill_opts[] = {
	{ 's', "signal", "SIGNAL", "send SIGNAL, a name or number, not TERM" },
	{ 'l', "list", "[SIGNAL]", "list signals" },
	{},
};

APPLET(kill, .usage = "[-SIGNAL|-s SIGNAL] PID...\n-l [SIGNAL]...",
       .summary = "Send signals to processes.", .opts = kill_opts);
