/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Option parsing for applets, and what else is made from an applet's option descriptions. */
#include "apps/applet/applet.h"

/*
 * Where parsing stands. Options and operands may be mixed; parsing moves operands behind the
 * options, so that after the last option argv[index] is the first operand. "--" ends options.
 */
struct opt_state {
	int argc;
	char **argv;
	int index;             /* after the last option: the first operand */
	const char *arg;       /* the argument of the option just returned, or nullptr */
	const struct opt *opt; /* the option just returned */
	/* private */
	const struct opt *opts;
	const char *cluster; /* the rest of -abc after -a */
	int taken, next;     /* the words of the option at hand; operands skipped are before them */
	bool in_order; /* stop at the first operand, as POSIX and commands that run commands do */
};

void opt_init(struct opt_state *s, int argc, char **argv);
/* The same, but the first operand ends the options. */
void opt_init_in_order(struct opt_state *s, int argc, char **argv);

/*
 * The next option's id, or 0 after the last. A wrong option and a missing argument end the applet
 * with `err_status` of err.h; --help and --version print and end it with 0.
 */
int opt_next(struct opt_state *s);

/*
 * An option that is a number, as in head -5, has the id '#': its argument is the digits.
 *
 * Complain as a wrong option does ("Try 'x --help' ..."), and end the applet.
 */
[[noreturn, gnu::format(printf, 1, 2)]] void opt_usage_error(const char *format, ...);
[[noreturn]] void opt_missing_operand(void);
[[noreturn]] void opt_extra_operand(const char *operand);

/* To standard output: the text of --help, the manual page as it is read, and in man(7) form. */
void opt_print_help(const struct applet *a);
void opt_print_page(const struct applet *a);
void opt_print_manual(const struct applet *a);

/*
 * For completion: calls `each` with every option word that starts with `prefix` ("-n", "--lines=")
 * and its one-line help.
 */
void opt_complete(const struct applet *a, const char *prefix,
		  void (*each)(void *ctx, const char *word, const char *help), void *ctx);
