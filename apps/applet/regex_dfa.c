/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The automaton: a state is the set of places in the program that the text so far can have led
 * to. States and transitions are made when the text first needs them, and all are dropped when
 * they take too much memory. An assertion needs to see the next byte, so it waits in its state
 * and is decided by the transition; a match behind it is reported by the state after that byte.
 */
#include <stdlib.h>
#include <string.h>
#include "apps/applet/mem.h"
#include "apps/applet/regex_impl.h"
#include "apps/applet/scan.h"

constexpr size_t DFA_MEMORY = 16 << 20;

bool assertion_holds(uint32_t a, enum beside before, enum beside after)
{
	bool word_before = before == BESIDE_WORD, word_after = after == BESIDE_WORD;

	switch ((enum assertion)a) {
	case ASSERT_LINE_START:
		return before == BESIDE_EDGE || before == BESIDE_NEWLINE;
	case ASSERT_LINE_END:
		return after == BESIDE_EDGE || after == BESIDE_NEWLINE;
	case ASSERT_TEXT_START:
		return before == BESIDE_EDGE;
	case ASSERT_TEXT_END:
		return after == BESIDE_EDGE;
	case ASSERT_WORD_START:
		return !word_before && word_after;
	case ASSERT_WORD_END:
		return word_before && !word_after;
	case ASSERT_WORD_EDGE:
		return word_before != word_after;
	case ASSERT_NOT_WORD_EDGE:
		return word_before == word_after;
	case ASSERT_NO_WORD_BEFORE:
		return !word_before;
	case ASSERT_NO_WORD_AFTER:
		return !word_after;
	}
	return false;
}

void dfa_init(struct regex *r, struct dfa *d, bool anchored)
{
	*d = (struct dfa){ .anchored = anchored };
	/* State 0 means "not computed", state 1 is the empty set, from which nothing leads on. */
	d->capacity = 16;
	d->states = mem_zero(d->capacity, sizeof *d->states);
	d->rows_capacity = 16;
	d->rows = mem_zero(d->rows_capacity * 256, sizeof *d->rows);
	d->count = 2;
	d->table_size = 64;
	d->table = mem_zero(d->table_size, sizeof *d->table);
	for (int b = 0; b < 256; b++)
		d->rows[STATE_DEAD * 256 + b] = STATE_DEAD * 256 | ROW_STOP;
	(void)r;
}

void dfa_fini(struct dfa *d)
{
	for (size_t i = 0; i < d->count; i++)
		mem_free(d->states[i].insts);
	mem_free(d->states);
	mem_free(d->rows);
	mem_free(d->table);
}

static bool scratch_has(const struct regex *r, uint32_t i)
{
	return r->sparse[i] < r->dense_count && r->dense[r->sparse[i]] == i;
}

static void scratch_add(struct regex *r, uint32_t i)
{
	if (scratch_has(r, i))
		return;
	r->sparse[i] = (uint32_t)r->dense_count;
	r->dense[r->dense_count++] = i;
}

/*
 * Adds `i` and all it leads to without a byte. Assertions are decided when `decide` is set, and
 * otherwise only added, to wait.
 */
static void closure_add(struct regex *r, uint32_t i, bool decide, enum beside before,
			enum beside after)
{
	size_t n = 0;

	r->stack[n++] = i;
	while (n != 0) {
		i = r->stack[--n];
		if (scratch_has(r, i))
			continue;
		scratch_add(r, i);
		const struct inst *in = &r->insts[i];
		switch (in->op) {
		case OP_SPLIT:
			r->stack[n++] = in->arg;
			r->stack[n++] = in->next;
			break;
		case OP_ASSERT:
			if (decide && assertion_holds(in->arg, before, after))
				r->stack[n++] = in->next;
			break;
		case OP_SAVE:
		case OP_ENTER:
		case OP_CHECK:
		case OP_BACKREF: /* may match nothing; any bytes, for this filter */
			r->stack[n++] = in->next;
			break;
		default:
			break;
		}
	}
}

