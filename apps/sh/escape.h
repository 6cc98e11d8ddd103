/* SPDX-License-Identifier: MPL-2.0 */
/* Backslash escapes of $'...', echo and printf, and quoting text so the shell reads it back. */
#pragma once

#include "apps/sh/mem.h"

void escape_dollar_quote(struct buf *out, const char *s, size_t len);
/*
 * Decodes the escape at *s (after the backslash) as echo and printf %b do, moves *s past it. With
 * `octal_zero` octal numbers start with 0, as in echo. False at \c: output ends here.
 */
bool escape_decode(struct buf *out, const char **s, const char *end, bool octal_zero);
/* Appends s quoted so that the shell reads it as one word; plain when it needs no quotes. */
void quote_word(struct buf *out, const char *s);
/* The same, always with single quotes, as `trap` and `alias` print. */
void quote_single(struct buf *out, const char *s);
void escape_utf8(struct buf *out, unsigned long code);
