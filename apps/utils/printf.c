/* SPDX-License-Identifier: MPL-2.0 */
/* echo and printf as commands of their own; the shell has them built in. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/utf8.h"

/*
 * Shows what the escape at p, behind its backslash, stands for; returns what follows it, or
 * nullptr after \c, which ends all output. `octal_zero`: octal numbers start with 0, as in echo.
 */
static const char *escape_put(const char *p, bool octal_zero)
{
	static const char letters[] = "abefnrtv\\", values[] = "\a\b\33\f\n\r\t\v\\";
	const char *at = *p != '\0' ? strchr(letters, *p) : nullptr;

	if (at != nullptr) {
		put_char(values[at - letters]);
		return p + 1;
	}
	if (*p == 'c')
		return nullptr;
	if (*p == '"' && !octal_zero) {
		put_char('"');
		return p + 1;
	}
	int base = *p == 'x' ? 16 : (*p >= '0' && *p <= '7') ? 8 : 0;
	if (base == 16 && !isxdigit((unsigned char)p[1]))
		base = 0;
	if (base != 0) {
		int value = 0, most = base == 16 ? 2 : 3;
		p += base == 16 || (octal_zero && *p == '0');
		for (int i = 0; i < most; i++, p++) {
			int d = isdigit((unsigned char)*p)    ? *p - '0'
				: isxdigit((unsigned char)*p) ? tolower(*p) - 'a' + 10
							      : 99;
			if (d >= base)
				break;
			value = value * base + d;
		}
		put_char(value);
		return p;
	}
	if (*p == 'u' || *p == 'U') {
		uint32_t code = 0;
		int digits = 0, most = *p == 'u' ? 4 : 8;
		char bytes[4];
		for (; digits < most && isxdigit((unsigned char)p[1 + digits]); digits++) {
			int c = tolower(p[1 + digits]);
			code = code * 16 + (uint32_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
		}
		if (digits != 0 && code <= 0x10ffff) {
			put_bytes(bytes, (size_t)utf8_encode(code, bytes));
			return p + 1 + digits;
		}
	}
	put_char('\\');
	if (*p == '\0')
		return p;
	put_char(*p);
	return p + 1;
}

static int echo_main(int argc, char **argv)
{
	bool newline = true, escapes = false;
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0' &&
	       argv[i][1 + strspn(argv[i] + 1, "neE")] == '\0';
	     i++) {
		for (const char *p = argv[i] + 1; *p != '\0'; p++) {
			newline &= *p != 'n';
			escapes = *p == 'e' ? true : *p == 'E' ? false : escapes;
		}
	}
	for (int first = i; i < argc; i++) {
		if (i > first)
			put_char(' ');
		const char *p = argv[i];
		while (escapes && p != nullptr && *p != '\0') {
			if (*p == '\\' && p[1] != '\0')
				p = escape_put(p + 1, true);
			else
				put_char(*p++);
		}
		if (p == nullptr)
			return 0;
		put_string(p);
	}
	if (newline)
		put_char('\n');
	return 0;
}

struct arguments {
	char **next;
	int left;
	int status;
};

static const char *arg_take(struct arguments *a)
{
	if (a->left == 0)
		return nullptr;
	a->left--;
	return *a->next++;
}

static void end_check(struct arguments *a, const char *s, const char *end)
{
	if (end == s) {
		err_warn("'%s': expected a numeric value", s);
		a->status = 1;
	} else if (*end != '\0') {
		err_warn("'%s': value not completely converted", s);
		a->status = 1;
	} else if (errno != 0) {
		err_warn_errno("'%s'", s);
		a->status = 1;
	}
}

static bool char_value(const char *s, long *value)
{
	uint32_t code;

	if (s == nullptr || (s[0] != '"' && s[0] != '\'') || s[1] == '\0')
		return false;
	const char *stop = s + strlen(s);
	char_decode(s + 1, stop, &code);
	*value = code == UINT32_MAX ? (unsigned char)s[1] : (long)code;
	return true;
}

static intmax_t signed_take(struct arguments *a)
{
	const char *s = arg_take(a);
	long c;
	char *end;

	if (s == nullptr || *s == '\0')
		return 0;
	if (char_value(s, &c))
		return c;
	errno = 0;
	intmax_t v = strtoimax(s, &end, 0);
	end_check(a, s, end);
	return v;
}

static uintmax_t unsigned_take(struct arguments *a)
{
	const char *s = arg_take(a);
	long c;
	char *end;

	if (s == nullptr || *s == '\0')
		return 0;
	if (char_value(s, &c))
		return (uintmax_t)c;
	errno = 0;
	uintmax_t v = strtoumax(s, &end, 0);
	end_check(a, s, end);
	return v;
}

static long double float_take(struct arguments *a)
{
	const char *s = arg_take(a);
	long c;
	char *end;

	if (s == nullptr || *s == '\0')
		return 0;
	if (char_value(s, &c))
		return c;
	errno = 0;
	long double v = strtold(s, &end);
	end_check(a, s, end);
	return v;
}

