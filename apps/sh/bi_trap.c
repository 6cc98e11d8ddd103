/* SPDX-License-Identifier: MPL-2.0 */
/* trap, times, ulimit, getopts, shopt. */
#include "apps/sh/arith.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/getopts.h"
#include "apps/sh/option.h"
#include "apps/sh/output.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <unistd.h>

/* -- trap -- */

static void trap_print(int sig, bool even_default)
{
	struct buf b = {};
	const char *text = trap_shown(sig), *name = trap_signal_name(sig);

	if (name == nullptr || (text == nullptr && !even_default))
		return;
	buf_puts(&b, "trap -- ");
	if (text != nullptr)
		quote_single(&b, text);
	else
		buf_byte(&b, '-');
	bool prefix = !sh.posix && sig > 0 && sig < NSIG;
	output_printf(&out1, "%s %s%s\n", buf_str(&b), prefix ? "SIG" : "", name);
}

static int bad_signal(const char *s)
{
	/* POSIX: a diagnostic and a status, but no error that would end the shell. */
	warn("trap: %s: no such signal", s);
	return 1;
}

static int trap_show(int argc, char **argv, bool even_default)
{
	int status = 0;

	if (argc == 0)
		for (int i = 0; i < TRAP_COUNT; i++)
			trap_print(i, even_default && i < TRAP_ERR && i != SIGKILL && i != SIGSTOP);
	for (int i = 0; i < argc; i++) {
		int sig = trap_signal_parse(argv[i]);
		if (sig < 0)
			status = bad_signal(argv[i]);
		else
			trap_print(sig, true);
	}
	return status;
}

static bool is_number(const char *s)
{
	return *s != '\0' && strspn(s, "0123456789") == strlen(s);
}

int bi_trap(int argc, char **argv)
{
	struct flags f = {};
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "p" : "lp")) != 0) {
		if (c == '?')
			return sh.posix ? (error_raise(2), 2) : 2;
		if (c == 'l') {
			for (int i = 1; i < NSIG; i++)
				if (trap_signal_name(i) != nullptr)
					output_printf(&out1, "%2d) SIG%s\n", i,
						      trap_signal_name(i));
			return 0;
		}
		return trap_show(argc - f.at, argv + f.at, f.at >= argc);
	}
	int i = f.at;
	if (i >= argc)
		return trap_show(0, nullptr, false);
	/* Without an action, a number first (or a lone signal) means: back to the default. */
	const char *action = argv[i];
	if (is_number(action) || (i + 1 == argc && !sh.posix))
		action = nullptr;
	else
		i++;
	if (i >= argc && action != nullptr)
		return usage_error("trap", "", "which signal?");
	if (action != nullptr && strcmp(action, "-") == 0)
		action = nullptr;
	for (; i < argc; i++) {
		int sig = trap_signal_parse(argv[i]);
		if (sig < 0)
			status = bad_signal(argv[i]);
		else
			trap_set(sig, action);
	}
	return status;
}

/* -- times -- */

static void print_ticks(clock_t t, char end)
{
	double per = (double)sysconf(_SC_CLK_TCK), s = (double)t / per;

	output_printf(&out1, "%dm%.3fs%c", (int)(s / 60), s - (int)(s / 60) * 60.0, end);
}

int bi_times(int argc, char **argv)
{
	struct tms t;

	(void)argc;
	(void)argv;
	times(&t);
	print_ticks(t.tms_utime, ' ');
	print_ticks(t.tms_stime, '\n');
	print_ticks(t.tms_cutime, ' ');
	print_ticks(t.tms_cstime, '\n');
	return 0;
}

/* -- ulimit -- */

