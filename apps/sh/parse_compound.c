/* SPDX-License-Identifier: MPL-2.0 */
/* Compound commands and function definitions. */
#include "apps/sh/parse_int.h"
#include "apps/sh/arith.h"
#include "apps/sh/error.h"
#include "apps/sh/input.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <string.h>

static struct node *parse_if(struct parser *ps)
{
	struct node *n = node_create(ps, NODE_IF);

	token_take(ps);
	stack_check();
	n->branch.test = parse_body(ps);
	expect_keyword(ps, KW_THEN);
	n->branch.then = parse_body(ps);
	enum keyword kw = peek_keyword(ps);
	if (kw == KW_ELIF) {
		n->branch.otherwise = parse_if(ps);
		return n; /* the inner one takes the fi */
	}
	if (kw == KW_ELSE) {
		token_take(ps);
		n->branch.otherwise = parse_body(ps);
	}
	expect_keyword(ps, KW_FI);
	return n;
}

static struct node *parse_do(struct parser *ps)
{
	expect_keyword(ps, KW_DO);
	struct node *n = parse_body(ps);
	expect_keyword(ps, KW_DONE);
	return n;
}

static struct node *parse_while(struct parser *ps, enum node_kind kind)
{
	struct node *n = node_create(ps, kind);

	token_take(ps);
	n->branch.test = parse_body(ps);
	n->branch.then = parse_do(ps);
	return n;
}

/* The body of for and select: do ... done, or { ... }. */
static struct node *parse_loop_body(struct parser *ps)
{
	if (sh.posix || peek_keyword(ps) != KW_LBRACE)
		return parse_do(ps);
	token_take(ps);
	struct node *n = parse_body(ps);
	expect_keyword(ps, KW_RBRACE);
	return n;
}

static struct word *expression(struct parser *ps, const char *text, size_t len)
{
	while (len > 0 && (*text == ' ' || *text == '\t' || *text == '\n')) {
		text++;
		len--;
	}
	return len > 0 ? word_from_text(ps, text, len, false) : nullptr;
}

static struct arith *compile(struct parser *ps, const struct word *w)
{
	return w != nullptr && w->lit != nullptr ? arith_compile(ps->arena, w->lit) : nullptr;
}

/* The text up to a ; outside parentheses and quotes. */
static size_t clause_length(const char *s)
{
	int depth = 0;
	size_t i = 0;

	for (; s[i] != '\0' && (s[i] != ';' || depth > 0); i++)
		depth += (s[i] == '(') - (s[i] == ')');
	return i;
}

static struct node *parse_for_arith(struct parser *ps, int line)
{
	struct node *n = node_create(ps, NODE_FOR_ARITH);
	char *text;
	size_t len;
	struct word **clauses[] = { &n->arith_loop.init, &n->arith_loop.test, &n->arith_loop.step };
	struct arith **compiled[] = { &n->arith_loop.c_init, &n->arith_loop.c_test,
				      &n->arith_loop.c_step };

	n->line = line;
	token_take(ps);
	if (source_get() != '(' || !lex_arith(ps, &text, &len))
		syntax_error(&(struct token){ .kind = TOK_LPAREN, .line = line });
	for (int i = 0; i < 3; i++) {
		size_t part = clause_length(text);
		*clauses[i] = expression(ps, text, part);
		*compiled[i] = compile(ps, *clauses[i]);
		text += part;
		if ((*text == ';') != (i < 2))
			syntax_error(&(struct token){ .kind = TOK_SEMI, .line = line });
		text += *text == ';';
	}
	peek_keyword(ps);
	if (ps->tok.kind == TOK_SEMI)
		token_take(ps);
	skip_to_command(ps);
	n->arith_loop.body = parse_loop_body(ps);
	return n;
}

static void parse_for_words(struct parser *ps, struct node *n)
{
	struct word **tail = &n->loop.words;

	n->loop.has_in = true;
	token_take(ps);
	for (;;) {
		struct token *t = token_peek(ps);
		if (t->kind != TOK_WORD)
			break;
		struct word *w = t->word;
		token_take(ps);
		tail = word_append(ps, tail, w);
	}
	struct token *t = token_peek(ps);
	if (t->kind != TOK_SEMI && t->kind != TOK_NEWLINE)
		syntax_error(t);
	token_take(ps);
	ps->keyword_next = true;
	skip_newlines(ps);
}

