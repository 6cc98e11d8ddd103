/* SPDX-License-Identifier: MPL-2.0 */
/* Parameter expansion: ${v}, and everything that can stand between the braces. */
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/expand.h"
#include "apps/sh/option.h"
#include "apps/sh/param_op.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <stdlib.h>

static struct text text_of(const char *s)
{
	return (struct text){ s, s != nullptr ? strlen(s) : 0 };
}

static struct text text_num(long long n)
{
	char *digits = arena_alloc(&scratch, NUM_MAX);

	return text_of(num_format(n, digits + NUM_MAX));
}

static void value_list(struct value *v, int n, char kind)
{
	v->list = arena_alloc(&scratch, ((size_t)n + 1) * sizeof(*v->list));
	v->n = n;
	v->many = kind;
	v->set = n > 0;
}

static void get_params(struct value *v, char kind)
{
	value_list(v, sh.params.n, kind);
	for (int i = 0; i < sh.params.n; i++)
		v->list[i] = text_of(sh.params.v[i]);
}

static void get_special(struct value *v, char c)
{
	v->set = true;
	switch (c) {
	case '@':
	case '*':
		get_params(v, c);
		break;
	case '#':
		v->one = text_num(sh.params.n);
		break;
	case '?':
		v->one = text_num(sh.status);
		break;
	case '$':
		v->one = text_num(sh.pid);
		break;
	case '!':
		v->set = sh.bg_known;
		v->one = sh.bg_known ? text_num(sh.bg_pid) : (struct text){};
		break;
	case '-':
		v->one = text_of(option_letters());
		break;
	default:
		v->one = text_of(sh.arg0);
		break;
	}
}

static void get_all_elements(struct value *v, struct sym *s, char kind, bool keys)
{
	const char *plain = var_value(s); /* also brings a computed array up to date */

	if (s->arr == nullptr) {
		value_list(v, plain != nullptr, kind);
		if (plain != nullptr)
			v->list[0] = keys ? text_of("0") : text_of(plain);
		return;
	}
	value_list(v, (int)s->arr->n, kind);
	for (size_t i = 0; i < s->arr->n; i++) {
		const struct element *e = &s->arr->v[i];
		v->list[i] = !keys               ? text_of(e->val)
			     : e->key != nullptr ? text_of(e->key)
						 : text_num(e->index);
	}
}

/* An index before the first element stays negative: there is nothing to read. */
static const char *subscript_any(const struct word *sub, const struct sym *s, long long *index)
{
	*index = 0;
	const char *text = expand_string(sub);
	if (s->flags & VAR_ASSOC)
		return text;
	*index = arith_text(text);
	if (*index < 0 && s->arr != nullptr)
		*index += array_end(s->arr);
	return nullptr;
}

const char *subscript_key(const struct word *sub, const struct sym *s, long long *index)
{
	const char *key = subscript_any(sub, s, index);

	if (*index < 0)
		fail(1, "%s: bad array subscript", s->name);
	return key;
}

static void get_element(struct value *v, struct sym *s, const struct word *sub)
{
	long long index;
	const char *key = subscript_any(sub, s, &index);
	const char *plain = var_value(s);

	if (s->arr == nullptr) {
		v->set = index == 0 && key == nullptr && plain != nullptr;
		v->one = text_of(v->set ? plain : nullptr);
		return;
	}
	const struct element *e = array_find(s->arr, index, key);
	v->set = e != nullptr;
	v->one = text_of(e != nullptr ? e->val : nullptr);
}

static void get_variable(struct value *v, struct sym *s, const struct param *p)
{
	s = var_deref(s);
	if (p->subscript != nullptr && p->special != '\0') {
		get_all_elements(v, s, p->special, false);
	} else if (p->subscript != nullptr) {
		get_element(v, s, p->subscript);
	} else {
		const char *val = var_value(s);
		v->set = val != nullptr;
		v->one = text_of(val);
	}
}

