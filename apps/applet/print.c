/* SPDX-License-Identifier: MPL-2.0 */
/* printf and echo, for the shell's built-ins and for the commands of the same names. */
#include "apps/applet/print.h"
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/escape.h"
#include "apps/applet/utf8.h"

constexpr int FIELD_MOST = 1 << 20; /* of width and precision */

static void fail(struct print *p, const char *what, const char *why)
{
	p->complain(p->self, what, why);
	p->status = 1;
}

const char *print_arg(struct print *p)
{
	if (p->nargs == 0)
		return nullptr;
	p->nargs--;
	return *p->args++;
}

/* -- text -- */

static void blanks_put(struct print *p, size_t n)
{
	static const char blanks[] = "                                ";

	for (size_t part; n > 0; n -= part) {
		part = n < sizeof blanks - 1 ? n : sizeof blanks - 1;
		p->put(p->self, blanks, part);
	}
}

static size_t fill_of(const struct print_spec *spec, size_t len)
{
	size_t width = spec->width > 0 ? (size_t)spec->width : 0;

	return width > len ? width - len : 0;
}

static bool is_left(const struct print_spec *spec)
{
	return strchr(spec->flags, '-') != nullptr;
}

void print_text(struct print *p, const struct print_spec *spec, const char *s, size_t len)
{
	if (spec->precision >= 0 && (size_t)spec->precision < len)
		len = (size_t)spec->precision;
	size_t fill = fill_of(spec, len);
	if (!is_left(spec))
		blanks_put(p, fill);
	p->put(p->self, s, len);
	if (is_left(spec))
		blanks_put(p, fill);
}

/*
 * Goes through text with escapes and shows at most `most` bytes of it; with `count` only counts
 * them. Returns how many they are.
 */
static size_t escaped_put(struct print *p, const char *s, unsigned rules, size_t most, bool count)
{
	const char *end = s + strlen(s);
	size_t total = 0;
	char made[ESCAPE_MOST];
	bool stopped = false;

	while (s < end && !stopped) {
		const char *from = s;
		int n;
		if (*s == '\\') {
			s++;
			n = escape_decode(&s, end, rules, made);
			from = made;
			stopped = n < 0;
			n = stopped ? 0 : n;
		} else {
			const char *back = memchr(s, '\\', (size_t)(end - s));
			s = back != nullptr ? back : end;
			n = (int)(s - from < INT32_MAX ? s - from : INT32_MAX);
			s = from + n;
		}
		size_t shown = (size_t)n < most - total ? (size_t)n : most - total;
		if (!count)
			p->put(p->self, from, shown);
		total += shown;
	}
	p->stopped |= stopped && !count;
	return total;
}

static unsigned rules_of(const struct print *p)
{
	return (p->posix ? ESCAPE_POSIX : 0) | (p->utf8 ? 0 : ESCAPE_BYTES);
}

/* %b: twice through the text, first to know how wide it is. */
static void escaped_print(struct print *p, const struct print_spec *spec)
{
	const char *s = print_arg(p);
	unsigned rules = rules_of(p) | ESCAPE_ECHO | ESCAPE_STOP;
	size_t most = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX;

	s = s != nullptr ? s : "";
	size_t fill = fill_of(spec, spec->width > 0 ? escaped_put(p, s, rules, most, true) : 0);
	if (!is_left(spec))
		blanks_put(p, fill);
	escaped_put(p, s, rules, most, false);
	if (is_left(spec))
		blanks_put(p, fill);
}

static void char_print(struct print *p, const struct print_spec *spec)
{
	const char *s = print_arg(p);

	s = s != nullptr ? s : "";
	print_text(p,
		   &(struct print_spec){ .width = spec->width,
					 .precision = -1,
					 .flags = { is_left(spec) ? '-' : '\0' } },
		   s, *s != '\0' || !p->posix);
}

/* -- numbers -- */

/* "'c" is the number of a character. */
static bool quoted_number(const struct print *p, const char *s, uint32_t *code)
{
	if (*s != '\'' && *s != '"')
		return false;
	if (!p->utf8 || utf8_decode(s + 1, s + strlen(s), code) <= 0)
		*code = (unsigned char)s[1];
	return true;
}

static void end_check(struct print *p, const char *s, const char *end)
{
	if (end == s)
		fail(p, s, "expected a number");
	else if (*end != '\0')
		fail(p, s, "not completely converted");
	else if (errno == ERANGE)
		fail(p, s, "out of range");
}

static long long integer_arg(struct print *p, bool is_unsigned)
{
	const char *s = print_arg(p);
	uint32_t code;
	char *end;

	if (s == nullptr || (*s == '\0' && !p->posix))
		return 0;
	if (quoted_number(p, s, &code))
		return code;
	errno = 0;
	bool negative = s[strspn(s, " \t\n")] == '-';
	long long n =
		is_unsigned && !negative ? (long long)strtoull(s, &end, 0) : strtoll(s, &end, 0);
	end_check(p, s, end);
	return n;
}

static long double float_arg(struct print *p)
{
	const char *s = print_arg(p);
	uint32_t code;
	char *end;

	if (s == nullptr || (*s == '\0' && !p->posix))
		return 0;
	if (quoted_number(p, s, &code))
		return code;
	errno = 0;
	long double d = strtold(s, &end);
	end_check(p, s, end);
	return d;
}

