/* SPDX-License-Identifier: MPL-2.0 */
/* seq, shuf and yes: made-up lines. */
#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

static const struct opt seq_opts[] = {
	{ 'f', "format", "FORMAT", "show numbers by a printf FORMAT such as %g" },
	{ 's', "separator", "TEXT", "put TEXT between numbers, not newline" },
	{ 'w', "equal-width", nullptr, "fill with zeros to the same width" },
	{},
};

struct number {
	long double value;
	int decimals; /* digits behind the point; INT32_MAX when not in plain notation */
	int width;
};

static struct number number_read(const char *s)
{
	struct number n = {};
	char *end;

	n.value = strtold(s, &end);
	if (end == s || *end != '\0' || isspace((unsigned char)*s) || isnan(n.value))
		opt_usage_error("invalid floating point argument: '%s'", s);
	const char *point = strchr(s, '.'), *e = strpbrk(s, "eE");
	bool hex = strpbrk(s, "xX") != nullptr;
	if (hex || isinf(n.value)) {
		n.decimals = INT32_MAX;
		return n;
	}
	size_t mantissa = e != nullptr ? (size_t)(e - s) : strlen(s);
	long exponent = e != nullptr ? strtol(e + 1, nullptr, 10) : 0;
	n.decimals = point != nullptr ? (int)(s + mantissa - point - 1) : 0;
	n.decimals = n.decimals > exponent ? n.decimals - (int)exponent : 0;
	s += *s == '+';
	char text[400];
	n.width = snprintf(text, sizeof text, "%.*Lf", 0, n.value);
	/* A sign or zeros that were written count for the width. */
	size_t whole = point != nullptr ? (size_t)(point - s) : e != nullptr ? mantissa : strlen(s);
	if (e == nullptr && (int)whole > n.width)
		n.width = (int)whole;
	if (*s == '-' && text[0] != '-')
		n.width = n.width < 2 ? 2 : n.width;
	return n;
}

/* Whole numbers without a format: no floating point, no printf. */
static void whole_seq(uint64_t first, uint64_t step, uint64_t last, const char *separator)
{
	size_t separator_len = strlen(separator);
	char buf[24];

	for (uint64_t n = first; n <= last; n += step) {
		if (n != first)
			put_bytes(separator, separator_len);
		put_bytes(buf, num_print(buf, n));
		if (last - n < step)
			break;
	}
	if (first <= last)
		put_char('\n');
}

/* Checks that a format has one directive for a floating number and makes it one for long double. */
static char *format_check(const char *f)
{
	const char *p = f;
	struct text t = {};

	while (*p != '\0' && !(p[0] == '%' && p[1] != '%')) {
		size_t n = p[0] == '%' ? 2 : 1;
		text_add(&t, p, n);
		p += n;
	}
	if (*p == '\0')
		err_fatal("format '%s' has no %% directive", f);
	size_t n = 1 + strspn(p + 1, "-+#0 '");
	n += strspn(p + n, "0123456789");
	if (p[n] == '.')
		n += 1 + strspn(p + n + 1, "0123456789");
	text_add(&t, p, n);
	p += n;
	if (*p == 'L')
		p++;
	if (*p == '\0' || strchr("efgaEFGA", *p) == nullptr)
		err_fatal("format '%s' has unknown %%%c directive", f, *p);
	text_add_char(&t, 'L');
	text_add_char(&t, *p++);
	for (const char *q = p; *q != '\0'; q++) {
		if (q[0] == '%' && q[1] != '%')
			err_fatal("format '%s' has too many %% directives", f);
		q += q[0] == '%';
	}
	text_add_string(&t, p);
	return t.bytes;
}

static void float_seq(long double first, long double step, long double last, const char *format,
		      const char *separator)
{
	char text[512];
	bool any = false;

	/* Counting, not adding: errors do not pile up. */
	for (uintmax_t i = 0;; i++) {
		long double v = first + (long double)i * step;
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, format, v); /* format_check() made or passed it */
#pragma clang diagnostic pop
		if (step > 0 ? v > last : v < last) {
			/* What prints as the last number is it: 0.1 steps do not meet 1 exactly. */
			long double shown = strtold(text, nullptr);
			bool same = any && fabsl(v - last) < fabsl(step) / 1000 &&
				    fabsl(shown - last) < fabsl(step) / 1000;
			if (!same)
				break;
		}
		if (any)
			put_string(separator);
		any = true;
		put_string(text);
		if (applet_interrupted)
			applet_exit(130);
	}
	if (any)
		put_char('\n');
}

