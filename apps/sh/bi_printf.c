/* SPDX-License-Identifier: MPL-2.0 */
/* echo and printf. */
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/output.h"
#include "apps/sh/param_op.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The strict echo, as dash's, always decodes escapes; the full one needs -e, as bash's. */
int bi_echo(int argc, char **argv)
{
	bool newline = true, escapes = sh.posix || sh.opt[SHOPT_XPG_ECHO];
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		const char *p = argv[i] + 1;
		if (sh.posix && strcmp(p, "n") != 0)
			break;
		if (strspn(p, "neE") != strlen(p))
			break;
		for (; *p != '\0'; p++) {
			newline &= *p != 'n';
			escapes = *p == 'e' ? true : *p == 'E' ? false : escapes;
		}
	}
	for (int first = i; i < argc; i++) {
		if (i > first)
			output_byte(&out1, ' ');
		if (!escapes || strchr(argv[i], '\\') == nullptr) {
			output_puts(&out1, argv[i]);
			continue;
		}
		struct buf b = {};
		const char *s = argv[i], *end = s + strlen(s);
		bool more = true;
		while (s < end && more) {
			if (*s == '\\') {
				s++;
				more = escape_decode(&b, &s, end, true);
			} else {
				buf_byte(&b, *s++);
			}
		}
		output_write(&out1, b.p, b.len);
		if (!more)
			return 0;
	}
	if (newline)
		output_byte(&out1, '\n');
	return 0;
}

struct printer {
	struct buf out;
	char **args; /* those not used yet */
	int nargs;
	int status;
	bool stop; /* \c */
};

/* One conversion of the format: flags, width, precision. */
struct conversion {
	char flags[8];
	int width;
	int precision; /* -1: none */
	char letter;
};

static const char *next_arg(struct printer *p)
{
	if (p->nargs == 0)
		return nullptr;
	p->nargs--;
	return *p->args++;
}

static void complain(struct printer *p, const char *what, const char *why)
{
	warn("printf: %s: %s", what, why);
	p->status = 1;
}

/* "'c" is the number of a character. */
static bool quoted_number(const char *s, unsigned long *code)
{
	if (*s != '\'' && *s != '"')
		return false;
	*code = s[1] != '\0' ? char_code(s + 1, strlen(s + 1)) : 0;
	if (*code >= 0x110000)
		*code -= 0x110000;
	return true;
}

static long long integer_arg(struct printer *p, bool is_unsigned)
{
	const char *s = next_arg(p);
	char *end;
	unsigned long code;

	if (s == nullptr || (*s == '\0' && !sh.posix))
		return 0;
	if (quoted_number(s, &code))
		return (long long)code;
	errno = 0;
	const char *digits = s + strspn(s, " \t\n");
	long long n = is_unsigned && *digits != '-' ? (long long)strtoull(s, &end, 0)
						    : strtoll(s, &end, 0);
	if (end == s)
		complain(p, s, "expected a number");
	else if (*end != '\0')
		complain(p, s, "not completely converted");
	else if (errno == ERANGE)
		complain(p, s, "out of range");
	return n;
}

static long double float_arg(struct printer *p)
{
	const char *s = next_arg(p);
	char *end;
	unsigned long code;

	if (s == nullptr || *s == '\0')
		return 0;
	if (quoted_number(s, &code))
		return (long double)code;
	long double d = strtold(s, &end);
	if (end == s)
		complain(p, s, "expected a number");
	else if (*end != '\0')
		complain(p, s, "not completely converted");
	return d;
}

static void pad(struct printer *p, const struct conversion *c, const char *s, size_t len)
{
	size_t width = c->width > 0 ? (size_t)c->width : 0;
	size_t fill = width > len ? width - len : 0;
	bool left = strchr(c->flags, '-') != nullptr;

	for (size_t i = 0; i < fill && !left; i++)
		buf_byte(&p->out, ' ');
	buf_add(&p->out, s, len);
	for (size_t i = 0; i < fill && left; i++)
		buf_byte(&p->out, ' ');
}

