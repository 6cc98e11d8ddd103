/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Words to strings and fields.
 *
 * While a field is built, a byte that was quoted and could mean something in a pattern is preceded
 * by ESC (chars.h). Splitting happens as text arrives, pathname expansion when a field ends.
 */
#pragma once

#include "apps/sh/ast.h"

/* A growing list of strings in scratch, ended by a nullptr once finished. */
struct fields {
	char **v;
	int n, cap;
};

void fields_add(struct fields *f, char *s);
char **fields_finish(struct fields *f);

/* All expansions, splitting and globbing: the words of a command. */
void expand_words(struct word *list, struct fields *out);
/* Without splitting and globbing: assignments, redirections, case subjects, here-documents. */
char *expand_string(const struct word *w);
char *expand_string_len(const struct word *w, size_t *len);
/* The same as a pattern, quoted bytes marked. */
char *expand_pattern(const struct word *w, size_t *len);
/* As a regular expression, quoted bytes escaped with backslashes. */
char *expand_regex(const struct word *w);
/* The text of a subscript of an associative array, found in an arithmetic expression. */
char *expand_subscript_key(const char *text);
/* Parameter, command and arithmetic expansion in a text from outside: PS1, PS4, ENV. */
char *expand_text(const char *text);

/* -- for param.c -- */

struct expander {
	struct buf field;
	struct fields *out; /* nullptr: one string, no splitting */
	bool marks;         /* ESC marks are wanted */
	bool have;          /* the field exists even if it is empty */
	bool has_mark;
	bool has_glob;
	bool after_space; /* the last separator was IFS white space: one other may join it */
	bool in_arg;      /* literal text comes from ${v-text}: it is split */
};

void expand_parts(struct expander *x, const struct part *p);
/* Adds the result of an expansion. */
void expand_add(struct expander *x, const char *s, size_t len, bool quoted);
/* Ends the field between two elements of $@. */
void expand_break(struct expander *x);
void param_expand(struct expander *x, const struct param *p, bool quoted);
