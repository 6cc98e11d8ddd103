/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/*
 * Searching bytes sixteen at a time. The C library's memchr is a plain loop on musl; these are
 * what the speed of grep, wc, cut and the line reader rests on.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t scan_vec __attribute__((vector_size(16)));
typedef bool scan_bits __attribute__((ext_vector_type(16)));

/* One bit a byte of a comparison's result; the first byte is bit 0. */
static inline unsigned scan_mask(scan_vec equal)
{
	scan_bits bits = __builtin_convertvector(equal, scan_bits);
	uint16_t mask;

	memcpy(&mask, &bits, sizeof mask);
	return mask;
}

static inline scan_vec scan_load(const char *p)
{
	scan_vec v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline scan_vec scan_splat(int c)
{
	return (scan_vec){} + (uint8_t)c;
}

static inline scan_vec scan_equal(scan_vec a, scan_vec b)
{
	return (scan_vec)(a == b);
}

/* The first `c` in [p, stop), or `stop`. */
static inline const char *scan_byte(const char *p, const char *stop, int c)
{
	scan_vec want = scan_splat(c);

	for (; stop - p >= 64; p += 64) {
		scan_vec a = scan_equal(scan_load(p), want),
			 b = scan_equal(scan_load(p + 16), want);
		scan_vec d = scan_equal(scan_load(p + 32), want),
			 e = scan_equal(scan_load(p + 48), want);
		if (scan_mask(a | b | d | e) == 0)
			continue;
		uint64_t m = (uint64_t)scan_mask(a) | (uint64_t)scan_mask(b) << 16 |
			     (uint64_t)scan_mask(d) << 32 | (uint64_t)scan_mask(e) << 48;
		return p + __builtin_ctzll(m);
	}
	for (; stop - p >= 16; p += 16) {
		unsigned m = scan_mask(scan_equal(scan_load(p), want));
		if (m != 0)
			return p + __builtin_ctz(m);
	}
	while (p < stop && *p != (char)c)
		p++;
	return p;
}

/* The last `c` in [start, p), or nullptr. */
const char *scan_byte_back(const char *start, const char *p, int c);

/* As memcmp, eight bytes at a time. */
static inline int scan_compare(const char *a, const char *b, size_t n)
{
	for (; n >= 8; n -= 8, a += 8, b += 8) {
		uint64_t x, y;
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		if (x != y) {
			unsigned shift = (unsigned)__builtin_ctzll(x ^ y) & ~7u;
			return (int)(x >> shift & 0xff) - (int)(y >> shift & 0xff);
		}
	}
	for (; n != 0; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

/* How many `c` are in [p, stop). */
size_t scan_count(const char *p, const char *stop, int c);

/*
 * A string to search for, prepared: the two of its bytes that are rarest in ordinary text are
 * looked for together.
 */
struct scan_string {
	const char *bytes;
	size_t len;
	size_t rare1, rare2; /* indices into bytes, rare1 <= rare2 */
	bool fold;
};

/* With `fold`, `bytes` is in lower case, and both cases of its ASCII letters match. */
void scan_string_init(struct scan_string *s, const char *bytes, size_t len, bool fold);
/* The first occurrence in [p, stop), or nullptr. */
const char *scan_string_find(const struct scan_string *s, const char *p, const char *stop);

/* How common a byte is in text and programs, 0 (rare) to 255. */
uint8_t scan_frequency(uint8_t byte);
