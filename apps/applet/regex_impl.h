/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* What the parts of the regular expression engine share: syntax tree, program, automaton. */
#include "apps/applet/regex.h"

struct byte_set {
	uint64_t bits[4];
};

static inline void set_add(struct byte_set *s, unsigned byte)
{
	s->bits[byte >> 6] |= 1ull << (byte & 63);
}

static inline bool set_has(const struct byte_set *s, unsigned byte)
{
	return s->bits[byte >> 6] >> (byte & 63) & 1;
}

enum node_kind : uint8_t {
	NODE_EMPTY,
	NODE_NEVER, /* matches nothing, as [^\x00-\xff] would */
	NODE_SET,
	NODE_CAT,
	NODE_ALT,
	NODE_REPEAT,
	NODE_GROUP,
	NODE_ASSERT,
	NODE_BACKREF
};

enum assertion : uint8_t {
	ASSERT_LINE_START,
	ASSERT_LINE_END,
	ASSERT_TEXT_START,
	ASSERT_TEXT_END,
	ASSERT_WORD_START,
	ASSERT_WORD_END,
	ASSERT_WORD_EDGE,
	ASSERT_NOT_WORD_EDGE,
	ASSERT_NO_WORD_BEFORE,
	ASSERT_NO_WORD_AFTER
};

struct node {
	enum node_kind kind;
	enum assertion assertion;
	unsigned group;      /* GROUP and BACKREF */
	int min, max;        /* REPEAT; max -1: no limit */
	struct byte_set set; /* SET */
	struct node *child;  /* CAT and ALT: the first of a list */
	struct node *next;   /* in the parent's list */
};

struct parsed {
	struct node *root;
	unsigned groups;
	bool has_backref;
	const char *error;
};

void regex_parse(const char *pattern, size_t len, unsigned flags, struct parsed *p);

enum op : uint8_t {
	OP_SET,     /* a byte of sets[arg], then next */
	OP_SPLIT,   /* next, or else arg */
	OP_SAVE,    /* spans slot `arg` */
	OP_ASSERT,  /* arg is an enum assertion */
	OP_BACKREF, /* arg is a group */
	OP_ENTER,   /* remember where round `arg` of a loop began */
	OP_CHECK,   /* that round must not have been empty */
	OP_NEVER,
	OP_MATCH
};

struct inst {
	enum op op;
	uint32_t arg;
	uint32_t next;
};

/* What stands beside a position, as far as assertions care. */
enum beside : uint8_t { BESIDE_EDGE, BESIDE_NEWLINE, BESIDE_WORD, BESIDE_OTHER };

struct dfa_state {
	uint32_t *insts; /* sorted */
	uint32_t count;
	uint32_t hash;
	uint32_t at_end; /* the state after the end of the text, 0 when not computed yet */
	enum beside before;
	bool accepts;      /* a match ends here */
	bool accepted_one; /* a match ended before the last byte: known only now */
	bool asserts;      /* assertions wait for the next byte */
};

struct dfa {
	bool anchored;
	struct dfa_state *states;
	size_t count, capacity;
	uint32_t *rows; /* 256 entries a state: the row a byte leads to, 0 when not computed yet */
	size_t rows_capacity;
	uint32_t *table; /* hash table of states */
	size_t table_size;
	uint32_t starts[4]; /* by what stands before; 0: not made yet */
	size_t memory;
};

/* Set in a row's entry when the search must look at the state it leads to. */
constexpr uint32_t ROW_STOP = 1u << 31;
constexpr uint32_t STATE_DEAD = 1;

struct regex {
	struct inst *insts;
	size_t count, capacity;
	struct byte_set *sets;
	size_t set_count, set_capacity;
	uint32_t start;
	unsigned groups;
	unsigned loops;
	unsigned flags;
	bool has_backref, has_assert, utf8, too_big;
	bool may_be_empty;
	struct byte_set first; /* what a match that is not empty starts with */
	int first_byte;        /* the only one, or -1 */
	unsigned first_count;  /* how many there are when they are few and rare, or 0 */
	uint8_t first_bytes[3];
	enum beside kinds[256];
	char *required;
	size_t required_len;
	bool required_whole;
	struct dfa search, anchored;
	/* scratch sets for building states */
	uint32_t *sparse, *dense, *stack;
	size_t dense_count;
};

void regex_compile(struct regex *r, const struct node *root);
bool assertion_holds(uint32_t a, enum beside before, enum beside after);
enum beside regex_beside(const struct regex *r, const char *text, size_t at);

void dfa_init(struct regex *r, struct dfa *d, bool anchored);
void dfa_fini(struct dfa *d);
/* Where the match that ends first ends, of those that start at `from` or later. */
size_t dfa_find_end(struct regex *r, const char *text, size_t len, size_t from);
/* The end of the longest match that starts at `from`, or REGEX_UNSET. */
size_t dfa_longest(struct regex *r, const char *text, size_t len, size_t from);

/* Finds the groups of a match at [from, end); with end REGEX_UNSET the longest is searched. */
bool backtrack_match(struct regex *r, const char *text, size_t len, size_t from, size_t end,
		     struct regex_span *spans, size_t n);
