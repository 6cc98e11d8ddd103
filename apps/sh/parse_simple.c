/* SPDX-License-Identifier: MPL-2.0 */
/* Simple commands: words, assignments, redirections. */
#include "apps/sh/parse_int.h"
#include "apps/sh/brace.h"
#include "apps/sh/builtin.h"
#include "apps/sh/chars.h"
#include "apps/sh/input.h"
#include "apps/sh/print.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"
#include "apps/sh/word.h"

#include <stdint.h>
#include <stdlib.h>

/* -- tilde -- */

static struct part *part_copy(struct arena *a, const struct part *p)
{
	struct part *q = arena_alloc(a, sizeof(*q));

	*q = *p;
	return q;
}

static struct part *text_slice(struct arena *a, const struct part *p, size_t from, size_t to)
{
	struct part *q = part_copy(a, p);

	q->text = arena_strndup(a, p->text + from, to - from);
	q->len = to - from;
	return q;
}

/* Where the value of a word such as of=~/disk starts; bash expands it as in an assignment. 0: no.
 */
static size_t value_start(const struct part *p)
{
	if (sh.posix || p->kind != PART_TEXT || p->quoted || p->len == 0 ||
	    !is_class(p->text[0], CC_START))
		return 0;
	size_t n = name_length(p->text);
	return n < p->len && p->text[n] == '=' ? n + 1 : 0;
}

/* Splits the unquoted text p at its tilde prefixes, of which one may be at `start`; gives the last
 * piece. */
static struct part **tilde_split(struct arena *a, struct part *p, struct part **tail, size_t start,
				 bool assignment)
{
	size_t done = 0;

	for (size_t i = 0; i < p->len; i++) {
		bool here = i == start || (assignment && i > 0 && p->text[i - 1] == ':');
		if (!here || p->text[i] != '~')
			continue;
		size_t end = i + 1;
		while (end < p->len && p->text[end] != '/' && !(assignment && p->text[end] == ':'))
			end++;
		if (end == p->len && p->next != nullptr)
			break; /* something quoted or expanded belongs to the prefix: no tilde */
		if (i > done) {
			*tail = text_slice(a, p, done, i);
			tail = &(*tail)->next;
		}
		struct part *t = text_slice(a, p, i + 1, end);
		t->kind = PART_TILDE;
		*tail = t;
		tail = &t->next;
		done = end;
		i = end - 1;
	}
	if (done < p->len || p->len == 0) {
		*tail = done > 0 ? text_slice(a, p, done, p->len) : p;
		tail = &(*tail)->next;
	}
	return tail;
}

/* Unquoted texts side by side, which brace expansion leaves, become one: a prefix may span them. */
static void texts_join(struct arena *a, struct part *p)
{
	for (; p != nullptr; p = p->next) {
		struct part *q = p->next;
		if (p->kind != PART_TEXT || p->quoted)
			continue;
		for (; q != nullptr && q->kind == PART_TEXT && !q->quoted; q = q->next) {
			p->text = arena_printf(a, "%.*s%.*s", (int)p->len, p->text, (int)q->len,
					       q->text);
			p->len += q->len;
			p->protect |= q->protect;
			p->next = q->next;
		}
	}
}

void word_tilde(struct arena *a, struct word *w, bool assignment)
{
	struct part *p = w->parts;
	struct part **tail = &w->parts;
	bool changed = false;

	for (struct part *q = p; q != nullptr && !changed; q = q->next)
		changed = q->kind == PART_TEXT && !q->quoted &&
			  memchr(q->text, '~', q->len) != nullptr;
	if (!changed)
		return;
	texts_join(a, p);
	size_t start = assignment ? 0 : value_start(p);
	assignment |= start != 0;
	while (p != nullptr) {
		struct part *next = p->next;
		if (p->kind == PART_TEXT && !p->quoted) {
			tail = tilde_split(a, p, tail, start, assignment);
		} else {
			*tail = p;
			tail = &p->next;
		}
		start = SIZE_MAX;
		p = next;
	}
	*tail = nullptr;
	word_finish(a, w);
}

struct word **word_append(struct parser *ps, struct word **tail, struct word *w)
{
	if (sh.opt[OPT_BRACEEXPAND])
		w = brace_expand(ps->arena, w);
	*tail = w;
	for (; w != nullptr; w = w->next) {
		word_tilde(ps->arena, w, false);
		tail = &w->next;
	}
	return tail;
}

/* -- assignments -- */

static struct word *word_from_parts(struct arena *a, struct part *parts, int line)
{
	struct word *w = arena_alloc(a, sizeof(*w));

	*w = (struct word){ .parts = parts, .line = line };
	word_finish(a, w);
	return w;
}

/* The parts after byte `from` of part p. */
static struct part *parts_after(struct arena *a, struct part *p, size_t from)
{
	if (from >= p->len)
		return p->next;
	struct part *q = text_slice(a, p, from, p->len);
	q->next = p->next;
	return q;
}

