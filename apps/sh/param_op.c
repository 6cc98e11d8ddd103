/* SPDX-License-Identifier: MPL-2.0 */
/* Operators on parameter values: trimming, replacing, slicing, case. */
#include "apps/sh/param_op.h"
#include "apps/applet/utf8.h"
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/expand.h"
#include "apps/sh/pattern.h"
#include "apps/sh/print.h"
#include "apps/sh/prompt.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <wctype.h>

struct pattern {
	const char *p;
	size_t len;
	bool plain; /* just characters: unmarked already */
	unsigned flags;
};

static struct pattern pattern_of(const struct word *w)
{
	struct pattern pat = { .flags = pattern_flags() };

	pat.p = expand_pattern(w, &pat.len);
	pat.plain = pattern_is_plain(pat.p, pat.len) && (pat.flags & PATTERN_NOCASE) == 0;
	if (pat.plain) {
		char *copy = arena_strndup(&scratch, pat.p, pat.len);
		pat.len = pattern_unmark(copy, pat.len);
		pat.p = copy;
	}
	return pat;
}

static bool matches(const struct pattern *pat, const char *s, size_t len)
{
	if (pat->plain)
		return pat->len == len && memcmp(pat->p, s, len) == 0;
	return pattern_match(pat->p, pat->len, s, len, pat->flags);
}

/* Bytes of the shortest or longest prefix that matches; SIZE_MAX for none. */
static size_t prefix_length(const struct pattern *pat, struct text t, bool longest)
{
	size_t best = SIZE_MAX;

	if (pat->plain)
		return pat->len <= t.len && memcmp(pat->p, t.p, pat->len) == 0 ? pat->len
									       : SIZE_MAX;
	if (longest) {
		for (size_t n = t.len + 1; n-- > 0;)
			if (matches(pat, t.p, n))
				return n;
		return SIZE_MAX;
	}
	for (size_t n = 0; n <= t.len && best == SIZE_MAX;
	     n += n < t.len ? char_length(t.p + n, t.len - n) : 1)
		if (matches(pat, t.p, n))
			best = n;
	return best;
}

static size_t suffix_start(const struct pattern *pat, struct text t, bool longest)
{
	if (pat->plain)
		return pat->len <= t.len && memcmp(pat->p, t.p + t.len - pat->len, pat->len) == 0
			       ? t.len - pat->len
			       : SIZE_MAX;
	if (longest) {
		for (size_t n = 0; n <= t.len; n += n < t.len ? char_length(t.p + n, t.len - n) : 1)
			if (matches(pat, t.p + n, t.len - n))
				return n;
		return SIZE_MAX;
	}
	for (size_t n = t.len + 1; n-- > 0;) {
		if (sh.utf8 && n < t.len && (t.p[n] & 0xC0) == 0x80)
			continue;
		if (matches(pat, t.p + n, t.len - n))
			return n;
	}
	return SIZE_MAX;
}

static struct text trim(struct text t, const struct param *p, const struct pattern *pat)
{
	bool longest = p->op == OP_PREFIX_LONG || p->op == OP_SUFFIX_LONG;

	if (p->op == OP_PREFIX || p->op == OP_PREFIX_LONG) {
		size_t n = prefix_length(pat, t, longest);
		return n == SIZE_MAX ? t : (struct text){ t.p + n, t.len - n };
	}
	size_t n = suffix_start(pat, t, longest);
	return n == SIZE_MAX ? t : (struct text){ t.p, n };
}

/* Bytes that the longest match at the start of s takes; SIZE_MAX for none. */
static size_t match_length(const struct pattern *pat, const char *s, size_t len)
{
	return prefix_length(pat, (struct text){ s, len }, true);
}

static struct text finish(struct buf *b)
{
	buf_str(b);
	return (struct text){ b->p, b->len };
}

static struct text replace(struct text t, const struct param *p, const struct pattern *pat,
			   struct text by)
{
	struct buf b = {};
	size_t i = 0;

	if (pat->len == 0 && (p->op == OP_REPLACE || p->op == OP_REPLACE_ALL))
		return t;
	if (p->op == OP_REPLACE_TAIL) {
		size_t n = suffix_start(pat, t, true);
		if (n == SIZE_MAX)
			return t;
		buf_add(&b, t.p, n);
		buf_add(&b, by.p, by.len);
		return finish(&b);
	}
	while (i < t.len || (i == 0 && t.len == 0)) {
		size_t n = match_length(pat, t.p + i, t.len - i);
		if (n == SIZE_MAX || (n == 0 && p->op == OP_REPLACE_ALL && t.len > 0)) {
			if (p->op == OP_REPLACE_HEAD || t.len == 0)
				break;
			size_t c = char_length(t.p + i, t.len - i);
			buf_add(&b, t.p + i, c);
			i += c;
			continue;
		}
		buf_add(&b, by.p, by.len);
		i += n;
		if (p->op != OP_REPLACE_ALL || t.len == 0)
			break;
	}
	buf_add(&b, t.p + i, t.len - i);
	return finish(&b);
}

static struct text change_case(struct text t, const struct param *p, const struct pattern *pat)
{
	struct buf b = {};
	bool upper = p->op == OP_UPPER || p->op == OP_UPPER_ALL;
	bool all = p->op == OP_UPPER_ALL || p->op == OP_LOWER_ALL;

