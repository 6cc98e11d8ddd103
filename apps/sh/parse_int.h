/* SPDX-License-Identifier: MPL-2.0 */
/* What the parser's files share among themselves. */
#pragma once

#include "apps/sh/parse.h"

struct node *node_create(struct parser *ps, enum node_kind kind);
/* Commands up to a terminator, which stays; nullptr when there is none. */
struct node *parse_list(struct parser *ps);
/* The same, where POSIX demands at least one command. */
struct node *parse_body(struct parser *ps);
/* `start`: its first word, if that was read already. */
struct node *parse_simple(struct parser *ps, struct word *start);
/* One simple or compound command, or a function's definition. */
struct node *parse_command_node(struct parser *ps);
struct node *parse_compound(struct parser *ps, enum keyword kw);
struct node *parse_function(struct parser *ps, struct sym *name, int line);
struct test_node *parse_test(struct parser *ps);

/* The keyword at the next token, aliases expanded: for where a command may start. */
enum keyword peek_keyword(struct parser *ps);
/* The keyword at the next token, without alias expansion. */
enum keyword token_keyword(struct parser *ps);
void expect_keyword(struct parser *ps, enum keyword kw);
void skip_newlines(struct parser *ps);
/* The same before a command, where an alias may stand for newlines, or for nothing. */
void skip_to_command(struct parser *ps);
/* Redirections after a compound command. */
void parse_redirs(struct parser *ps, struct redir **tail);
struct redir *parse_redir(struct parser *ps);

/* The word as an assignment, or nullptr if it has not that form. */
struct assign *assign_from_word(struct parser *ps, struct word *w);
/* Finds ~ prefixes; in an assignment also after each colon. */
void word_tilde(struct arena *a, struct word *w, bool assignment);
/* Appends the words that w expands to by braces, each with its tilde. */
struct word **word_append(struct parser *ps, struct word **tail, struct word *w);