static const struct {
	char letter;
	int resource;
	unsigned unit; /* bytes in what is shown */
	const char *what;
} limits[] = {
	{ 'c', RLIMIT_CORE, 512, "core file size          (blocks)" },
	{ 'd', RLIMIT_DATA, 1024, "data segment size       (KiB)" },
	{ 'f', RLIMIT_FSIZE, 512, "file size               (blocks)" },
	{ 'l', RLIMIT_MEMLOCK, 1024, "locked memory           (KiB)" },
	{ 'm', RLIMIT_RSS, 1024, "resident set            (KiB)" },
	{ 'n', RLIMIT_NOFILE, 1, "open files" },
	{ 's', RLIMIT_STACK, 1024, "stack size              (KiB)" },
	{ 't', RLIMIT_CPU, 1, "processor time          (seconds)" },
	{ 'u', RLIMIT_NPROC, 1, "processes" },
	{ 'v', RLIMIT_AS, 1024, "virtual memory          (KiB)" },
};

constexpr size_t NLIMITS = sizeof(limits) / sizeof(limits[0]);

static void limit_print(size_t i, bool hard, bool named)
{
	struct rlimit rl;

	getrlimit(limits[i].resource, &rl);
	rlim_t v = hard ? rl.rlim_max : rl.rlim_cur;
	if (named)
		output_printf(&out1, "%-34s (-%c) ", limits[i].what, limits[i].letter);
	if (v == RLIM_INFINITY)
		output_puts(&out1, "unlimited\n");
	else
		output_printf(&out1, "%llu\n", (unsigned long long)v / limits[i].unit);
}

static int limit_set(size_t i, const char *arg, bool hard, bool soft)
{
	struct rlimit rl;
	long long n;

	getrlimit(limits[i].resource, &rl);
	rlim_t v = RLIM_INFINITY;
	if (strcmp(arg, "hard") == 0)
		v = rl.rlim_max;
	else if (strcmp(arg, "soft") == 0)
		v = rl.rlim_cur;
	else if (strcmp(arg, "unlimited") != 0) {
		if (!number_parse(arg, &n) || n < 0)
			return usage_error("ulimit", arg, "not a limit");
		v = (rlim_t)n * limits[i].unit;
	}
	if (hard)
		rl.rlim_max = v;
	if (soft)
		rl.rlim_cur = v;
	if (setrlimit(limits[i].resource, &rl) < 0) {
		warn("ulimit: %s", strerror(errno));
		return 1;
	}
	return 0;
}

int bi_ulimit(int argc, char **argv)
{
	struct flags f = {};
	bool hard = false, soft = false, all = false;
	char letter = 'f';
	int c;

	while ((c = flags_next(&f, argc, argv, "HSacdflmnstuv")) != 0) {
		if (c == '?')
			return 2;
		if (c == 'H')
			hard = true;
		else if (c == 'S')
			soft = true;
		else if (c == 'a')
			all = true;
		else
			letter = (char)c;
	}
	for (size_t i = 0; all && i < NLIMITS; i++)
		limit_print(i, hard, true);
	if (all)
		return 0;
	size_t i = 0;
	while (limits[i].letter != letter)
		i++;
	if (f.at >= argc) {
		limit_print(i, hard, false);
		return 0;
	}
	return limit_set(i, argv[f.at], hard || !soft, soft || !hard);
}

/* -- getopts -- */

static int getopts_index = 1;  /* of the argument being looked at */
static int getopts_offset = 0; /* of the next letter in it; 0: at its start */

void getopts_reset(int index)
{
	getopts_index = index > 0 ? index : 1;
	getopts_offset = 0;
}

static void set_optind(int index, int offset)
{
	var_set_num(sym_optind, index);
	getopts_index = index; /* the assignment has just reset these */
	getopts_offset = offset;
}

static void set_optarg(const char *text, size_t len)
{
	struct sym *s = sym_intern("OPTARG", 6);

	if (text != nullptr)
		var_set(s, text, len);
	else
		var_unset(s);
}

static int getopts_result(const char *name, const char *letter)
{
	var_set(sym_intern(name, strlen(name)), letter, strlen(letter));
	return 0;
}

