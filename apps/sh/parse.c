/* SPDX-License-Identifier: MPL-2.0 */
/* Lists, pipelines, and the entry points of the parser. */
#include "apps/sh/parse_int.h"
#include "apps/sh/error.h"
#include "apps/sh/input.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <stdlib.h>

static struct tree *spare; /* kept for the next line, with its memory */

struct tree *tree_create(void)
{
	struct tree *t = spare;

	spare = nullptr;
	if (t != nullptr) {
		t->refs = 1;
		return t;
	}
	t = xmalloc(sizeof(*t));
	*t = (struct tree){ .refs = 1 };
	return t;
}

void tree_put(struct tree *t)
{
	if (--t->refs > 0)
		return;
	if (spare == nullptr) {
		arena_release(&t->arena, (struct mark){});
		spare = t;
		return;
	}
	arena_free(&t->arena);
	free(t);
}

struct node *node_create(struct parser *ps, enum node_kind kind)
{
	struct node *n = arena_alloc(ps->arena, sizeof(*n));

	*n = (struct node){ .kind = kind, .line = source_line() };
	return n;
}

void skip_newlines(struct parser *ps)
{
	bool keyword = ps->keyword_next;

	for (;;) {
		if (!ps->have_tok)
			ps->assign_ok = ps->command_start = false;
		ps->keyword_next = keyword;
		if (token_peek(ps)->kind != TOK_NEWLINE)
			return;
		token_take(ps);
	}
}

void skip_to_command(struct parser *ps)
{
	for (;;) {
		peek_keyword(ps);
		if (ps->tok.kind != TOK_NEWLINE)
			return;
		token_take(ps);
	}
}

enum keyword token_keyword(struct parser *ps)
{
	struct token *t = token_peek(ps);

	if (t->kind != TOK_WORD)
		return KW_NONE;
	const char *text = word_plain(t->word);
	return text != nullptr ? keyword_find(text, t->word->lit_len) : KW_NONE;
}

enum keyword peek_keyword(struct parser *ps)
{
	for (;;) {
		if (!ps->have_tok)
			ps->assign_ok = ps->command_start = true;
		enum keyword kw = token_keyword(ps);
		if (kw != KW_NONE || ps->tok.kind != TOK_WORD || !alias_expand(ps))
			return kw;
	}
}

void expect_keyword(struct parser *ps, enum keyword kw)
{
	if (peek_keyword(ps) != kw)
		syntax_error(token_peek(ps));
	token_take(ps);
}

static bool ends_list(enum keyword kw)
{
	switch (kw) {
	case KW_THEN:
	case KW_ELSE:
	case KW_ELIF:
	case KW_FI:
	case KW_DO:
	case KW_DONE:
	case KW_ESAC:
	case KW_RBRACE:
		return true;
	default:
		return false;
	}
}

struct node *parse_command_node(struct parser *ps)
{
	enum keyword kw = peek_keyword(ps);
	struct token *t = token_peek(ps);

	if (++ps->depth % 16 == 0)
		stack_check();
	struct node *n;
	if (kw != KW_NONE && kw != KW_IN && kw != KW_RTEST)
		n = parse_compound(ps, kw);
	else if (t->kind == TOK_LPAREN)
		n = parse_compound(ps, KW_NONE);
	else
		n = parse_simple(ps, nullptr);
	ps->depth--;
	return n;
}

static struct node *pair_node(struct parser *ps, enum node_kind kind, struct node *a,
			      struct node *b)
{
	struct node *n = node_create(ps, kind);

	n->pair.a = a;
	n->pair.b = b;
	if (a != nullptr)
		n->line = a->line;
	return n;
}

struct nodes {
	struct node *few[16];
	struct node **v;
	int n, cap;
};

