/* SPDX-License-Identifier: MPL-2.0 */
/* Matching shell patterns. */
#include "apps/sh/pattern.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/mem.h"
#include "apps/sh/sh.h"

#include <ctype.h>
#include <string.h>
#include <wctype.h>

size_t char_length(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	size_t n = c < 0xC2 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 1;

	if (!sh.utf8 || n > len)
		return 1;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 1;
	return n;
}

unsigned long char_code(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];

	switch (char_length(s, len)) {
	case 2:
		return (unsigned long)(c & 0x1F) << 6 | (s[1] & 0x3F);
	case 3:
		return (unsigned long)(c & 0x0F) << 12 | (unsigned long)(s[1] & 0x3F) << 6 |
		       (s[2] & 0x3F);
	case 4:
		return (unsigned long)(c & 0x07) << 18 | (unsigned long)(s[1] & 0x3F) << 12 |
		       (unsigned long)(s[2] & 0x3F) << 6 | (s[3] & 0x3F);
	default:
		return c < 0x80 ? c : 0x110000ul + c;
	}
}

size_t char_count(const char *s, size_t len)
{
	size_t n = 0;

	if (!sh.utf8)
		return len;
	for (size_t i = 0; i < len; i += char_length(s + i, len - i))
		n++;
	return n;
}

unsigned pattern_flags(void)
{
	return (sh.opt[SHOPT_EXTGLOB] ? PATTERN_EXTENDED : 0) |
	       (sh.opt[SHOPT_NOCASEMATCH] ? PATTERN_NOCASE : 0);
}

size_t pattern_unmark(char *s, size_t len)
{
	char *from = memchr(s, ESC, len), *to = from, *end = s + len;

	if (from == nullptr)
		return len;
	while (from < end) {
		if (*from == ESC && from + 1 < end)
			from++;
		*to++ = *from++;
	}
	return (size_t)(to - s);
}

bool pattern_is_plain(const char *pat, size_t plen)
{
	for (size_t i = 0; i < plen; i++) {
		if (pat[i] == '\\')
			return false;
		if (pat[i] == ESC)
			i++;
		else if (pat[i] == '[' && memchr(pat + i, ']', plen - i) == nullptr)
			continue; /* above all the command [ */
		else if (is_class((unsigned char)pat[i], CC_GLOB) || pat[i] == '(')
			return false;
	}
	return true;
}

static unsigned long fold(unsigned long c, unsigned flags)
{
	return flags & PATTERN_NOCASE ? (unsigned long)towlower((wint_t)c) : c;
}

static bool in_class(const char *name, size_t len, unsigned long c, unsigned flags)
{
	char text[16];

	if (len >= sizeof(text) || c >= 0x110000)
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	if ((flags & PATTERN_NOCASE) && (strcmp(text, "upper") == 0 || strcmp(text, "lower") == 0))
		return iswalpha((wint_t)c) != 0;
	if (strcmp(text, "ascii") == 0)
		return c < 0x80;
	if (strcmp(text, "word") == 0)
		return c == '_' || in_class("alnum", 5, c, flags);
	wctype_t t = wctype(text);
	return t != 0 && (c < 0x80 || sh.utf8) && iswctype((wint_t)c, t) != 0;
}

static bool is_escape(char c)
{
	return c == ESC || c == '\\';
}

/* One member of a bracket expression at *p: a character, maybe escaped, [.x.] or [=x=]. */
static unsigned long bracket_char(const char **p, const char *end)
{
	if (**p == '[' && *p + 4 < end && ((*p)[1] == '.' || (*p)[1] == '=')) {
		char kind = (*p)[1];
		size_t n = char_length(*p + 2, (size_t)(end - *p - 2));
		if (*p + 3 + n < end && (*p)[2 + n] == kind && (*p)[3 + n] == ']') {
			unsigned long c = char_code(*p + 2, n);
			*p += 4 + n;
			return c;
		}
	}
	if (is_escape(**p) && *p + 1 < end)
		++*p;
	size_t n = char_length(*p, (size_t)(end - *p));
	unsigned long c = char_code(*p, n);
	*p += n;
	return c;
}

/* The ] that ends the bracket expression starting after the [ at p, or nullptr. */
static const char *bracket_end(const char *p, const char *end)
{
	if (p < end && (*p == '!' || *p == '^'))
		p++;
	for (bool first = true; p < end; first = false) {
		if (*p == ']' && !first)
			return p;
		if (is_escape(*p)) {
			p += 2;
		} else if (*p == '[' && p + 1 < end && strchr(":.=", p[1]) != nullptr &&
			   p[1] != '\0') {
			const char *q = p + 2;
			while (q + 1 < end && !(q[0] == p[1] && q[1] == ']'))
				q++;
			p = q + 1 < end ? q + 2 : p + 1;
		} else {
			p++;
		}
	}
	return nullptr;
}

/* Matches c against the expression between p and end. */
static bool bracket_match(const char *p, const char *end, unsigned long c, unsigned flags)
{
	bool negated = p < end && (*p == '!' || *p == '^'), found = false;

	p += negated;
	c = fold(c, flags);
	while (p < end) {
		if (*p == '[' && p + 1 < end && p[1] == ':') {
			const char *q = p + 2;
			while (q + 1 < end && !(q[0] == ':' && q[1] == ']'))
				q++;
			if (q + 1 < end) {
				found |= in_class(p + 2, (size_t)(q - p - 2), c, flags);
				p = q + 2;
				continue;
			}
		}
		unsigned long low = fold(bracket_char(&p, end), flags), high = low;
		if (p + 1 < end && *p == '-') {
			p++;
			high = fold(bracket_char(&p, end), flags);
		}
		found |= low <= c && c <= high;
	}
	return found != negated;
}

