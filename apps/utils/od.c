/* SPDX-License-Identifier: MPL-2.0 */
/* od, hexdump and strings: bytes made readable. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

/* All operands one after another, as od takes them. */
struct chain {
	char **names;
	int count, at;
	struct in in;
	bool is_open;
	int status;
};

static bool chain_byte(struct chain *c, uint8_t *byte)
{
	for (;;) {
		if (c->is_open && (c->in.start < c->in.end || in_fill(&c->in))) {
			*byte = (uint8_t)c->in.buf[c->in.start++];
			return true;
		}
		if (c->is_open) {
			c->status |= c->in.failed;
			in_close(&c->in);
			c->is_open = false;
		}
		if (c->at == c->count)
			return false;
		c->is_open = in_open(&c->in, c->names[c->at++]);
		c->status |= !c->is_open;
	}
}

static size_t chain_read(struct chain *c, uint8_t *to, size_t n)
{
	size_t got = 0;

	while (got < n && chain_byte(c, to + got))
		got++;
	return got;
}

struct type {
	char kind;       /* a c d f o u x */
	int size, width; /* of a value: in bytes, and in columns */
	bool text;       /* z: the characters at the end of the line */
};

static const struct opt od_opts[] = {
	{ 'A', "address-radix", "RADIX", "offsets: d, o, x or n for none" },
	{ 'j', "skip-bytes", "N", "skip N bytes first" },
	{ 'N', "read-bytes", "N", "show no more than N bytes" },
	{ 't', "format", "TYPE",
	  "what to show: a, c, d[SIZE], f[SIZE], o[SIZE], u[SIZE], x[SIZE]; z for text" },
	{ 'v', "output-duplicates", nullptr, "show all lines, not * for repeated ones" },
	{ 'w', "width", "[N]", "N bytes a line" },
	{ 'S', "strings", "[N]", nullptr },
	{ 'a', nullptr, nullptr, "the same as -t a" },
	{ 'b', nullptr, nullptr, "the same as -t o1" },
	{ 'c', nullptr, nullptr, "the same as -t c" },
	{ 'd', nullptr, nullptr, "the same as -t u2" },
	{ 'f', nullptr, nullptr, "the same as -t fF" },
	{ 'i', nullptr, nullptr, "the same as -t dI" },
	{ 'l', nullptr, nullptr, "the same as -t dL" },
	{ 'o', nullptr, nullptr, "the same as -t o2" },
	{ 's', nullptr, nullptr, "the same as -t d2" },
	{ 'x', nullptr, nullptr, "the same as -t x2" },
	{},
};

struct od {
	struct type *types;
	size_t count, capacity, width;
	char radix;
	bool all;
	uint64_t skip, limit;
};

static void type_add(struct od *o, struct type t)
{
	static const int octal[] = { 0, 3, 6, 0, 11, 0, 0, 0, 22 },
			 decimal[] = { 0, 4, 6, 0, 11, 0, 0, 0, 20 };
	static const int plain[] = { 0, 3, 5, 0, 10, 0, 0, 0, 20 };

	t.width = t.kind == 'a' || t.kind == 'c' ? 3
		  : t.kind == 'o'                ? octal[t.size]
		  : t.kind == 'd'                ? decimal[t.size]
		  : t.kind == 'u'                ? plain[t.size]
		  : t.kind == 'x'                ? t.size * 2
		  : t.size == 4                  ? 15
						 : 24;
	o->types = mem_room(o->types, o->count, &o->capacity, sizeof *o->types);
	o->types[o->count++] = t;
}

static void types_read(struct od *o, const char *p)
{
	const char *whole = p;

	while (*p != '\0') {
		struct type t = { .kind = *p, .size = 4 };
		if (strchr("acdfoux", *p) == nullptr)
			opt_usage_error("invalid character '%c' in type string '%s'", *p, whole);
		p++;
		if (t.kind == 'a' || t.kind == 'c') {
			t.size = 1;
		} else if (isdigit((unsigned char)*p)) {
			t.size = (int)strtol(p, (char **)&p, 10);
		} else if (*p != '\0' && strchr("CSILFD", *p) != nullptr) {
			char c = *p++;
			t.size = c == 'C' ? 1 : c == 'S' ? 2 : c == 'I' || c == 'F' ? 4 : 8;
		} else if (t.kind == 'f') {
			t.size = 8;
		}
		bool ok = t.kind == 'f' ? t.size == 4 || t.size == 8
					: t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8;
		if (!ok)
			opt_usage_error("invalid type string '%s'", whole);
		t.text = *p == 'z';
		p += t.text;
		type_add(o, t);
	}
}

