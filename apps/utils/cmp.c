/* SPDX-License-Identifier: MPL-2.0 */
/* cmp: compares two files byte by byte. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"
#include "apps/applet/utf8.h"

static const struct opt cmp_opts[] = {
	{ 'b', "print-bytes", nullptr, "show the bytes that differ" },
	{ 'i', "ignore-initial", "SKIP[:SKIP2", "skip so many bytes of both files, or of each" },
	{ 'l', "verbose", nullptr, "show the place and the values of all bytes that differ" },
	{ 'n', "bytes", "LIMIT", "compare no more than LIMIT bytes" },
	{ 's', "quiet", nullptr, "show nothing; the status tells" },
	{ 's', "silent", nullptr, nullptr },
	{},
};

struct cmp {
	bool bytes, all, quiet;
	uint64_t skip[2], limit;
	const char *names[2];
	struct in in[2];
};

/* A byte as M-^X. */
static void byte_text(char text[static 8], unsigned char b)
{
	char *p = text;

	if (b >= 128) {
		*p++ = 'M';
		*p++ = '-';
		b -= 128;
	}
	if (b < 32 || b == 127) {
		*p++ = '^';
		b ^= 64;
	}
	*p++ = (char)b;
	*p = '\0';
}

static void difference_show(const struct cmp *c, uint64_t at, uint64_t line, unsigned char a,
			    unsigned char b, int width)
{
	char x[8], y[8];

	byte_text(x, a);
	byte_text(y, b);
	if (c->all && c->bytes)
		put_format("%*llu %3o %-4s %3o %s\n", width, (unsigned long long)at, a, x, b, y);
	else if (c->all)
		put_format("%*llu %3o %3o\n", width, (unsigned long long)at, a, b);
	else if (c->bytes)
		put_format("%s %s differ: byte %llu, line %llu is %3o %s %3o %s\n", c->names[0],
			   c->names[1], (unsigned long long)at, (unsigned long long)line, a, x, b,
			   y);
	else
		put_format("%s %s differ: %s %llu, line %llu\n", c->names[0], c->names[1],
			   utf8_is_locale() ? "byte" : "char", (unsigned long long)at,
			   (unsigned long long)line);
}

static bool bytes_skip(struct in *in, uint64_t n)
{
	while (n != 0) {
		if (in->start == in->end && !in_fill(in))
			return !in->failed;
		uint64_t part = in->end - in->start < n ? in->end - in->start : n;
		in->start += (size_t)part;
		n -= part;
	}
	return true;
}

/* 0: the same, 1: different, 2: trouble. */
static int files_compare(struct cmp *c, int width)
{
	uint64_t at = 0, lines = 0;
	bool differ = false;
	char last = '\n';

	while (at < c->limit) {
		for (int i = 0; i < 2; i++) {
			if (c->in[i].start == c->in[i].end)
				in_fill(&c->in[i]);
			if (c->in[i].failed)
				return 2;
		}
		const char *a = c->in[0].buf + c->in[0].start, *b = c->in[1].buf + c->in[1].start;
		size_t n = c->in[0].end - c->in[0].start, m = c->in[1].end - c->in[1].start;
		if (n == 0 && m == 0)
			return differ;
		if (n == 0 || m == 0) {
			if (c->quiet)
				return 1;
			const char *name = c->names[m == 0];
			if (at == 0)
				err_warn("EOF on %s which is empty", name);
			else if (c->all)
				err_warn("EOF on %s after byte %llu", name, (unsigned long long)at);
			else
				err_warn("EOF on %s after byte %llu, %sline %llu", name,
					 (unsigned long long)at, last == '\n' ? "" : "in ",
					 (unsigned long long)lines + (last != '\n'));
			return 1;
		}
		n = n < m ? n : m;
		if (n > c->limit - at)
			n = (size_t)(c->limit - at);
		size_t i = 0;
		if (scan_compare(a, b, n) != 0) {
			for (; i < n; i++) {
				if (a[i] == b[i])
					continue;
				differ = true;
				if (c->quiet)
					return 1;
				uint64_t line = c->all ? 0 : lines + scan_count(a, a + i, '\n') + 1;
				difference_show(c, at + i + 1, line, (unsigned char)a[i],
						(unsigned char)b[i], width);
				if (!c->all)
					return 1;
			}
		}
		lines += scan_count(a, a + n, '\n');
		last = a[n - 1];
		at += n;
		c->in[0].start += n;
		c->in[1].start += n;
	}
	return differ;
}

/* The digits of the largest place there can be, as far as the sizes are known. */
static int width_needed(const struct cmp *c)
{
	uint64_t size = c->limit;
	int width = 1;
	struct stat st;

	for (int i = 0; i < 2; i++) {
		if (fstat(c->in[i].fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    (uint64_t)st.st_size - c->skip[i] < size)
			size = (uint64_t)st.st_size - c->skip[i];
	}
	for (; size >= 10; size /= 10)
		width++;
	return width;
}

static int cmp_main(int argc, char **argv)
{
	struct cmp c = { .limit = UINT64_MAX, .names = { nullptr, "-" } };
	struct opt_state s;
	int o;

	err_status = 2;
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		c.bytes |= o == 'b';
		c.all |= o == 'l';
		c.quiet |= o == 's';
		if (o == 'i') {
			char first[64];
			const char *colon = strchr(s.arg, ':');
			snprintf(first, sizeof first, "%.*s",
				 colon != nullptr ? (int)(colon - s.arg) : 63, s.arg);
			c.skip[0] = num_get_size(first, "--ignore-initial value");
			c.skip[1] = colon != nullptr
					    ? num_get_size(colon + 1, "--ignore-initial value")
					    : c.skip[0];
		}
		if (o == 'n')
			c.limit = num_get_size(s.arg, "--bytes value");
	}
	int count = argc - s.index;
	if (count == 0)
		opt_usage_error("missing operand after '%s'", argv[0]);
	if (count > 4)
		opt_extra_operand(argv[s.index + 4]);
	for (int i = 0; i < 2 && i < count; i++)
		c.names[i] = argv[s.index + i];
	for (int i = 2; i < count; i++)
		c.skip[i - 2] = num_get_size(argv[s.index + i], "skip value");
	for (int i = 0; i < 2; i++) {
		if (!in_open(&c.in[i], c.names[i]) || !bytes_skip(&c.in[i], c.skip[i]))
			return 2;
	}
	return files_compare(&c, c.all ? width_needed(&c) : 0);
}

APPLET(cmp, .usage = "[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]",
       .summary = "Compare two files byte by byte.", .opts = cmp_opts,
       .details = "The status is 0 if they are the same, 1 if they differ, 2 after an error.");
