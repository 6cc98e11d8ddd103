/* SPDX-License-Identifier: MPL-2.0 */
/* Brace expansion: {a,b} and {1..9..2}, on the parts of a word. */
#include "apps/sh/brace.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/mem.h"

#include <stdckdint.h>
#include <stdlib.h>

void word_finish(struct arena *a, struct word *w)
{
	struct buf text = {};
	bool literal = true, all_text = true;

	w->flags = 0;
	w->lit = nullptr;
	for (const struct part *p = w->parts; p != nullptr; p = p->next) {
		if (p->quoted)
			w->flags |= WORD_QUOTED;
		if (p->kind != PART_TEXT)
			all_text = literal = false;
		else if (!p->quoted && p->protect)
			literal = false;
	}
	if (!all_text)
		return;
	if (w->parts != nullptr && w->parts->next == nullptr) {
		w->lit = w->parts->text;
		w->lit_len = w->parts->len;
	} else {
		for (const struct part *p = w->parts; p != nullptr; p = p->next)
			buf_add(&text, p->text, p->len);
		w->lit = arena_strndup(a, text.len > 0 ? text.p : "", text.len);
		w->lit_len = text.len;
	}
	if (literal && w->parts != nullptr)
		w->flags |= WORD_LITERAL;
}

/* A place in a word: byte `at` of part p. */
struct place {
	const struct part *p;
	size_t at;
};

static bool is_plain(const struct part *p)
{
	return p->kind == PART_TEXT && !p->quoted;
}

struct brace {
	struct place open, close;
	bool range; /* {1..9}; else it has a comma */
};

/* A { whose } is yet to come. */
struct opened {
	struct opened *outer;
	struct place at;
	bool comma;
};

static bool range_valid(const struct brace *b);

static bool is_before(const struct part *word, struct place a, struct place b)
{
	if (a.p == b.p)
		return a.at < b.at;
	while (word != a.p && word != b.p)
		word = word->next;
	return word == a.p;
}

/* The } at `close` ends `o`: keeps the brace if it expands and starts before the best so far. */
static void brace_offer(const struct part *word, const struct opened *o, struct place close,
			struct brace *best)
{
	struct brace b = { .open = o->at, .close = close, .range = !o->comma };

	if (best->open.p != nullptr && is_before(word, best->open, b.open))
		return;
	if (o->comma || range_valid(&b))
		*best = b;
}

/*
 * The first brace that expands. One pass over the word, however many braces are never closed:
 * an outer one closes after those inside it, so later finds may start earlier.
 */
static bool brace_find(const struct part *word, struct brace *best)
{
	struct mark m = arena_mark(&scratch);
	struct opened *top = nullptr;

	*best = (struct brace){};
	for (const struct part *p = word; p != nullptr; p = p->next) {
		for (size_t i = 0; is_plain(p) && i < p->len; i++) {
			char c = p->text[i];
			if (c == '{') {
				struct opened *o = arena_alloc(&scratch, sizeof(*o));
				*o = (struct opened){ .outer = top, .at = { p, i } };
				top = o;
			} else if (top != nullptr && c == ',') {
				top->comma = true;
			} else if (top != nullptr && c == '}') {
				brace_offer(word, top, (struct place){ p, i }, best);
				top = top->outer;
			}
		}
	}
	arena_release(&scratch, m);
	return best->open.p != nullptr;
}

/* The end of the alternative that starts at `from`: its comma, or the brace's }. */
static struct place alternative_end(const struct brace *b, struct place from)
{
	int depth = 0;

	for (const struct part *p = from.p; p != b->close.p->next; p = p->next, from.at = 0) {
		size_t end = p == b->close.p ? b->close.at : p->len;
		for (size_t i = from.at; is_plain(p) && i < end; i++) {
			depth += (p->text[i] == '{') - (p->text[i] == '}');
			if (p->text[i] == ',' && depth == 0)
				return (struct place){ p, i };
		}
	}
	return b->close;
}

static struct part **copy_text(struct arena *a, struct part **tail, const struct part *p,
			       size_t from, size_t to)
{
	if (to <= from)
		return tail;
	struct part *q = arena_alloc(a, sizeof(*q));
	*q = *p;
	q->text = arena_strndup(a, p->text + from, to - from);
	q->len = to - from;
	q->protect = false;
	for (size_t i = 0; i < q->len; i++)
		q->protect |= is_class((unsigned char)q->text[i], q->quoted ? CC_ESCAPE : CC_GLOB);
	q->protect |= p->protect && !q->quoted; /* an extended glob may start before the slice */
	q->next = nullptr;
	*tail = q;
	return &q->next;
}

/* Copies from one place to another; `to.p` nullptr is the end of the word. */
static struct part **copy_span(struct arena *a, struct part **tail, struct place from,
			       struct place to)
{
	for (const struct part *p = from.p; p != nullptr; p = p->next) {
		size_t start = p == from.p ? from.at : 0;
		if (p->kind == PART_TEXT && (start > 0 || p == to.p)) {
			tail = copy_text(a, tail, p, start, p == to.p ? to.at : p->len);
		} else {
			struct part *q = arena_alloc(a, sizeof(*q));
			*q = *p;
			q->next = nullptr;
			*tail = q;
			tail = &q->next;
		}
		if (p == to.p)
			break;
	}
	return tail;
}