/* Finds the ] that closes [ at byte `at` of *p; the parts between go to *inside. */
static bool find_bracket(struct arena *a, struct part **p, size_t *at, struct part **inside)
{
	int depth = 0;
	struct part **tail = inside;
	size_t from = *at + 1;

	for (struct part *q = *p; q != nullptr; q = q->next, from = 0) {
		if (q->kind != PART_TEXT || q->quoted) {
			*tail = part_copy(a, q);
			tail = &(*tail)->next;
			continue;
		}
		for (size_t i = from; i < q->len; i++) {
			if (q->text[i] == '[') {
				depth++;
			} else if (q->text[i] == ']' && depth-- == 0) {
				*tail = i > from ? text_slice(a, q, from, i) : nullptr;
				if (*tail != nullptr)
					(*tail)->next = nullptr;
				*p = q;
				*at = i + 1;
				return true;
			}
		}
		if (q->len > from) {
			*tail = text_slice(a, q, from, q->len);
			tail = &(*tail)->next;
		}
	}
	return false;
}

static bool find_equals(struct part *p, size_t *at, bool *append)
{
	*append = *at + 1 < p->len && p->text[*at] == '+' && p->text[*at + 1] == '=';
	if (*append && sh.posix)
		return false;
	if (!*append && (*at >= p->len || p->text[*at] != '='))
		return false;
	*at += *append ? 2 : 1;
	return true;
}

struct assign *assign_from_word(struct parser *ps, struct word *w)
{
	struct part *p = w->parts;

	if (p == nullptr || p->kind != PART_TEXT || p->quoted || !is_class(p->text[0], CC_START))
		return nullptr;
	size_t name = name_length(p->text), at = name;
	struct part *inside = nullptr;
	bool subscript = !sh.posix && at < p->len && p->text[at] == '[', append;
	if (subscript && !find_bracket(ps->arena, &p, &at, &inside))
		return nullptr;
	if (!find_equals(p, &at, &append))
		return nullptr;
	struct assign *as = arena_alloc(ps->arena, sizeof(*as));
	*as = (struct assign){ .append = append };
	as->sym = sym_intern(w->parts->text, name);
	if (subscript)
		as->subscript = word_from_parts(ps->arena, inside, w->line);
	as->value = word_from_parts(ps->arena, parts_after(ps->arena, p, at), w->line);
	word_tilde(ps->arena, as->value, true);
	return as;
}

/* [sub]=value inside name=( ). */
static struct element_word *element_from_word(struct parser *ps, struct word *w)
{
	struct element_word *e = arena_alloc(ps->arena, sizeof(*e));
	struct part *p = w->parts, *inside = nullptr;
	size_t at = 0;

	*e = (struct element_word){ .value = w };
	if (p == nullptr || p->kind != PART_TEXT || p->quoted || p->text[0] != '[' ||
	    !find_bracket(ps->arena, &p, &at, &inside) || !find_equals(p, &at, &e->append))
		return e;
	e->subscript = word_from_parts(ps->arena, inside, w->line);
	e->value = word_from_parts(ps->arena, parts_after(ps->arena, p, at), w->line);
	word_tilde(ps->arena, e->value, true);
	return e;
}

/* name=( ... ), after the name=. */
static void parse_array(struct parser *ps, struct assign *as)
{
	struct element_word **tail = &as->elements;

	token_take(ps);
	token_peek(ps); /* the ( */
	token_take(ps);
	as->array = true;
	as->value = nullptr;
	for (;;) {
		ps->assign_ok = false;
		ps->element = true;
		struct token *t = token_peek(ps);
		ps->element = false;
		if (t->kind == TOK_RPAREN)
			break;
		if (t->kind != TOK_WORD && t->kind != TOK_NEWLINE)
			syntax_error(t);
		struct word *w = t->word;
		bool newline = t->kind == TOK_NEWLINE;
		token_take(ps);
		if (newline)
			continue;
		struct element_word *e = element_from_word(ps, w);
		if (e->subscript == nullptr) {
			struct word *list = nullptr;
			word_append(ps, &list, w);
			for (w = list; w != nullptr; w = w->next) {
				*tail = arena_alloc(ps->arena, sizeof(**tail));
				**tail = (struct element_word){ .value = w };
				tail = &(*tail)->next;
			}
			continue;
		}
		*tail = e;
		tail = &e->next;
	}
	token_take(ps);
}

static bool array_follows(const struct assign *as)
{
	return !sh.posix && as->subscript == nullptr && as->value->parts == nullptr &&
	       source_peek() == '(';
}

/* -- redirections -- */

static int default_fd(enum redir_kind k)
{
	switch (k) {
	case REDIR_IN:
	case REDIR_RDWR:
	case REDIR_DUP_IN:
	case REDIR_HERE:
	case REDIR_HERE_STRING:
		return 0;
	default:
		return 1;
	}
}

static void heredoc_begin(struct parser *ps, struct redir *r, struct word *w)
{
	struct buf text = {};

	r->here_quoted = (w->flags & WORD_QUOTED) != 0;
	if (w->lit != nullptr)
		buf_add(&text, w->lit, w->lit_len);
	else
		print_unquoted(&text, w);
	r->delimiter = arena_strndup(ps->arena, text.len > 0 ? text.p : "", text.len);
	r->target = word_from_text(ps, "", 0, true); /* until its lines are read, if ever */
	*ps->heredocs_tail = r;
	ps->heredocs_tail = &r->next_here;
}

