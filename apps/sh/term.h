/* SPDX-License-Identifier: MPL-2.0 */
/* The terminal while a line is edited: raw mode, keys, sizes and widths. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum key : int {
	KEY_NONE = -1, /* nothing came: a signal, or the end of input */
	KEY_EOF = -2,
	KEY_UP = 0x110001, /* above all characters */
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_DELETE,
	KEY_WORD_LEFT,
	KEY_WORD_RIGHT,
	KEY_PASTE, /* bracketed paste begins */
	KEY_UNKNOWN,
	KEY_META = 0x200000, /* added to a character typed with Alt */
};

/* False when this terminal cannot edit. */
bool term_can_edit(void);
void term_raw(void);
void term_restore(void);
/* A character's number or an enum key. Multi-byte characters come whole. */
int term_key(void);
/* The pasted text, up to its end mark, in scratch. */
char *term_paste(size_t *len);
int term_columns(void);
void term_write(const char *s, size_t n);
void term_puts(const char *s);
/* Columns that a character takes. */
int char_columns(unsigned long code);