static int number_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void table_insert(struct dfa *d, uint32_t state)
{
	size_t at = d->states[state].hash & (d->table_size - 1);

	while (d->table[at] != 0)
		at = (at + 1) & (d->table_size - 1);
	d->table[at] = state;
}

static void table_grow(struct dfa *d)
{
	mem_free(d->table);
	d->table_size *= 2;
	d->table = mem_zero(d->table_size, sizeof *d->table);
	for (uint32_t i = 2; i < d->count; i++)
		table_insert(d, i);
}

static uint32_t state_add(struct dfa *d, const struct dfa_state *made)
{
	if (d->count == d->capacity)
		d->states = mem_room(d->states, d->count, &d->capacity, sizeof *d->states);
	if (d->count == d->rows_capacity) {
		d->rows_capacity *= 2;
		d->rows = mem_resize(d->rows, d->rows_capacity * 256, sizeof *d->rows);
	}
	uint32_t state = (uint32_t)d->count++;
	memset(d->rows + (size_t)state * 256, 0, 256 * sizeof *d->rows);
	d->states[state] = *made;
	d->states[state].insts = mem_alloc(made->count * sizeof *made->insts);
	memcpy(d->states[state].insts, made->insts, made->count * sizeof *made->insts);
	d->memory += 256 * sizeof *d->rows + made->count * sizeof *made->insts + sizeof *made;
	if (d->count * 2 > d->table_size)
		table_grow(d);
	else
		table_insert(d, state);
	return state;
}

/* The state for what is in the scratch set. */
static uint32_t state_intern(struct regex *r, struct dfa *d, enum beside before, bool accepted_one)
{
	struct dfa_state s = { .insts = r->stack, .before = before, .accepted_one = accepted_one };

	for (size_t i = 0; i < r->dense_count; i++) {
		uint32_t at = r->dense[i];
		enum op op = r->insts[at].op;
		s.accepts |= op == OP_MATCH;
		s.asserts |= op == OP_ASSERT;
		if (op == OP_SET || op == OP_ASSERT || op == OP_BACKREF || op == OP_MATCH)
			s.insts[s.count++] = at;
	}
	if (s.count == 0 && !accepted_one)
		return STATE_DEAD;
	if (!s.asserts)
		s.before = BESIDE_OTHER; /* nobody asks, so fewer states differ */
	qsort(s.insts, s.count, sizeof *s.insts, number_compare);
	s.hash = (uint32_t)s.before * 31 + accepted_one;
	for (size_t i = 0; i < s.count; i++)
		s.hash = (s.hash ^ s.insts[i]) * 0x9e3779b1u + (s.hash >> 15);
	for (size_t at = s.hash & (d->table_size - 1); d->table[at] != 0;
	     at = (at + 1) & (d->table_size - 1)) {
		struct dfa_state *old = &d->states[d->table[at]];
		if (old->hash == s.hash && old->count == s.count && old->before == s.before &&
		    old->accepted_one == accepted_one &&
		    memcmp(old->insts, s.insts, s.count * sizeof *s.insts) == 0)
			return d->table[at];
	}
	return state_add(d, &s);
}

static uint32_t state_start(struct regex *r, struct dfa *d, enum beside before)
{
	if (d->starts[before] == 0) {
		r->dense_count = 0;
		closure_add(r, r->start, false, before, before);
		d->starts[before] = state_intern(r, d, before, false);
	}
	return d->starts[before];
}

