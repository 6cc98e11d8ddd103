/* SPDX-License-Identifier: MPL-2.0 */
/* UTF-8 without the C library's state machine, so that any bytes can pass through. */
#include "apps/applet/utf8.h"
#include <langinfo.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

bool utf8_is_locale(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int utf8_decode(const char *s, const char *stop, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = (size_t)(stop - s);
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (left == 0)
		return 0;
	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	int n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	uint32_t c = p[0] & (0x7fu >> n);
	for (int i = 1; i < n; i++) {
		if ((size_t)i >= left)
			return -1;
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return n;
}

int utf8_encode(uint32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (int i = n - 1; i > 0; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(0xf00 >> n | c);
	return n;
}

int char_decode(const char *p, const char *stop, uint32_t *code)
{
	*code = (unsigned char)*p;
	if (*code < 0x80)
		return 1;
	if (utf8_is_locale()) {
		int n = utf8_decode(p, stop, code);
		if (n > 0)
			return n;
	}
	*code = UINT32_MAX;
	return 1;
}

int char_width(uint32_t code)
{
	int n = code == UINT32_MAX ? 1 : wcwidth((wchar_t)code);

	return n < 0 ? 1 : n;
}

uint32_t char_upper(uint32_t code)
{
	/* musl makes a capital letter of the sharp s that is hardly ever meant. */
	return code == 0xdf ? code : (uint32_t)towupper((wint_t)code);
}

uint32_t char_lower(uint32_t code)
{
	return (uint32_t)towlower((wint_t)code);
}