static void byte_put(char kind, uint8_t b, int width)
{
	static const char *const names[] = { "nul", "soh", "stx", "etx", "eot", "enq", "ack",
					     "bel", "bs",  "ht",  "nl",  "vt",  "ff",  "cr",
					     "so",  "si",  "dle", "dc1", "dc2", "dc3", "dc4",
					     "nak", "syn", "etb", "can", "em",  "sub", "esc",
					     "fs",  "gs",  "rs",  "us",  "sp" };
	static const char letters[] = "0abtnvfr", values[] = "\0\a\b\t\n\v\f\r";
	char text[8];

	if (kind == 'a') {
		b &= 127;
		const char single[] = { (char)b, '\0' };
		snprintf(text, sizeof text, "%s", b == 127 ? "del" : b <= 32 ? names[b] : single);
	} else {
		const char *at = memchr(values, b, sizeof values - 1);
		if (at != nullptr)
			snprintf(text, sizeof text, "\\%c", letters[at - values]);
		else if (b >= 32 && b < 127)
			snprintf(text, sizeof text, "%c", b);
		else
			snprintf(text, sizeof text, "%03o", b);
	}
	put_format("%*s", width, text);
}

/* A floating number with just enough digits to be read back. */
static void float_put(const uint8_t *p, int size, int width)
{
	char text[64];

	if (size == 4) {
		float f;
		memcpy(&f, p, 4);
		for (int digits = 6; digits <= 9; digits++) {
			snprintf(text, sizeof text, "%.*g", digits, (double)f);
			if (strtof(text, nullptr) == f)
				break;
		}
	} else {
		double d;
		memcpy(&d, p, 8);
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, sizeof text, "%.*g", digits, d);
			if (strtod(text, nullptr) == d)
				break;
		}
	}
	put_format("%*s", width, text);
}

static void value_put(const struct type *t, const uint8_t *p, int width)
{
	uint64_t v = 0;

	if (t->kind == 'a' || t->kind == 'c') {
		byte_put(t->kind, *p, width);
		return;
	}
	if (t->kind == 'f') {
		float_put(p, t->size, width);
		return;
	}
	memcpy(&v, p, (size_t)t->size); /* both our architectures are little endian */
	char text[32];
	int shift = 64 - t->size * 8;
	if (t->kind == 'd')
		snprintf(text, sizeof text, "%lld", (long long)((int64_t)(v << shift) >> shift));
	else if (t->kind == 'u')
		snprintf(text, sizeof text, "%llu", (unsigned long long)v);
	else
		snprintf(text, sizeof text, t->kind == 'x' ? "%0*llx" : "%0*llo", t->width,
			 (unsigned long long)v);
	put_format("%*s", width, text);
}

static void address_put(const struct od *o, uint64_t at)
{
	if (o->radix == 'd')
		put_format("%07llu", (unsigned long long)at);
	else if (o->radix == 'x')
		put_format("%06llx", (unsigned long long)at);
	else if (o->radix == 'o')
		put_format("%07llo", (unsigned long long)at);
}

/* One line of every type; `n` bytes of it are there, the rest are zeros. */
static void lines_put(const struct od *o, const uint8_t *block, size_t n, uint64_t at)
{
	size_t columns = 0; /* of the whole line, so that all types line up */

	for (size_t i = 0; i < o->count; i++) {
		size_t need = o->width / (size_t)o->types[i].size * (size_t)(o->types[i].width + 1);
		columns = need > columns ? need : columns;
	}
	for (size_t i = 0; i < o->count; i++) {
		const struct type *t = &o->types[i];
		size_t values = o->width / (size_t)t->size, used = 0,
		       pad = columns - values * (size_t)t->width, k = 0;
		if (i == 0)
			address_put(o, at);
		else if (o->radix != 'n')
			put_format("%*s", o->radix == 'x' ? 6 : 7, "");
		for (size_t b = 0; b < n; b += (size_t)t->size, k++) {
			/* Spare columns are spread evenly between the values. */
			size_t before = pad * (values - k) / values,
			       after = pad * (values - k - 1) / values;
			int width = (int)(before - after) + t->width;
			value_put(t, block + b, width);
			used += (size_t)width;
		}
		if (t->text) {
			put_format("%*s  >", (int)(columns - used), "");
			for (size_t b = 0; b < n; b++)
				put_char(block[b] >= 32 && block[b] < 127 ? block[b] : '.');
			put_char('<');
		}
		put_char('\n');
	}
}

