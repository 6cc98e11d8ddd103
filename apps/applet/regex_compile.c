/* SPDX-License-Identifier: MPL-2.0 */
/* From a syntax tree to a program of byte matches and splits, and what can be known beforehand. */
#include <string.h>
#include "apps/applet/mem.h"
#include "apps/applet/regex_impl.h"
#include "apps/applet/scan.h"

/* 2 million instructions are 24 MiB: more than any sensible pattern needs. */
constexpr size_t PROGRAM_MAX = 2'000'000;

static uint32_t inst_add(struct regex *r, enum op op, uint32_t arg, uint32_t next)
{
	if (r->count >= PROGRAM_MAX) {
		r->too_big = true;
		return 0;
	}
	r->insts = mem_room(r->insts, r->count, &r->capacity, sizeof *r->insts);
	r->insts[r->count] = (struct inst){ op, arg, next };
	return (uint32_t)r->count++;
}

static uint32_t set_index(struct regex *r, const struct byte_set *set)
{
	/* Neighbours are often the same set: repetitions are copies. */
	for (size_t i = r->set_count; i-- > 0 && i + 8 > r->set_count;) {
		if (memcmp(&r->sets[i], set, sizeof *set) == 0)
			return (uint32_t)i;
	}
	r->sets = mem_room(r->sets, r->set_count, &r->set_capacity, sizeof *r->sets);
	r->sets[r->set_count] = *set;
	return (uint32_t)r->set_count++;
}

static uint32_t node_compile(struct regex *r, const struct node *n, uint32_t next);

/* A list compiles from its end, since every instruction names its successor. */
static uint32_t cat_compile(struct regex *r, const struct node *first, uint32_t next)
{
	size_t count = 0;

	for (const struct node *n = first; n != nullptr; n = n->next)
		count++;
	const struct node **list = mem_alloc(count * sizeof *list);
	count = 0;
	for (const struct node *n = first; n != nullptr; n = n->next)
		list[count++] = n;
	while (count-- > 0)
		next = node_compile(r, list[count], next);
	mem_free(list);
	return next;
}

static uint32_t alt_compile(struct regex *r, const struct node *first, uint32_t next)
{
	uint32_t start = node_compile(r, first, next);
	uint32_t head = start, last = UINT32_MAX;

	for (const struct node *n = first->next; n != nullptr; n = n->next) {
		/* split(first, split(second, third)): `last` is the split whose arg is still open.
		 */
		uint32_t branch = node_compile(r, n, next);
		uint32_t split = inst_add(r, OP_SPLIT, branch,
					  last == UINT32_MAX ? start : r->insts[last].arg);
		if (last == UINT32_MAX)
			head = split;
		else
			r->insts[last].arg = split;
		last = split;
	}
	return head;
}

static bool node_may_be_empty(const struct node *n)
{
	switch (n->kind) {
	case NODE_SET:
	case NODE_NEVER:
		return false;
	case NODE_CAT:
		for (const struct node *c = n->child; c != nullptr; c = c->next) {
			if (!node_may_be_empty(c))
				return false;
		}
		return true;
	case NODE_ALT:
		for (const struct node *c = n->child; c != nullptr; c = c->next) {
			if (node_may_be_empty(c))
				return true;
		}
		return false;
	case NODE_REPEAT:
		return n->min == 0 || node_may_be_empty(n->child);
	case NODE_GROUP:
		return node_may_be_empty(n->child);
	default:
		return true;
	}
}

/* A body that takes bytes, again and again: x* is entered at the split, x+ at the body. */
static uint32_t loop_compile(struct regex *r, const struct node *body, uint32_t next, bool plus)
{
	uint32_t split = inst_add(r, OP_SPLIT, next, 0);
	uint32_t start = node_compile(r, body, split);

	r->insts[split].next = start;
	return plus ? start : split;
}

/* The same for a body that may be empty: a turn that takes nothing ends the loop. */
static uint32_t empty_loop_compile(struct regex *r, const struct node *body, uint32_t next)
{
	uint32_t split = inst_add(r, OP_SPLIT, next, 0);
	uint32_t loop = r->loops++;
	uint32_t check = inst_add(r, OP_CHECK, loop, split);
	uint32_t start = node_compile(r, body, check);

	start = inst_add(r, OP_ENTER, loop, start);
	r->insts[split].next = start;
	return split;
}

static uint32_t repeat_compile(struct regex *r, const struct node *n, uint32_t next)
{
	int copies = n->min;

	if (n->max < 0 && node_may_be_empty(n->child)) {
		next = empty_loop_compile(r, n->child, next);
	} else if (n->max < 0) {
		next = loop_compile(r, n->child, next, copies > 0);
		copies -= copies > 0;
	} else {
		/* x{0,3} is (x(x(x)?)?)?: every split may leave to the same end. */
		uint32_t end = next;
		for (int i = n->min; i < n->max && !r->too_big; i++) {
			uint32_t body = node_compile(r, n->child, next);
			next = inst_add(r, OP_SPLIT, end, body);
		}
	}
	for (int i = 0; i < copies && !r->too_big; i++)
		next = node_compile(r, n->child, next);
	return next;
}