static void print_string(struct printer *p, const struct conversion *c, const char *s, size_t len)
{
	if (c->precision >= 0 && (size_t)c->precision < len)
		len = (size_t)c->precision;
	pad(p, c, s, len);
}

static void print_escaped(struct printer *p, const struct conversion *c)
{
	struct buf b = {};
	const char *s = next_arg(p);
	const char *end = s != nullptr ? s + strlen(s) : nullptr;

	while (s < end && !p->stop) {
		if (*s == '\\') {
			s++;
			p->stop = !escape_decode(&b, &s, end, true);
		} else {
			buf_byte(&b, *s++);
		}
	}
	buf_str(&b);
	print_string(p, c, b.p, b.len);
}

static void print_quoted(struct printer *p, const struct conversion *c)
{
	struct buf b = {};
	const char *s = next_arg(p);

	if (s == nullptr || *s == '\0') {
		print_string(p, c, "''", 2);
		return;
	}
	bool plain = true, control = false;
	for (const char *q = s; *q != '\0'; q++) {
		plain &= is_class((unsigned char)*q, CC_NAME) || (*q & 0x80) != 0 ||
			 strchr("%+-./:=@_", *q) != nullptr;
		control |= (unsigned char)*q < 0x20 || *q == 0x7f;
	}
	if (plain || control) {
		quote_word(&b, s);
	} else {
		for (; *s != '\0'; s++) {
			if (!is_class((unsigned char)*s, CC_NAME) && (*s & 0x80) == 0 &&
			    strchr("%+-./:=@_", *s) == nullptr)
				buf_byte(&b, '\\');
			buf_byte(&b, *s);
		}
	}
	print_string(p, c, buf_str(&b), b.len);
}

static void print_number(struct printer *p, const struct conversion *c)
{
	char fmt[48];
	bool is_float = strchr("aAeEfFgG", c->letter) != nullptr;
	int n = snprintf(fmt, sizeof(fmt), "%%%s*", c->flags);

	if (c->precision >= 0)
		n += snprintf(fmt + n, sizeof(fmt) - (size_t)n, ".%d", c->precision);
	snprintf(fmt + n, sizeof(fmt) - (size_t)n, is_float ? "L%c" : "ll%c", c->letter);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	if (is_float)
		buf_printf(&p->out, fmt, c->width, float_arg(p));
	else
		buf_printf(&p->out, fmt, c->width,
			   integer_arg(p, c->letter != 'd' && c->letter != 'i'));
#pragma clang diagnostic pop
}

/* The C library looks at TZ in its own environment, which is not the shell's. */
static void use_time_zone(void)
{
	const struct sym *tz = sym_find("TZ", 2);

	if (tz != nullptr && tz->val != nullptr && (tz->flags & VAR_EXPORT) != 0)
		setenv("TZ", tz->val, 1);
	else
		unsetenv("TZ");
	tzset();
}

/* %(format)T: -1 now, -2 when the shell started (near enough: now). */
static const char *print_date(struct printer *p, struct conversion *c, const char *f)
{
	const char *end = strchr(f, ')');
	char text[512];
	struct tm tm;

	if (end == nullptr || end[1] != 'T') {
		complain(p, f, "missing `)T'");
		return f + strlen(f);
	}
	const char *arg = next_arg(p);
	time_t t = arg == nullptr || *arg == '-' ? time(nullptr) : (time_t)atoll(arg);
	const char *fmt =
		end > f + 1 ? arena_strndup(&scratch, f + 1, (size_t)(end - f - 1)) : "%X";
	use_time_zone();
	localtime_r(&t, &tm);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	size_t n = strftime(text, sizeof(text), fmt, &tm);
#pragma clang diagnostic pop
	print_string(p, c, text, n);
	return end + 2;
}