	for (size_t i = 0; i < t.len;) {
		size_t n = char_length(t.p + i, t.len - i);
		unsigned long c = char_code(t.p + i, n);
		bool hit = (all || i == 0) && c < 0x110000 &&
			   (pat->len == 0 || matches(pat, t.p + i, n));
		if (hit)
			escape_utf8(&b, upper ? char_upper((uint32_t)c) : char_lower((uint32_t)c));
		else
			buf_add(&b, t.p + i, n);
		i += n;
	}
	return finish(&b);
}

static struct text at_operator(struct text t, const struct param *p, char letter)
{
	struct buf b = {};
	struct param as = *p;
	struct pattern any = {};

	switch (letter) {
	case 'Q':
		quote_value(&b, t.p);
		break;
	case 'E':
		escape_dollar_quote(&b, t.p, t.len);
		break;
	case 'P':
		buf_puts(&b, prompt_expand(t.p));
		break;
	case 'U':
	case 'L':
	case 'u':
		as.op = letter == 'U' ? OP_UPPER_ALL : letter == 'L' ? OP_LOWER_ALL : OP_UPPER;
		return change_case(t, &as, &any);
	case 'a':
		if (p->kind == PARAM_VAR)
			print_attributes(&b, var_deref(p->sym));
		break;
	case 'A':
		if (p->kind == PARAM_VAR)
			print_assignment(&b, var_deref(p->sym));
		break;
	case 'K':
	case 'k':
		quote_word(&b, t.p);
		break;
	default:
		fail(1, "bad substitution");
	}
	return finish(&b);
}

struct operation {
	const struct param *p;
	struct pattern pat;
	struct text by;
	char letter;
};

static struct text apply(struct text t, const struct operation *op)
{
	if (t.p == nullptr)
		t.p = "";
	switch (op->p->op) {
	case OP_PREFIX:
	case OP_PREFIX_LONG:
	case OP_SUFFIX:
	case OP_SUFFIX_LONG:
		return trim(t, op->p, &op->pat);
	case OP_TRANSFORM:
		return at_operator(t, op->p, op->letter);
	case OP_UPPER:
	case OP_UPPER_ALL:
	case OP_LOWER:
	case OP_LOWER_ALL:
		return change_case(t, op->p, &op->pat);
	default:
		return replace(t, op->p, &op->pat, op->by);
	}
}

void param_transform(struct value *v, const struct param *p)
{
	struct operation op = { .p = p };

	if (p->op == OP_TRANSFORM) {
		const char *letters = expand_string(p->arg);
		if (letters[0] == '\0' || letters[1] != '\0')
			fail(1, "bad substitution");
		op.letter = letters[0];
	} else {
		op.pat = pattern_of(p->arg);
	}
	if (p->arg2 != nullptr)
		op.by.p = expand_string_len(p->arg2, &op.by.len);
	if (!v->many) {
		if (v->set || p->op != OP_TRANSFORM)
			v->one = apply(v->one, &op);
		return;
	}
	for (int i = 0; i < v->n; i++)
		v->list[i] = apply(v->list[i], &op);
}

/* Bytes that n characters of t take. */
static size_t char_offset(struct text t, long long n)
{
	size_t i = 0;

	if (!sh.utf8)
		return n < (long long)t.len ? (size_t)n : t.len;
	for (; n > 0 && i < t.len; n--)
		i += char_length(t.p + i, t.len - i);
	return i;
}

static void slice_list(struct value *v, const struct param *p, long long from, bool has_len,
		       long long len)
{
	long long first = 0, last = v->n;
	bool positional = p->kind == PARAM_SPECIAL;

	if (has_len && len < 0)
		fail(1, "%lld: substring expression < 0", len);
	if (positional) {
		/* Offset 0 is $0. */
		if (from < 0)
			from += v->n + 1;
		if (from == 0) {
			struct text *list =
				arena_alloc(&scratch, ((size_t)v->n + 1) * sizeof(*list));
			list[0] = (struct text){ sh.arg0, strlen(sh.arg0) };
			memcpy(list + 1, v->list, (size_t)v->n * sizeof(*list));
			v->list = list;
			last = ++v->n;
		} else {
			first = from - 1;
		}
		if (from < 0)
			first = last;
	} else {
		const struct sym *s = var_deref(p->sym);
		bool sparse = s->arr != nullptr && !s->arr->assoc;
		if (from < 0)
			from += sparse ? array_end(s->arr) : v->n;
		else if (s->arr != nullptr && s->arr->assoc && from > 0)
			from--; /* as in bash, whose first key is number 1 */
		first = from;
		if (sparse && from >= 0)
			for (first = 0; first < last && s->arr->v[first].index < from;)
				first++;
		if (from < 0)
			first = last;
	}
	if (first > last)
		first = last;
	if (has_len && len < last - first)
		last = first + len;
	v->list += first;
	v->n = (int)(last - first);
}

void param_slice(struct value *v, const struct param *p)
{
	long long from = arith_text(expand_string(p->arg));
	bool has_len = p->arg2 != nullptr;
	long long len = has_len ? arith_text(expand_string(p->arg2)) : 0;

	if (v->many) {
		slice_list(v, p, from, has_len, len);
		return;
	}
	struct text t = v->one;
	if (t.p == nullptr)
		return;
	long long all = (long long)char_count(t.p, t.len);
	if (from < 0)
		from += all;
	if (from < 0 || from > all) {
		v->one = (struct text){ "", 0 };
		return;
	}
	long long to = !has_len ? all : len < 0 ? all + len : from + len;
	if (len > all)
		to = all;
	if (to < from)
		fail(1, "%lld: substring expression < 0", len);
	size_t a = char_offset(t, from), b = char_offset(t, to > all ? all : to);
	v->one = (struct text){ t.p + a, b - a };
}
