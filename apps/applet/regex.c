/* SPDX-License-Identifier: MPL-2.0 */
/* Regular expressions: making one, searching, and the groups of a match by backtracking. */
#include "apps/applet/regex.h"
#include <ctype.h>
#include <string.h>
#include "apps/applet/mem.h"
#include "apps/applet/regex_impl.h"
#include "apps/applet/scan.h"
#include "apps/applet/utf8.h"

/* Bits of "this place was tried here" that a search may take: 32 MiB. */
constexpr size_t TRIED_MAX = 1ull << 28;

static void kinds_fill(struct regex *r)
{
	bool lines = r->flags & (REGEX_MULTILINE | REGEX_IN_LINE);

	for (int b = 0; b < 256; b++) {
		bool word = isalnum(b) || b == '_' || (r->utf8 && b >= 0x80);
		r->kinds[b] = word ? BESIDE_WORD : BESIDE_OTHER;
	}
	if (lines)
		r->kinds[r->flags & REGEX_NUL_LINES ? '\0' : '\n'] = BESIDE_NEWLINE;
}

struct regex *regex_create(const char *pattern, size_t len, unsigned flags, const char **error)
{
	void *mark = mem_mark();
	struct regex *r = mem_zero(1, sizeof *r);
	struct parsed p;

	regex_parse(pattern, len, flags, &p);
	r->flags = flags;
	r->utf8 = utf8_is_locale();
	r->groups = p.groups;
	r->has_backref = p.has_backref;
	if (p.error == nullptr) {
		kinds_fill(r);
		regex_compile(r, p.root);
		if (r->too_big)
			p.error = "Regular expression too big";
	}
	if (p.error != nullptr) {
		*error = p.error;
		mem_release(mark);
		return nullptr;
	}
	dfa_init(r, &r->search, false);
	dfa_init(r, &r->anchored, true);
	return r;
}

void regex_destroy(struct regex *r)
{
	if (r == nullptr)
		return;
	dfa_fini(&r->search);
	dfa_fini(&r->anchored);
	mem_free(r->insts);
	mem_free(r->sets);
	mem_free(r->required);
	mem_free(r->sparse);
	mem_free(r->dense);
	mem_free(r->stack);
	mem_free(r);
}

unsigned regex_groups(const struct regex *r)
{
	return r->groups;
}

bool regex_has_backref(const struct regex *r)
{
	return r->has_backref;
}

const char *regex_required(const struct regex *r, size_t *len, bool *whole, bool *fold)
{
	*fold = r->flags & REGEX_ICASE;
	*len = r->required_len;
	*whole = r->required_whole;
	return r->required;
}

/* One thing to come back to: another place to try, or a value to restore before that. */
struct choice {
	uint32_t inst; /* UINT32_MAX: restore slot `at` to `value` */
	size_t at;
	size_t value;
};

struct backtrack {
	struct regex *r;
	const char *text;
	size_t len, from, end;
	size_t *slots; /* of the groups, then where each loop's round began */
	size_t slot_count;
	struct choice *choices;
	size_t count, capacity;
	uint8_t *tried;  /* nullptr with back references, where the groups matter too */
	size_t best_end; /* with back references: the longest so far */
	size_t *best;
};

static void choice_push(struct backtrack *b, uint32_t inst, size_t at, size_t value)
{
	b->choices = mem_room(b->choices, b->count, &b->capacity, sizeof *b->choices);
	b->choices[b->count++] = (struct choice){ inst, at, value };
}

static void slot_set(struct backtrack *b, size_t slot, size_t value)
{
	choice_push(b, UINT32_MAX, slot, b->slots[slot]);
	b->slots[slot] = value;
}

static bool is_tried(struct backtrack *b, uint32_t inst, size_t at)
{
	if (b->tried == nullptr)
		return false;
	size_t bit = inst * (b->end - b->from + 1) + (at - b->from);
	bool was = b->tried[bit / 8] >> (bit % 8) & 1;
	b->tried[bit / 8] |= (uint8_t)(1u << (bit % 8));
	return was;
}

static bool bytes_equal(const struct regex *r, const char *a, const char *b, size_t n)
{
	if ((r->flags & REGEX_ICASE) == 0)
		return memcmp(a, b, n) == 0;
	for (size_t i = 0; i < n; i++) {
		if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
			return false;
	}
	return true;
}

static enum beside beside_after(const struct backtrack *b, size_t at)
{
	return at == b->len ? BESIDE_EDGE : b->r->kinds[(unsigned char)b->text[at]];
}

/* Runs on from one place until it fails, or matches. */
static bool thread_run(struct backtrack *b, uint32_t pc, size_t at)
{
	struct regex *r = b->r;

	for (;;) {
		const struct inst *in = &r->insts[pc];
		if (in->op != OP_SET && is_tried(b, pc, at))
			return false;
		switch (in->op) {
		case OP_SET:
			if (at >= b->end || !set_has(&r->sets[in->arg], (unsigned char)b->text[at]))
				return false;
			at++;
			break;
		case OP_SPLIT:
			choice_push(b, in->arg, at, 0);
			break;
		case OP_SAVE:
			slot_set(b, in->arg, at);
			break;
		case OP_ENTER:
			slot_set(b, (r->groups + 1) * 2 + in->arg, at);
			break;
		case OP_CHECK:
			if (b->slots[(r->groups + 1) * 2 + in->arg] == at)
				return false;
			break;
		case OP_ASSERT:
			if (!assertion_holds(in->arg, regex_beside(r, b->text, at),
					     beside_after(b, at)))
				return false;
			break;
		case OP_BACKREF: {
			size_t s = b->slots[in->arg * 2], e = b->slots[in->arg * 2 + 1];
			if (s == REGEX_UNSET || e == REGEX_UNSET || e - s > b->end - at ||
			    !bytes_equal(r, b->text + s, b->text + at, e - s))
				return false;
			at += e - s;
			break;
		}
		case OP_NEVER:
			return false;
		case OP_MATCH:
			b->slots[1] = at;
			if (b->tried != nullptr)
				return at == b->end;
			if (b->best_end == REGEX_UNSET || at > b->best_end) {
				b->best_end = at;
				memcpy(b->best, b->slots, b->slot_count * sizeof *b->slots);
			}
			return at == b->end; /* it cannot get longer */
		}
		pc = in->next;
	}
}

