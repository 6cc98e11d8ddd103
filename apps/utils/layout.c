/* SPDX-License-Identifier: MPL-2.0 */
/* nl, fold, expand and unexpand: how lines are laid out. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/regex.h"
#include "apps/applet/utf8.h"

/* Calls `line` for each line of each operand, or of standard input. */
static int lines_each(int argc, char **argv, int first, char end,
		      void (*each)(void *ctx, char *line, size_t len), void *ctx)
{
	int status = 0;

	for (int i = first; i < argc || i == first; i++) {
		struct in in;
		char *line;
		size_t len;
		if (!in_open(&in, i < argc ? argv[i] : "-")) {
			status = 1;
			continue;
		}
		while (in_line(&in, end, &line, &len))
			each(ctx, line, len);
		status |= in.failed;
		in_close(&in);
	}
	return status;
}

static const struct opt nl_opts[] = {
	{ 'b', "body-numbering", "STYLE",
	  "number body lines: a all, t not empty, n none, pRE matching" },
	{ 'd', "section-delimiter", "CC", "the characters that mark sections (\\:)" },
	{ 'f', "footer-numbering", "STYLE", "the same for footers (n)" },
	{ 'h', "header-numbering", "STYLE", "the same for headers (n)" },
	{ 'i', "line-increment", "N", "count by N" },
	{ 'l', "join-blank-lines", "N", "count N empty lines as one" },
	{ 'n', "number-format", "FORMAT", "ln left, rn right, rz right with zeros" },
	{ 'p', "no-renumber", nullptr, "go on counting in new sections" },
	{ 's', "number-separator", "TEXT", "put TEXT behind numbers (tab)" },
	{ 'v', "starting-line-number", "N", "start with N" },
	{ 'w', "number-width", "N", "numbers of N columns (6)" },
	{},
};

struct nl {
	struct style {
		char kind; /* a t n p */
		struct regex *regex;
	} styles[3]; /* header, body, footer */
	int section;
	const char *mark, *separator;
	int64_t number, first, step, join, blanks;
	char format; /* l r z */
	int width;
	bool keep;
};

static struct style style_read(const char *arg, const char *what)
{
	struct style s = { .kind = arg[0] };
	const char *error;

	if (arg[0] == 'p') {
		s.regex = regex_create(arg + 1, strlen(arg + 1), 0, &error);
		if (s.regex == nullptr)
			err_fatal("%s", error);
	} else if (strchr("atn", arg[0]) == nullptr || arg[0] == '\0') {
		opt_usage_error("invalid %s numbering style: '%s'", what, arg);
	}
	return s;
}

/* Which section a line of marks begins: \:\:\: header, \:\: body, \: footer; -1 if it is none. */
static int section_find(const struct nl *n, const char *line, size_t len)
{
	size_t m = strlen(n->mark), times = m == 0 ? 0 : len / m;

	if (times < 1 || times > 3 || len != times * m)
		return -1;
	for (size_t i = 0; i < times; i++) {
		if (memcmp(line + i * m, n->mark, m) != 0)
			return -1;
	}
	return 3 - (int)times;
}

static void nl_line(void *ctx, char *line, size_t len)
{
	struct nl *n = ctx;
	size_t text = len - (line[len - 1] == '\n');
	int section = section_find(n, line, text);

	if (section >= 0) {
		n->section = section;
		if (!n->keep)
			n->number = n->first;
		put_char('\n');
		return;
	}
	const struct style *s = &n->styles[n->section];
	bool numbered = s->kind == 'a' || (s->kind == 't' && text != 0) ||
			(s->kind == 'p' && regex_match(s->regex, line, text, 0, nullptr, 0));
	if (s->kind == 'a' && n->join > 1) {
		n->blanks = text == 0 ? n->blanks + 1 : 0;
		numbered = text != 0 || n->blanks == n->join;
		if (n->blanks == n->join)
			n->blanks = 0;
	}
	if (numbered) {
		put_format(n->format == 'l'   ? "%-*lld"
			   : n->format == 'z' ? "%0*lld"
					      : "%*lld",
			   n->width, (long long)n->number);
		put_string(n->separator);
		n->number += n->step;
	} else {
		put_format("%*s", n->width + (int)strlen(n->separator), "");
	}
	put_bytes(line, text);
	put_char('\n');
}

