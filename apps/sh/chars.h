/* SPDX-License-Identifier: MPL-2.0 */
/* Classes of bytes, as one table. */
#pragma once

#include <stdint.h>

enum char_class : uint8_t {
	CC_NAME = 1,  /* letters, digits and _ */
	CC_START = 2, /* letters and _ */
	CC_DIGIT = 4,
	CC_META = 8,     /* ends an unquoted word */
	CC_SPECIAL = 16, /* means something inside a word: quotes, $, ` and \ */
	CC_GLOB = 32,    /* starts a pattern */
	CC_ESCAPE = 64,  /* means something inside a pattern, so a quoted one is marked with ESC */
	CC_PARAM = 128,  /* @ * # ? - $ ! */
};

/* In patterns under construction, the byte after ESC stands for itself. */
constexpr char ESC = '\001';

extern const uint8_t char_class[256];

static inline int is_class(int c, unsigned classes)
{
	return c >= 0 && (char_class[c & 0xff] & classes) != 0;
}
