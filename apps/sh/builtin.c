/* SPDX-License-Identifier: MPL-2.0 */
/* The table of built-in commands, and how they parse options. */
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/output.h"
#include "apps/sh/sh.h"

#include <string.h>

constexpr unsigned S = BUILTIN_SPECIAL, D = BUILTIN_DECLARES, P = BUILTIN_PURE,
		   X = BUILTIN_EXTENSION;

/* Sorted by name: builtin_find searches by halves. */
static const struct builtin table[] = {
	{ ".", bi_dot, S, "file [argument ...]|Run the commands of a file in this shell." },
	{ ":", bi_true, S | P, "[argument ...]|Do nothing, successfully." },
	{ "[", bi_test, P, "expression ]|Evaluate a condition." },
	{ "alias", bi_alias, 0, "[name[=text] ...]|Define or show aliases." },
	{ "bg", bi_bg, 0, "[job ...]|Continue stopped jobs in the background." },
	{ "break", bi_break, S, "[n]|Leave the innermost n loops." },
	{ "builtin", bi_builtin, X,
	  "name [argument ...]|Run a built-in, whatever functions there are." },
	{ "caller", bi_caller, X, "[n]|Tell where the running function was called." },
	{ "cd", bi_cd, 0, "[-L|-P] [-e] [directory]|Change the working directory." },
	{ "command", bi_command, 0,
	  "[-p] [-v|-V] name [argument ...]|Run a command that is no function." },
	{ "continue", bi_break, S, "[n]|Start the next turn of the n-th enclosing loop." },
	{ "declare", bi_declare, D | X,
	  "[-aAfFgilnprtux] [name[=value] ...]|Set variables and their attributes." },
	{ "dirs", bi_dirs, X, "[-clpv]|Show the directory stack." },
	{ "disown", bi_disown, X, "[-ahr] [job ...]|Forget jobs." },
	{ "echo", bi_echo, P, "[-neE] [argument ...]|Write the arguments." },
	{ "enable", bi_enable, X, "[-anps] [name ...]|Turn built-ins on and, with -n, off." },
	{ "eval", bi_eval, S, "[argument ...]|Run the arguments as a command line." },
	{ "exec", bi_exec, S,
	  "[-a name] [-c] [command [argument ...]]|Replace the shell, or keep redirections." },
	{ "exit", bi_exit, S, "[n]|Leave the shell." },
	{ "export", bi_export, S | D,
	  "[-fn] [-p] [name[=value] ...]|Pass variables on to programs." },
	{ "false", bi_false, P, "|Do nothing, unsuccessfully." },
	{ "fc", bi_fc, 0,
	  "[-e editor] [-lnr] [first [last]]|Edit, show and run earlier commands." },
	{ "fg", bi_fg, 0, "[job]|Continue a job in the foreground." },
	{ "getopts", bi_getopts, 0, "letters name [argument ...]|Parse options of a script." },
	{ "hash", bi_hash, 0, "[-r] [name ...]|Remember where programs are." },
	{ "help", bi_help, X, "[name ...]|Tell about built-ins." },
	{ "history", bi_history, X, "[-c] [n]|Show earlier commands." },
	{ "jobs", bi_jobs, 0, "[-lprs] [job ...]|Show jobs." },
	{ "kill", bi_kill, 0, "[-s signal|-signal] process|%job ... or -l|Send a signal." },
	{ "let", bi_let, X, "expression ...|Evaluate arithmetic." },
	{ "local", bi_local, D, "[option] [name[=value] ...]|Make variables of a function." },
	{ "mapfile", bi_mapfile, X,
	  "[-d delim] [-n count] [-O index] [-s skip] [-t] [-u fd] [array]|Read lines into an "
	  "array." },
	{ "popd", bi_dirs, X, "[+n]|Go back to the directory on the stack." },
	{ "printf", bi_printf, P, "[-v name] format [argument ...]|Write formatted." },
	{ "pushd", bi_dirs, X, "[directory|+n]|Change directory, and remember this one." },
	{ "pwd", bi_pwd, P, "[-L|-P]|Show the working directory." },
	{ "read", bi_read, 0,
	  "[-rs] [-a array] [-d delim] [-n count] [-N count] [-p prompt] [-t seconds] [-u fd] "
	  "[name ...]|Read a line into variables." },
	{ "readarray", bi_mapfile, X, "[option ...] [array]|Read lines into an array." },
	{ "readonly", bi_export, S | D,
	  "[-aAf] [-p] [name[=value] ...]|Protect variables from change." },
	{ "return", bi_return, S, "[n]|Leave a function or a file run with `.'." },
	{ "set", bi_set, S,
	  "[-+letters] [-+o option] [--] [argument ...]|Set options and positional parameters." },
	{ "shift", bi_shift, S, "[n]|Drop positional parameters." },
	{ "shopt", bi_shopt, X, "[-pqsu] [-o] [option ...]|Set further options." },
	{ "source", bi_dot, X, "file [argument ...]|Run the commands of a file in this shell." },
	{ "suspend", bi_suspend, X, "[-f]|Stop this shell." },
	{ "test", bi_test, P, "expression|Evaluate a condition." },
	{ "times", bi_times, S, "|Show processor times of the shell and its children." },
	{ "trap", bi_trap, S, "[-lp] [[action] signal ...]|Run an action when a signal comes." },
	{ "true", bi_true, P, "|Do nothing, successfully." },
	{ "type", bi_type, 0, "[-afptP] name ...|Tell what a name means as a command." },
	{ "typeset", bi_declare, D | X,
	  "[-aAfFgilnprtux] [name[=value] ...]|Set variables and their attributes." },
	{ "ulimit", bi_ulimit, 0, "[-HSa] [-cdflmnstuv [limit]]|Show or set limits." },
	{ "umask", bi_umask, 0, "[-S] [-p] [mask]|Show or set the mask of new files." },
	{ "unalias", bi_unalias, 0, "[-a] name ...|Remove aliases." },
	{ "unset", bi_unset, S, "[-fvn] name ...|Remove variables or functions." },
	{ "wait", bi_wait, 0, "[-fn] [-p name] [job|process ...]|Wait for jobs." },
};

