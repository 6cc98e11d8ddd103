/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Characters of several bytes: decoding that never stops at invalid bytes, and widths. */
#include <stddef.h>
#include <stdint.h>

/* Does the locale use UTF-8 (and not one byte a character)? */
bool utf8_is_locale(void);

/* The bytes of the valid character at p, and its code; 0 if there is none, -1 if cut off. */
int utf8_decode(const char *p, const char *stop, uint32_t *code);

/* Writes up to four bytes; returns how many. */
int utf8_encode(uint32_t code, char *to);

/*
 * In the encoding of the locale: the bytes of the character at p, at least 1 when p < stop, and
 * its code, or UINT32_MAX for a byte that is no character.
 */
int char_decode(const char *p, const char *stop, uint32_t *code);

/* Columns on a terminal: 0, 1 or 2; 1 for what is no printable character. */
int char_width(uint32_t code);

/* The other case of a character, or itself. */
uint32_t char_upper(uint32_t code);
uint32_t char_lower(uint32_t code);