/* Takes one letter; its argument may be the rest of the word or the next word. */
static int getopts_letter(const char *spec, const char *name, char **v, int n)
{
	const char *arg = v[getopts_index - 1];
	int offset = getopts_offset > 0 ? getopts_offset : 1, index = getopts_index;
	char letter[2] = { arg[offset++] };
	const char *known = letter[0] != ':' ? strchr(spec + (*spec == ':'), letter[0]) : nullptr;
	bool silent = *spec == ':';

	if (arg[offset] == '\0') {
		index++;
		offset = 0;
	}
	if (known == nullptr) {
		if (silent)
			set_optarg(letter, 1);
		else
			set_optarg(nullptr, 0);
		if (!silent)
			warn("%s: -%s: no such option", sh.arg0, letter);
		set_optind(index, offset);
		return getopts_result(name, "?");
	}
	if (known[1] != ':') {
		set_optarg(nullptr, 0);
		set_optind(index, offset);
		return getopts_result(name, letter);
	}
	if (offset > 0) {
		set_optarg(arg + offset, strlen(arg + offset));
		set_optind(index + 1, 0);
		return getopts_result(name, letter);
	}
	if (index <= n) {
		set_optarg(v[index - 1], strlen(v[index - 1]));
		set_optind(index + 1, 0);
		return getopts_result(name, letter);
	}
	if (silent)
		set_optarg(letter, 1);
	else
		set_optarg(nullptr, 0);
	if (!silent)
		warn("%s: -%s: the option wants an argument", sh.arg0, letter);
	set_optind(index, 0);
	return getopts_result(name, silent ? ":" : "?");
}

int bi_getopts(int argc, char **argv)
{
	struct flags f = {};

	if (flags_next(&f, argc, argv, "") == '?')
		return 2;
	if (argc - f.at < 2)
		return usage_error("getopts", "", "which letters, which variable?");
	const char *spec = argv[f.at], *name = argv[f.at + 1];
	char **v = sh.params.v;
	int n = sh.params.n;
	if (!name_is_valid(name, strlen(name)))
		return usage_error("getopts", name, "not a valid identifier");
	if (argc - f.at > 2) {
		v = argv + f.at + 2;
		n = argc - f.at - 2;
	}
	if (getopts_index <= n && getopts_offset > 0 &&
	    (size_t)getopts_offset >= strlen(v[getopts_index - 1]))
		getopts_offset = 0;
	const char *arg = getopts_index <= n ? v[getopts_index - 1] : nullptr;
	if (getopts_offset == 0 &&
	    (arg == nullptr || arg[0] != '-' || arg[1] == '\0' || strcmp(arg, "--") == 0)) {
		bool dashes = arg != nullptr && strcmp(arg, "--") == 0;
		set_optarg(nullptr, 0);
		set_optind(getopts_index + dashes, 0);
		getopts_result(name, "?");
		return 1;
	}
	return getopts_letter(spec, name, v, n);
}

/* -- shopt -- */

int bi_shopt(int argc, char **argv)
{
	struct flags f = {};
	bool set = false, unset = false, quiet = false, reusable = false, set_options = false;
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, "opqsu")) != 0) {
		if (c == '?')
			return 2;
		set |= c == 's';
		unset |= c == 'u';
		quiet |= c == 'q';
		reusable |= c == 'p';
		set_options |= c == 'o';
	}
	if (f.at >= argc && !quiet)
		option_print(reusable, !set_options);
	for (int i = f.at; i < argc; i++) {
		int on = option_get(argv[i], !set_options);
		if (on < 0) {
			warn("shopt: %s: no such option", argv[i]);
			status = 1;
		} else if (set || unset) {
			if (!option_set_name(argv[i], set, !set_options)) {
				warn("shopt: %s: cannot be switched off", argv[i]);
				status = 1;
			}
		} else {
			if (!quiet)
				option_print_one(argv[i], on, reusable, !set_options);
			status |= !on;
		}
	}
	return status;
}
