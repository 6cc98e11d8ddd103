/* SPDX-License-Identifier: MPL-2.0 */
/* The expression of find: operators and precedence. */
#include "apps/utils/find_expr.h"
#include <string.h>
#include "apps/applet/err.h"

struct parser {
	struct find *f;
	char **p;
};

static struct expr *expr_make(int kind, const struct expr *left, const struct expr *right)
{
	struct expr *e = mem_zero(1, sizeof *e);

	e->kind = kind;
	e->left = left;
	e->right = right;
	return e;
}

static bool word_is(const struct parser *s, const char *a, const char *b)
{
	return *s->p != nullptr && (strcmp(*s->p, a) == 0 || strcmp(*s->p, b) == 0);
}

static struct expr *comma_parse(struct parser *s);

/* The command of -exec, up to ";" or "{} +". */
static int command_len(char **words, const char *name)
{
	for (int n = 0; words[n] != nullptr; n++) {
		if (strcmp(words[n], ";") == 0)
			return n;
		if (strcmp(words[n], "+") == 0 && n > 0 && strcmp(words[n - 1], "{}") == 0)
			return n;
	}
	err_fatal("missing argument to '%s'", name);
}

static struct expr *primary_parse(struct parser *s)
{
	const char *name = *s->p;

	if (name == nullptr)
		err_fatal("expected an expression");
	if (strcmp(name, "(") == 0) {
		s->p++;
		if (word_is(s, ")", ")"))
			err_fatal("invalid expression; empty parentheses are not allowed.");
		struct expr *e = comma_parse(s);
		if (!word_is(s, ")", ")"))
			err_fatal("invalid expression; I was expecting to find a ')' somewhere but "
				  "did not see one.");
		s->p++;
		return e;
	}
	if (strcmp(name, ")") == 0)
		err_fatal("invalid expression; you have too many ')'");
	const struct primary *p = primary_find(name);
	if (p == nullptr && name[0] != '-')
		err_fatal("paths must precede expression: '%s'", name);
	if (p == nullptr)
		err_fatal("unknown predicate '%s'", name);
	struct expr *e = expr_make(EXPR_TEST, nullptr, nullptr);
	e->test = p->test;
	e->which = p->which;
	e->other = p->other;
	e->text = name;
	s->p++;
	int args = p->args;
	if (args < 0) {
		args = command_len(s->p, name);
		e->word_count = args;
	}
	for (int i = 0; i < args; i++) {
		if (s->p[i] == nullptr)
			err_fatal("missing argument to '%s'", name);
	}
	if (p->setup != nullptr)
		p->setup(s->f, e, s->p);
	s->p += args + (p->args < 0);
	s->f->has_action |= p->is_action;
	return e;
}

static struct expr *not_parse(struct parser *s)
{
	if (!word_is(s, "!", "-not"))
		return primary_parse(s);
	s->p++;
	return expr_make(EXPR_NOT, not_parse(s), nullptr);
}

static struct expr *and_parse(struct parser *s)
{
	struct expr *e = not_parse(s);

	for (;;) {
		if (word_is(s, "-a", "-and"))
			s->p++;
		else if (*s->p == nullptr || word_is(s, "-o", "-or") || word_is(s, ")", ","))
			return e;
		e = expr_make(EXPR_AND, e, not_parse(s));
	}
}

static struct expr *or_parse(struct parser *s)
{
	struct expr *e = and_parse(s);

	while (word_is(s, "-o", "-or")) {
		s->p++;
		e = expr_make(EXPR_OR, e, and_parse(s));
	}
	return e;
}

static struct expr *comma_parse(struct parser *s)
{
	struct expr *e = or_parse(s);

	while (word_is(s, ",", ",")) {
		s->p++;
		e = expr_make(EXPR_COMMA, e, or_parse(s));
	}
	return e;
}

struct expr *expr_parse(struct find *f, char **words)
{
	static char print_word[] = "-print";
	char *print[] = { print_word, nullptr };
	struct parser s = { .f = f, .p = words };
	struct expr *e = nullptr;

	if (*words != nullptr) {
		e = comma_parse(&s);
		if (word_is(&s, ")", ")"))
			err_fatal("invalid expression; you have too many ')'");
	}
	if (f->has_action)
		return e;
	s.p = print;
	struct expr *action = primary_parse(&s);
	return e == nullptr ? action : expr_make(EXPR_AND, e, action);
}

bool expr_eval(struct find *f, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_TEST:
		return e->test(f, (struct expr *)e); /* -exec + collects names in it */
	case EXPR_AND:
		return expr_eval(f, e->left) && expr_eval(f, e->right);
	case EXPR_OR:
		return expr_eval(f, e->left) || expr_eval(f, e->right);
	case EXPR_NOT:
		return !expr_eval(f, e->left);
	case EXPR_COMMA:
		(void)expr_eval(f, e->left); /* a comma drops it */
		return expr_eval(f, e->right);
	}
	return false;
}

void expr_finish(struct find *f)
{
	for (struct expr *e = f->batches; e != nullptr; e = e->next_batch)
		exec_flush(f, e);
}