constexpr size_t COUNT = sizeof(table) / sizeof(table[0]);

const struct builtin *builtin_at(size_t i)
{
	return i < COUNT ? &table[i] : nullptr;
}

const struct builtin *builtin_find(const char *name, size_t len)
{
	size_t low = 0, high = COUNT;

	if (*name == '_' || (*name >= 'A' && *name <= 'Z') || len > 9)
		return nullptr; /* a variable's name, most likely: none of ours */
	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = strncmp(table[mid].name, name, len);
		if (c == 0 && table[mid].name[len] == '\0')
			return sh.posix && (table[mid].flags & X) != 0 ? nullptr : &table[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return nullptr;
}

int usage_error(const char *name, const char *what, const char *why)
{
	warn("%s: %s%s%s", name, what, *what != '\0' ? ": " : "", why);
	return 2;
}

/* One letter of a group; its argument if the specification wants one. */
static int flags_letter(struct flags *f, int argc, char **argv, const char *spec)
{
	char c = *f->rest++;
	const char *known = c != ':' ? strchr(spec, c) : nullptr;
	char text[3] = { '-', c };

	if (known == nullptr) {
		usage_error(argv[0], text, "no such option");
		return '?';
	}
	if (known[1] == ':') {
		if (*f->rest != '\0') {
			f->arg = f->rest;
		} else if (f->at < argc) {
			f->arg = argv[f->at++];
		} else {
			usage_error(argv[0], text, "the option wants an argument");
			return '?';
		}
		f->rest = nullptr;
	}
	return c;
}

int flags_next_signed(struct flags *f, int argc, char **argv, const char *spec, bool *plus)
{
	if (f->at == 0)
		f->at = 1;
	if (f->rest == nullptr || *f->rest == '\0') {
		if (f->at >= argc)
			return 0;
		const char *a = argv[f->at];
		bool is_plus = plus != nullptr && a[0] == '+';
		if ((a[0] != '-' && !is_plus) || a[1] == '\0')
			return 0;
		f->at++;
		if (strcmp(a, "--") == 0)
			return 0;
		if (plus != nullptr)
			*plus = is_plus;
		f->rest = a + 1;
	}
	return flags_letter(f, argc, argv, spec);
}

int flags_next(struct flags *f, int argc, char **argv, const char *spec)
{
	return flags_next_signed(f, argc, argv, spec, nullptr);
}

static void help_one(const struct builtin *b)
{
	const char *bar = strchr(b->usage, '|');

	while (strchr(bar + 1, '|') != nullptr) /* a bar inside the usage, as in -L|-P */
		bar = strchr(bar + 1, '|');
	output_printf(&out1, "%s %.*s\n    %s\n", b->name, (int)(bar - b->usage), b->usage,
		      bar + 1);
}

int bi_help(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		for (size_t i = 0; i < COUNT; i++)
			help_one(&table[i]);
	for (int i = 1; i < argc; i++) {
		const struct builtin *b = builtin_find(argv[i], strlen(argv[i]));
		if (b != nullptr)
			help_one(b);
		else
			status = usage_error("help", argv[i], "no such built-in") - 1;
	}
	return status;
}