static bool backtrack_run(struct backtrack *b)
{
	for (size_t i = 0; i < b->slot_count; i++)
		b->slots[i] = REGEX_UNSET;
	b->slots[0] = b->from;
	b->count = 0;
	choice_push(b, b->r->start, b->from, 0);
	while (b->count != 0) {
		struct choice c = b->choices[--b->count];
		if (c.inst == UINT32_MAX)
			b->slots[c.at] = c.value;
		else if (thread_run(b, c.inst, c.at))
			return true;
	}
	return false;
}

bool backtrack_match(struct regex *r, const char *text, size_t len, size_t from, size_t end,
		     struct regex_span *spans, size_t n)
{
	struct backtrack b = {
		.r = r, .text = text, .len = len, .from = from, .end = end, .best_end = REGEX_UNSET
	};
	bool exact = end != REGEX_UNSET;

	if (!exact)
		b.end = len;
	b.slot_count = (r->groups + 1) * 2 + r->loops;
	b.slots = mem_alloc(2 * b.slot_count * sizeof *b.slots);
	b.best = b.slots + b.slot_count;
	size_t bits = r->count * (b.end - from + 1);
	if (exact && bits < TRIED_MAX)
		b.tried = mem_zero(bits / 8 + 1, 1);
	bool found = backtrack_run(&b);
	if (!found && b.best_end != REGEX_UNSET && (!exact || b.best_end == end)) {
		found = true;
		memcpy(b.slots, b.best, b.slot_count * sizeof *b.slots);
	}
	for (size_t i = 0; found && i < n; i++) {
		bool set = i <= r->groups && b.slots[i * 2] != REGEX_UNSET &&
			   b.slots[i * 2 + 1] != REGEX_UNSET;
		spans[i].start = set ? b.slots[i * 2] : REGEX_UNSET;
		spans[i].end = set ? b.slots[i * 2 + 1] : REGEX_UNSET;
	}
	mem_free(b.tried);
	mem_free(b.choices);
	mem_free(b.slots);
	return found;
}

/* The next place at or behind `at` where a match may start; len + 1 when there is none. */
static size_t start_next(const struct regex *r, const char *text, size_t len, size_t at)
{
	if (r->may_be_empty)
		return at;
	if (r->first_byte >= 0) {
		const char *p = scan_byte(text + at, text + len, r->first_byte);
		return p == text + len ? len + 1 : (size_t)(p - text);
	}
	while (at < len && !set_has(&r->first, (unsigned char)text[at]))
		at++;
	return at < len ? at : len + 1;
}

/* Between the bytes of a character nothing is matched. */
static bool is_inside_char(const struct regex *r, const char *text, size_t len, size_t at)
{
	uint32_t code;

	if (!r->utf8 || at >= len || ((unsigned char)text[at] & 0xc0) != 0x80)
		return false;
	for (size_t back = 1; back <= 3 && back <= at; back++) {
		int n = utf8_decode(text + at - back, text + len, &code);
		if (n > (int)back)
			return true;
	}
	return false;
}

static void spans_fill(struct regex_span *spans, size_t n, size_t start, size_t end)
{
	for (size_t i = 1; i < n; i++)
		spans[i] = (struct regex_span){ REGEX_UNSET, REGEX_UNSET };
	spans[0] = (struct regex_span){ start, end };
}

/* A pattern that is only a string needs no automaton. */
static bool string_match(struct regex *r, const char *text, size_t len, size_t from,
			 struct regex_span *spans, size_t n)
{
	struct scan_string s;

	scan_string_init(&s, r->required, r->required_len, r->flags & REGEX_ICASE);
	const char *p = scan_string_find(&s, text + from, text + len);
	if (p != nullptr && n != 0)
		spans_fill(spans, n, (size_t)(p - text), (size_t)(p - text) + r->required_len);
	return p != nullptr;
}

size_t regex_find_end(struct regex *r, const char *text, size_t len, size_t from)
{
	return dfa_find_end(r, text, len, from);
}

bool regex_match(struct regex *r, const char *text, size_t len, size_t from,
		 struct regex_span *spans, size_t n)
{
	if (r->required_whole && r->required_len != 0 && r->groups == 0)
		return string_match(r, text, len, from, spans, n);
	if (dfa_find_end(r, text, len, from) == REGEX_UNSET)
		return false;
	if (n == 0 && !r->has_backref)
		return true;
	struct regex_span whole[1];
	for (size_t at = start_next(r, text, len, from); at <= len;
	     at = start_next(r, text, len, at + 1)) {
		if (r->has_backref) {
			struct regex_span *to = n != 0 ? spans : whole;
			if (backtrack_match(r, text, len, at, REGEX_UNSET, to, n != 0 ? n : 1))
				return true;
			continue;
		}
		size_t end = dfa_longest(r, text, len, at);
		if (end == REGEX_UNSET ||
		    (end == at && at != from && is_inside_char(r, text, len, at)))
			continue;
		spans_fill(spans, n, at, end);
		if (n > 1 && r->groups != 0)
			(void)backtrack_match(r, text, len, at, end, spans, n); /* it does match */
		return true;
	}
	return false;
}