static uint32_t node_compile(struct regex *r, const struct node *n, uint32_t next)
{
	switch (n->kind) {
	case NODE_EMPTY:
		return next;
	case NODE_NEVER:
		return inst_add(r, OP_NEVER, 0, next);
	case NODE_SET:
		return inst_add(r, OP_SET, set_index(r, &n->set), next);
	case NODE_CAT:
		return cat_compile(r, n->child, next);
	case NODE_ALT:
		return alt_compile(r, n->child, next);
	case NODE_REPEAT:
		return repeat_compile(r, n, next);
	case NODE_GROUP:
		next = inst_add(r, OP_SAVE, n->group * 2 + 1, next);
		next = node_compile(r, n->child, next);
		return inst_add(r, OP_SAVE, n->group * 2, next);
	case NODE_ASSERT:
		r->has_assert = true;
		return inst_add(r, OP_ASSERT, n->assertion, next);
	case NODE_BACKREF:
		return inst_add(r, OP_BACKREF, n->group, next);
	}
	return next;
}

/* The only byte of a set, or -1. */
static int set_only(const struct byte_set *s)
{
	int found = -1;

	for (int i = 0; i < 4; i++) {
		if (s->bits[i] == 0)
			continue;
		if (found >= 0 || (s->bits[i] & (s->bits[i] - 1)) != 0)
			return -1;
		found = i * 64 + __builtin_ctzll(s->bits[i]);
	}
	return found;
}

/* The lower one of the two cases of a letter, when the set is just these; or -1. */
static int set_letter(const struct byte_set *s)
{
	uint64_t upper = s->bits[1] & 0xffffffff, lower = s->bits[1] >> 32;

	if (s->bits[0] | s->bits[2] | s->bits[3] || upper != lower || upper == 0 ||
	    (upper & (upper - 1)) != 0)
		return -1;
	int c = 96 + __builtin_ctzll(lower);
	return c >= 'a' && c <= 'z' ? c : -1;
}

/* Collects runs of fixed bytes along the parts that every match must pass. */
struct literal {
	bool fold; /* letters are sets of both cases */
	struct text run, best;
	bool whole; /* nothing but the run so far */
};

static void run_end(struct literal *l)
{
	if (l->run.len > l->best.len) {
		l->best.len = 0;
		text_add(&l->best, l->run.bytes, l->run.len);
	}
	l->run.len = 0;
}

static void literal_walk(struct literal *l, const struct node *n)
{
	switch (n->kind) {
	case NODE_EMPTY:
		return;
	case NODE_SET:
		if (set_only(&n->set) >= 0) {
			text_add_char(&l->run, (char)set_only(&n->set));
			return;
		}
		if (l->fold && set_letter(&n->set) >= 0) {
			text_add_char(&l->run, (char)set_letter(&n->set));
			return;
		}
		break;
	case NODE_CAT:
		for (const struct node *c = n->child; c != nullptr; c = c->next)
			literal_walk(l, c);
		return;
	case NODE_GROUP:
		literal_walk(l, n->child);
		return;
	case NODE_REPEAT:
		l->whole = false;
		if (n->min > 0) {
			literal_walk(l, n->child); /* once is enough to be required */
			if (n->min == 1 && n->max == 1)
				return;
		}
		break;
	case NODE_ASSERT:
		l->whole = false; /* but the bytes around it still touch */
		return;
	default:
		break;
	}
	l->whole = false;
	run_end(l);
}

/* Which bytes can come first, whatever the assertions say. */
static void first_find(struct regex *r)
{
	uint32_t *stack = r->stack;
	size_t n = 0;
	bool *seen = mem_zero(r->count, sizeof *seen);

	stack[n++] = r->start;
	seen[r->start] = true;
	while (n != 0) {
		const struct inst *i = &r->insts[stack[--n]];
		if (i->op == OP_MATCH || i->op == OP_BACKREF)
			r->may_be_empty = true;
		if (i->op == OP_SET) {
			for (int w = 0; w < 4; w++)
				r->first.bits[w] |= r->sets[i->arg].bits[w];
		}
		if (i->op == OP_MATCH || i->op == OP_SET || i->op == OP_NEVER)
			continue;
		if (!seen[i->next]) {
			seen[i->next] = true;
			stack[n++] = i->next;
		}
		if (i->op == OP_SPLIT && !seen[i->arg]) {
			seen[i->arg] = true;
			stack[n++] = i->arg;
		}
	}
	mem_free(seen);
	r->first_byte = set_only(&r->first);
	/* A few rare bytes can be searched for; common ones would stop the search all the time. */
	for (unsigned b = 0; b < 256 && !r->may_be_empty; b++) {
		if (!set_has(&r->first, b))
			continue;
		if (r->first_count == 3 || scan_frequency((uint8_t)b) > 235) {
			r->first_count = 0;
			return;
		}
		r->first_bytes[r->first_count++] = (uint8_t)b;
	}
	for (unsigned i = r->first_count; i > 0 && i < 3; i++)
		r->first_bytes[i] = r->first_bytes[0];
}

void regex_compile(struct regex *r, const struct node *root)
{
	struct literal l = { .whole = true, .fold = r->flags & REGEX_ICASE };
	uint32_t match = inst_add(r, OP_MATCH, 0, 0);

	r->start = node_compile(r, root, match);
	if (r->too_big)
		return;
	r->sparse = mem_zero(r->count, sizeof *r->sparse);
	r->dense = mem_alloc(r->count * sizeof *r->dense);
	r->stack = mem_alloc((r->count * 2 + 2) * sizeof *r->stack);
	first_find(r);
	literal_walk(&l, root);
	run_end(&l);
	r->required_whole = l.whole && !r->has_backref;
	r->required = l.best.bytes;
	r->required_len = l.best.len;
	/* A common byte is no help. */
	if (l.best.len == 1 && !l.whole && scan_frequency((uint8_t)l.best.bytes[0]) > 200)
		r->required_len = 0;
	mem_free(l.run.bytes);
}