struct redir *parse_redir(struct parser *ps)
{
	struct token *t = token_peek(ps);
	struct redir *r = arena_alloc(ps->arena, sizeof(*r));

	*r = (struct redir){ .kind = t->redir, .strip_tabs = t->strip_tabs, .fd_var = t->io_var };
	r->fd = t->io >= 0 ? t->io : t->io_var != nullptr ? -1 : default_fd(t->redir);
	token_take(ps);
	t = token_peek(ps);
	if (t->kind != TOK_WORD)
		syntax_error(t);
	struct word *w = t->word;
	token_take(ps);
	if (r->kind == REDIR_HERE) {
		heredoc_begin(ps, r, w);
	} else {
		word_tilde(ps->arena, w, false);
		r->target = w;
	}
	return r;
}

void parse_redirs(struct parser *ps, struct redir **tail)
{
	while (*tail != nullptr)
		tail = &(*tail)->next;
	while (token_peek(ps)->kind == TOK_REDIR) {
		*tail = parse_redir(ps);
		tail = &(*tail)->next;
	}
}

/* -- the command -- */

static bool is_declaration(const struct node *n)
{
	const struct word *w = n->simple.words;

	/* `command export ...` declares as `export ...` does */
	while (w != nullptr && word_plain(w) != nullptr && strcmp(w->lit, "command") == 0)
		w = w->next;
	if (w == nullptr || word_plain(w) == nullptr)
		return false;
	struct sym *s = sym_intern(w->lit, w->lit_len);
	return s->builtin != nullptr && (s->builtin->flags & BUILTIN_DECLARES) != 0;
}

struct simple_state {
	struct node *n;
	struct assign **assigns;
	struct word **words;
	struct redir **redirs;
	bool declares;
};

static void take_word(struct parser *ps, struct simple_state *st)
{
	struct word *w = ps->tok.word;
	struct assign *as = nullptr;

	if (st->n->simple.words == nullptr || st->declares)
		as = assign_from_word(ps, w);
	if (as != nullptr && array_follows(as))
		parse_array(ps, as);
	else
		token_take(ps);
	if (as != nullptr && !st->declares) {
		*st->assigns = as;
		st->assigns = &as->next;
		return;
	}
	if (as != nullptr) {
		w->assign = as;
		*st->words = w;
		st->words = &w->next;
	} else {
		st->words = word_append(ps, st->words, w);
	}
	st->declares = is_declaration(st->n);
}

static bool is_function_start(struct parser *ps, const struct node *n)
{
	const struct word *w = n->simple.words;

	return w != nullptr && w->next == nullptr && word_plain(w) != nullptr &&
	       n->simple.assigns == nullptr && n->redirs == nullptr &&
	       token_peek(ps)->kind == TOK_LPAREN;
}

static struct node *function_start(struct parser *ps, const struct node *n)
{
	const struct word *w = n->simple.words;

	token_take(ps);
	if (token_peek(ps)->kind != TOK_RPAREN)
		syntax_error(token_peek(ps));
	token_take(ps);
	struct sym *s = sym_intern(w->lit, w->lit_len);
	if (sh.posix && !name_is_valid(w->lit, w->lit_len))
		syntax_error(&(struct token){ .kind = TOK_LPAREN, .line = w->line });
	return parse_function(ps, s, n->line);
}

static void simple_finish(struct node *n)
{
	const struct word *w = n->simple.words;

	for (; w != nullptr; w = w->next)
		n->simple.nwords++;
	w = n->simple.words;
	if (w != nullptr && (w->flags & WORD_LITERAL) != 0)
		n->simple.command = sym_intern(w->lit, w->lit_len);
}

struct node *parse_simple(struct parser *ps, struct word *start)
{
	struct simple_state st = { .n = node_create(ps, NODE_SIMPLE) };

	st.assigns = &st.n->simple.assigns;
	st.words = &st.n->simple.words;
	st.redirs = &st.n->redirs;
	st.n->line = token_peek(ps)->line;
	if (start != nullptr)
		st.words = word_append(ps, st.words, start);
	for (bool first = start == nullptr;; first = false) {
		struct token *t = token_peek(ps);
		if (t->kind == TOK_REDIR) {
			*st.redirs = parse_redir(ps);
			st.redirs = &(*st.redirs)->next;
		} else if (t->kind == TOK_WORD) {
			bool command = st.n->simple.words == nullptr;
			if (!first && command && alias_expand(ps)) {
				ps->assign_ok = command;
				continue;
			}
			take_word(ps, &st);
		} else if (first) {
			syntax_error(t);
		} else {
			break;
		}
		ps->assign_ok = st.n->simple.words == nullptr || st.declares;
		if (is_function_start(ps, st.n))
			return function_start(ps, st.n);
	}
	simple_finish(st.n);
	return st.n;
}
