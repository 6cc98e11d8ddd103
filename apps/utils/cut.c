/* SPDX-License-Identifier: MPL-2.0 */
/* cut: parts of each line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"

/* Positions first..last of a list, counted from 1. */
struct range {
	uint64_t first, last;
};

struct cut {
	struct range *ranges; /* sorted, apart from each other, and closed by an impossible one */
	size_t count, capacity;
	bool fields, only_delimited;
	char delim, line_end;
	const char *output;
	size_t output_len;
};

enum { OPT_COMPLEMENT = 256, OPT_OUTPUT };

static const struct opt cut_opts[] = {
	{ 'b', "bytes", "LIST", "take these bytes" },
	{ 'c', "characters", "LIST", "the same as -b" },
	{ 'd', "delimiter", "BYTE", "fields end with BYTE, not tab" },
	{ 'f', "fields", "LIST", "take these fields, and lines that have none" },
	{ 'n', nullptr, nullptr, "accepted, without effect" },
	{ OPT_COMPLEMENT, "complement", nullptr, "take all but the listed ones" },
	{ 's', "only-delimited", nullptr, "with -f, drop lines that have no delimiter" },
	{ OPT_OUTPUT, "output-delimiter", "STRING", "put STRING between what is taken" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

static void range_add(struct cut *c, uint64_t first, uint64_t last)
{
	c->ranges = mem_room(c->ranges, c->count, &c->capacity, sizeof *c->ranges);
	c->ranges[c->count++] = (struct range){ first, last };
}

static int range_compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static uint64_t position_read(struct cut *c, const char **p, uint64_t absent)
{
	char digits[32] = {};
	size_t n = strspn(*p, "0123456789");
	uint64_t value = absent;

	if (n == 0)
		return absent;
	const char *what = c->fields ? "field" : "byte/character position";
	if (n < sizeof digits)
		memcpy(digits, *p, n);
	if (n >= sizeof digits || num_parse(digits, &value) != NUM_OK)
		err_fatal("%s number '%.*s' is too large", what, (int)n, *p);
	if (value == 0)
		opt_usage_error(c->fields ? "fields are numbered from 1"
					  : "byte/character positions are numbered from 1");
	*p += n;
	return value;
}

static void list_read(struct cut *c, const char *p)
{
	const char *what = c->fields ? "field" : "byte/character";

	for (;;) {
		const char *from = p;
		uint64_t first = position_read(c, &p, 1), last = first;
		if (*p == '-') {
			p++;
			const char *second = p;
			last = position_read(c, &p, UINT64_MAX - 1);
			if (second == p && from + 1 == p)
				opt_usage_error("invalid range with no endpoint: -");
			if (last < first)
				opt_usage_error("invalid decreasing range");
		} else if (from == p) {
			if (*p == '\0' || *p == ',' || *p == ' ')
				opt_usage_error(
					c->fields ? "fields are numbered from 1"
						  : "byte/character positions are numbered from 1");
			opt_usage_error("invalid %s value '%s'", what, p);
		}
		range_add(c, first, last);
		if (*p == '\0')
			return;
		if (*p != ',' && *p != ' ' && *p != '\t')
			opt_usage_error("invalid %s value '%s'", what, p);
		p++;
	}
}

static void ranges_complement(struct cut *c)
{
	struct range *old = c->ranges;
	size_t n = c->count;
	uint64_t from = 1;

	c->ranges = nullptr;
	c->count = c->capacity = 0;
	for (size_t i = 0; i < n; i++) {
		if (old[i].first > from)
			range_add(c, from, old[i].first - 1);
		from = old[i].last + 1;
	}
	if (from < UINT64_MAX - 1)
		range_add(c, from, UINT64_MAX - 1);
}

static void ranges_finish(struct cut *c, bool complement)
{
	size_t kept = 0;

	qsort(c->ranges, c->count, sizeof *c->ranges, range_compare);
	for (size_t i = 0; i < c->count; i++) {
		struct range r = c->ranges[i];
		/* Touching ranges of bytes stay apart, for an output delimiter between them. */
		if (kept != 0 && r.first <= c->ranges[kept - 1].last) {
			if (r.last > c->ranges[kept - 1].last)
				c->ranges[kept - 1].last = r.last;
		} else {
			c->ranges[kept++] = r;
		}
	}
	c->count = kept;
	if (complement)
		ranges_complement(c);
	range_add(c, UINT64_MAX, UINT64_MAX);
}

static void bytes_cut(const struct cut *c, const char *line, size_t len)
{
	bool any = false;

	for (const struct range *r = c->ranges; r->first <= len; r++) {
		size_t last = r->last < len ? (size_t)r->last : len;
		if (any && c->output != nullptr)
			put_bytes(c->output, c->output_len);
		put_bytes(line + r->first - 1, last - (size_t)r->first + 1);
		any = true;
	}
}

/* False if nothing of the line is to be shown, not even its end. */
static bool fields_cut(const struct cut *c, const char *line, size_t len)
{
	const char *p = line, *stop = line + len;
	const struct range *r = c->ranges;
	bool any = false;

	for (uint64_t field = 1;; field++) {
		const char *end = p;
		if (field > r->last)
			r++;
		if (field >= r->first && r->last == UINT64_MAX - 1 && field != 1 &&
		    c->output_len == 1 && c->output[0] == c->delim) {
			end = stop; /* all the rest, as it is */
		} else {
			while (end < stop && *end != c->delim)
				end++;
		}
		if (end == stop && field == 1) {
			if (!c->only_delimited)
				put_bytes(line, len);
			return !c->only_delimited;
		}
		if (field >= r->first) {
			if (any)
				put_bytes(c->output, c->output_len);
			put_bytes(p, (size_t)(end - p));
			any = true;
		}
		if (end == stop || (r->first > field && r->first == UINT64_MAX))
			return true;
		p = end + 1;
	}
}

static bool file_cut(const struct cut *c, const char *path)
{
	struct in in;
	char *line;
	size_t len;

	if (!in_open(&in, path))
		return false;
	while (in_line(&in, c->line_end, &line, &len)) {
		len -= line[len - 1] == c->line_end;
		bool shown = true;
		if (c->fields)
			shown = fields_cut(c, line, len);
		else
			bytes_cut(c, line, len);
		if (shown)
			put_char(c->line_end);
	}
	in_close(&in);
	return !in.failed;
}

static int cut_main(int argc, char **argv)
{
	struct cut c = { .delim = '\t', .line_end = '\n' };
	const char *list = nullptr;
	bool complement = false, delim_given = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'b' || o == 'c' || o == 'f') {
			if (list != nullptr)
				opt_usage_error("only one list may be specified");
			list = s.arg;
			c.fields = o == 'f';
		} else if (o == 'd') {
			if (s.arg[0] != '\0' && s.arg[1] != '\0')
				opt_usage_error("the delimiter must be a single character");
			c.delim = s.arg[0];
			delim_given = true;
		} else if (o == OPT_OUTPUT) {
			c.output = s.arg;
			/* An empty one means a NUL. */
			c.output_len = s.arg[0] == '\0' ? 1 : strlen(s.arg);
		}
		c.only_delimited |= o == 's';
		complement |= o == OPT_COMPLEMENT;
		if (o == 'z')
			c.line_end = '\0';
	}
	if (list == nullptr)
		opt_usage_error("you must specify a list of bytes, characters, or fields");
	if (!c.fields && delim_given)
		opt_usage_error(
			"an input delimiter may be specified only when operating on fields");
	if (!c.fields && c.only_delimited)
		opt_usage_error(
			"suppressing non-delimited lines makes sense\n\tonly when operating on "
			"fields");
	list_read(&c, list);
	ranges_finish(&c, complement);
	if (c.fields && c.output == nullptr) {
		c.output = &c.delim;
		c.output_len = 1;
	}
	if (s.index == argc)
		return !file_cut(&c, "-");
	for (int i = s.index; i < argc; i++)
		status |= !file_cut(&c, argv[i]);
	return status;
}

APPLET(cut, .usage = "OPTION... [FILE]...",
       .summary = "Show the listed parts of each line of the FILEs.", .opts = cut_opts,
       .details =
	       "A LIST is numbers and ranges with commas between: N, N-, N-M, -M; the first is 1.");
