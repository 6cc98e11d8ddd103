/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* The conditions of test and [, and the questions that [[ ]] shares with them. */
#include <stddef.h>

struct condition {
	/* The letters of all unary operators there are. */
	const char *unary;
	/* Answers those that CONDITION_UNARY does not have; may be nullptr. */
	bool (*extra)(char op, const char *arg);
	/* Set when the status is 2: what is wrong, and why. */
	const char *what, *why;
};

/* The unary operators that condition_unary() knows. */
#define CONDITION_UNARY "bcdefghknprstuwxzGLNOS"

/* The status of `test` with these `n` words: 0 true, 1 false, 2 wrong. */
int condition_eval(struct condition *c, int n, char **words);

bool condition_unary(char op, const char *arg);

/* Is it -nt, -ot or -ef? */
bool condition_is_file_op(const char *op);
bool condition_files(const char *a, const char *op, const char *b);

/* -eq -ne -lt -le -gt -ge, given how the left side compares with the right: below, at, above 0. */
bool condition_order(int order, const char *op);