struct range {
	long long from, to, step;
	bool letters;
	int width;
};

static bool range_number(const char **s, long long *n, int *width)
{
	char *end;
	const char *p = *s + (**s == '-' || **s == '+');

	if (!is_class((unsigned char)*p, CC_DIGIT))
		return false;
	*n = strtoll(*s, &end, 10);
	if (*p == '0' && end - p > 1 && end - *s > *width)
		*width = (int)(end - *s);
	*s = end;
	return true;
}

static bool range_parse(const struct brace *b, struct range *r)
{
	char text[96] = {};

	if (b->open.p != b->close.p || b->close.at - b->open.at - 1 >= sizeof(text))
		return false;
	size_t len = b->close.at - b->open.at - 1;
	memcpy(text, b->open.p->text + b->open.at + 1, len);
	text[len] = '\0';
	const char *s = text;
	*r = (struct range){ .step = 1 };
	int wide_from = 0, wide_to = 0;
	if (is_class((unsigned char)s[0], CC_START) && s[1] == '.') {
		r->letters = true;
		r->from = (unsigned char)*s++;
	} else if (!range_number(&s, &r->from, &wide_from)) {
		return false;
	}
	if (strncmp(s, "..", 2) != 0)
		return false;
	s += 2;
	if (r->letters && is_class((unsigned char)s[0], CC_START))
		r->to = (unsigned char)*s++;
	else if (r->letters || !range_number(&s, &r->to, &wide_to))
		return false;
	int ignored = 0;
	if (strncmp(s, "..", 2) == 0 && (s += 2, !range_number(&s, &r->step, &ignored)))
		return false;
	r->width = wide_from > wide_to ? wide_from : wide_to;
	return *s == '\0';
}

static bool range_valid(const struct brace *b)
{
	struct range r;

	return range_parse(b, &r);
}

static struct word *word_around(struct arena *a, const struct word *w, const struct brace *b,
				const struct part *middle)
{
	struct word *out = arena_alloc(a, sizeof(*out));
	struct place start = { w->parts, 0 };
	struct place rest = { b->close.p, b->close.at + 1 };

	*out = (struct word){ .line = w->line };
	struct part **tail = copy_span(a, &out->parts, start, b->open);
	for (; middle != nullptr; middle = middle->next) {
		*tail = arena_alloc(a, sizeof(**tail));
		**tail = *middle;
		tail = &(*tail)->next;
		*tail = nullptr;
	}
	copy_span(a, tail, rest, (struct place){});
	if (out->parts == nullptr)
		return nullptr; /* {,} alone: an empty unquoted word is no word */
	word_finish(a, out);
	return out;
}

struct words {
	struct word *first, **tail;
	long long n;
};

long long brace_words_most = 50 * 1000 * 1000;

static void expand_into(struct arena *a, struct words *out, struct word *w);

static void expand_commas(struct arena *a, struct words *out, const struct word *w,
			  const struct brace *b)
{
	struct place end = b->open;

	do {
		struct place from = { end.p, end.at + 1 };
		struct part *middle = nullptr;
		end = alternative_end(b, from);
		copy_span(a, &middle, from, end);
		struct word *one = word_around(a, w, b, middle);
		if (one != nullptr)
			expand_into(a, out, one);
	} while (end.p != b->close.p || end.at != b->close.at);
}

[[noreturn]] static void fail_too_many(void)
{
	fail(1, "brace expansion: too many words");
}

static void expand_range(struct arena *a, struct words *out, const struct word *w,
			 const struct brace *b)
{
	struct range r = {};

	range_parse(b, &r); /* it is one */
	long long step = r.step == 0 ? 1 : llabs(r.step), left;
	bool down = r.from > r.to, over = ckd_sub(&left, r.from, r.to);
	if (over || step < 0 || llabs(left) / step > brace_words_most - out->n)
		fail_too_many();
	left = llabs(left) / step;
	for (long long n = r.from;; n += down ? -step : step) {
		struct part *p = arena_alloc(a, sizeof(*p));
		char letter[2] = { (char)n };
		char *text = r.letters ? arena_strndup(a, letter, 1)
				       : arena_printf(a, "%0*lld", r.width, n);
		*p = (struct part){ .kind = PART_TEXT, .quoted = r.letters && n == '\\' };
		p->text = text;
		p->len = strlen(text);
		struct word *one = word_around(a, w, b, p);
		if (one != nullptr)
			expand_into(a, out, one);
		if (left-- == 0)
			break;
	}
}

static void expand_into(struct arena *a, struct words *out, struct word *w)
{
	struct brace b;

	stack_check();
	if (!brace_find(w->parts, &b)) {
		if (++out->n > brace_words_most)
			fail_too_many();
		*out->tail = w;
		out->tail = &w->next;
	} else if (b.range) {
		expand_range(a, out, w, &b);
	} else {
		expand_commas(a, out, w, &b);
	}
}

struct word *brace_expand(struct arena *a, struct word *w)
{
	const struct part *p = w->parts;
	struct words out = { .tail = &out.first };

	while (p != nullptr && !(is_plain(p) && memchr(p->text, '{', p->len) != nullptr))
		p = p->next;
	if (p == nullptr)
		return w;
	expand_into(a, &out, w);
	return out.first;
}