/* %b: the argument with its escapes; false after \c. */
static bool escaped_put(const char *s)
{
	while (s != nullptr && *s != '\0') {
		if (*s == '\\' && s[1] != '\0')
			s = escape_put(s + 1, true);
		else
			put_char(*s++);
	}
	return s != nullptr;
}

/* %q: quoted so that a shell reads it back. */
static void quoted_put(const char *s)
{
	bool plain = *s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
					       "Z0123456789_-./,:@%+")] == '\0';

	if (plain) {
		put_string(s);
		return;
	}
	put_char('\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			put_string("'\\''");
		else
			put_char(*s);
	}
	put_char('\'');
}

#pragma clang diagnostic push
/* The formats are made here from checked flags, numbers and one letter. */
#pragma clang diagnostic ignored "-Wformat-nonliteral"

/* One directive at p, behind the percent sign; what follows it, or nullptr to stop. */
static const char *directive_put(struct arguments *a, const char *p)
{
	char spec[64] = "%";
	size_t n = strspn(p, "-+ #0'");
	int width = 0, precision = -1;

	if (n > 16)
		n = 16;
	memcpy(spec + 1, p, n);
	p += n;
	size_t len = 1 + n;
	if (*p == '*') {
		width = (int)signed_take(a);
		p++;
	} else {
		width = (int)strtol(p, (char **)&p, 10);
	}
	if (*p == '.') {
		p++;
		precision =
			*p == '*' ? (p++, (int)signed_take(a)) : (int)strtol(p, (char **)&p, 10);
	}
	p += strspn(p, "hlLjzt");
	len += (size_t)snprintf(spec + len, sizeof spec - len, precision >= 0 ? "*.*" : "*");
	char letter = *p;
	if (letter == '\0' || strchr("diouxXeEfFgGaAcsbq", letter) == nullptr) {
		err_warn("%%%.*s: invalid conversion specification", letter != '\0' ? 1 : 0, p);
		applet_exit(1);
	}
#define SHOW(length, value)                                                                        \
	do {                                                                                       \
		snprintf(spec + len, sizeof spec - len, length "%c", letter);                      \
		if (precision >= 0)                                                                \
			put_format(spec, width, precision, value);                                 \
		else                                                                               \
			put_format(spec, width, value);                                            \
	} while (0)
	if (letter == 'd' || letter == 'i')
		SHOW("j", signed_take(a));
	else if (strchr("ouxX", letter) != nullptr)
		SHOW("j", unsigned_take(a));
	else if (strchr("eEfFgGaA", letter) != nullptr)
		SHOW("L", float_take(a));
	else if (letter == 'c') {
		const char *s = arg_take(a);
		letter = 'c';
		precision = -1;
		len = 1 + n;
		len += (size_t)snprintf(spec + len, sizeof spec - len, "*");
		SHOW("", s != nullptr ? (unsigned char)*s : 0);
	} else if (letter == 's') {
		const char *s = arg_take(a);
		SHOW("", s != nullptr ? s : "");
	} else if (letter == 'b') {
		const char *s = arg_take(a);
		if (!escaped_put(s != nullptr ? s : ""))
			return nullptr;
	} else {
		const char *s = arg_take(a);
		quoted_put(s != nullptr ? s : "");
	}
#undef SHOW
	return p + 1;
}
#pragma clang diagnostic pop

/* Goes through the format once; false when output is to stop. */
static bool format_put(struct arguments *a, const char *p)
{
	while (*p != '\0') {
		if (*p == '\\') {
			p = escape_put(p + 1, false);
			if (p == nullptr)
				return false;
		} else if (*p == '%' && p[1] == '%') {
			put_char('%');
			p += 2;
		} else if (*p == '%') {
			p = directive_put(a, p + 1);
			if (p == nullptr)
				return false;
		} else {
			put_char(*p++);
		}
	}
	return true;
}

static int printf_main(int argc, char **argv)
{
	struct arguments a = { .next = argv + 2, .left = argc - 2 };

	if (argc > 1 && strcmp(argv[1], "--") == 0) {
		argv++;
		argc--;
		a = (struct arguments){ .next = argv + 2, .left = argc - 2 };
	}
	if (argc < 2)
		opt_usage_error("missing operand");
	for (;;) {
		int before = a.left;
		if (!format_put(&a, argv[1]) || a.left == 0)
			return a.status;
		if (a.left == before) {
			err_warn("warning: ignoring excess arguments, starting with '%s'", *a.next);
			return a.status;
		}
	}
}

APPLET(echo, .usage = "[-neE] [TEXT]...",
       .summary = "Show TEXTs with blanks between; -n without newline, -e with escapes.",
       .flags = APPLET_IN_PROCESS);
APPLET(printf, .usage = "FORMAT [ARGUMENT]...", .summary = "Show ARGUMENTs as FORMAT says.",
       .flags = APPLET_IN_PROCESS);