/* Numbers may start with a minus, and are no options then. */
static int options_read(int argc, char **argv, const char **format, const char **separator,
			bool *equal)
{
	struct opt_state s;
	int o, numbers = argc;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' &&
		    (isdigit((unsigned char)argv[i][1]) || argv[i][1] == '.')) {
			numbers = i;
			break;
		}
	}
	opt_init_in_order(&s, numbers, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'f')
			*format = s.arg;
		if (o == 's')
			*separator = s.arg;
		*equal |= o == 'w';
	}
	return s.index;
}

static int seq_main(int argc, char **argv)
{
	const char *format = nullptr, *separator = "\n";
	struct number n[3] = { { 1, 0, 1 }, { 1, 0, 1 }, {} };
	bool equal = false;
	int first = options_read(argc, argv, &format, &separator, &equal);
	int count = argc - first;

	if (count == 0)
		opt_missing_operand();
	if (count > 3)
		opt_extra_operand(argv[first + 3]);
	if (format != nullptr && equal)
		opt_usage_error(
			"format string may not be specified when printing equal width strings");
	n[2] = number_read(argv[argc - 1]);
	if (count > 1)
		n[0] = number_read(argv[first]);
	if (count > 2)
		n[1] = number_read(argv[first + 1]);
	if (n[1].value == 0)
		opt_usage_error("invalid Zero increment value: '%s'", argv[first + 1]);
	int decimals = n[0].decimals > n[1].decimals ? n[0].decimals : n[1].decimals;
	bool whole = decimals == 0 && n[2].decimals == 0 && n[0].value >= 0 && n[1].value > 0 &&
		     n[2].value < 1e18L && n[0].value < 1e18L && n[1].value < 1e18L &&
		     n[2].value >= 0;
	if (format == nullptr && !equal && whole) {
		whole_seq((uint64_t)n[0].value, (uint64_t)n[1].value, (uint64_t)n[2].value,
			  separator);
		return 0;
	}
	char made[64];
	if (format != nullptr) {
		format = format_check(format);
	} else if (decimals == INT32_MAX || n[2].decimals == INT32_MAX) {
		format = "%Lg";
	} else {
		int width = n[0].width > n[2].width ? n[0].width : n[2].width;
		if (decimals != 0)
			width += decimals + 1;
		snprintf(made, sizeof made, equal ? "%%0%2$d.%1$dLf" : "%%.%1$dLf", decimals,
			 width);
		format = made;
	}
	float_seq(n[0].value, n[1].value, n[2].value, format, separator);
	return 0;
}

enum { OPT_SOURCE = 256 };