static bool match_here(const char *p, const char *pe, const char *s, const char *se,
		       unsigned flags);

/* After the ( of a group: its ), and in *bar the first | of this level (or the same place). */
static const char *group_end(const char *p, const char *end, const char **bar)
{
	int depth = 0;

	*bar = nullptr;
	for (; p < end; p++) {
		if (is_escape(*p)) {
			p++;
		} else if (*p == '[') {
			const char *q = bracket_end(p + 1, end);
			p = q != nullptr ? q : p;
		} else if (*p == '(') {
			depth++;
		} else if (*p == ')' && depth-- == 0) {
			if (*bar == nullptr)
				*bar = p;
			return p;
		} else if (*p == '|' && depth == 0 && *bar == nullptr) {
			*bar = p;
		}
	}
	return nullptr;
}

/* Whether one alternative of the group p..end (end is the parenthesis) matches all of s. */
static bool group_match(const char *p, const char *end, const char *s, const char *se,
			unsigned flags)
{
	for (;;) {
		const char *bar;
		group_end(p, end + 1, &bar);
		if (match_here(p, bar, s, se, flags))
			return true;
		if (bar == end)
			return false;
		p = bar + 1;
	}
}

/* !(group)rest: whatever length the group does not match. */
static bool negated_match(const char *p, const char *end, const char *rest, const char *pe,
			  const char *s, const char *se, unsigned flags)
{
	for (const char *mid = s; mid <= se; mid++)
		if (!group_match(p, end, s, mid, flags) && match_here(rest, pe, mid, se, flags))
			return true;
	return false;
}

/*
 * kind(group)rest. Where the group may end is found for each place once, from left to right: trying
 * all ways to get there would take exponential time.
 */
static bool extended_match(char kind, const char *p, const char *end, const char *rest,
			   const char *pe, const char *s, const char *se, unsigned flags)
{
	stack_check();
	if (kind == '!')
		return negated_match(p, end, rest, pe, s, se, flags);
	if ((kind == '?' || kind == '*') && match_here(rest, pe, s, se, flags))
		return true;
	struct mark m = arena_mark(&scratch);
	size_t n = (size_t)(se - s);
	bool *ends = arena_alloc(&scratch, n + 1), found = false;
	memset(ends, 0, n + 1);
	for (size_t from = 0; from <= n && !found; from++) {
		if (from != 0 && (!ends[from] || kind == '?' || kind == '@'))
			continue;
		for (size_t to = from; to <= n && !found; to++) {
			if (ends[to] || !group_match(p, end, s + from, s + to, flags))
				continue;
			ends[to] = true;
			found = match_here(rest, pe, s + to, se, flags);
		}
	}
	arena_release(&scratch, m);
	return found;
}

/* The ) of the extended form at p, or nullptr if none starts there. */
static const char *extended_end(const char *p, const char *pe, unsigned flags)
{
	const char *bar;

	if ((flags & PATTERN_EXTENDED) == 0 || pe - p < 2 || p[1] != '(' || *p == '\0' ||
	    strchr("?*+@!", *p) == nullptr)
		return nullptr;
	return group_end(p + 2, pe, &bar);
}

/*
 * One step of the match at *p and *s for anything but * and the extended forms.
 * False: no match here.
 */
static bool match_one(const char **p, const char *pe, const char **s, const char *se,
		      unsigned flags)
{
	const char *pat = *p;

	if (*s == se)
		return false;
	size_t n = char_length(*s, (size_t)(se - *s));
	if (*pat == '?') {
		*p += 1;
		*s += n;
		return true;
	}
	const char *end = *pat == '[' ? bracket_end(pat + 1, pe) : nullptr;
	if (end != nullptr) {
		if (!bracket_match(pat + 1, end, char_code(*s, n), flags))
			return false;
		*p = end + 1;
		*s += n;
		return true;
	}
	if (is_escape(*pat) && pat + 1 < pe)
		pat++;
	if (flags & PATTERN_NOCASE) {
		size_t m = char_length(pat, (size_t)(pe - pat));
		if (fold(char_code(pat, m), flags) != fold(char_code(*s, n), flags))
			return false;
		*p = pat + m;
		*s += n;
		return true;
	}
	*p = pat + 1;
	return *pat == *(*s)++;
}

/* Goes back only to the last *: what an earlier one matched need never change. */
static bool match_here(const char *p, const char *pe, const char *s, const char *se, unsigned flags)
{
	const char *star_p = nullptr, *star_s = nullptr;

	for (;;) {
		const char *end = extended_end(p, pe, flags);
		if (end != nullptr) {
			if (extended_match(*p, p + 2, end, end + 1, pe, s, se, flags))
				return true;
			goto back;
		}
		if (p == pe && s == se)
			return true;
		if (p < pe && *p == '*') {
			while (p < pe && *p == '*' && extended_end(p, pe, flags) == nullptr)
				p++;
			if (p == pe)
				return true;
			star_p = p;
			star_s = s;
			continue;
		}
		if (p < pe && match_one(&p, pe, &s, se, flags))
			continue;
back:
		if (star_p == nullptr || star_s >= se)
			return false;
		star_s += char_length(star_s, (size_t)(se - star_s));
		p = star_p;
		s = star_s;
	}
}

bool pattern_match(const char *pat, size_t plen, const char *s, size_t len, unsigned flags)
{
	return match_here(pat, pat + plen, s, s + len, flags);
}