static int od_main(int argc, char **argv)
{
	struct od o = { .width = 16, .radix = 'o', .limit = UINT64_MAX };
	static const char *const shorts = "abcdfilosx";
	static const char *const meanings[] = { "a",  "o1", "c",  "u2", "fF",
						"dI", "dL", "o2", "d2", "x2" };
	static char dash[] = "-";
	char *only_stdin[] = { dash };
	struct opt_state s;
	int c;
	uint64_t width = 0;

	opt_init(&s, argc, argv);
	while ((c = opt_next(&s)) != 0) {
		if (c == 'A') {
			o.radix = s.arg[0];
			if (strchr("doxn", o.radix) == nullptr || s.arg[0] == '\0' ||
			    s.arg[1] != '\0')
				opt_usage_error("invalid output address radix '%s'; it must be one "
						"character from [doxn]",
						s.arg);
		} else if (c == 'j' || c == 'N') {
			*(c == 'j' ? &o.skip : &o.limit) = strncmp(s.arg, "0x", 2) == 0
								   ? strtoull(s.arg, nullptr, 16)
								   : num_get_size(s.arg, "number");
		} else if (c == 't') {
			types_read(&o, s.arg);
		} else if (c == 'v') {
			o.all = true;
		} else if (c == 'w') {
			width = s.arg != nullptr ? num_get_size(s.arg, "-w argument") : 32;
		} else if (c < 256 && strchr(shorts, c) != nullptr) {
			types_read(&o, meanings[strchr(shorts, c) - shorts]);
		}
	}
	if (o.count == 0)
		types_read(&o, "o2");
	size_t unit = 1;
	for (size_t i = 0; i < o.count; i++)
		unit = (size_t)o.types[i].size > unit ? (size_t)o.types[i].size : unit;
	if (width != 0)
		o.width = width % unit == 0 ? (size_t)width : unit;
	struct chain in = { .names = s.index < argc ? argv + s.index : only_stdin,
			    .count = s.index < argc ? argc - s.index : 1 };
	uint8_t *block = mem_zero(o.width + 8, 1), *last = mem_zero(o.width + 8, 1), byte;
	for (uint64_t i = 0; i < o.skip; i++) {
		if (!chain_byte(&in, &byte))
			err_fatal("cannot skip past end of combined input");
	}
	uint64_t at = o.skip;
	bool same_shown = false;
	for (uint64_t left = o.limit; left != 0;) {
		size_t want = left < o.width ? (size_t)left : o.width;
		memset(block, 0, o.width + 8);
		size_t n = chain_read(&in, block, want);
		if (n == 0)
			break;
		bool same = !o.all && n == o.width && at != o.skip && memcmp(block, last, n) == 0;
		if (!same)
			lines_put(&o, block, n, at);
		else if (!same_shown)
			put_string("*\n");
		same_shown = same;
		memcpy(last, block, o.width);
		at += n;
		left -= n;
		if (n < want)
			break;
	}
	if (o.radix != 'n' && !(in.status != 0 && at == o.skip)) {
		address_put(&o, at);
		put_char('\n');
	}
	return in.status;
}

static const struct opt hexdump_opts[] = {
	{ 'C', "canonical", nullptr, "bytes and text side by side" },
	{ 'n', "length", "N", "show no more than N bytes" },
	{ 's', "skip", "N", "skip N bytes first" },
	{ 'v', "no-squeezing", nullptr, "show all lines, not * for repeated ones" },
	{},
};

static void hexdump_line(bool canonical, const uint8_t *block, size_t n, uint64_t at)
{
	put_format(canonical ? "%08llx" : "%07llx", (unsigned long long)at);
	if (!canonical) {
		for (size_t i = 0; i < 16; i += 2) {
			if (i < n)
				put_format(" %04x", block[i] | block[i + 1] << 8);
			else
				put_string("     ");
		}
		put_char('\n');
		return;
	}
	for (size_t i = 0; i < 16; i++) {
		put_string(i % 8 == 0 ? "  " : " ");
		if (i < n)
			put_format("%02x", block[i]);
		else
			put_string("  ");
	}
	put_string("  |");
	for (size_t i = 0; i < n; i++)
		put_char(block[i] >= 32 && block[i] < 127 ? block[i] : '.');
	put_string("|\n");
}

