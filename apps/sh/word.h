/* SPDX-License-Identifier: MPL-2.0 */
/* Reading one word: quotes, expansions and plain text become a list of parts. */
#pragma once

#include "apps/sh/lex.h"

struct wordbuf {
	struct parser *ps;
	struct part *first, **tail;
	struct buf text; /* literal text not yet made a part */
	bool text_quoted;
	bool text_any; /* a part is wanted even if the text is empty */
	bool protect;
};

enum read_mode : uint8_t {
	READ_PLAIN,  /* quotes and backslash work */
	READ_DQUOTE, /* inside double quotes */
	READ_HERE,   /* like double quotes, but " is a character */
	READ_ARITH,  /* like double quotes, and " is dropped */
};

int lex_get(void);
int lex_peek(void);

void wordbuf_init(struct wordbuf *w, struct parser *ps);
void wordbuf_byte(struct wordbuf *w, int c, bool quoted);
void wordbuf_flush(struct wordbuf *w);
/* Reads what a special character (quote, $, `, backslash), already consumed, begins. */
void wordbuf_special(struct wordbuf *w, int c, bool dquote);
/* Reads until an unquoted byte of `stop` (consumed and returned) or the end of input. */
int wordbuf_until(struct wordbuf *w, enum read_mode mode, const char *stop);
struct word *wordbuf_word(struct wordbuf *w);
