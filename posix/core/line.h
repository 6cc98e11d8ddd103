/* SPDX-License-Identifier: MPL-2.0 */
/* A line of text that is put together; what has no room is left out. */
#pragma once
#include <stddef.h>
#include <stdint.h>

constexpr unsigned LINE_MOST = 1000;

struct line_text {
	char text[LINE_MOST];
	size_t n;
};

void line_add(struct line_text *l, const char *text);
void line_number(struct line_text *l, uint64_t number);
void line_signed(struct line_text *l, int64_t number);
void line_hex(struct line_text *l, uint64_t number);
void line_octal(struct line_text *l, uint64_t number);
/* Bytes between quotation marks, with escapes for what cannot be shown. */
void line_quote(struct line_text *l, const char *bytes, size_t n);