static int nl_main(int argc, char **argv)
{
	struct nl n = { .styles = { { 'n', nullptr }, { 't', nullptr }, { 'n', nullptr } },
			.section = 1,
			.mark = "\\:",
			.separator = "\t",
			.first = 1,
			.step = 1,
			.join = 1,
			.format = 'r',
			.width = 6 };
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'b')
			n.styles[1] = style_read(s.arg, "body");
		else if (o == 'h')
			n.styles[0] = style_read(s.arg, "header");
		else if (o == 'f')
			n.styles[2] = style_read(s.arg, "footer");
		else if (o == 'd')
			n.mark = s.arg[0] != '\0' && s.arg[1] == '\0' ? mem_format("%c:", s.arg[0])
								      : s.arg;
		else if (o == 'i')
			n.step = num_get_signed(s.arg, "line number increment");
		else if (o == 'l')
			n.join =
				(int64_t)num_get(s.arg, 1, INT64_MAX, "line number of blank lines");
		else if (o == 'n')
			n.format = strcmp(s.arg, "ln") == 0   ? 'l'
				   : strcmp(s.arg, "rn") == 0 ? 'r'
				   : strcmp(s.arg, "rz") == 0 ? 'z'
							      : 0;
		else if (o == 'p')
			n.keep = true;
		else if (o == 's')
			n.separator = s.arg;
		else if (o == 'v')
			n.first = num_get_signed(s.arg, "starting line number");
		else if (o == 'w')
			n.width = (int)num_get(s.arg, 1, INT32_MAX, "line number field width");
		if (n.format == 0)
			opt_usage_error("invalid line numbering format: '%s'", s.arg);
	}
	n.number = n.first;
	return lines_each(argc, argv, s.index, '\n', nl_line, &n);
}

static const struct opt fold_opts[] = {
	{ 'b', "bytes", nullptr, "count bytes, not columns" },
	{ 's', "spaces", nullptr, "break at blanks" },
	{ 'w', "width", "N", "lines of N columns (80)" },
	{ '#', nullptr, "N", nullptr },
	{},
};

struct fold {
	bool bytes, spaces;
	size_t width;
};

static size_t column_after(const struct fold *f, size_t column, char c)
{
	if (f->bytes)
		return column + 1;
	return c == '\b'   ? (column > 0 ? column - 1 : 0)
	       : c == '\r' ? 0
	       : c == '\t' ? column + 8 - column % 8
			   : column + 1;
}

static void fold_line(void *ctx, char *line, size_t len)
{
	const struct fold *f = ctx;
	size_t text = len - (line[len - 1] == '\n'), from = 0, column = 0;

	for (size_t i = 0; i < text;) {
		size_t next = column_after(f, column, line[i]);
		if (next <= f->width) {
			column = next;
			i++;
			continue;
		}
		size_t end = i;
		if (f->spaces) {
			while (end > from && !isblank((unsigned char)line[end - 1]))
				end--;
			if (end == from)
				end = i;
		}
		if (end == from) { /* wider than the line by itself */
			column = next;
			i++;
			continue;
		}
		put_bytes(line + from, end - from);
		put_char('\n');
		from = i = end;
		column = 0;
	}
	put_bytes(line + from, len - from);
}

static int fold_main(int argc, char **argv)
{
	struct fold f = { .width = 80 };
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		f.bytes |= o == 'b';
		f.spaces |= o == 's';
		if (o == 'w' || o == '#')
			f.width = (size_t)num_get(s.arg, 1, SIZE_MAX / 2, "number of columns");
	}
	return lines_each(argc, argv, s.index, '\n', fold_line, &f);
}

/* Tab stops: every `every` columns, or a list, after which +N or /N may repeat. */
struct tabs {
	size_t *stops, count, capacity;
	size_t every;   /* after the list; 0: none */
	bool from_last; /* +N counts from the last stop, /N from the line's start */
	bool initial_only, all;
};

static void stop_add(struct tabs *t, size_t stop)
{
	if (stop == 0)
		err_fatal("tab size cannot be 0");
	if (t->count != 0 && stop <= t->stops[t->count - 1])
		err_fatal("tab sizes must be ascending");
	t->stops = mem_room(t->stops, t->count, &t->capacity, sizeof *t->stops);
	t->stops[t->count++] = stop;
}

static void tabs_read(struct tabs *t, const char *list)
{
	char *copy = mem_dup(list), *save = nullptr;

	for (char *w = strtok_r(copy, ", \t", &save); w != nullptr;
	     w = strtok_r(nullptr, ", \t", &save)) {
		bool repeat = *w == '+' || *w == '/';
		uint64_t n;
		if (num_parse(w + repeat, &n) != NUM_OK)
			err_fatal("tab size contains invalid character(s): '%s'", w);
		if (repeat) {
			t->every = (size_t)n;
			t->from_last = *w == '+';
		} else {
			stop_add(t, (size_t)n);
		}
	}
}

static void tabs_finish(struct tabs *t)
{
	if (t->count == 1 && t->every == 0) {
		t->every = t->stops[0];
		t->count = 0;
	} else if (t->count == 0 && t->every == 0) {
		t->every = 8;
	}
}

