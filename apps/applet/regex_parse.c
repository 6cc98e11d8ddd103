/* SPDX-License-Identifier: MPL-2.0 */
/* From a pattern to a syntax tree over bytes: characters of several bytes become sequences. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>
#include "apps/applet/mem.h"
#include "apps/applet/regex_impl.h"
#include "apps/applet/utf8.h"

constexpr int DEPTH_MAX = 2000;   /* of nested groups; bounds our recursion */
constexpr int REPEAT_MAX = 32767; /* RE_DUP_MAX of Linux */

struct parser {
	const char *p, *stop;
	unsigned flags;
	bool utf8;
	int depth;
	unsigned groups;        /* opened so far */
	unsigned first_group;   /* of this pattern, when there are several */
	uint64_t closed_groups; /* bit n: group first_group + n is closed, so may be referred to */
	struct parsed *out;
};

static struct node *node_make(enum node_kind kind)
{
	struct node *n = mem_zero(1, sizeof *n);

	n->kind = kind;
	return n;
}

static struct node *node_list(enum node_kind kind, struct node *first)
{
	if (first != nullptr && first->next == nullptr)
		return first;
	struct node *n = node_make(first == nullptr ? NODE_EMPTY : kind);
	n->child = first;
	return n;
}

static struct node *assert_make(enum assertion a)
{
	struct node *n = node_make(NODE_ASSERT);

	n->assertion = a;
	return n;
}

static struct node *pair_make(enum node_kind kind, struct node *a, struct node *b)
{
	a->next = b;
	return node_list(kind, a);
}

static void fail(struct parser *s, const char *message)
{
	if (s->out->error == nullptr)
		s->out->error = message;
	s->p = s->stop;
}

/* Line ends never match where matches stay within lines. */
static void set_drop_newline(const struct parser *s, struct byte_set *set)
{
	unsigned c = s->flags & REGEX_NUL_LINES ? '\0' : '\n';

	if (s->flags & REGEX_IN_LINE)
		set->bits[c >> 6] &= ~(1ull << (c & 63));
}

static struct node *byte_node(unsigned byte)
{
	struct node *n = node_make(NODE_SET);

	set_add(&n->set, byte);
	return n;
}

static struct node *range_node(unsigned lo, unsigned hi)
{
	struct node *n = node_make(NODE_SET);

	for (unsigned b = lo; b <= hi; b++)
		set_add(&n->set, b);
	return n;
}

/* Adds to `list` alternatives for the UTF-8 forms of lo..hi, all of the same length n. */
static void utf8_same_length(struct node ***tail, uint32_t lo, uint32_t hi, int n)
{
	unsigned char a[4], b[4];

	/* Split until all but the last differing byte span their whole continuation range. */
	for (int i = 1; i < n; i++) {
		uint32_t m = (1u << (6 * i)) - 1;
		if ((lo & ~m) == (hi & ~m))
			break;
		if ((lo & m) != 0) {
			utf8_same_length(tail, lo, lo | m, n);
			utf8_same_length(tail, (lo | m) + 1, hi, n);
			return;
		}
		if ((hi & m) != m) {
			utf8_same_length(tail, lo, (hi & ~m) - 1, n);
			utf8_same_length(tail, hi & ~m, hi, n);
			return;
		}
	}
	utf8_encode(lo, (char *)a);
	utf8_encode(hi, (char *)b);
	struct node *first = nullptr, **at = &first;
	for (int i = 0; i < n; i++) {
		*at = range_node(a[i], b[i]);
		at = &(*at)->next;
	}
	**tail = node_list(NODE_CAT, first);
	*tail = &(**tail)->next;
}

static void utf8_range(struct node ***tail, uint32_t lo, uint32_t hi)
{
	static const uint32_t last[] = { 0x7f, 0x7ff, 0xffff, 0x10ffff };

	if (lo <= 0xdfff && hi >= 0xd800) { /* surrogates are no characters */
		if (lo < 0xd800)
			utf8_range(tail, lo, 0xd7ff);
		if (hi > 0xdfff)
			utf8_range(tail, 0xe000, hi);
		return;
	}
	for (int n = 1; n <= 4 && lo <= hi; n++) {
		if (lo > last[n - 1])
			continue;
		uint32_t to = hi < last[n - 1] ? hi : last[n - 1];
		utf8_same_length(tail, lo, to, n);
		lo = to + 1;
	}
}