static void get_position(struct value *v, int position)
{
	v->set = position >= 1 && position <= sh.params.n;
	v->one = text_of(v->set ? sh.params.v[position - 1] : nullptr);
}

/* ${!v}: the value names the parameter. It may be a name, a number, a special, or a[sub]. */
static void get_named(struct value *v, const char *name)
{
	struct param p = {};
	size_t len = name_length(name), all = strlen(name);

	*v = (struct value){};
	if (all > 0 && strspn(name, "0123456789") == all) {
		if (strcmp(name, "0") == 0)
			get_special(v, '0');
		else
			get_position(v, atoi(name));
	} else if (all == 1 && is_class((unsigned char)name[0], CC_PARAM)) {
		get_special(v, name[0]);
	} else if (len > 0 && len == all) {
		get_variable(v, sym_intern(name, len), &p);
	} else if (len > 0 && name[len] == '[' && name[all - 1] == ']') {
		const char *sub = arena_strndup(&scratch, name + len + 1, all - len - 2);
		struct sym *s = var_deref(sym_intern(name, len));
		if (strcmp(sub, "@") == 0 || strcmp(sub, "*") == 0) {
			get_all_elements(v, s, sub[0], false);
		} else {
			struct part text = { .kind = PART_TEXT, .quoted = true };
			struct word w = { .parts = &text };
			text.text = sub;
			text.len = strlen(sub);
			w.lit = sub;
			w.lit_len = text.len;
			get_element(v, s, &w);
		}
	} else {
		fail(1, "%s: invalid indirect expansion", name);
	}
}

static void get_value(struct value *v, const struct param *p)
{
	*v = (struct value){};
	if (p->kind == PARAM_VAR) {
		if (p->indirect && (p->sym->flags & VAR_REF) != 0) {
			v->set = true;
			v->one = text_of(p->sym->val);
			return;
		}
		get_variable(v, p->sym, p);
	} else if (p->kind == PARAM_POSITION) {
		get_position(v, p->position);
	} else {
		get_special(v, p->special);
	}
	if (!p->indirect)
		return;
	if (!v->set)
		fail(1, "invalid indirect expansion");
	get_named(v, v->many ? (v->n > 0 ? v->list[0].p : "") : v->one.p);
}

static const char *param_name(const struct param *p)
{
	if (p->kind == PARAM_VAR)
		return p->sym->name;
	if (p->kind == PARAM_POSITION)
		return text_num(p->position).p;
	char name[2] = { p->special };
	return arena_strndup(&scratch, name, 1);
}

static bool is_null(const struct value *v)
{
	if (!v->many)
		return v->one.len == 0;
	if (v->many == '*' && v->n > 1 && !ifs_joins) {
		for (int i = 0; i < v->n; i++)
			if (v->list[i].len > 0)
				return false;
		return true;
	}
	return v->n == 0 || (v->n == 1 && v->list[0].len == 0);
}

/* "$*", and $@ where there can be only one field. */
static void emit_joined(struct expander *x, const struct value *v, bool quoted, bool by_ifs)
{
	char sep = by_ifs ? ifs_first : ' ';

	for (int i = 0; i < v->n; i++) {
		if (i > 0 && (!by_ifs || ifs_joins))
			expand_add(x, &sep, 1, quoted);
		expand_add(x, v->list[i].p, v->list[i].len, quoted);
	}
	if (quoted)
		x->have = true;
}

static void emit(struct expander *x, const struct value *v, bool quoted)
{
	if (!v->many) {
		expand_add(x, v->one.p, v->one.len, quoted);
		return;
	}
	if (x->out == nullptr || (quoted && v->many == '*')) {
		emit_joined(x, v, quoted, v->many == '*');
		return;
	}
	for (int i = 0; i < v->n; i++) {
		if (i > 0)
			expand_break(x);
		expand_add(x, v->list[i].p, v->list[i].len, quoted);
	}
}

