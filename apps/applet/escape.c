/* SPDX-License-Identifier: MPL-2.0 */
/* Backslash escapes, as echo, printf and the shell's $'...' have them. */
#include "apps/applet/escape.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "apps/applet/utf8.h"

static uint32_t digits_take(const char **s, const char *end, unsigned base, int most)
{
	uint32_t n = 0;

	for (; most > 0 && *s < end; most--, ++*s) {
		int c = tolower((unsigned char)**s);
		unsigned d = isdigit(c)    ? (unsigned)(c - '0')
			     : isxdigit(c) ? (unsigned)(c - 'a') + 10
					   : base;
		if (d >= base)
			break;
		n = n * base + d;
	}
	return n;
}

/* The one-letter escapes all forms share; -1 for others. */
static int letter_value(char c)
{
	static const char from[] = "abefnrtv\\E";
	static const char values[] = "\a\b\033\f\n\r\t\v\\\033";
	const char *p = c != '\0' ? strchr(from, c) : nullptr;

	return p != nullptr ? values[p - from] : -1;
}

static int unescaped(char c, char to[static ESCAPE_MOST])
{
	to[0] = '\\';
	to[1] = c;
	return 2;
}

static int unicode_decode(const char **s, const char *end, char letter, unsigned rules,
			  char to[static ESCAPE_MOST])
{
	const char *from = *s;
	uint32_t code = digits_take(s, end, 16, letter == 'u' ? 4 : 8);

	if (*s == from || code > 0x10ffff) {
		*s = from;
		return unescaped(letter, to);
	}
	if (code < 0x80 || (rules & ESCAPE_BYTES) == 0)
		return utf8_encode(code, to);
	return snprintf(to, ESCAPE_MOST, code > 0xffff ? "\\U%08X" : "\\u%04X", code);
}

int escape_decode(const char **s, const char *end, unsigned rules, char to[static ESCAPE_MOST])
{
	bool echo = (rules & ESCAPE_ECHO) != 0, posix = (rules & ESCAPE_POSIX) != 0;

	if (*s == end) {
		to[0] = '\\';
		return 1;
	}
	char c = *(*s)++;
	if (c == 'c' && (rules & ESCAPE_STOP) != 0)
		return -1;
	if (letter_value(c) >= 0 && !(posix && (c == 'e' || c == 'E'))) {
		to[0] = (char)letter_value(c);
		return 1;
	}
	if (c >= '0' && c <= '7' && !(echo && posix && c != '0')) {
		*s -= !(echo && c == '0');
		to[0] = (char)digits_take(s, end, 8, 3);
		return 1;
	}
	if (c == 'x' && !posix && *s < end && isxdigit((unsigned char)**s)) {
		to[0] = (char)digits_take(s, end, 16, 2);
		return 1;
	}
	if ((c == 'u' || c == 'U') && !posix)
		return unicode_decode(s, end, c, rules, to);
	if (!echo && (c == '\'' || c == '"' || c == '?')) {
		to[0] = c;
		return 1;
	}
	return unescaped(c, to);
}