/* What a bracket expression holds: bytes below 0x80, or all in a byte locale, and wide ranges. */
struct bracket {
	struct byte_set bytes;
	struct range {
		uint32_t lo, hi;
	} *ranges;
	size_t count, capacity;
};

static void bracket_add(struct bracket *b, uint32_t lo, uint32_t hi, bool utf8)
{
	uint32_t limit = utf8 ? 0x7f : 0xff;

	for (uint32_t c = lo; c <= hi && c <= limit; c++)
		set_add(&b->bytes, c);
	if (!utf8 || hi <= limit)
		return;
	b->ranges = mem_room(b->ranges, b->count, &b->capacity, sizeof *b->ranges);
	b->ranges[b->count++] = (struct range){ lo > limit ? lo : limit + 1, hi };
}

static void bracket_add_folded(struct parser *s, struct bracket *b, uint32_t lo, uint32_t hi)
{
	bracket_add(b, lo, hi, s->utf8);
	if ((s->flags & REGEX_ICASE) == 0)
		return;
	/* Wider ranges than this are not of letters that have case. */
	for (uint32_t c = lo; c <= hi && c - lo < 0x600; c++) {
		uint32_t other =
			!s->utf8 ? (uint32_t)(islower((int)(c & 0xff)) ? toupper((int)(c & 0xff))
								       : tolower((int)(c & 0xff)))
			: iswlower((wint_t)c) ? char_upper(c)
					      : char_lower(c);
		if (other != c)
			bracket_add(b, other, other, s->utf8);
	}
}

static void bracket_add_class(struct parser *s, struct bracket *b, wctype_t class)
{
	uint32_t limit = s->utf8 ? 0x1ffff : 0x7f; /* no letters beyond but rare ideographs */

	for (uint32_t c = 0; c <= limit; c++) {
		if (!iswctype((wint_t)c, class))
			continue;
		uint32_t first = c;
		while (c < limit && iswctype((wint_t)c + 1, class))
			c++;
		bracket_add(b, first, c, s->utf8);
	}
}

static int range_compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static void bracket_negate(struct parser *s, struct bracket *b)
{
	struct range *old = b->ranges;
	size_t n = b->count;
	uint32_t from = 0x80;

	for (int i = 0; i < 4; i++)
		b->bytes.bits[i] = s->utf8 && i >= 2 ? 0 : ~b->bytes.bits[i];
	if (!s->utf8)
		return;
	if (n != 0)
		qsort(old, n, sizeof *old, range_compare);
	b->ranges = nullptr;
	b->count = b->capacity = 0;
	for (size_t i = 0; i < n; i++) {
		if (old[i].lo > from)
			bracket_add(b, from, old[i].lo - 1, true);
		if (old[i].hi >= from)
			from = old[i].hi + 1;
	}
	if (from <= 0x10ffff)
		bracket_add(b, from, 0x10ffff, true);
	mem_free(old);
}

static struct node *bracket_node(struct parser *s, struct bracket *b)
{
	struct node *first = nullptr, **tail = &first;

	set_drop_newline(s, &b->bytes);
	if (b->bytes.bits[0] | b->bytes.bits[1] | b->bytes.bits[2] | b->bytes.bits[3]) {
		*tail = node_make(NODE_SET);
		(*tail)->set = b->bytes;
		tail = &(*tail)->next;
	}
	for (size_t i = 0; i < b->count; i++)
		utf8_range(&tail, b->ranges[i].lo, b->ranges[i].hi);
	mem_free(b->ranges);
	return first == nullptr ? node_make(NODE_NEVER) : node_list(NODE_ALT, first);
}