#pragma clang diagnostic push
/* The formats are made here, from checked flags, numbers and one letter. */
#pragma clang diagnostic ignored "-Wformat-nonliteral"

static int number_format(char *to, size_t size, const char *format, int width, bool is_float,
			 long double f, long long n)
{
	return is_float ? snprintf(to, size, format, width, f)
			: snprintf(to, size, format, width, n);
}
#pragma clang diagnostic pop

static void number_print(struct print *p, const struct print_spec *spec, char letter)
{
	char format[48], small[128], *text = small;
	bool is_float = strchr("aAeEfFgG", letter) != nullptr;
	int used = snprintf(format, sizeof format, "%%%s*", spec->flags);

	if (spec->precision >= 0)
		used += snprintf(format + used, sizeof format - (size_t)used, ".%d",
				 spec->precision);
	snprintf(format + used, sizeof format - (size_t)used, is_float ? "L%c" : "ll%c", letter);
	long double f = is_float ? float_arg(p) : 0;
	long long n = is_float ? 0 : integer_arg(p, letter != 'd' && letter != 'i');
	int len = number_format(small, sizeof small, format, spec->width, is_float, f, n);
	if (len >= (int)sizeof small) {
		text = malloc((size_t)len + 1);
		if (text == nullptr) {
			fail(p, format, "out of memory");
			return;
		}
		number_format(text, (size_t)len + 1, format, spec->width, is_float, f, n);
	}
	p->put(p->self, text, (size_t)len);
	if (text != small)
		free(text);
}

/* -- the format -- */

/* A width or precision at f, perhaps from the arguments. */
static const char *field_take(struct print *p, const char *f, int *n)
{
	if (*f == '*') {
		long long v = integer_arg(p, false);
		*n = v > FIELD_MOST ? FIELD_MOST : v < -FIELD_MOST ? -FIELD_MOST : (int)v;
		return f + 1;
	}
	*n = 0;
	for (; isdigit((unsigned char)*f); f++)
		*n = *n < FIELD_MOST ? *n * 10 + (*f - '0') : FIELD_MOST;
	return f;
}

static const char *spec_take(struct print *p, const char *f, struct print_spec *spec)
{
	size_t n = strspn(f, "-+ #0'"), used = 0;

	*spec = (struct print_spec){ .precision = -1 };
	for (const char *flag = "-+ #0"; *flag != '\0'; flag++)
		if (memchr(f, *flag, n) != nullptr)
			spec->flags[used++] = *flag;
	f = field_take(p, f + n, &spec->width);
	if (spec->width < 0) {
		spec->flags[used] = '-';
		spec->width = -spec->width;
	}
	if (*f == '.')
		f = field_take(p, f + 1, &spec->precision);
	return f + strspn(f, "hlLjtz");
}

/* The directive at f, behind its percent sign; returns what follows it. */
static const char *directive_print(struct print *p, const char *f)
{
	struct print_spec spec;
	const char *s, *next;

	f = spec_take(p, f, &spec);
	if (*f == 's') {
		s = print_arg(p);
		print_text(p, &spec, s != nullptr ? s : "", s != nullptr ? strlen(s) : 0);
	} else if (*f == 'c') {
		char_print(p, &spec);
	} else if (*f == 'b') {
		escaped_print(p, &spec);
	} else if (*f != '\0' && strchr("diouxXaAeEfFgG", *f) != nullptr) {
		number_print(p, &spec, *f);
	} else if (p->extra != nullptr && (next = p->extra(p, &spec, f)) != nullptr) {
		return next;
	} else {
		fail(p, (char[]){ '%', *f, '\0' }, "no such conversion");
		p->stopped = true;
		return f;
	}
	return f + 1;
}

static void format_once(struct print *p, const char *f)
{
	unsigned rules = rules_of(p) | (p->format_stops ? ESCAPE_STOP : 0);
	const char *end = f + strlen(f);
	char made[ESCAPE_MOST];

	while (f < end && !p->stopped) {
		size_t plain = strcspn(f, "\\%");
		if (plain > 0)
			p->put(p->self, f, plain);
		f += plain;
		if (*f == '\\') {
			f++;
			int n = escape_decode(&f, end, rules, made);
			p->stopped = n < 0;
			p->put(p->self, made, n < 0 ? 0 : (size_t)n);
		} else if (*f == '%' && f[1] == '%') {
			p->put(p->self, f, 1);
			f += 2;
		} else if (*f == '%') {
			f = directive_print(p, f + 1);
		}
	}
}

void print_format(struct print *p, const char *format)
{
	int before;

	do {
		before = p->nargs;
		format_once(p, format);
	} while (p->nargs > 0 && p->nargs < before && !p->stopped);
}

void print_echo(struct print *p, bool escapes, bool newline)
{
	unsigned rules = rules_of(p) | ESCAPE_ECHO | ESCAPE_STOP;

	for (const char *s = print_arg(p); s != nullptr && !p->stopped;) {
		if (escapes)
			escaped_put(p, s, rules, SIZE_MAX, false);
		else
			p->put(p->self, s, strlen(s));
		s = print_arg(p);
		if (s != nullptr && !p->stopped)
			p->put(p->self, " ", 1);
	}
	if (newline && !p->stopped)
		p->put(p->self, "\n", 1);
}
