/* SPDX-License-Identifier: MPL-2.0 */
/* Running syntax trees. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct node;
struct sym;
struct tree;
struct word;

enum eval_flag : unsigned {
	EVAL_EXIT = 1,   /* nothing comes after: the process may be replaced */
	EVAL_TESTED = 2, /* somebody looks at the status: -e does not apply */
};

struct func {
	struct node *body;
	struct tree *tree;
	const char *source; /* the file that defined it */
	int refs;           /* running ones keep it, whatever becomes of the name */
	bool exported;
};

/* Runs a tree; its status, which sh.status has too. */
int eval(struct node *n, unsigned flags);
/* The same for a command of a script itself: in the full language an error costs only its line. */
int eval_script(struct node *n, unsigned flags);
/* Parses and runs a text. */
int eval_string(const char *text, size_t len, int line);
/* Parses and runs the current source to its end. */
int eval_source(void);
/* Runs the tree in a child that is already forked. */
[[noreturn]] void eval_child(struct node *n);

void func_define(struct sym *s, struct node *n);
void func_unset(struct sym *s);
int func_call(struct sym *s, int argc, char **argv);

/* The program a name means: its path in scratch or remembered, nullptr if there is none. */
const char *command_path(struct sym *s, const char *name);
/* Replaces the process; comes back only to leave with 126 or 127. */
[[noreturn]] void command_exec(struct sym *s, char **argv);
/* Runs argv as if typed, without looking for functions: `command`, and built-ins that run others.
 */
int command_run(int argc, char **argv, unsigned flags, bool default_path);
int eval_test(const struct node *n);
