/* SPDX-License-Identifier: MPL-2.0 */
/* Trees and variables back to text: type, declare -f, jobs. */
#pragma once

#include "apps/sh/mem.h"

struct node;
struct sym;
struct word;

/* indent < 0: all on one line. */
void print_node(struct buf *b, const struct node *n, int indent);
/* An arithmetic expression: as a word, without quotes around it. */
void print_expression(struct buf *b, const struct word *w);
/* A word as it is written, its quotes removed: the delimiter of a here-document. */
void print_unquoted(struct buf *b, const struct word *w);
void print_word(struct buf *b, const struct word *w);
void print_function(struct buf *b, const struct sym *s);
/* The letters of declare's options that the variable has. */
void print_attributes(struct buf *b, const struct sym *s);
/* declare -x name=value, so that the shell can read it back. */
void print_assignment(struct buf *b, struct sym *s);
/* name=value as `set` prints it. */
void print_value(struct buf *b, struct sym *s);
