/* SPDX-License-Identifier: MPL-2.0 */
/* Words to strings and fields: the engine. */
#include "apps/sh/expand.h"
#include "apps/sh/arith.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/glob.h"
#include "apps/sh/input.h"
#include "apps/sh/lex.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/subst.h"
#include "apps/sh/var.h"

#include <pwd.h>
#include <unistd.h>

void fields_add(struct fields *f, char *s)
{
	if (f->n + 1 >= f->cap) {
		int cap = f->cap > 0 ? f->cap * 2 : 8;
		char **v = arena_alloc(&scratch, (size_t)cap * sizeof(*v));
		if (f->n > 0)
			memcpy(v, f->v, (size_t)f->n * sizeof(*v));
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n++] = s;
}

char **fields_finish(struct fields *f)
{
	fields_add(f, nullptr);
	f->n--;
	return f->v;
}

/* Ends the string and gives back what it did not need. */
static char *buf_close(struct buf *b)
{
	char *s = buf_str(b);

	if (s + b->cap == scratch.p)
		scratch.p = s + ((b->len + 8) & ~(size_t)7);
	*b = (struct buf){};
	return s;
}

static void field_end(struct expander *x)
{
	size_t len = x->field.len;

	if (x->has_glob && !sh.opt[OPT_NOGLOB]) {
		char *pattern = buf_close(&x->field);
		if (!glob_expand(pattern, len, x->out)) {
			pattern[pattern_unmark(pattern, len)] = '\0';
			fields_add(x->out, pattern);
		}
	} else {
		if (x->has_mark)
			x->field.len = pattern_unmark(x->field.p, len);
		fields_add(x->out, buf_close(&x->field));
	}
	x->have = x->has_mark = x->has_glob = false;
}

void expand_break(struct expander *x)
{
	if (x->field.len > 0 || x->have)
		field_end(x);
	x->after_space = false;
}

static void add_quoted(struct expander *x, const char *s, size_t len)
{
	x->have = true;
	x->after_space = false;
	if (!x->marks) {
		buf_add(&x->field, s, len);
		return;
	}
	buf_room(&x->field, len * 2);
	char *to = x->field.p + x->field.len;
	/* NOLINTBEGIN(clang-analyzer-core.NullDereference): there is room now */
	for (const char *end = s + len; s < end; s++) {
		if (char_class[(unsigned char)*s] & CC_ESCAPE) {
			*to++ = ESC;
			x->has_mark = true;
		}
		*to++ = *s;
	}
	/* NOLINTEND(clang-analyzer-core.NullDereference) */
	x->field.len = (size_t)(to - x->field.p);
}

/* Unquoted text that is not split, or the pieces of one that was. */
static void add_plain(struct expander *x, const char *s, size_t len)
{
	x->after_space = false;
	if (!x->marks) {
		buf_add(&x->field, s, len);
		return;
	}
	buf_room(&x->field, len * 2);
	char *to = x->field.p + x->field.len;
	/* NOLINTBEGIN(clang-analyzer-core.NullDereference): there is room now */
	for (const char *end = s + len; s < end; s++) {
		if (*s == ESC) {
			*to++ = ESC;
			x->has_mark = true;
		} else if (char_class[(unsigned char)*s] & (CC_GLOB | CC_META)) {
			x->has_glob |= is_class((unsigned char)*s, CC_GLOB) ||
				       (*s == '(' && sh.opt[SHOPT_EXTGLOB]);
		}
		*to++ = *s;
	}
	/* NOLINTEND(clang-analyzer-core.NullDereference) */
	x->field.len = (size_t)(to - x->field.p);
}

static void add_split(struct expander *x, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		const char *run = s;
		while (s < end && ifs_class[(unsigned char)*s] == 0)
			s++;
		if (s > run)
			add_plain(x, run, (size_t)(s - run));
		if (s == end)
			break;
		if (ifs_class[(unsigned char)*s++] == 1) {
			if (x->field.len > 0 || x->have) {
				field_end(x);
				x->after_space = true;
			}
		} else if (x->after_space) {
			x->after_space = false; /* belongs to the separator before it */
		} else {
			field_end(x);
		}
	}
}

void expand_add(struct expander *x, const char *s, size_t len, bool quoted)
{
	if (quoted)
		add_quoted(x, s, len);
	else if (x->out != nullptr)
		add_split(x, s, len);
	else
		add_plain(x, s, len);
}

static void add_text(struct expander *x, const struct part *p)
{
	if (p->quoted) {
		if (p->protect) {
			add_quoted(x, p->text, p->len);
			return;
		}
		x->have = true;
	} else if (x->in_arg) {
		expand_add(x, p->text, p->len, false);
		return;
	} else if (p->protect) {
		x->has_glob = true;
	}
	x->after_space = false;
	buf_add(&x->field, p->text, p->len);
}

static void add_tilde(struct expander *x, const struct part *p)
{
	const char *home = nullptr;

	if (p->len == 0) {
		home = var_value(sym_home);
	} else if (strcmp(p->text, "+") == 0 && !sh.posix) {
		home = var_value(sym_pwd);
	} else if (strcmp(p->text, "-") == 0 && !sh.posix) {
		home = var_value(sym_oldpwd);
	} else {
		const struct passwd *pw = getpwnam(p->text);
		home = pw != nullptr ? pw->pw_dir : nullptr;
	}
	if (home == nullptr) {
		add_quoted(x, "~", 1);
		add_quoted(x, p->text, p->len);
		return;
	}
	size_t len = strlen(home);
	/* ~/x with a home of / is /x, not //x. */
	if (p->next != nullptr && p->next->kind == PART_TEXT && p->next->text[0] == '/' &&
	    len > 0 && home[len - 1] == '/')
		len--;
	add_quoted(x, home, len);
}

