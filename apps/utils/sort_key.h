/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* The keys by which sort orders lines. */
#include <stddef.h>
#include <stdint.h>

struct line {
	const char *text;
	size_t len; /* without its end */
};

/* What part of a line counts, and how. */
struct key {
	size_t start_field, start_char; /* counted from 0 */
	size_t end_field, end_char;     /* end_field SIZE_MAX: to the end of the line */
	bool skip_start_blanks, skip_end_blanks;
	char type; /* 0: bytes; g h M n R V */
	bool reverse, fold, dictionary, printable;
};

struct order {
	struct key *keys;
	size_t count, capacity;
	struct key defaults; /* of the options without a key */
	int tab;             /* what ends a field, or -1: blanks before it belong to it */
	bool reverse, stable;
	bool plain; /* whole lines by their bytes */
	uint64_t seed;
};

/* Reads "F[.C][OPTS][,F[.C][OPTS]]"; ends the applet when it is wrong. */
void order_add_key(struct order *o, const char *spec);
/* An ordering option that stands alone. */
void order_add_flag(struct order *o, char flag);
void order_finish(struct order *o);

/* By the keys only. */
int order_compare(const struct order *o, const struct line *a, const struct line *b);

/*
 * A number for the start of the first key: when those of two lines differ, they order the lines
 * as order_compare() does.
 */
uint64_t order_prefix(const struct order *o, const struct line *l);
