/* SPDX-License-Identifier: MPL-2.0 */
/* Characters to tokens, and words to their parts. */
#pragma once

#include "apps/sh/ast.h"

enum tok_kind : uint8_t {
	TOK_EOF,
	TOK_NEWLINE,
	TOK_WORD,
	TOK_SEMI,
	TOK_AMP,
	TOK_AND,
	TOK_OR,
	TOK_PIPE,
	TOK_PIPE_BOTH, /* |& */
	TOK_LPAREN,
	TOK_RPAREN,
	TOK_DSEMI,
	TOK_SEMI_AMP,
	TOK_DSEMI_AMP,
	TOK_REDIR,
};

enum keyword : uint8_t {
	KW_NONE,
	KW_IF,
	KW_THEN,
	KW_ELSE,
	KW_ELIF,
	KW_FI,
	KW_DO,
	KW_DONE,
	KW_CASE,
	KW_COPROC,
	KW_ESAC,
	KW_WHILE,
	KW_UNTIL,
	KW_FOR,
	KW_IN,
	KW_LBRACE,
	KW_RBRACE,
	KW_BANG,
	KW_FUNCTION,
	KW_SELECT,
	KW_TIME,
	KW_LTEST, /* [[ */
	KW_RTEST,
};

struct token {
	enum tok_kind kind;
	enum redir_kind redir;
	bool strip_tabs;
	bool alias_next; /* follows an alias that ended in a blank */
	int io;          /* the number before a redirection, or -1 */
	struct sym *io_var;
	int line;
	struct word *word;
};

struct parser {
	struct arena *arena;
	struct tree *tree;
	struct token tok;
	bool have_tok;
	bool element;       /* the next word stands in name=( ): it may be [sub]=value */
	bool assign_ok;     /* the next word may be name=value, name[sub]=, name=( ) */
	bool command_start; /* the next word may start a command: `!(` is no pattern here */
	bool keyword_next;  /* a keyword comes next, which no alias may hide: in, do, esac */
	bool regex;         /* right side of =~ */
	int open;           /* unclosed ( in the regex */
	int depth;
	struct redir *heredocs, **heredocs_tail; /* whose bodies follow the next newline */
};

/* The word's whole text, if no part of it was quoted or needs expansion; else nullptr. */
const char *word_plain(const struct word *w);
enum keyword keyword_find(const char *name, size_t len);

/* Looks at the next token; it stays until token_take. */
struct token *token_peek(struct parser *ps);
void token_take(struct parser *ps);
/* Replaces the token by what it is an alias for, if it may be. False: it stays. */
bool alias_expand(struct parser *ps);
const char *token_name(const struct token *t);

/* Parses text in which only expansions mean anything: an arithmetic expression, PS1. */
struct word *word_from_text(struct parser *ps, const char *text, size_t len, bool here);
/* Reads, after ((, up to its )) and gives the text; false (nothing read) when it is no arithmetic.
 */
bool lex_arith(struct parser *ps, char **text, size_t *len);

[[noreturn]] void syntax_error(const struct token *t);
[[noreturn]] void syntax_eof(int line, const char *wanted);