static void emit_arg(struct expander *x, const struct param *p, bool quoted)
{
	bool before = x->in_arg;

	x->in_arg = true;
	if (quoted && p->arg->parts == nullptr)
		x->have = true;
	expand_parts(x, p->arg->parts);
	x->in_arg = before;
}

[[noreturn]] static void fail_unset(const struct param *p, bool null)
{
	const char *text = p->op == OP_ERROR && p->arg->parts != nullptr ? expand_string(p->arg)
			   : null ? "parameter null or not set"
				  : "parameter not set";

	warn("%s: %s", param_name(p), text);
	error_fatal(sh.posix ? 2 : 1);
}

static void assign_default(const struct param *p, const char *text)
{
	if (p->kind != PARAM_VAR)
		fail(sh.posix ? 2 : 1, "%s: cannot assign in this way", param_name(p));
	if (p->subscript != nullptr) {
		long long index;
		struct sym *s = var_deref(p->sym);
		const char *key = subscript_key(p->subscript, s, &index);
		var_set_element(s, index, key, text, strlen(text));
		return;
	}
	var_set(p->sym, text, strlen(text));
}

/* The operators that look whether there is a value. True when they have done it all. */
static bool expand_conditional(struct expander *x, const struct param *p, struct value *v,
			       bool quoted)
{
	bool present = v->set && !(p->colon && is_null(v));

	switch (p->op) {
	case OP_DEFAULT:
		if (!present)
			emit_arg(x, p, quoted);
		return !present;
	case OP_ALTERNATE:
		if (present)
			emit_arg(x, p, quoted);
		else if (quoted && v->many != '@')
			x->have = true;
		return true;
	case OP_ASSIGN:
		if (!present) {
			const char *text = expand_string(p->arg);
			assign_default(p, text);
			get_value(v, p);
		}
		return false;
	case OP_ERROR:
		if (!present)
			fail_unset(p, v->set);
		return false;
	default:
		return false;
	}
}

static void check_set(const struct param *p, const struct value *v)
{
	if (!v->set && !v->many && sh.opt[OPT_NOUNSET] && p->op != OP_DEFAULT &&
	    p->op != OP_ALTERNATE && p->op != OP_ASSIGN && p->op != OP_ERROR)
		fail_unset(p, false);
}

static struct text value_length(const struct value *v)
{
	if (v->many)
		return text_num(v->n);
	return text_num((long long)char_count(v->one.p, v->one.len));
}

static bool name_has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool sym_is_set(const struct sym *s)
{
	return var_is_set(s);
}

static void get_names(struct value *v, const struct param *p)
{
	size_t n;
	struct sym **all = sym_sorted(sym_is_set, &n);

	*v = (struct value){};
	value_list(v, (int)n, p->special);
	v->n = 0;
	for (size_t i = 0; i < n; i++)
		if (name_has_prefix(all[i]->name, p->sym->name))
			v->list[v->n++] = text_of(all[i]->name);
}

void param_expand(struct expander *x, const struct param *p, bool quoted)
{
	struct value v;

	if (p->op == OP_BAD)
		fail(sh.posix ? 2 : 1, "bad substitution");
	if (p->op == OP_NAMES) {
		get_names(&v, p);
		emit(x, &v, quoted);
		return;
	}
	if (p->op == OP_KEYS) {
		v = (struct value){};
		get_all_elements(&v, var_deref(p->sym), p->special, true);
		emit(x, &v, quoted);
		return;
	}
	get_value(&v, p);
	check_set(p, &v);
	if (p->op == OP_NONE) {
		emit(x, &v, quoted);
		return;
	}
	if (p->op == OP_LENGTH) {
		v = (struct value){ .set = true, .one = value_length(&v) };
	} else if (expand_conditional(x, p, &v, quoted)) {
		return;
	} else if (p->op >= OP_PREFIX) {
		if (p->op == OP_SLICE)
			param_slice(&v, p);
		else
			param_transform(&v, p);
	}
	emit(x, &v, quoted);
}