static struct node *parse_for(struct parser *ps, enum node_kind kind)
{
	int line = token_peek(ps)->line;

	token_take(ps);
	ps->assign_ok = false;
	struct token *t = token_peek(ps);
	if (t->kind == TOK_LPAREN && kind == NODE_FOR && !sh.posix && source_peek() == '(')
		return parse_for_arith(ps, line);
	const char *name = t->kind == TOK_WORD ? word_plain(t->word) : nullptr;
	if (name == nullptr || !name_is_valid(name, t->word->lit_len))
		syntax_error(t);
	struct node *n = node_create(ps, kind);
	n->line = line;
	n->loop.var = sym_intern(name, t->word->lit_len);
	token_take(ps);
	ps->keyword_next = true;
	t = token_peek(ps);
	if (t->kind == TOK_SEMI) {
		token_take(ps);
		skip_to_command(ps);
	} else {
		skip_newlines(ps);
		if (token_keyword(ps) == KW_IN)
			parse_for_words(ps, n);
	}
	n->loop.body = parse_loop_body(ps);
	return n;
}

static struct word *case_word(struct parser *ps)
{
	struct token *t = token_peek(ps);

	if (t->kind != TOK_WORD)
		syntax_error(t);
	struct word *w = t->word;
	token_take(ps);
	word_tilde(ps->arena, w, false);
	return w;
}

/* The next item, or nullptr at esac. */
static struct case_item *parse_case_item(struct parser *ps)
{
	skip_newlines(ps);
	if (token_keyword(ps) == KW_ESAC)
		return nullptr;
	struct case_item *item = arena_alloc(ps->arena, sizeof(*item));
	struct word **tail = &item->patterns;
	*item = (struct case_item){};
	if (token_peek(ps)->kind == TOK_LPAREN)
		token_take(ps);
	ps->assign_ok = false;
	for (;;) {
		*tail = case_word(ps);
		tail = &(*tail)->next;
		struct token *t = token_peek(ps);
		if (t->kind == TOK_RPAREN)
			break;
		if (t->kind != TOK_PIPE)
			syntax_error(t);
		token_take(ps);
	}
	token_take(ps);
	item->body = parse_list(ps);
	struct token *t = token_peek(ps);
	item->end = t->kind == TOK_SEMI_AMP    ? CASE_FALL
		    : t->kind == TOK_DSEMI_AMP ? CASE_NEXT
					       : CASE_BREAK;
	if (t->kind == TOK_DSEMI || item->end != CASE_BREAK)
		token_take(ps);
	else if (token_keyword(ps) != KW_ESAC)
		syntax_error(t);
	return item;
}

static struct node *parse_case(struct parser *ps)
{
	struct node *n = node_create(ps, NODE_CASE);
	struct case_item **tail = &n->pick.items;

	token_take(ps);
	ps->assign_ok = ps->command_start = false;
	n->pick.subject = case_word(ps);
	ps->keyword_next = true;
	skip_newlines(ps);
	if (token_keyword(ps) != KW_IN)
		syntax_error(token_peek(ps));
	token_take(ps);
	for (struct case_item *i; (i = parse_case_item(ps)) != nullptr; tail = &i->next)
		*tail = i;
	token_take(ps);
	return n;
}

static struct node *parse_group(struct parser *ps, bool subshell)
{
	struct node *n = node_create(ps, subshell ? NODE_SUBSHELL : NODE_GROUP);

	token_take(ps);
	n->pair.a = parse_body(ps);
	if (!subshell) {
		expect_keyword(ps, KW_RBRACE);
		return n;
	}
	if (token_peek(ps)->kind != TOK_RPAREN)
		syntax_error(token_peek(ps));
	token_take(ps);
	return n;
}

/* (( expression )), or a subshell in a subshell. */
static struct node *parse_paren(struct parser *ps)
{
	char *text;
	size_t len;

