/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Searching one file for lines that match. */
#include <stdint.h>
#include "apps/applet/regex.h"
#include "apps/applet/scan.h"

struct grep {
	/* what to do */
	struct regex *regex;
	bool no_pattern; /* nothing can match */
	char delim;
	char binary; /* b: say that it matches, t: as text, w: skip */
	char list;   /* l or L: only names */
	uint64_t max, before, after;
	bool invert, byte_offset, line_number, flush_lines, only_matching, quiet, no_messages;
	bool count, initial_tab, null_names, names, color;
	bool unseen; /* output goes to /dev/null: only whether a file matches is of interest */
	const char *label;
	/* made by grep_prepare() */
	struct scan_string required;
	bool required_whole, utf8;
	/* what came of it */
	bool selected, failed;
};

void grep_prepare(struct grep *g);
/* Searches what can be read from `fd`; `name` is for the output. */
void grep_file(struct grep *g, int fd, const char *name);
