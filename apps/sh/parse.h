/* SPDX-License-Identifier: MPL-2.0 */
/* Tokens to syntax trees. */
#pragma once

#include "apps/sh/lex.h"

enum parse_result { PARSE_COMMAND, PARSE_EMPTY, PARSE_END, PARSE_FAILED };

/* Reads one complete command (to the end of its line) from the current source into *tree. */
enum parse_result parse_command(struct tree *tree, struct node **n);
/* For the lexer: the commands up to the ) of a substitution, which it takes. */
struct node *parse_until_paren(struct parser *ps, int line);
/* For the lexer: all of a text, as in backquotes. */
struct node *parse_text(struct parser *ps, const char *text, size_t len, int line);