/* What `state` becomes by `byte`, or by the end of the text when it is -1. */
static uint32_t state_step(struct regex *r, struct dfa *d, uint32_t state, int byte)
{
	enum beside after = byte < 0 ? BESIDE_EDGE : r->kinds[byte];
	const struct dfa_state *s = &d->states[state];
	const uint32_t *from = s->insts;
	size_t count = s->count;
	uint32_t *decided = nullptr;
	bool accepted = false;

	if (s->asserts) {
		r->dense_count = 0;
		for (size_t i = 0; i < s->count; i++)
			closure_add(r, s->insts[i], true, s->before, after);
		count = r->dense_count;
		decided = mem_alloc(count * sizeof *decided);
		memcpy(decided, r->dense, count * sizeof *decided);
		from = decided;
		for (size_t i = 0; i < count; i++)
			accepted |= r->insts[from[i]].op == OP_MATCH;
		accepted &= !s->accepts;
	}
	r->dense_count = 0;
	for (size_t i = 0; i < count && byte >= 0; i++) {
		const struct inst *in = &r->insts[from[i]];
		if (in->op == OP_SET && set_has(&r->sets[in->arg], (unsigned)byte))
			closure_add(r, in->next, false, after, after);
		else if (in->op == OP_BACKREF)
			closure_add(r, from[i], false, after, after);
	}
	if (!d->anchored && byte >= 0)
		closure_add(r, r->start, false, after, after);
	mem_free(decided);
	return state_intern(r, d, after, accepted);
}

/* Forgets all states when they take too much memory. */
static void dfa_trim(struct regex *r, struct dfa *d)
{
	if (d->memory < DFA_MEMORY)
		return;
	bool anchored = d->anchored;
	dfa_fini(d);
	dfa_init(r, d, anchored);
}

/* Follows a transition that is not computed yet. The states may move. */
static uint32_t row_fill(struct regex *r, struct dfa *d, uint32_t state, unsigned byte)
{
	uint32_t to = state_step(r, d, state, (int)byte);
	const struct dfa_state *s = &d->states[to];
	bool stop = to == STATE_DEAD || s->accepts || s->accepted_one;

	d->rows[(size_t)state * 256 + byte] = to * 256 | (stop ? ROW_STOP : 0);
	return to;
}

static uint32_t state_at_end(struct regex *r, struct dfa *d, uint32_t state)
{
	if (d->states[state].at_end == 0) {
		uint32_t end = state_step(r, d, state, -1);
		d->states[state].at_end = end;
	}
	return d->states[state].at_end;
}

enum beside regex_beside(const struct regex *r, const char *text, size_t at)
{
	return at == 0 ? BESIDE_EDGE : r->kinds[(unsigned char)text[at - 1]];
}

static enum beside start_kind(const struct regex *r, const char *text, size_t from)
{
	return r->has_assert ? regex_beside(r, text, from) : BESIDE_OTHER;
}

/* Skips what cannot start a match. Only for the state in which nothing has started. */
static const char *start_skip(const struct regex *r, const char *p, const char *stop)
{
	scan_vec a = scan_splat(r->first_bytes[0]), b = scan_splat(r->first_bytes[1]);
	scan_vec c = scan_splat(r->first_bytes[2]);

	for (; stop - p >= 32; p += 32) {
		scan_vec x = scan_load(p), y = scan_load(p + 16);
		scan_vec hit = scan_equal(x, a) | scan_equal(x, b) | scan_equal(x, c);
		scan_vec hit2 = scan_equal(y, a) | scan_equal(y, b) | scan_equal(y, c);
		if (scan_mask(hit | hit2) != 0)
			return p + __builtin_ctz(scan_mask(hit) | scan_mask(hit2) << 16);
	}
	while (p < stop && !set_has(&r->first, (unsigned char)*p))
		p++;
	return p;
}

/*
 * Runs on as long as transitions are known and lead to states that need no look; *row is the
 * state's row. Returns where it stopped; the byte there has not been taken.
 */
