/* SPDX-License-Identifier: MPL-2.0 */
/* The grammar of [[ ]]. */
#include "apps/sh/parse_int.h"
#include "apps/sh/error.h"

#include <string.h>

static struct test_node *parse_or(struct parser *ps);

static struct test_node *test_create(struct parser *ps, enum test_kind kind)
{
	struct test_node *t = arena_alloc(ps->arena, sizeof(*t));

	*t = (struct test_node){ .kind = kind };
	return t;
}

static const char *plain_token(struct parser *ps)
{
	struct token *t = token_peek(ps);

	return t->kind == TOK_WORD ? word_plain(t->word) : nullptr;
}

static struct word *take_operand(struct parser *ps)
{
	struct token *t = token_peek(ps);
	const char *s = plain_token(ps);

	if (t->kind != TOK_WORD || (s != nullptr && strcmp(s, "]]") == 0))
		syntax_error(t);
	struct word *w = t->word;
	token_take(ps);
	word_tilde(ps->arena, w, false);
	return w;
}

static bool is_unary(const char *s)
{
	return s != nullptr && s[0] == '-' && s[1] != '\0' && s[2] == '\0' &&
	       strchr("abcdefghknoprstuvwxzGLNORS", s[1]) != nullptr;
}

static const char *binary_operator(struct parser *ps)
{
	static const char *const ops[] = { "=",   "==",  "!=",  "=~",  "-eq", "-ne", "-lt",
					   "-le", "-gt", "-ge", "-nt", "-ot", "-ef" };
	struct token *t = token_peek(ps);

	if (t->kind == TOK_REDIR && t->io < 0 && (t->redir == REDIR_IN || t->redir == REDIR_OUT))
		return t->redir == REDIR_IN ? "<" : ">";
	const char *s = plain_token(ps);
	for (size_t i = 0; s != nullptr && i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(s, ops[i]) == 0)
			return ops[i];
	return nullptr;
}

static struct test_node *parse_unary(struct parser *ps, const char *op)
{
	struct test_node *n = test_create(ps, TEST_UNARY);

	n->op = op;
	n->left = take_operand(ps);
	return n;
}

static struct test_node *parse_primary(struct parser *ps)
{
	struct word *left = take_operand(ps);
	const char *first = word_plain(left);

	if (is_unary(first) && binary_operator(ps) == nullptr)
		return parse_unary(ps, first);
	const char *op = binary_operator(ps);
	struct test_node *n = test_create(ps, op != nullptr ? TEST_BINARY : TEST_STRING);
	n->left = left;
	n->op = op;
	if (op == nullptr)
		return n;
	token_take(ps);
	ps->regex = strcmp(op, "=~") == 0;
	ps->open = 0;
	token_peek(ps);
	ps->regex = false;
	n->right = take_operand(ps);
	return n;
}

static struct test_node *parse_not(struct parser *ps)
{
	const char *s;

	stack_check();
	skip_newlines(ps);
	ps->assign_ok = ps->command_start = false;
	if (token_peek(ps)->kind == TOK_LPAREN) {
		token_take(ps);
		struct test_node *n = parse_or(ps);
		skip_newlines(ps);
		if (token_peek(ps)->kind != TOK_RPAREN)
			syntax_error(token_peek(ps));
		token_take(ps);
		return n;
	}
	if ((s = plain_token(ps)) != nullptr && strcmp(s, "!") == 0) {
		token_take(ps);
		struct test_node *n = test_create(ps, TEST_NOT);
		n->a = parse_not(ps);
		return n;
	}
	return parse_primary(ps);
}

static struct test_node *parse_and(struct parser *ps)
{
	struct test_node *n = parse_not(ps);

	for (skip_newlines(ps); token_peek(ps)->kind == TOK_AND; skip_newlines(ps)) {
		token_take(ps);
		struct test_node *both = test_create(ps, TEST_AND);
		both->a = n;
		both->b = parse_not(ps);
		n = both;
	}
	return n;
}

static struct test_node *parse_or(struct parser *ps)
{
	struct test_node *n = parse_and(ps);

	while (token_peek(ps)->kind == TOK_OR) {
		token_take(ps);
		struct test_node *either = test_create(ps, TEST_OR);
		either->a = n;
		either->b = parse_and(ps);
		n = either;
	}
	return n;
}

struct test_node *parse_test(struct parser *ps)
{
	struct test_node *n = parse_or(ps);

	if (token_keyword(ps) != KW_RTEST)
		syntax_error(token_peek(ps));
	token_take(ps);
	return n;
}
