/* SPDX-License-Identifier: MPL-2.0 */
/* The longer ones of the vector searches. */
#include "apps/applet/scan.h"

const char *scan_byte_back(const char *start, const char *p, int c)
{
	scan_vec want = scan_splat(c);

	while (p - start >= 16) {
		unsigned m = scan_mask(scan_equal(scan_load(p - 16), want));
		if (m != 0)
			return p - 16 + (31 - __builtin_clz(m));
		p -= 16;
	}
	while (p > start) {
		if (*--p == (char)c)
			return p;
	}
	return nullptr;
}

uint8_t scan_frequency(uint8_t byte)
{
	/* From most to least common in prose and source text; others are rare. */
	static const char order[] =
		" etaoinsrhldcumfpgwybv\n_,.-k0()1;x\"2=/:'*E3TASI45q\tNRCj>8O6L";

	if (byte == 0)
		return 200;
	const char *at = memchr(order, byte, sizeof order - 1);
	return at != nullptr ? (uint8_t)(255 - 2 * (at - order)) : 100;
}

void scan_string_init(struct scan_string *s, const char *bytes, size_t len, bool fold)
{
	*s = (struct scan_string){ .bytes = bytes, .len = len, .fold = fold };
	for (size_t i = 1; i < len; i++) {
		if (scan_frequency((uint8_t)bytes[i]) < scan_frequency((uint8_t)bytes[s->rare1]))
			s->rare1 = i;
	}
	size_t second = s->rare1 == 0 && len > 1 ? 1 : 0;
	for (size_t i = 0; i < len; i++) {
		if (i != s->rare1 &&
		    scan_frequency((uint8_t)bytes[i]) < scan_frequency((uint8_t)bytes[second]))
			second = i;
	}
	s->rare2 = second;
	if (s->rare1 > s->rare2) {
		s->rare2 = s->rare1;
		s->rare1 = second;
	}
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool string_is_at(const struct scan_string *s, const char *p)
{
	if (!s->fold)
		return scan_compare(p, s->bytes, s->len) == 0;
	for (size_t i = 0; i < s->len; i++) {
		char c = is_lower((char)(p[i] | 0x20)) ? (char)(p[i] | 0x20) : p[i];
		if (c != s->bytes[i])
			return false;
	}
	return true;
}

/* Candidate starts in bulk, from `p`; nullptr leaves *at where the caller goes on. */
static const char *string_find_vec(const struct scan_string *s, const char **at, const char *last)
{
	char c1 = s->bytes[s->rare1], c2 = s->bytes[s->rare2];
	scan_vec want1 = scan_splat(c1), want2 = scan_splat(c2);
	/* Setting this bit makes a letter lower case. */
	scan_vec fold1 = scan_splat(s->fold && is_lower(c1) ? 0x20 : 0);
	scan_vec fold2 = scan_splat(s->fold && is_lower(c2) ? 0x20 : 0);
	const char *p = *at;

	for (; last - p >= 32; p += 32) {
		const char *p1 = p + s->rare1, *p2 = p + s->rare2;
		scan_vec a = scan_equal(scan_load(p1) | fold1, want1) &
			     scan_equal(scan_load(p2) | fold2, want2);
		scan_vec b = scan_equal(scan_load(p1 + 16) | fold1, want1) &
			     scan_equal(scan_load(p2 + 16) | fold2, want2);
		if (scan_mask(a | b) == 0)
			continue;
		unsigned m = scan_mask(a) | scan_mask(b) << 16;
		for (; m != 0; m &= m - 1) {
			const char *found = p + __builtin_ctz(m);
			if (string_is_at(s, found))
				return found;
		}
	}
	*at = p;
	return nullptr;
}

const char *scan_string_find(const struct scan_string *s, const char *p, const char *stop)
{
	if (s->len == 0)
		return p;
	if ((size_t)(stop - p) < s->len)
		return nullptr;
	if (s->len == 1 && !s->fold) {
		p = scan_byte(p, stop, s->bytes[0]);
		return p == stop ? nullptr : p;
	}
	const char *last = stop - s->len; /* the last place where it may start */
	const char *found = string_find_vec(s, &p, last);
	if (found != nullptr)
		return found;
	for (; p <= last; p++) {
		if (string_is_at(s, p))
			return p;
	}
	return nullptr;
}
