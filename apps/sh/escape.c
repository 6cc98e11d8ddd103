/* SPDX-License-Identifier: MPL-2.0 */
/* Backslash escapes and quoting. */
#include "apps/sh/escape.h"
#include "apps/sh/chars.h"
#include "apps/sh/sh.h"

#include <ctype.h>

void escape_utf8(struct buf *out, unsigned long code)
{
	if (code < 0x80) {
		buf_byte(out, (int)code);
	} else if (code < 0x800) {
		buf_byte(out, (int)(0xC0 | code >> 6));
		buf_byte(out, (int)(0x80 | (code & 0x3F)));
	} else if (code < 0x10000) {
		buf_byte(out, (int)(0xE0 | code >> 12));
		buf_byte(out, (int)(0x80 | (code >> 6 & 0x3F)));
		buf_byte(out, (int)(0x80 | (code & 0x3F)));
	} else {
		buf_byte(out, (int)(0xF0 | (code >> 18 & 7)));
		buf_byte(out, (int)(0x80 | (code >> 12 & 0x3F)));
		buf_byte(out, (int)(0x80 | (code >> 6 & 0x3F)));
		buf_byte(out, (int)(0x80 | (code & 0x3F)));
	}
}

static unsigned long digits(const char **s, const char *end, int base, int most)
{
	unsigned long n = 0;

	for (; most > 0 && *s < end; most--, ++*s) {
		int c = tolower((unsigned char)**s);
		int d = isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
		if (d >= base)
			break;
		n = n * (unsigned)base + (unsigned)d;
	}
	return n;
}

/* The one-letter escapes all forms share; -1 for others. */
static int simple_escape(int c)
{
	static const char from[] = "abefnrtv\\E";
	static const char to[] = "\a\b\033\f\n\r\t\v\\\033";
	const char *p = c != '\0' ? strchr(from, c) : nullptr;

	return p != nullptr ? to[p - from] : -1;
}

static void decode_unicode(struct buf *out, const char **s, const char *end, int most, char letter)
{
	const char *from = *s;
	unsigned long code = digits(s, end, 16, most);

	if (*s == from) {
		buf_byte(out, '\\');
		buf_byte(out, letter);
	} else {
		escape_utf8(out, code);
	}
}

static void decode_hex(struct buf *out, const char **s, const char *end)
{
	const char *from = *s;
	unsigned long n = digits(s, end, 16, 2);

	if (*s == from)
		buf_puts(out, "\\x");
	else
		buf_byte(out, (int)n);
}

void escape_dollar_quote(struct buf *out, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		if (*s != '\\' || s + 1 == end) {
			buf_byte(out, *s++);
			continue;
		}
		char c = s[1];
		s += 2;
		if (simple_escape(c) >= 0) {
			buf_byte(out, simple_escape(c));
		} else if (c == 'x') {
			decode_hex(out, &s, end);
		} else if (c == 'u' || c == 'U') {
			decode_unicode(out, &s, end, c == 'u' ? 4 : 8, c);
		} else if (c == 'c' && s < end) {
			if (*s == '\\' && s + 1 < end && s[1] == '\\')
				s++;
			buf_byte(out, toupper((unsigned char)*s++) ^ 0x40);
		} else if (c >= '0' && c <= '7') {
			s--;
			buf_byte(out, (int)digits(&s, end, 8, 3));
		} else if (c == '\'' || c == '"' || c == '?') {
			buf_byte(out, c);
		} else {
			buf_byte(out, '\\');
			buf_byte(out, c);
		}
	}
	/* A NUL ends the string: nothing in a shell can hold one. */
	char *nul = out->len > 0 ? memchr(out->p, '\0', out->len) : nullptr;
	if (nul != nullptr)
		out->len = (size_t)(nul - out->p);
}

bool escape_decode(struct buf *out, const char **s, const char *end, bool octal_zero)
{
	if (*s == end) {
		buf_byte(out, '\\');
		return true;
	}
	char c = *(*s)++;
	if (c == 'c' && octal_zero)
		return false;
	if ((c == 'e' || c == 'E') && sh.posix) {
		buf_byte(out, '\\');
		buf_byte(out, c);
	} else if (simple_escape(c) >= 0) {
		buf_byte(out, simple_escape(c));
	} else if (c == '0' && octal_zero) {
		buf_byte(out, (int)digits(s, end, 8, 3));
	} else if (c >= '0' && c <= '7' && (!octal_zero || (c != '0' && !sh.posix))) {
		--*s;
		buf_byte(out, (int)digits(s, end, 8, 3));
	} else if (c == 'x' && !sh.posix) {
		decode_hex(out, s, end);
	} else if ((c == 'u' || c == 'U') && !sh.posix) {
		decode_unicode(out, s, end, c == 'u' ? 4 : 8, c);
	} else if (!octal_zero && (c == '\'' || c == '"' || c == '?')) {
		buf_byte(out, c);
	} else {
		buf_byte(out, '\\');
		buf_byte(out, c);
	}
	return true;
}

static bool needs_dollar(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool needs_quotes(const char *s)
{
	if (*s == '\0' || *s == '~' || *s == '#')
		return true;
	for (; *s != '\0'; s++)
		if (!is_class((unsigned char)*s, CC_NAME) && (*s & 0x80) == 0 &&
		    strchr("%+,-./:=@_~#", *s) == nullptr)
			return true;
	return false;
}

void quote_single(struct buf *out, const char *s)
{
	buf_byte(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_puts(out, "'\\''");
		else
			buf_byte(out, *s);
	}
	buf_byte(out, '\'');
}

void quote_word(struct buf *out, const char *s)
{
	if (!needs_quotes(s)) {
		buf_puts(out, s);
		return;
	}
	if (!needs_dollar(s)) {
		quote_single(out, s);
		return;
	}
	static const char controls[] = "\a\b\033\f\n\r\t\v";
	buf_puts(out, "$'");
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		const char *p = strchr(controls, c);
		if (c == '\'' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (p != nullptr)
			buf_printf(out, "\\%c", "abEfnrtv"[p - controls]);
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\%03o", c);
		else
			buf_byte(out, c);
	}
	buf_byte(out, '\'');
}