static const char *rows_run(const uint32_t *rows, const char *p, const char *stop, uint32_t *row)
{
	uint32_t at = *row, to;

	while (stop - p >= 4) {
		if ((int32_t)(to = rows[at + (unsigned char)p[0]]) <= 0)
			goto out;
		at = to;
		if ((int32_t)(to = rows[at + (unsigned char)p[1]]) <= 0) {
			p += 1;
			goto out;
		}
		at = to;
		if ((int32_t)(to = rows[at + (unsigned char)p[2]]) <= 0) {
			p += 2;
			goto out;
		}
		at = to;
		if ((int32_t)(to = rows[at + (unsigned char)p[3]]) <= 0) {
			p += 3;
			goto out;
		}
		at = to;
		p += 4;
	}
	for (; p < stop; p++, at = to) {
		if ((int32_t)(to = rows[at + (unsigned char)*p]) <= 0)
			goto out;
	}
out:
	*row = at;
	return p;
}

/* Forgets all states but one, which gets a new number: its set of places is all that matters. */
static uint32_t dfa_restart(struct regex *r, struct dfa *d, uint32_t state)
{
	struct dfa_state s = d->states[state];
	uint32_t *insts = mem_alloc(s.count * sizeof *insts);

	memcpy(insts, s.insts, s.count * sizeof *insts);
	dfa_trim(r, d);
	r->dense_count = 0;
	for (size_t i = 0; i < s.count; i++)
		scratch_add(r, insts[i]);
	mem_free(insts);
	return state_intern(r, d, s.before, false);
}

size_t dfa_find_end(struct regex *r, const char *text, size_t len, size_t from)
{
	struct dfa *d = &r->search;
	const char *p = text + from, *stop = text + len;

	dfa_trim(r, d);
	uint32_t start = r->first_count != 0 ? state_start(r, d, BESIDE_OTHER) : 0;
	uint32_t state = state_start(r, d, start_kind(r, text, from));
	if (d->states[state].accepts)
		return from;
	while (p < stop) {
		/* With assertions the start depends on what is before, so it is not skipped in. */
		if (state == start && !r->has_assert && start != 0) {
			p = start_skip(r, p, stop);
			if (p == stop)
				break;
		}
		uint32_t row = state * 256;
		if (d->rows[row + (unsigned char)*p] > 0 && !(state == start && !r->has_assert)) {
			p = rows_run(d->rows, p, stop, &row);
			state = row / 256;
			if (p == stop)
				break;
		}
		uint32_t to = d->rows[row + (unsigned char)*p];
		if (to == 0)
			to = row_fill(r, d, state, (unsigned char)*p);
		else
			to = (to & ~ROW_STOP) / 256;
		state = to;
		if (d->states[state].accepted_one)
			return (size_t)(p - text);
		p++;
		if (d->states[state].accepts)
			return (size_t)(p - text);
		if (state == STATE_DEAD)
			return REGEX_UNSET;
		if (d->memory > DFA_MEMORY) {
			state = dfa_restart(r, d, state);
			start = r->first_count != 0 ? state_start(r, d, BESIDE_OTHER) : 0;
		}
	}
	uint32_t end = state_at_end(r, d, state); /* may move d->states */
	return d->states[end].accepted_one ? len : REGEX_UNSET;
}

size_t dfa_longest(struct regex *r, const char *text, size_t len, size_t from)
{
	struct dfa *d = &r->anchored;
	size_t last = REGEX_UNSET;

	dfa_trim(r, d);
	uint32_t state = state_start(r, d, start_kind(r, text, from));
	if (d->states[state].accepts)
		last = from;
	for (size_t i = from; i < len; i++) {
		unsigned byte = (unsigned char)text[i];
		uint32_t to = d->rows[(size_t)state * 256 + byte];
		if ((int32_t)to > 0) {
			state = to / 256;
			continue;
		}
		state = to == 0 ? row_fill(r, d, state, byte) : (to & ~ROW_STOP) / 256;
		if (d->states[state].accepted_one)
			last = i;
		if (d->states[state].accepts)
			last = i + 1;
		if (state == STATE_DEAD || d->states[state].count == 0)
			return last;
	}
	uint32_t end = state_at_end(r, d, state); /* may move d->states */
	if (d->states[end].accepted_one)
		last = len;
	return last;
}
