/* SPDX-License-Identifier: MPL-2.0 */
/* Shell patterns: matching text against *, ?, [ ] and the extended forms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pattern_flag : unsigned {
	PATTERN_NOCASE = 1,
	PATTERN_EXTENDED = 2, /* ?( *( +( @( !( */
};

/* In a pattern the byte after ESC (chars.h) or a backslash stands for itself. */
bool pattern_match(const char *pat, size_t plen, const char *s, size_t len, unsigned flags);
/* Whether anything in the pattern is more than itself. */
bool pattern_is_plain(const char *pat, size_t plen);
/* The flags that the options ask for. */
unsigned pattern_flags(void);
/* Removes the ESC marks in place; gives the new length. */
size_t pattern_unmark(char *s, size_t len);

/* Length of the first character of s in bytes: 1 for what is no UTF-8. */
size_t char_length(const char *s, size_t len);
/* The character's number; bytes that are no UTF-8 give numbers from 0x110000 on. */
unsigned long char_code(const char *s, size_t len);
/* How many characters s has. */
size_t char_count(const char *s, size_t len);
