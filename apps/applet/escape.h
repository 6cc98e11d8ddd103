/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Backslash escapes, as echo, printf and the shell's $'...' have them. */
#include <stddef.h>

enum escape_rules : unsigned {
	ESCAPE_ECHO = 1u << 0,  /* octal numbers start with 0, no quotes: echo and printf's %b */
	ESCAPE_POSIX = 1u << 1, /* no \e, \x and \u */
	ESCAPE_STOP = 1u << 2,  /* \c ends all output */
	ESCAPE_BYTES = 1u << 3, /* the locale has no characters above 0x7f: \u00e9 stays itself */
};

constexpr size_t ESCAPE_MOST = 12; /* bytes that one escape may become */

/*
 * Decodes the escape at *s, behind its backslash, and moves *s past it. What is no escape stays as
 * it is, backslash included. Returns how many bytes it became, or -1 for the \c that ends output.
 */
int escape_decode(const char **s, const char *end, unsigned rules, char to[static ESCAPE_MOST]);