static const char *parse_number(struct printer *p, const char *f, int *n)
{
	if (*f == '*') {
		long long v = integer_arg(p, false);
		*n = v > 1 << 20 ? 1 << 20 : v < -(1 << 20) ? -(1 << 20) : (int)v;
		return f + 1;
	}
	*n = 0;
	for (; isdigit((unsigned char)*f); f++)
		*n = *n < 1 << 20 ? *n * 10 + (*f - '0') : *n;
	return f;
}

static const char *convert(struct printer *p, const char *f)
{
	struct conversion c = { .precision = -1 };
	size_t flags = strspn(f, "-+ #0");

	memcpy(c.flags, f, flags < sizeof(c.flags) - 1 ? flags : sizeof(c.flags) - 1);
	f = parse_number(p, f + flags, &c.width);
	if (c.width < 0) {
		memcpy(c.flags, "-", 2);
		c.width = -c.width;
	}
	if (*f == '.')
		f = parse_number(p, f + 1, &c.precision);
	f += strspn(f, "hlLjtz");
	if (*f == '(' && !sh.posix)
		return print_date(p, &c, f);
	c.letter = *f;
	if (c.letter == '\0') {
		complain(p, "%", "missing conversion");
		p->stop = true;
		return f;
	}
	const char *s;
	if (c.letter == 's') {
		s = next_arg(p);
		print_string(p, &c, s != nullptr ? s : "", s != nullptr ? strlen(s) : 0);
	} else if (c.letter == 'c') {
		s = next_arg(p);
		print_string(p, &c, s != nullptr ? s : "",
			     !sh.posix || (s != nullptr && *s != '\0'));
	} else if (c.letter == 'b') {
		print_escaped(p, &c);
	} else if (c.letter == 'q' && !sh.posix) {
		print_quoted(p, &c);
	} else if (strchr("diouxXaAeEfFgG", c.letter) != nullptr) {
		print_number(p, &c);
	} else {
		char what[3] = { '%', c.letter };
		complain(p, what, "no such conversion");
		p->stop = true;
	}
	return f + 1;
}

static void print_format(struct printer *p, const char *f)
{
	const char *end = f + strlen(f);

	while (f < end && !p->stop) {
		if (*f == '\\') {
			f++;
			escape_decode(&p->out, &f, end, false);
		} else if (*f == '%' && f[1] == '%') {
			buf_byte(&p->out, '%');
			f += 2;
		} else if (*f == '%') {
			f = convert(p, f + 1);
		} else {
			buf_byte(&p->out, *f++);
		}
	}
}

static void assign_result(const char *name, struct printer *p)
{
	size_t n = name_length(name), all = strlen(name);

	buf_str(&p->out);
	if (n > 0 && n < all && name[n] == '[' && name[all - 1] == ']') {
		struct part text = { .kind = PART_TEXT, .quoted = true };
		struct word sub = { .parts = &text };
		struct sym *s = var_deref(sym_intern(name, n));
		long long index;
		sub.lit = arena_strndup(&scratch, name + n + 1, all - n - 2);
		const char *key = subscript_key(&sub, s, &index);
		var_set_element(s, index, key, p->out.p, p->out.len);
	} else if (n == all && n > 0) {
		var_set(sym_intern(name, n), p->out.p, p->out.len);
	} else {
		p->status = usage_error("printf", name, "not a valid identifier");
	}
}

int bi_printf(int argc, char **argv)
{
	struct flags f = {};
	struct printer p = {};
	const char *name = nullptr;
	int c;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "" : "v:")) != 0) {
		if (c == '?')
			return 2;
		name = f.arg;
	}
	if (f.at >= argc)
		return usage_error("printf", "", "which format?");
	const char *format = argv[f.at];
	p.args = argv + f.at + 1;
	p.nargs = argc - f.at - 1;
	int before;
	do {
		before = p.nargs;
		print_format(&p, format);
	} while (p.nargs > 0 && p.nargs < before && !p.stop);
	if (name != nullptr)
		assign_result(name, &p);
	else if (p.out.len > 0)
		output_write(&out1, p.out.p, p.out.len);
	return p.status;
}