static int hexdump_main(int argc, char **argv)
{
	uint64_t skip = 0, left = UINT64_MAX;
	bool canonical = false, all = false, same_shown = false;
	uint8_t block[16], last[16] = {}, byte;
	static char dash[] = "-";
	char *only_stdin[] = { dash };
	struct opt_state s;
	int c;

	opt_init(&s, argc, argv);
	while ((c = opt_next(&s)) != 0) {
		canonical |= c == 'C';
		all |= c == 'v';
		if (c == 'n')
			left = num_get_size(s.arg, "length");
		if (c == 's')
			skip = num_get_size(s.arg, "offset");
	}
	struct chain in = { .names = s.index < argc ? argv + s.index : only_stdin,
			    .count = s.index < argc ? argc - s.index : 1 };
	uint64_t at = 0;
	for (; at < skip && chain_byte(&in, &byte); at++)
		;
	uint64_t from = at;
	for (size_t n = 16; n == 16 && left != 0; left -= n, at += n) {
		memset(block, 0, sizeof block);
		n = chain_read(&in, block, left < 16 ? (size_t)left : 16);
		bool same = !all && n == 16 && at != from && memcmp(block, last, 16) == 0;
		if (n != 0 && !same)
			hexdump_line(canonical, block, n, at);
		else if (n != 0 && !same_shown)
			put_string("*\n");
		same_shown = same;
		memcpy(last, block, 16);
	}
	if (at != from || (skip != 0 && at != 0))
		put_format(canonical ? "%08llx\n" : "%07llx\n", (unsigned long long)at);
	return in.status;
}

static const struct opt strings_opts[] = {
	{ 'a', "all", nullptr, "the whole file (default)" },
	{ 'f', "print-file-name", nullptr, "with the name of the file" },
	{ 'n', "bytes", "N", "at least N characters (4)" },
	{ '#', nullptr, "N", nullptr },
	{ 't', "radix", "RADIX", "with offsets: d, o or x" },
	{ 'o', nullptr, nullptr, "the same as -t o" },
	{},
};

static bool strings_show(const char *path, size_t least, char radix, bool name)
{
	struct text run = {};
	uint64_t at = 0;
	struct in in;

	if (!in_open(&in, path))
		return false;
	text_add_string(&run, "");
	for (bool more = true; more;) {
		more = in.start < in.end || in_fill(&in);
		int c = more ? (unsigned char)in.buf[in.start++] : -1;
		if (c == '\t' || (c >= 32 && c < 127)) {
			text_add_char(&run, (char)c);
		} else {
			if (run.len >= least) {
				if (name)
					put_format("%s: ", strcmp(path, "-") == 0
								   ? "{standard input}"
								   : path);
				if (radix != 0)
					put_format(radix == 'd'   ? "%7llu "
						   : radix == 'o' ? "%7llo "
								  : "%7llx ",
						   (unsigned long long)(at - run.len));
				put_format("%s\n", run.bytes);
			}
			run.len = 0;
		}
		at++;
	}
	mem_free(run.bytes);
	in_close(&in);
	return !in.failed;
}

static int strings_main(int argc, char **argv)
{
	size_t least = 4;
	bool name = false;
	struct opt_state s;
	char radix = 0;
	int c, status = 0;

	opt_init(&s, argc, argv);
	while ((c = opt_next(&s)) != 0) {
		name |= c == 'f';
		if (c == 'n' || c == '#')
			least = (size_t)num_get(s.arg, 1, SIZE_MAX / 2, "minimum string length");
		if (c == 't' || c == 'o')
			radix = c == 'o' ? 'o' : s.arg[0];
		if (radix != 0 && strchr("dox", radix) == nullptr)
			opt_usage_error("invalid radix '%s'", s.arg);
	}
	if (s.index == argc)
		return !strings_show("-", least, radix, name);
	for (int i = s.index; i < argc; i++)
		status |= !strings_show(argv[i], least, radix, name);
	return status;
}

APPLET(od, .usage = "[OPTION]... [FILE]...", .summary = "Show bytes as numbers or characters.",
       .opts = od_opts);
APPLET(hexdump, .usage = "[OPTION]... [FILE]...", .summary = "Show bytes as hexadecimal numbers.",
       .opts = hexdump_opts);
APPLET(strings, .usage = "[OPTION]... [FILE]...", .summary = "Show the text in binary files.",
       .opts = strings_opts);
