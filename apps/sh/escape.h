/* SPDX-License-Identifier: MPL-2.0 */
/* Backslash escapes of $'...' and prompts, and quoting text so the shell reads it back. */
#pragma once

#include "apps/sh/mem.h"

void escape_dollar_quote(struct buf *out, const char *s, size_t len);
/* Decodes the escape at *s (after the backslash) as a format of printf does, moves *s past it. */
void escape_add(struct buf *out, const char **s, const char *end);
/* Appends s quoted so that the shell reads it as one word; plain when it needs no quotes. */
void quote_word(struct buf *out, const char *s);
/* The same, quoted in any case. */
void quote_value(struct buf *out, const char *s);
/* The same, always with single quotes, as `trap` and `alias` print. */
void quote_single(struct buf *out, const char *s);
void escape_utf8(struct buf *out, unsigned long code);
