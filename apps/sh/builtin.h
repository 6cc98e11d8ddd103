/* SPDX-License-Identifier: MPL-2.0 */
/* The table of built-in commands. */
#pragma once

#include <stddef.h>

enum builtin_flag : unsigned {
	BUILTIN_SPECIAL = 1,   /* POSIX's special built-ins: errors end a script */
	BUILTIN_DECLARES = 2,  /* arguments may be assignments */
	BUILTIN_PURE = 4,      /* only writes output: fit to run inside $( ) without a process */
	BUILTIN_EXTENSION = 8, /* not in the strict shell */
};

struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);
	unsigned flags;
	const char *usage; /* arguments, and one sentence, for help and completion */
};

const struct builtin *builtin_find(const char *name, size_t len);
/* builtin_at(0), builtin_at(1), ... until nullptr, by name. */
const struct builtin *builtin_at(size_t i);

/* Option parsing as POSIX has it, on argv[1] and on. Starts as {}. */
struct flags {
	int at;           /* index into argv of what comes next */
	const char *rest; /* inside a group of letters */
	const char *arg;
};

/* The next option letter, 0 after the last, '?' for a bad one (told). `spec` as for getopts. */
int flags_next(struct flags *f, int argc, char **argv, const char *spec);
/* The same, with +x options too; *plus tells. */
int flags_next_signed(struct flags *f, int argc, char **argv, const char *spec, bool *plus);

int usage_error(const char *name, const char *what, const char *why);

int bi_test(int argc, char **argv);
/* For eval_simple: where exec's redirections start. */
struct redir_undo;
extern struct redir_undo *builtin_redirs;
/* Array values among the arguments of a declaring built-in, by argument number. */
struct assign;
extern struct assign **builtin_assigns;
