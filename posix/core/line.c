/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/line.h"
#include <string.h>

void line_add(struct line_text *l, const char *text)
{
	size_t n = strnlen(text, LINE_MOST - l->n);

	memcpy(l->text + l->n, text, n);
	l->n += n;
}

static void add_digits(struct line_text *l, uint64_t number, unsigned base)
{
	char digits[24];
	unsigned at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number % base];
	} while ((number /= base) != 0);
	line_add(l, digits + at);
}

void line_number(struct line_text *l, uint64_t number)
{
	add_digits(l, number, 10);
}

void line_signed(struct line_text *l, int64_t number)
{
	if (number < 0)
		line_add(l, "-");
	add_digits(l, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}

void line_hex(struct line_text *l, uint64_t number)
{
	line_add(l, number != 0 ? "0x" : "");
	add_digits(l, number, 16);
}

void line_octal(struct line_text *l, uint64_t number)
{
	line_add(l, number != 0 ? "0" : "");
	add_digits(l, number, 8);
}

static void quote_byte(struct line_text *l, unsigned char byte)
{
	char text[] = { (char)byte, '\0' };

	switch (byte) {
	case '\n':
		return line_add(l, "\\n");
	case '\t':
		return line_add(l, "\\t");
	case '\r':
		return line_add(l, "\\r");
	case '"':
		return line_add(l, "\\\"");
	case '\\':
		return line_add(l, "\\\\");
	default:
		break;
	}
	if (byte >= ' ' && byte < 127)
		return line_add(l, text);
	line_add(l, byte < 16 ? "\\x0" : "\\x");
	add_digits(l, byte, 16);
}

void line_quote(struct line_text *l, const char *bytes, size_t n)
{
	line_add(l, "\"");
	for (size_t i = 0; i < n; i++)
		quote_byte(l, (unsigned char)bytes[i]);
	line_add(l, "\"");
}
