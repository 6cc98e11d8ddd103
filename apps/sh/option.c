/* SPDX-License-Identifier: MPL-2.0 */
/* The options of set and shopt. */
#include "apps/sh/option.h"
#include "apps/sh/error.h"
#include "apps/sh/job.h"
#include "apps/sh/mem.h"
#include "apps/sh/output.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"

#include <string.h>

static const struct {
	const char *name;
	enum option opt;
	char letter;
} options[] = {
	{ "allexport", OPT_ALLEXPORT, 'a' }, { "braceexpand", OPT_BRACEEXPAND, 'B' },
	{ "emacs", OPT_EMACS, 0 },           { "errexit", OPT_ERREXIT, 'e' },
	{ "errtrace", OPT_ERRTRACE, 'E' },   { "functrace", OPT_FUNCTRACE, 'T' },
	{ "hashall", OPT_HASHALL, 'h' },     { "histexpand", OPT_HISTEXPAND, 'H' },
	{ "ignoreeof", OPT_IGNOREEOF, 0 },   { "keyword", OPT_KEYWORD, 'k' },
	{ "monitor", OPT_MONITOR, 'm' },     { "noclobber", OPT_NOCLOBBER, 'C' },
	{ "noexec", OPT_NOEXEC, 'n' },       { "noglob", OPT_NOGLOB, 'f' },
	{ "nolog", OPT_NOLOG, 0 },           { "notify", OPT_NOTIFY, 'b' },
	{ "nounset", OPT_NOUNSET, 'u' },     { "onecmd", OPT_ONECMD, 't' },
	{ "physical", OPT_PHYSICAL, 'P' },   { "pipefail", OPT_PIPEFAIL, 0 },
	{ "posix", OPT_POSIX, 0 },           { "privileged", OPT_PRIVILEGED, 'p' },
	{ "verbose", OPT_VERBOSE, 'v' },     { "vi", OPT_VI, 0 },
	{ "xtrace", OPT_XTRACE, 'x' },
};

static const struct {
	const char *name;
	enum option opt;
} shopts[] = {
	{ "dotglob", SHOPT_DOTGLOB },
	{ "expand_aliases", SHOPT_EXPAND_ALIASES },
	{ "extglob", SHOPT_EXTGLOB },
	{ "failglob", SHOPT_FAILGLOB },
	{ "globstar", SHOPT_GLOBSTAR },
	{ "inherit_errexit", SHOPT_INHERIT_ERREXIT },
	{ "lastpipe", SHOPT_LASTPIPE },
	{ "localvar_inherit", SHOPT_LOCALVAR_INHERIT },
	{ "nocaseglob", SHOPT_NOCASEGLOB },
	{ "nocasematch", SHOPT_NOCASEMATCH },
	{ "nullglob", SHOPT_NULLGLOB },
	{ "xpg_echo", SHOPT_XPG_ECHO },
	/* What bashrc files ask for, and this shell always does. */
	{ "checkwinsize", SHOPT_ALWAYS },
	{ "cmdhist", SHOPT_ALWAYS },
	{ "histappend", SHOPT_ALWAYS },
	{ "interactive_comments", SHOPT_ALWAYS },
	{ "promptvars", SHOPT_ALWAYS },
	{ "sourcepath", SHOPT_ALWAYS },
};

constexpr size_t NOPTIONS = sizeof(options) / sizeof(options[0]);
constexpr size_t NSHOPTS = sizeof(shopts) / sizeof(shopts[0]);

const char *option_name(size_t i)
{
	return i < NOPTIONS ? options[i].name : nullptr;
}

const char *option_letters(void)
{
	struct buf b = {};

	for (size_t i = 0; i < NOPTIONS; i++)
		if (options[i].letter != 0 && sh.opt[options[i].opt])
			buf_byte(&b, options[i].letter);
	if (sh.interactive)
		buf_byte(&b, 'i');
	if (sh.opt[OPT_STDIN])
		buf_byte(&b, 's');
	return buf_str(&b);
}

static void option_change(enum option o, bool on)
{
	sh.opt[o] = on;
	if (o == OPT_VI && on)
		sh.opt[OPT_EMACS] = false;
	if (o == OPT_EMACS && on)
		sh.opt[OPT_VI] = false;
	if (o == OPT_MONITOR && sh.pid != 0 && !job_control_set(on)) {
		sh.opt[OPT_MONITOR] = false;
		warn("no terminal: job control is off");
	}
	if (o == OPT_POSIX)
		sh.posix = on;
}

bool option_set_letter(char letter, bool on)
{
	for (size_t i = 0; i < NOPTIONS; i++)
		if (options[i].letter == letter && letter != 0) {
			option_change(options[i].opt, on);
			return true;
		}
	return false;
}

