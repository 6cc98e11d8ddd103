/* SPDX-License-Identifier: MPL-2.0 */
/* Backslash escapes and quoting. */
#include "apps/sh/escape.h"
#include "apps/applet/escape.h"
#include "apps/applet/utf8.h"
#include "apps/sh/chars.h"

#include <ctype.h>

void escape_utf8(struct buf *out, unsigned long code)
{
	buf_room(out, 4);
	out->len += (size_t)utf8_encode((uint32_t)code, out->p + out->len);
}

void escape_add(struct buf *out, const char **s, const char *end)
{
	char made[ESCAPE_MOST];

	buf_add(out, made, (size_t)escape_decode(s, end, 0, made));
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
		if (c == 'c' && s < end) {
			if (*s == '\\' && s + 1 < end && s[1] == '\\')
				s++;
			buf_byte(out, toupper((unsigned char)*s++) ^ 0x40);
		} else {
			s--;
			escape_add(out, &s, end);
		}
	}
	/* A NUL ends the string: nothing in a shell can hold one. */
	char *nul = out->len > 0 ? memchr(out->p, '\0', out->len) : nullptr;
	if (nul != nullptr)
		out->len = (size_t)(nul - out->p);
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

static void quote_dollar(struct buf *out, const char *s)
{
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

void quote_value(struct buf *out, const char *s)
{
	if (needs_dollar(s))
		quote_dollar(out, s);
	else
		quote_single(out, s);
}

void quote_word(struct buf *out, const char *s)
{
	if (needs_quotes(s))
		quote_value(out, s);
	else
		buf_puts(out, s);
}
