/* SPDX-License-Identifier: MPL-2.0 */
/* Brace expansion: one word to several, while parsing. */
#pragma once

#include "apps/sh/ast.h"

/* More words than this from one would only fill memory: an error. Fuzzers have less patience. */
extern long long brace_words_most;

/* The words that w stands for: w itself when it has no braces to expand. */
struct word *brace_expand(struct arena *a, struct word *w);
/* Fills in what the lexer derives from a word's parts: lit, flags. */
void word_finish(struct arena *a, struct word *w);