/* The next character of the pattern: a code point, or a byte where it is not valid UTF-8. */
static uint32_t char_take(struct parser *s, bool *is_byte)
{
	uint32_t c;
	int n = s->utf8 ? utf8_decode(s->p, s->stop, &c) : 0;

	*is_byte = n <= 0;
	if (n <= 0) {
		c = (unsigned char)*s->p;
		n = 1;
	}
	s->p += n;
	return c;
}

static struct node *char_node(struct parser *s, uint32_t c, bool is_byte)
{
	struct bracket b = {};

	if (is_byte && s->utf8 && c >= 0x80)
		return byte_node(c);
	bracket_add_folded(s, &b, c, c);
	return bracket_node(s, &b);
}

/* A control character by its letter after a backslash, or -1. */
static int escape_value(char c)
{
	static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
	const char *at = c == '\0' || c == 'b' ? nullptr : strchr(letters, c);

	return at == nullptr ? -1 : values[at - letters];
}

/* The inside of [:name:], [.x.] or [=x=]; true with *c set if it is one character. */
static bool bracket_special(struct parser *s, struct bracket *b, uint32_t *c)
{
	char kind = s->p[1];
	const char *from = s->p + 2, *end = from;

	while (end + 1 < s->stop && !(end[0] == kind && end[1] == ']'))
		end++;
	if (end + 1 >= s->stop) {
		fail(s, "Unmatched [, [^, [:, [., or [=");
		return false;
	}
	if (kind == ':') {
		char name[16] = {};
		size_t n = (size_t)(end - from);
		if (n < sizeof name)
			memcpy(name, from, n);
		wctype_t class = wctype(name);
		if (class == 0)
			fail(s, "Invalid character class name");
		else if ((s->flags & REGEX_ICASE) &&
			 (strcmp(name, "upper") == 0 || strcmp(name, "lower") == 0))
			class = wctype("alpha");
		if (class != 0) {
			s->p = end + 2;
			bracket_add_class(s, b, class);
		}
		return false;
	}
	bool is_byte;
	s->p = from;
	*c = from < end ? char_take(s, &is_byte) : 0;
	if (s->p != end) {
		fail(s, "Invalid collation character");
		return false;
	}
	s->p = end + 2;
	return true;
}

/* One end of a range, or a character alone. False if it was a class, or wrong. */
static bool bracket_char(struct parser *s, struct bracket *b, uint32_t *c)
{
	bool is_byte;

	if (s->p + 1 < s->stop && s->p[0] == '[' && strchr(":.=", s->p[1]) != nullptr &&
	    s->p[1] != '\0')
		return bracket_special(s, b, c);
	if (s->p + 1 < s->stop && s->p[0] == '\\' && (s->flags & REGEX_ESCAPES)) {
		int value = escape_value(s->p[1]);
		if (value >= 0 || (s->flags & REGEX_BRACKET_ESCAPES)) {
			s->p++;
			*c = value >= 0 ? (uint32_t)value : char_take(s, &is_byte);
			s->p += value >= 0;
			return true;
		}
	}
	*c = char_take(s, &is_byte);
	if (is_byte && s->utf8 && *c >= 0x80) {
		set_add(&b->bytes, *c);
		return false;
	}
	return true;
}

static struct node *bracket_parse(struct parser *s)
{
	struct bracket b = {};
	bool negated = s->p < s->stop && *s->p == '^';

	s->p += negated;
	const char *from = s->p;
	for (bool first = true; s->p < s->stop; first = false) {
		uint32_t lo, hi;
		if (*s->p == ']' && !first) {
			/* A likely mistake, which GNU grep refuses too. */
			if ((s->flags & REGEX_PATTERNS) != 0 && s->p - from > 2 && from[0] == ':' &&
			    s->p[-1] == ':') {
				fail(s, "character class syntax is [[:space:]], not [:space:]");
				return node_make(NODE_EMPTY);
			}
			s->p++;
			if (negated)
				bracket_negate(s, &b);
			return bracket_node(s, &b);
		}
		if (!bracket_char(s, &b, &lo))
			continue;
		hi = lo;
		if (s->stop - s->p >= 2 && s->p[0] == '-' && s->p[1] != ']') {
			s->p++;
			if (!bracket_char(s, &b, &hi) || hi < lo) {
				fail(s, "Invalid range end");
				break;
			}
		}
		bracket_add_folded(s, &b, lo, hi);
	}
	fail(s, "Unmatched [, [^, [:, [., or [=");
	return node_make(NODE_EMPTY);
}

