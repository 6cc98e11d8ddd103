/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/*
 * POSIX basic and extended regular expressions with the GNU additions (\+ \? \| \< \> \b \B \w \s
 * \` \' and back references), over bytes that may hold NUL and invalid UTF-8. Matching is by a
 * deterministic automaton built as the text needs it; only groups and back references backtrack.
 */
#include <stddef.h>
#include <stdint.h>

enum regex_flags : unsigned {
	REGEX_EXTENDED = 1u << 0,
	REGEX_ICASE = 1u << 1,
	REGEX_LITERAL = 1u << 2,   /* no character is special */
	REGEX_PATTERNS = 1u << 3,  /* newlines separate alternative patterns */
	REGEX_MULTILINE = 1u << 4, /* ^ and $ also match around newlines inside the text */
	REGEX_IN_LINE = 1u << 5,   /* no match contains a newline */
	REGEX_NUL_LINES = 1u << 6, /* for the two above, lines end with NUL instead */
	REGEX_WHOLE_LINE = 1u << 7,
	REGEX_WHOLE_WORD = 1u << 8,
	REGEX_ESCAPES = 1u << 9, /* \n \t \f \v \a \r, also inside brackets, as sed and awk have */
	REGEX_BRACKET_ESCAPES = 1u << 10, /* backslash quotes inside brackets, as awk has */
};

struct regex_span {
	size_t start, end; /* byte offsets; start is REGEX_UNSET for a group that took no part */
};
constexpr size_t REGEX_UNSET = SIZE_MAX;

struct regex;

/* nullptr with a message in *error when the pattern is wrong. The pattern may be freed. */
struct regex *regex_create(const char *pattern, size_t len, unsigned flags, const char **error);
void regex_destroy(struct regex *r);

/* How many groups the pattern has. */
unsigned regex_groups(const struct regex *r);

/*
 * Looks in text[from, len) for the leftmost match, the longest of those; what is before `from`
 * is context for anchors. Fills n spans, the first being the whole match; n may be 0.
 */
bool regex_match(struct regex *r, const char *text, size_t len, size_t from,
		 struct regex_span *spans, size_t n);

/*
 * Where, in text[from, len), the match that ends first ends, or REGEX_UNSET; the fastest way to
 * find a line that matches. With back references it may find what is no match.
 */
size_t regex_find_end(struct regex *r, const char *text, size_t len, size_t from);
bool regex_has_backref(const struct regex *r);

/*
 * A string that every match contains, or an empty one if none is known. `whole` is set when
 * containing it is all there is to a match, `fold` when its letters, which are lower case, stand
 * for both cases.
 */
const char *regex_required(const struct regex *r, size_t *len, bool *whole, bool *fold);
