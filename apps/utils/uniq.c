/* SPDX-License-Identifier: MPL-2.0 */
/* uniq: repeated lines only once. */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"

struct uniq {
	bool count, only_repeated, only_unique, all_repeated, ignore_case;
	char separate; /* 'n'one, 'p'repend, 's'eparate, 'a'ppend, 'b'oth; for all repeated or
			  groups */
	bool groups;
	uint64_t skip_fields, skip_chars, check_chars;
	char delim;
	struct out *out;
	bool any_group;
};

enum { OPT_GROUP = 256 };

static const struct opt uniq_opts[] = {
	{ 'c', "count", nullptr, "put before each line how often it came" },
	{ 'd', "repeated", nullptr, "show only repeated lines, each once" },
	{ 'D', "all-repeated", "[HOW]", "show all repeated lines; HOW: none, prepend or separate" },
	{ 'f', "skip-fields", "N", "do not compare the first N fields" },
	{ OPT_GROUP, "group", "[HOW]",
	  "show all with an empty line between groups; HOW: separate, prepend, append, both" },
	{ 'i', "ignore-case", nullptr, "compare without regard to case" },
	{ 's', "skip-chars", "N", "do not compare the first N characters" },
	{ 'u', "unique", nullptr, "show only lines that are not repeated" },
	{ 'w', "check-chars", "N", "compare no more than N characters" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

/* The part of a line that is compared. */
static void key_find(const struct uniq *u, const char **line, size_t *len)
{
	const char *p = *line, *stop = p + *len;

	for (uint64_t i = 0; i < u->skip_fields && p < stop; i++) {
		while (p < stop && (isblank((unsigned char)*p) || *p == '\n'))
			p++;
		while (p < stop && !isblank((unsigned char)*p) && *p != '\n')
			p++;
	}
	p += (uint64_t)(stop - p) < u->skip_chars ? (size_t)(stop - p) : (size_t)u->skip_chars;
	*line = p;
	*len = (uint64_t)(stop - p) < u->check_chars ? (size_t)(stop - p) : (size_t)u->check_chars;
}

static bool bytes_equal_folded(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
			return false;
	}
	return true;
}

static bool is_same(const struct uniq *u, const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (u->skip_fields | u->skip_chars | ~u->check_chars) {
		key_find(u, &a, &a_len);
		key_find(u, &b, &b_len);
	}
	if (a_len != b_len)
		return false;
	return u->ignore_case ? bytes_equal_folded(a, b, a_len) : scan_compare(a, b, a_len) == 0;
}

static void line_show(const struct uniq *u, const char *line, size_t len)
{
	out_write(u->out, line, len);
	out_char(u->out, u->delim);
}

/* The first line of a run has been read to its end: `repeats` more were the same. */
static void run_show(const struct uniq *u, const char *line, size_t len, uint64_t repeats)
{
	if (u->all_repeated || u->groups || (u->only_repeated && repeats == 0) ||
	    (u->only_unique && repeats != 0))
		return;
	if (u->count)
		out_format(u->out, "%7llu ", (unsigned long long)repeats + 1);
	line_show(u, line, len);
}

/* One line for --all-repeated and --group: `repeats` tells which of its run it is. */
static void member_show(struct uniq *u, const char *first, size_t first_len, const char *line,
			size_t len, uint64_t repeats)
{
	if (u->all_repeated && repeats == 1) {
		if (u->separate == 'p' || (u->separate == 's' && u->any_group))
			out_char(u->out, u->delim);
		u->any_group = true;
		if (!u->only_unique)
			line_show(u, first, first_len);
	}
	if (u->groups && repeats == 0) {
		bool before = u->separate == 'p' || u->separate == 'b' || u->any_group;
		if (before && !(u->separate == 'a' && !u->any_group))
			out_char(u->out, u->delim);
		u->any_group = true;
	}
	if ((u->groups || repeats != 0) && !(u->all_repeated && u->only_unique))
		line_show(u, line, len);
}

static bool in_unite(struct uniq *u, struct in *in)
{
	struct text first = {};
	uint64_t repeats = 0;
	bool any = false;
	char *line;
	size_t len;

	while (in_line(in, u->delim, &line, &len)) {
		len -= line[len - 1] == u->delim;
		bool same = any && is_same(u, first.bytes, first.len, line, len);
		if (same) {
			repeats++;
		} else {
			if (any)
				run_show(u, first.bytes, first.len, repeats);
			first.len = 0;
			text_add(&first, line, len);
			repeats = 0;
			any = true;
		}
		if (u->all_repeated || u->groups)
			member_show(u, first.bytes, first.len, line, len, repeats);
	}
	if (any)
		run_show(u, first.bytes, first.len, repeats);
	if (u->groups && u->any_group && (u->separate == 'a' || u->separate == 'b'))
		out_char(u->out, u->delim);
	return !in->failed;
}

static char how_read(const char *arg, const char *const *names, const char *option)
{
	for (; *names != nullptr; names++) {
		if (arg[0] != '\0' && strncmp(*names, arg, strlen(arg)) == 0)
			return (*names)[0];
	}
	opt_usage_error("invalid argument '%s' for '%s'", arg, option);
}

static void uniq_option(struct uniq *u, int o, const char *arg)
{
	static const char *const repeated[] = { "none", "prepend", "separate", nullptr };
	static const char *const groups[] = { "separate", "prepend", "append", "both", nullptr };

	u->count |= o == 'c';
	u->only_repeated |= o == 'd' || o == 'D';
	u->only_unique |= o == 'u';
	u->ignore_case |= o == 'i';
	if (o == 'D') {
		u->all_repeated = true;
		u->separate = arg != nullptr ? how_read(arg, repeated, "--all-repeated") : 'n';
	} else if (o == OPT_GROUP) {
		u->groups = true;
		u->separate = arg != nullptr ? how_read(arg, groups, "--group") : 's';
	} else if (o == 'f') {
		u->skip_fields = num_get(arg, 0, UINT64_MAX, "number of fields to skip");
	} else if (o == 's') {
		u->skip_chars = num_get(arg, 0, UINT64_MAX, "number of bytes to skip");
	} else if (o == 'w') {
		u->check_chars = num_get(arg, 0, UINT64_MAX, "number of bytes to compare");
	} else if (o == 'z') {
		u->delim = '\0';
	}
}

static int uniq_main(int argc, char **argv)
{
	struct uniq u = { .check_chars = UINT64_MAX, .delim = '\n', .out = &out_std };
	struct opt_state s;
	struct out to;
	struct in in;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		uniq_option(&u, o, s.arg);
	if (u.groups && (u.count || u.only_repeated || u.only_unique))
		opt_usage_error("--group is mutually exclusive with -c/-d/-D/-u");
	if (u.all_repeated && u.count)
		opt_usage_error("printing all duplicated lines and repeat counts is meaningless");
	if (argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	if (!in_open(&in, s.index < argc ? argv[s.index] : "-"))
		return 1;
	if (argc - s.index == 2 && strcmp(argv[s.index + 1], "-") != 0) {
		int fd = open(argv[s.index + 1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0)
			err_fatal_errno("%s", argv[s.index + 1]);
		out_open(&to, fd, argv[s.index + 1]);
		u.out = &to;
	}
	bool ok = in_unite(&u, &in);
	if (u.out == &to)
		out_close(&to);
	in_close(&in);
	return !ok;
}

APPLET(uniq, .usage = "[OPTION]... [INPUT [OUTPUT]]",
       .summary = "Show adjacent equal lines of INPUT only once.", .opts = uniq_opts);