static struct node *any_node(struct parser *s)
{
	struct bracket b = {};

	bracket_negate(s, &b);
	return bracket_node(s, &b);
}

static struct node *class_node(struct parser *s, const char *class, bool negated)
{
	struct bracket b = {};

	bracket_add_class(s, &b, wctype(class));
	if (class[0] == 'a')
		bracket_add(&b, '_', '_', s->utf8);
	if (negated)
		bracket_negate(s, &b);
	return bracket_node(s, &b);
}

static struct node *alternatives_parse(struct parser *s);

static struct node *group_parse(struct parser *s)
{
	struct node *n = node_make(NODE_GROUP);

	n->group = ++s->groups;
	if (++s->depth > DEPTH_MAX) {
		fail(s, "Regular expression too big");
		return n;
	}
	n->child = alternatives_parse(s);
	s->depth--;
	bool extended = s->flags & REGEX_EXTENDED;
	if (s->p >= s->stop || (!extended && s->stop - s->p < 2)) {
		fail(s, "Unmatched ( or \\(");
		return n;
	}
	s->p += extended ? 1 : 2;
	unsigned local = n->group - s->first_group;
	if (local < 64)
		s->closed_groups |= 1ull << local;
	return n;
}

/* What a backslash and `c` mean; s->p stands behind both. */
static struct node *escape_parse(struct parser *s, char c)
{
	static const char edges[] = "<>bB`'";
	static const enum assertion edge_kinds[] = { ASSERT_WORD_START, ASSERT_WORD_END,
						     ASSERT_WORD_EDGE,  ASSERT_NOT_WORD_EDGE,
						     ASSERT_TEXT_START, ASSERT_TEXT_END };

	if (strchr(edges, c) != nullptr && c != '\0')
		return assert_make(edge_kinds[strchr(edges, c) - edges]);
	if (c == 'w' || c == 'W')
		return class_node(s, "alnum", c == 'W');
	if (c == 's' || c == 'S')
		return class_node(s, "space", c == 'S');
	if (c >= '1' && c <= '9') {
		struct node *n = node_make(NODE_BACKREF);
		n->group = s->first_group + (unsigned)(c - '0');
		if ((s->closed_groups >> (c - '0') & 1) == 0)
			fail(s, "Invalid back reference");
		s->out->has_backref = true;
		return n;
	}
	if ((s->flags & REGEX_ESCAPES) && escape_value(c) >= 0)
		return char_node(s, (uint32_t)escape_value(c), false);
	bool is_byte;
	s->p--;
	uint32_t code = char_take(s, &is_byte);
	return char_node(s, code, is_byte);
}

/* Does an alternative end here? */
static bool at_branch_end(const struct parser *s)
{
	size_t left = (size_t)(s->stop - s->p);

	if (left == 0)
		return true;
	if ((s->flags & REGEX_PATTERNS) && *s->p == '\n')
		return true;
	if (s->flags & REGEX_LITERAL)
		return false;
	if (s->flags & REGEX_EXTENDED)
		return *s->p == '|' || (*s->p == ')' && s->depth > 0);
	return left >= 2 && s->p[0] == '\\' && (s->p[1] == '|' || (s->p[1] == ')' && s->depth > 0));
}

/* In basic syntax $ is an anchor only at the end of an alternative. */
static bool dollar_is_anchor(struct parser *s)
{
	if (s->flags & REGEX_EXTENDED)
		return true;
	s->p++;
	bool end = at_branch_end(s) || (s->stop - s->p >= 2 && s->p[0] == '\\' && s->p[1] == ')');
	s->p--;
	return end;
}

