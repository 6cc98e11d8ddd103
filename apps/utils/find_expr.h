/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* One node of a find expression, between its parser and its tests and actions. */
#include <stdint.h>
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/regex.h"
#include "apps/utils/find.h"

struct expr {
	enum { EXPR_TEST, EXPR_AND, EXPR_OR, EXPR_NOT, EXPR_COMMA } kind;
	const struct expr *left, *right; /* NOT has only left */
	bool (*test)(struct find *f, struct expr *e);
	/* what a test or action may need */
	const char *text;
	char *const *words; /* -exec: the command */
	int word_count;
	char sign; /* + more than, - less than, = or / */
	int64_t number;
	uint64_t unit;
	bool fold;
	char which, other; /* a, c or m: what time; a letter */
	struct timespec time;
	struct stat st;
	struct regex *regex;
	mode_t mode;
	bool mode_has_x;
	struct out *out;
	/* -exec ... + */
	struct expr *next_batch;
	struct text names; /* each ends with a NUL */
	size_t name_count;
	char *batch_dir;
};

/* What a word such as "-name" stands for: its argument count and how it is set up. */
struct primary {
	const char *name;
	int args; /* -1: up to a ; or + */
	bool (*test)(struct find *f, struct expr *e);
	void (*setup)(struct find *f, struct expr *e, char **args);
	bool is_action;
	char which, other;
};

const struct primary *primary_find(const char *name);
void exec_flush(struct find *f, struct expr *e);
/* -printf and -ls. */
void format_put(struct find *f, struct out *out, const char *format);
void listing_put(struct find *f, struct out *out);