	if (sh.posix || source_peek() != '(')
		return parse_group(ps, true);
	source_get();
	if (!lex_arith(ps, &text, &len)) {
		source_push_back("(", 1);
		return parse_group(ps, true);
	}
	struct node *n = node_create(ps, NODE_ARITH);
	token_take(ps);
	n->arith.expr = word_from_text(ps, text, len, false);
	n->arith.compiled = compile(ps, n->arith.expr);
	return n;
}

struct node *parse_function(struct parser *ps, struct sym *name, int line)
{
	struct node *n = node_create(ps, NODE_FUNCTION);

	skip_to_command(ps);
	enum keyword kw = peek_keyword(ps);
	if (kw == KW_NONE && token_peek(ps)->kind != TOK_LPAREN)
		syntax_error(token_peek(ps));
	n->line = line;
	n->function.name = name;
	n->function.tree = ps->tree;
	n->function.body = parse_compound(ps, kw);
	return n;
}

/* function name [()] compound */
static struct node *parse_function_keyword(struct parser *ps)
{
	int line = token_peek(ps)->line;

	token_take(ps);
	ps->assign_ok = false;
	struct token *t = token_peek(ps);
	if (t->kind != TOK_WORD || t->word->lit == nullptr)
		syntax_error(t);
	struct sym *name = sym_intern(t->word->lit, t->word->lit_len);
	token_take(ps);
	if (token_peek(ps)->kind == TOK_LPAREN && source_peek() == ')') {
		token_take(ps);
		token_peek(ps);
		token_take(ps);
	}
	return parse_function(ps, name, line);
}

/* coproc command, or coproc NAME compound */
static struct node *parse_coproc(struct parser *ps)
{
	struct node *n = node_create(ps, NODE_COPROC);

	token_take(ps);
	n->function.name = sym_intern("COPROC", 6);
	enum keyword kw = peek_keyword(ps);
	struct token *t = token_peek(ps);
	if (kw != KW_NONE || t->kind != TOK_WORD || word_plain(t->word) == nullptr ||
	    !name_is_valid(t->word->lit, t->word->lit_len)) {
		n->function.body = parse_command_node(ps);
		return n;
	}
	struct word *w = t->word;
	token_take(ps);
	ps->assign_ok = false;
	if (token_keyword(ps) == KW_NONE && token_peek(ps)->kind != TOK_LPAREN) {
		n->function.body = parse_simple(ps, w);
		return n;
	}
	n->function.name = sym_intern(w->lit, w->lit_len);
	n->function.body = parse_command_node(ps);
	return n;
}

static struct node *parse_double_bracket(struct parser *ps)
{
	struct node *n = node_create(ps, NODE_TEST);

	token_take(ps);
	n->test = parse_test(ps);
	return n;
}

static struct node *compound_for(struct parser *ps, enum keyword kw)
{
	switch (kw) {
	case KW_IF:
		return parse_if(ps);
	case KW_WHILE:
		return parse_while(ps, NODE_WHILE);
	case KW_UNTIL:
		return parse_while(ps, NODE_UNTIL);
	case KW_FOR:
		return parse_for(ps, NODE_FOR);
	case KW_SELECT:
		return parse_for(ps, NODE_SELECT);
	case KW_CASE:
		return parse_case(ps);
	case KW_LBRACE:
		return parse_group(ps, false);
	case KW_LTEST:
		return parse_double_bracket(ps);
	case KW_FUNCTION:
		return parse_function_keyword(ps);
	case KW_COPROC:
		return parse_coproc(ps);
	case KW_NONE:
		return parse_paren(ps);
	default:
		syntax_error(token_peek(ps));
	}
}

struct node *parse_compound(struct parser *ps, enum keyword kw)
{
	int line = token_peek(ps)->line;

	stack_check();
	struct node *n = compound_for(ps, kw);
	n->line = line;
	/* A function's redirections are its body's. */
	parse_redirs(ps, n->kind == NODE_FUNCTION ? &n->function.body->redirs : &n->redirs);
	return n;
}