static void nodes_add(struct nodes *l, struct node *n)
{
	if (l->n == l->cap) {
		struct node **v = arena_alloc(&scratch, (size_t)l->cap * 2 * sizeof(*v));
		memcpy(v, l->v, (size_t)l->n * sizeof(*v));
		l->v = v;
		l->cap *= 2;
	}
	l->v[l->n++] = n;
}

static struct node *nodes_finish(struct parser *ps, struct nodes *l, enum node_kind kind)
{
	if (l->n == 1)
		return l->v[0];
	struct node *n = node_create(ps, kind);
	n->line = l->v[0]->line;
	n->list.n = l->n;
	n->list.v = arena_alloc(ps->arena, (size_t)l->n * sizeof(struct node *));
	memcpy(n->list.v, l->v, (size_t)l->n * sizeof(struct node *));
	return n;
}

static void nodes_init(struct nodes *l)
{
	l->v = l->few;
	l->n = 0;
	l->cap = 16;
}

/* |& sends standard error down the pipe too. */
static void add_stderr_redir(struct parser *ps, struct node *n)
{
	struct redir *r = arena_alloc(ps->arena, sizeof(*r));
	struct word *one = word_from_text(ps, "1", 1, true);

	one->parts->quoted = false; /* for who prints it */

	*r = (struct redir){ .kind = REDIR_DUP_OUT, .fd = 2, .target = one };
	struct redir **tail = &n->redirs;
	while (*tail != nullptr)
		tail = &(*tail)->next;
	*tail = r;
}

static struct node *parse_pipeline(struct parser *ps)
{
	struct nodes l;
	bool negated = false, timed = false, time_posix = false;

	for (enum keyword kw; (kw = peek_keyword(ps)) == KW_BANG || kw == KW_TIME;) {
		token_take(ps);
		if (kw == KW_BANG) {
			negated = !negated;
			continue;
		}
		timed = true;
		struct token *t = token_peek(ps);
		if (t->kind == TOK_WORD && word_plain(t->word) != nullptr &&
		    strcmp(t->word->lit, "-p") == 0) {
			time_posix = true;
			token_take(ps);
		}
	}
	nodes_init(&l);
	enum tok_kind next = token_peek(ps)->kind;
	if (!timed || (next != TOK_NEWLINE && next != TOK_SEMI && next != TOK_EOF))
		nodes_add(&l, parse_command_node(ps));
	while ((next = token_peek(ps)->kind) == TOK_PIPE || next == TOK_PIPE_BOTH) {
		if (next == TOK_PIPE_BOTH)
			add_stderr_redir(ps, l.v[l.n - 1]);
		token_take(ps);
		skip_to_command(ps);
		nodes_add(&l, parse_command_node(ps));
	}
	struct node *n = l.n > 0 ? nodes_finish(ps, &l, NODE_PIPE) : nullptr;
	if (timed) {
		n = pair_node(ps, NODE_TIME, n, nullptr);
		n->time_posix = time_posix;
	}
	return negated ? pair_node(ps, NODE_NOT, n, nullptr) : n;
}

static struct node *parse_and_or(struct parser *ps)
{
	struct node *n = parse_pipeline(ps);
	enum tok_kind k;

	while ((k = token_peek(ps)->kind) == TOK_AND || k == TOK_OR) {
		token_take(ps);
		skip_to_command(ps);
		n = pair_node(ps, k == TOK_AND ? NODE_AND : NODE_OR, n, parse_pipeline(ps));
	}
	return n;
}

static bool at_list_end(struct parser *ps)
{
	enum keyword kw = peek_keyword(ps);
	struct token *t = token_peek(ps);

	switch (t->kind) {
	case TOK_EOF:
	case TOK_RPAREN:
	case TOK_DSEMI:
	case TOK_SEMI_AMP:
	case TOK_DSEMI_AMP:
		return true;
	default:
		return ends_list(kw);
	}
}

/* With `line` the list ends at the newline, which is taken. */
static struct node *parse_commands(struct parser *ps, bool line)
{
	struct nodes l;