/* "n", "n,", ",m" or "n,m" up to the closing brace; false leaves s->p alone. */
static bool interval_parse(struct parser *s, int *min, int *max)
{
	const char *p = s->p;
	long values[2] = { -1, -1 };
	bool comma = false;

	for (int i = 0; i < 2; i++) {
		for (; p < s->stop && isdigit((unsigned char)*p); p++) {
			values[i] = (values[i] < 0 ? 0 : values[i]) * 10 + (*p - '0');
			if (values[i] > REPEAT_MAX)
				values[i] = REPEAT_MAX + 1;
		}
		if (i == 0 && p < s->stop && *p == ',') {
			comma = true;
			p++;
		} else if (i == 0) {
			break;
		}
	}
	if ((s->flags & REGEX_EXTENDED) == 0) {
		if (p >= s->stop || *p != '\\')
			return false;
		p++;
	}
	if (p >= s->stop || *p != '}' || (values[0] < 0 && !comma))
		return false;
	s->p = p + 1;
	*min = values[0] < 0 ? 0 : (int)values[0];
	*max = comma ? (int)values[1] : *min;
	if (*max >= 0 && *max < *min)
		fail(s, "Invalid content of \\{\\}");
	if (*min > REPEAT_MAX || *max > REPEAT_MAX)
		fail(s, "Regular expression too big");
	return true;
}

/* A repetition after an atom, if there is one. */
static bool repeat_parse(struct parser *s, int *min, int *max)
{
	bool extended = s->flags & REGEX_EXTENDED;
	const char *from = s->p;

	if (s->p >= s->stop || (s->flags & REGEX_LITERAL))
		return false;
	if (!extended && *s->p == '\\' && s->stop - s->p >= 2)
		s->p++;
	else if (!extended && *s->p != '*')
		return false;
	char c = *s->p++;
	*min = c == '+';
	*max = c == '?' ? 1 : -1;
	if (c == '*' && (extended || from + 1 == s->p))
		return true;
	if (c == '+' || c == '?')
		return true;
	if (c == '{') {
		if (interval_parse(s, min, max))
			return true;
		if (!extended) {
			bool closed = memchr(s->p, '}', (size_t)(s->stop - s->p)) != nullptr;
			fail(s, closed ? "Invalid content of \\{\\}" : "Unmatched \\{");
			return false;
		}
	}
	s->p = from;
	return false;
}

/* Extended syntax: may a repetition stand here, where nothing precedes it? It repeats nothing. */
static struct node *atom_parse(struct parser *s, bool at_start)
{
	bool extended = s->flags & REGEX_EXTENDED, is_byte;
	char c = *s->p;

	if (s->flags & REGEX_LITERAL) {
		uint32_t code = char_take(s, &is_byte);
		return char_node(s, code, is_byte);
	}
	if (c == '\\') {
		if (s->stop - s->p < 2) {
			fail(s, "Trailing backslash");
			return node_make(NODE_EMPTY);
		}
		s->p += 2;
		c = s->p[-1];
		if (!extended && c == '(')
			return group_parse(s);
		if (!extended && c == ')') {
			fail(s, "Unmatched ) or \\)");
			return node_make(NODE_EMPTY);
		}
		if (!extended && c == '{' && (s->flags & REGEX_PATTERNS) != 0)
			return char_node(s, '{', false); /* as GNU grep has it */
		if (!extended && c == '{') {
			fail(s, "Invalid preceding regular expression");
			return node_make(NODE_EMPTY);
		}
		return escape_parse(s, c);
	}
	if (c == '[') {
		s->p++;
		return bracket_parse(s);
	}
	if (c == '.') {
		s->p++;
		return any_node(s);
	}
	if (c == '^' && (extended || at_start)) {
		s->p++;
		return assert_make(ASSERT_LINE_START);
	}
	if (c == '$' && dollar_is_anchor(s)) {
		s->p++;
		return assert_make(ASSERT_LINE_END);
	}
	if (extended && c == '(') {
		s->p++;
		return group_parse(s);
	}
	if (extended && (c == '*' || c == '+' || c == '?')) {
		return node_make(NODE_EMPTY); /* what repeats it follows */
	}
	if (extended && c == '{' && at_start) {
		int min, max;
		s->p++;
		bool interval = interval_parse(s, &min, &max);
		if (interval)
			return node_make(NODE_EMPTY);
		return char_node(s, '{', false);
	}
	uint32_t code = char_take(s, &is_byte);
	return char_node(s, code, is_byte);
}