static void add_arith(struct expander *x, const struct part *p)
{
	char digits[NUM_MAX];
	const char *s = num_format(arith_word(p->expr, p->compiled), digits + NUM_MAX);

	expand_add(x, s, (size_t)(digits + NUM_MAX - 1 - s), p->quoted);
}

static void add_process(struct expander *x, const struct part *p)
{
	char name[32];

	subst_process(p->command, p->kind == PART_PROC_IN, name, sizeof(name));
	add_quoted(x, name, strlen(name));
}

void expand_parts(struct expander *x, const struct part *p)
{
	for (; p != nullptr; p = p->next) {
		switch (p->kind) {
		case PART_TEXT:
			add_text(x, p);
			break;
		case PART_PARAM:
			param_expand(x, p->param, p->quoted);
			break;
		case PART_COMMAND: {
			size_t len;
			const char *s = subst_command(p->command, &len);
			expand_add(x, s, len, p->quoted);
			break;
		}
		case PART_ARITH:
			add_arith(x, p);
			break;
		case PART_TILDE:
			add_tilde(x, p);
			break;
		case PART_PROC_IN:
		case PART_PROC_OUT:
			add_process(x, p);
			break;
		}
	}
}

/* name=value among the words of `export` and its like: as an assignment, in one field. */
static char *expand_declaration(const struct assign *as)
{
	struct buf b = {};

	buf_puts(&b, as->sym->name);
	if (as->subscript != nullptr)
		buf_printf(&b, "[%s]", expand_string(as->subscript));
	buf_puts(&b, as->append ? "+=" : "=");
	if (as->value != nullptr) {
		size_t len;
		const char *value = expand_string_len(as->value, &len);
		buf_add(&b, value, len);
	}
	return buf_close(&b);
}

/* The commonest word that is no literal: "$v" or $v alone, needing no work. True when done. */
static bool expand_simple(const struct word *w, struct fields *out)
{
	const struct part *p = w->parts;

	if (p == nullptr || p->next != nullptr || p->kind != PART_PARAM || !p->quoted)
		return false;
	const struct param *q = p->param;
	const char *v = nullptr;
	if (q->op != OP_NONE || q->indirect || q->subscript != nullptr)
		return false;
	if (q->kind == PARAM_VAR)
		v = var_value(q->sym);
	else if (q->kind == PARAM_POSITION && q->position <= sh.params.n)
		v = sh.params.v[q->position - 1];
	if (v == nullptr)
		return false;
	fields_add(out, arena_strndup(&scratch, v, strlen(v)));
	return true;
}

void expand_words(struct word *list, struct fields *out)
{
	for (struct word *w = list; w != nullptr; w = w->next) {
		if (w->assign != nullptr) {
			fields_add(out, expand_declaration(w->assign));
			continue;
		}
		if (w->flags & WORD_LITERAL) {
			fields_add(out, (char *)w->lit);
			continue;
		}
		if (expand_simple(w, out))
			continue;
		struct expander x = { .out = out, .marks = true };
		expand_parts(&x, w->parts);
		if (x.field.len > 0 || x.have)
			field_end(&x);
	}
}

char *expand_string_len(const struct word *w, size_t *len)
{
	struct expander x = {};

	if (w->lit != nullptr) {
		*len = w->lit_len;
		return (char *)w->lit;
	}
	expand_parts(&x, w->parts);
	*len = x.field.len;
	return buf_close(&x.field);
}

char *expand_string(const struct word *w)
{
	size_t len;

	return expand_string_len(w, &len);
}

char *expand_pattern(const struct word *w, size_t *len)
{
	struct expander x = { .marks = true };

	expand_parts(&x, w->parts);
	*len = x.field.len;
	return buf_close(&x.field);
}

char *expand_regex(const struct word *w)
{
	size_t len;
	const char *s = expand_pattern(w, &len);
	struct buf b = {};

	for (size_t i = 0; i < len; i++) {
		if (s[i] == ESC && i + 1 < len) {
			if (strchr("\\^$.[]|()*+?{}", s[++i]) != nullptr)
				buf_byte(&b, '\\');
		}
		buf_byte(&b, s[i]);
	}
	return buf_close(&b);
}

static struct word *word_of_text(const char *text)
{
	struct parser ps = { .arena = &scratch };
	struct source base;

	/* Without a source below there is nothing to count lines for. */
	if (source_top != nullptr)
		return word_from_text(&ps, text, strlen(text), true);
	source_push_text(&base, "", 0, 1, true);
	struct word *w = word_from_text(&ps, text, strlen(text), true);
	source_pop();
	return w;
}

char *expand_text(const char *text)
{
	return expand_string(word_of_text(text));
}

char *expand_subscript_key(const char *text)
{
	size_t n = strlen(text);

	/* Expansions in the subscript were done with the rest of the expression; quotes were not.
	 */
	if (n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n - 1] == text[0])
		return arena_strndup(&scratch, text + 1, n - 2);
	return arena_strndup(&scratch, text, n);
}