	nodes_init(&l);
	if (!line)
		skip_to_command(ps);
	while (!at_list_end(ps)) {
		struct node *n = parse_and_or(ps);
		enum tok_kind k = token_peek(ps)->kind;
		if (k == TOK_AMP)
			n = pair_node(ps, NODE_BACKGROUND, n, nullptr);
		nodes_add(&l, n);
		if (k == TOK_SEMI || k == TOK_AMP) {
			token_take(ps);
			peek_keyword(ps);
			k = ps->tok.kind;
		} else if (k != TOK_NEWLINE) {
			break;
		}
		if (k == TOK_NEWLINE && line)
			break;
		if (!line)
			skip_to_command(ps);
	}
	return l.n > 0 ? nodes_finish(ps, &l, NODE_LIST) : nullptr;
}

struct node *parse_list(struct parser *ps)
{
	return parse_commands(ps, false);
}

struct node *parse_body(struct parser *ps)
{
	struct node *n = parse_list(ps);

	if (n == nullptr)
		syntax_error(token_peek(ps));
	return n;
}

enum parse_result parse_command(struct tree *tree, struct node **n)
{
	struct parser ps = { .arena = &tree->arena, .tree = tree };
	struct mark m = arena_mark(&scratch);

	ps.heredocs_tail = &ps.heredocs;
	*n = nullptr;
	peek_keyword(&ps);
	if (ps.tok.kind == TOK_EOF)
		return PARSE_END;
	if (ps.tok.kind == TOK_NEWLINE)
		return PARSE_EMPTY;
	*n = parse_commands(&ps, true);
	struct token *t = token_peek(&ps);
	if (t->kind != TOK_NEWLINE && t->kind != TOK_EOF)
		syntax_error(t);
	arena_release(&scratch, m);
	return *n != nullptr ? PARSE_COMMAND : PARSE_EMPTY;
}

/* The parser's state between tokens, for a program inside a word. */
struct inner {
	struct token tok;
	bool have_tok, assign_ok, regex, command_start;
	int open;
	struct redir *heredocs, **heredocs_tail;
};

static struct inner inner_enter(struct parser *ps)
{
	struct inner i = { ps->tok,           ps->have_tok, ps->assign_ok, ps->regex,
			   ps->command_start, ps->open,     ps->heredocs,  ps->heredocs_tail };

	stack_check();
	ps->have_tok = ps->regex = false;
	ps->heredocs = nullptr;
	ps->heredocs_tail = &ps->heredocs;
	return i;
}

static void inner_leave(struct parser *ps, const struct inner *i)
{
	ps->tok = i->tok;
	ps->have_tok = i->have_tok;
	ps->assign_ok = i->assign_ok;
	ps->regex = i->regex;
	ps->command_start = i->command_start;
	ps->open = i->open;
	/* What it left unread comes after what was waiting already. */
	if (i->heredocs == nullptr)
		return;
	*i->heredocs_tail = ps->heredocs;
	if (ps->heredocs == nullptr)
		ps->heredocs_tail = i->heredocs_tail;
	ps->heredocs = i->heredocs;
}

struct node *parse_until_paren(struct parser *ps, int line)
{
	struct inner i = inner_enter(ps);

	struct node *n = parse_list(ps);
	struct token *t = token_peek(ps);
	if (t->kind == TOK_EOF)
		syntax_eof(line, ")");
	if (t->kind != TOK_RPAREN)
		syntax_error(t);
	inner_leave(ps, &i);
	return n;
}

struct node *parse_text(struct parser *ps, const char *text, size_t len, int line)
{
	struct inner i = inner_enter(ps);
	struct source s;

	source_push_text(&s, text, len, line, true);
	struct node *n = parse_list(ps);
	struct token *t = token_peek(ps);
	if (t->kind != TOK_EOF)
		syntax_error(t);
	source_pop_to(s.prev);
	inner_leave(ps, &i);
	return n;
}