/* * + or ? */
static bool is_simple(int min, int max)
{
	return min <= 1 && (max == 1 || max < 0);
}

/* Of the operators * + ? one after another, any number do what one does: x+* is x*. */
static struct node *repeat_node(struct node *child, int min, int max)
{
	if (child->kind == NODE_REPEAT && is_simple(min, max) &&
	    is_simple(child->min, child->max)) {
		child->min &= min;
		if (max < 0)
			child->max = max;
		return child;
	}
	struct node *n = node_make(NODE_REPEAT);
	n->min = min;
	n->max = max;
	n->child = child;
	return n;
}

static struct node *branch_parse(struct parser *s)
{
	struct node *first = nullptr, **tail = &first;
	bool at_start = true;

	while (!at_branch_end(s)) {
		int min, max;
		struct node *n = atom_parse(s, at_start);
		bool anchor = n->kind == NODE_ASSERT && n->assertion == ASSERT_LINE_START;
		/* In basic syntax a star after the opening anchor is an ordinary character. */
		bool plain = anchor && (s->flags & REGEX_EXTENDED) == 0 && s->p < s->stop &&
			     *s->p == '*';
		at_start = false;
		if (plain) {
			*tail = n;
			tail = &n->next;
			n = char_node(s, '*', false);
			s->p++;
		}
		while (s->out->error == nullptr && repeat_parse(s, &min, &max))
			n = repeat_node(n, min, max);
		*tail = n;
		tail = &n->next;
	}
	return node_list(NODE_CAT, first);
}

static struct node *alternatives_parse(struct parser *s)
{
	struct node *first = branch_parse(s), **tail = &first->next;
	bool extended = s->flags & REGEX_EXTENDED;

	while (s->p < s->stop && (s->flags & REGEX_LITERAL) == 0 &&
	       (*s->p == '|' || *s->p == '\\') && (extended ? *s->p == '|' : s->p[1] == '|')) {
		s->p += extended ? 1 : 2;
		*tail = branch_parse(s);
		tail = &(*tail)->next;
	}
	return node_list(NODE_ALT, first);
}

/* The text before a star at the start of a basic expression: the star is ordinary there. */
static struct node *pattern_wrap(struct parser *s, struct node *n)
{
	if (s->flags & REGEX_WHOLE_LINE) {
		struct node *end = assert_make(ASSERT_LINE_END);
		n = pair_make(NODE_CAT, assert_make(ASSERT_LINE_START),
			      pair_make(NODE_CAT, n, end));
	} else if (s->flags & REGEX_WHOLE_WORD) {
		struct node *end = assert_make(ASSERT_NO_WORD_AFTER);
		n = pair_make(NODE_CAT, assert_make(ASSERT_NO_WORD_BEFORE),
			      pair_make(NODE_CAT, n, end));
	}
	return n;
}

void regex_parse(const char *pattern, size_t len, unsigned flags, struct parsed *out)
{
	struct parser s = { .p = pattern,
			    .stop = pattern + len,
			    .flags = flags,
			    .utf8 = utf8_is_locale(),
			    .out = out };
	struct node *first = nullptr, **tail = &first;

	*out = (struct parsed){};
	for (;;) {
		s.first_group = s.groups;
		s.closed_groups = 0;
		s.depth = 0;
		*tail = pattern_wrap(&s, alternatives_parse(&s));
		tail = &(*tail)->next;
		if (s.p >= s.stop || out->error != nullptr)
			break;
		if (*s.p != '\n' || (flags & REGEX_PATTERNS) == 0)
			fail(&s, "Unmatched ) or \\)");
		s.p++;
	}
	out->groups = s.groups;
	out->root = node_list(NODE_ALT, first);
}