static const struct opt shuf_opts[] = {
	{ 'e', "echo", nullptr, "the arguments are the lines" },
	{ 'i', "input-range", "LO-HI", "the lines are the numbers LO to HI" },
	{ 'n', "head-count", "N", "show no more than N lines" },
	{ 'o', "output", "FILE", "write to FILE" },
	{ OPT_SOURCE, "random-source", "FILE", "take randomness from FILE" },
	{ 'r', "repeat", nullptr, "lines may come again" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

static struct in random_source;
static bool has_source;

/* A number below n, each as likely: what is beyond the last multiple of n is thrown again. */
static uint64_t random_below(uint64_t n)
{
	uint64_t limit = UINT64_MAX - UINT64_MAX % n, v;

	do {
		if (has_source) {
			while (random_source.end - random_source.start < sizeof v) {
				if (!in_fill(&random_source))
					err_fatal("%s: end of file", random_source.name);
			}
			memcpy(&v, random_source.buf + random_source.start, sizeof v);
			random_source.start += sizeof v;
		} else if (getrandom(&v, sizeof v, 0) != (ssize_t)sizeof v) {
			err_fatal_errno("cannot get random bytes");
		}
	} while (v >= limit);
	return v % n;
}

struct shuf_lines {
	const char **texts;
	size_t *lens;
	size_t count, capacity, lens_capacity;
};

static void shuf_add(struct shuf_lines *l, const char *text, size_t len)
{
	l->texts = mem_room(l->texts, l->count, &l->capacity, sizeof *l->texts);
	l->lens = mem_room(l->lens, l->count, &l->lens_capacity, sizeof *l->lens);
	l->texts[l->count] = text;
	l->lens[l->count++] = len;
}

static void shuf_read(struct shuf_lines *l, const char *path, char end)
{
	struct in in;
	char *text;
	size_t len;

	if (!in_open(&in, path) || !in_all(&in, &text, &len))
		applet_exit(1);
	for (const char *p = text, *stop = text + len; p < stop;) {
		const char *e = memchr(p, end, (size_t)(stop - p));
		if (e == nullptr)
			e = stop;
		shuf_add(l, p, (size_t)(e - p));
		p = e + 1;
	}
}

static void shuf_put(struct out *out, const struct shuf_lines *l, uint64_t lo, uint64_t i, char end)
{
	if (l->texts == nullptr)
		out_format(out, "%llu", (unsigned long long)lo + i);
	else
		out_write(out, l->texts[i], l->lens[i]);
	out_char(out, end);
}

static int shuf_main(int argc, char **argv)
{
	uint64_t head = UINT64_MAX, lo = 1, hi = 0;
	bool echo = false, range = false, repeat = false;
	const char *output = nullptr;
	struct shuf_lines l = {};
	struct out to, *out = &out_std;
	struct opt_state s;
	char end = '\n';
	int o;

	has_source = false;
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		echo |= o == 'e';
		repeat |= o == 'r';
		if (o == 'i') {
			const char *dash = strchr(s.arg, '-');
			if (dash == nullptr)
				err_fatal("invalid input range: '%s'", s.arg);
			lo = num_get(mem_dup_bytes(s.arg, (size_t)(dash - s.arg)), 0,
				     UINT64_MAX - 1, "input range");
			hi = num_get(dash + 1, 0, UINT64_MAX - 1, "input range");
			if (lo > hi + 1)
				err_fatal("invalid input range: '%s'", s.arg);
			range = true;
		}
		if (o == 'n') {
			uint64_t n = num_get(s.arg, 0, UINT64_MAX, "line count");
			head = n < head ? n : head;
		}
		if (o == 'o')
			output = s.arg;
		if (o == OPT_SOURCE) {
			if (!in_open(&random_source, s.arg))
				return 1;
			has_source = true;
		}
		if (o == 'z')
			end = '\0';
	}
	if (echo && range)
		opt_usage_error("cannot combine -e and -i options");
	if (!echo && argc - s.index > !range)
		opt_extra_operand(argv[s.index + !range]);
	if (echo) {
		for (int i = s.index; i < argc; i++)
			shuf_add(&l, argv[i], strlen(argv[i]));
	} else if (!range && head != 0) {
		shuf_read(&l, s.index < argc ? argv[s.index] : "-", end);
	}
	uint64_t count = range ? hi - lo + 1 : l.count;
	if (output != nullptr) {
		int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0)
			err_fatal_errno("%s", output);
		out_open(&to, fd, output);
		out = &to;
	}
	if (repeat && head != 0 && count == 0)
		err_fatal("no lines to repeat");
	if (repeat) {
		for (; head != 0; head--)
			shuf_put(out, &l, lo, random_below(count), end);
	} else if (count != 0) {
		uint64_t *order = mem_resize(nullptr, (size_t)count, sizeof *order);
		for (uint64_t i = 0; i < count; i++)
			order[i] = i;
		for (uint64_t i = 0; i < count && i < head; i++) {
			uint64_t k = i + random_below(count - i), x = order[i];
			order[i] = order[k];
			order[k] = x;
			shuf_put(out, &l, lo, order[i], end);
		}
	}
	if (out == &to)
		out_close(&to);
	return 0;
}

static const struct opt yes_opts[] = { {} };

static int yes_main(int argc, char **argv)
{
	struct text line = {}, block = {};
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	text_add_string(&line, s.index == argc ? "y" : "");
	for (int i = s.index; i < argc; i++)
		text_format(&line, "%s%s", i > s.index ? " " : "", argv[i]);
	text_add_char(&line, '\n');
	while (block.len < 8192)
		text_add(&block, line.bytes, line.len);
	for (;;)
		put_bytes(block.bytes, block.len);
}

APPLET(seq, .usage = "[OPTION]... [FIRST [STEP]] LAST",
       .summary = "Show the numbers from FIRST to LAST.", .opts = seq_opts);
APPLET(shuf, .usage = "[OPTION]... [FILE]\n-e [OPTION]... [ARG]...\n-i LO-HI [OPTION]...",
       .summary = "Show lines in random order.", .opts = shuf_opts);
APPLET(yes, .usage = "[TEXT]...", .summary = "Show TEXT, or y, for ever.", .opts = yes_opts);
