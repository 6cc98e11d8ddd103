/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* The state of find, and the expression that it evaluates. */
#include <limits.h>
#include <time.h>
#include "apps/applet/mem.h"
#include "apps/applet/tree.h"

struct expr;

struct find {
	struct expr *expr;
	struct expr *batches; /* -exec ... {} + that wait for more names */
	unsigned tree_flags;
	int min_depth, max_depth;
	bool depth_first, one_device, day_start, ignore_races, has_action;
	struct timespec now;
	/* while walking */
	const char *start;
	struct tree_entry *entry;
	bool prune, quit;
	int status;
};

/* Reads the words up to a null pointer; ends the applet when they are wrong. */
struct expr *expr_parse(struct find *f, char **words);
bool expr_eval(struct find *f, const struct expr *e);
/* Runs what -exec ... + has collected. */
void expr_finish(struct find *f);