/* The stop behind `column`; column + 1 when there is none left. *last tells of that. */
static size_t stop_next(const struct tabs *t, size_t column, bool *last)
{
	*last = false;
	for (size_t i = 0; i < t->count; i++) {
		if (t->stops[i] > column)
			return t->stops[i];
	}
	if (t->every != 0) {
		size_t base = t->from_last && t->count != 0 ? t->stops[t->count - 1] : 0;
		return column + t->every - (column - base) % t->every;
	}
	*last = true;
	return column + 1;
}

static void expand_line(void *ctx, char *line, size_t len)
{
	const struct tabs *t = ctx;
	size_t column = 0;
	bool convert = true, last;

	for (size_t i = 0; i < len; i++) {
		char c = line[i];
		if (c == '\t' && convert) {
			for (size_t stop = stop_next(t, column, &last); column < stop; column++)
				put_char(' ');
			continue;
		}
		column = c == '\b' ? (column > 0 ? column - 1 : 0) : column + 1;
		if (t->initial_only && !isblank((unsigned char)c))
			convert = false;
		put_char(c);
	}
}

static const struct opt expand_opts[] = {
	{ 'i', "initial", nullptr, "only tabs at the start of lines" },
	{ 't', "tabs", "LIST", "tab stops: one distance, or a list; +N or /N last repeats" },
	{ '#', nullptr, "N", nullptr },
	{},
};

static int expand_main(int argc, char **argv)
{
	struct tabs t = {};
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		t.initial_only |= o == 'i';
		if (o == 't' || o == '#')
			tabs_read(&t, s.arg);
	}
	tabs_finish(&t);
	return lines_each(argc, argv, s.index, '\n', expand_line, &t);
}

/*
 * Blanks are held back until it is known whether they reach a tab stop. A single blank right before
 * a stop stays a blank unless more blanks follow.
 */
static void unexpand_line(void *ctx, char *line, size_t len)
{
	const struct tabs *t = ctx;
	struct text held = {};
	size_t column = 0;
	bool convert = true, blank_before = true, single = false, last;

	for (size_t i = 0; i < len; i++) {
		char c = line[i];
		bool blank = isblank((unsigned char)c);
		size_t stop = convert && blank ? stop_next(t, column, &last) : 0;
		if (convert && blank && last)
			convert = false;
		if (convert && blank) {
			if (c == '\t') {
				column = stop;
				if (held.len != 0)
					held.bytes[0] = '\t';
			} else if (++column != stop || !blank_before) {
				single |= column == stop;
				text_add_char(&held, c);
				blank_before = true;
				continue;
			} else {
				c = '\t';
				if (held.len != 0)
					held.bytes[0] = '\t';
			}
			held.len = held.len != 0 && single;
		} else if (convert && c == '\b') {
			column -= column > 0;
		} else if (convert) {
			column++;
		}
		if (held.len > 1 && single)
			held.bytes[0] = '\t';
		if (held.len != 0)
			put_bytes(held.bytes, held.len);
		held.len = 0;
		single = false;
		blank_before = blank;
		convert &= t->all || blank;
		put_char(c);
	}
	if (held.len != 0)
		put_bytes(held.bytes, held.len);
	mem_free(held.bytes);
}

enum { OPT_FIRST_ONLY = 256 };

static const struct opt unexpand_opts[] = {
	{ 'a', "all", nullptr, "all blanks, not only those at the start of lines" },
	{ OPT_FIRST_ONLY, "first-only", nullptr, "only those at the start, despite -t" },
	{ 't', "tabs", "LIST", "tab stops; implies -a" },
	{ '#', nullptr, "N", nullptr },
	{},
};

static int unexpand_main(int argc, char **argv)
{
	struct tabs t = {};
	bool first_only = false;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		t.all |= o == 'a' || o == 't';
		first_only |= o == OPT_FIRST_ONLY;
		if (o == 't' || o == '#')
			tabs_read(&t, s.arg);
	}
	t.all &= !first_only;
	tabs_finish(&t);
	return lines_each(argc, argv, s.index, '\n', unexpand_line, &t);
}

APPLET(nl, .usage = "[OPTION]... [FILE]...", .summary = "Show FILEs with numbered lines.",
       .opts = nl_opts);
APPLET(fold, .usage = "[OPTION]... [FILE]...", .summary = "Break long lines.", .opts = fold_opts);
APPLET(expand, .usage = "[OPTION]... [FILE]...", .summary = "Turn tabs into blanks.",
       .opts = expand_opts);
APPLET(unexpand, .usage = "[OPTION]... [FILE]...", .summary = "Turn blanks into tabs.",
       .opts = unexpand_opts);
