/* SPDX-License-Identifier: MPL-2.0 */
/* Arithmetic: 64-bit signed, wrapping, all of C's integer operators and **. */
#pragma once

#include "apps/sh/mem.h"

struct arith;
struct word;

/* Never fails: a syntax error is kept and raised when the expression is evaluated. */
struct arith *arith_compile(struct arena *a, const char *text);
/* Raises an error for a bad expression, a division by zero, a read-only variable. */
long long arith_eval(struct arith *e);
long long arith_text(const char *text);
/* An expression as parsed; compiled is nullptr when it has expansions. */
long long arith_word(struct word *expr, struct arith *compiled);
/* Text that is exactly one number, as test's -eq wants: false if it is not. */
bool number_parse(const char *s, long long *n);