static enum option option_find(const char *name, bool shopt)
{
	for (size_t i = 0; !shopt && i < NOPTIONS; i++)
		if (strcmp(options[i].name, name) == 0)
			return options[i].opt;
	for (size_t i = 0; shopt && i < NSHOPTS; i++)
		if (strcmp(shopts[i].name, name) == 0)
			return shopts[i].opt;
	return OPT_COUNT;
}

bool option_set_name(const char *name, bool on, bool shopt)
{
	enum option o = option_find(name, shopt);

	if (o == OPT_COUNT || (o == SHOPT_ALWAYS && !on))
		return false;
	option_change(o, on);
	return true;
}

int option_get(const char *name, bool shopt)
{
	enum option o = option_find(name, shopt);

	return o == OPT_COUNT ? -1 : sh.opt[o];
}

void option_print_one(const char *name, bool on, bool reusable, bool shopt)
{
	if (!reusable)
		output_printf(&out1, "%-15s\t%s\n", name, on ? "on" : "off");
	else if (shopt)
		output_printf(&out1, "shopt -%c %s\n", on ? 's' : 'u', name);
	else
		output_printf(&out1, "set %co %s\n", on ? '-' : '+', name);
}

void option_print(bool reusable, bool shopt)
{
	for (size_t i = 0; !shopt && i < NOPTIONS; i++)
		option_print_one(options[i].name, sh.opt[options[i].opt], reusable, false);
	for (size_t i = 0; shopt && i < NSHOPTS; i++)
		option_print_one(shopts[i].name, sh.opt[shopts[i].opt], reusable, true);
}

void option_defaults(void)
{
	sh.opt[OPT_HASHALL] = true;
	sh.opt[OPT_BRACEEXPAND] = !sh.posix;
	sh.opt[SHOPT_EXTGLOB] = !sh.posix;
	sh.opt[OPT_POSIX] = sh.posix;
	sh.opt[SHOPT_EXPAND_ALIASES] = true;
	sh.opt[SHOPT_ALWAYS] = true;
}

/* One argument of letters: -abc or +abc. Gives how many further arguments it used, -1 on error. */
static int parse_letters(char **argv, int i, bool command_line)
{
	bool on = argv[i][0] == '-';
	int used = 0;

	for (const char *p = argv[i] + 1; *p != '\0'; p++) {
		if (*p == 'o' || (*p == 'O' && command_line)) {
			const char *name = argv[i + 1 + used];
			if (name == nullptr) {
				option_print(!on, *p == 'O');
				continue;
			}
			used++;
			if (!option_set_name(name, on, *p == 'O')) {
				warn("set: %s: no such option", name);
				return -1;
			}
		} else if (command_line && (*p == 'c' || *p == 's' || *p == 'i' || *p == 'l')) {
			enum option o = *p == 's'   ? OPT_STDIN
					: *p == 'i' ? OPT_INTERACTIVE
						    : OPT_LOGIN;
			if (*p == 'c')
				sh.opt[OPT_ONECMD] = 2; /* told apart from -t by its value */
			else
				sh.opt[o] = on;
		} else if (!option_set_letter(*p, on)) {
			warn("%s: %c%c: no such option", command_line ? sh.self : "set", argv[i][0],
			     *p);
			return -1;
		}
	}
	return used;
}

/* Gives the index of the first operand; -1 on a bad option. *ended: a -- or - was there. */
static int parse_options(int argc, char **argv, bool command_line, bool *ended)
{
	int i = 1;

	*ended = false;
	for (; i < argc; i++) {
		const char *a = argv[i];
		if (strcmp(a, "--") == 0 || (strcmp(a, "-") == 0)) {
			*ended = true;
			if (a[1] == '\0' && !command_line)
				sh.opt[OPT_XTRACE] = sh.opt[OPT_VERBOSE] = false;
			i++;
			break;
		}
		if ((a[0] != '-' && a[0] != '+') || a[1] == '\0')
			break;
		int used = parse_letters(argv, i, command_line);
		if (used < 0)
			return -1;
		i += used;
	}
	return i;
}

int option_parse(int argc, char **argv, bool command_line, char **command)
{
	bool ended;
	int i = parse_options(argc, argv, command_line, &ended);

	if (i < 0)
		return 2;
	if (!command_line) {
		if (i < argc || (ended && strcmp(argv[i - 1], "--") == 0))
			params_set(argc - i, argv + i);
		return 0;
	}
	if (sh.opt[OPT_ONECMD] == 2) {
		sh.opt[OPT_ONECMD] = false;
		if (i == argc) {
			warn("-c: the command is missing");
			return 2;
		}
		*command = argv[i++];
		if (i < argc)
			sh.arg0 = argv[i++];
	} else if (i < argc && !sh.opt[OPT_STDIN]) {
		sh.script = sh.arg0 = argv[i++];
	} else {
		sh.opt[OPT_STDIN] = true;
	}
	params_set(argc - i, argv + i);
	return 0;
}
