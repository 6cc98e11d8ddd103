/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/*
 * Counting a byte, as arch/ compiles it: for each set of instructions that scan_count() chooses
 * from. What is always inlined takes the set of the function that it is in.
 */
#include "apps/applet/scan.h"

/* Where a processor has no such registers the compiler takes two. */
typedef uint8_t scan_wide __attribute__((vector_size(32)));

/* Adds the bytes of a vector. */
[[gnu::always_inline]] static inline size_t wide_sum(const scan_wide *v)
{
	uint64_t parts[4];
	size_t sum = 0;

	memcpy(parts, v, sizeof parts);
	for (int i = 0; i < 4; i++) {
		uint64_t x = parts[i];
		x = (x & 0x00ff00ff00ff00ff) + (x >> 8 & 0x00ff00ff00ff00ff);
		sum += (x * 0x0001000100010001) >> 48;
	}
	return sum;
}

/* Takes off the number of bytes that equal: a comparison gives 0 or 255, which is -1. */
[[gnu::always_inline]] static inline void wide_count(scan_wide *sum, const char *p,
						     const scan_wide *want)
{
	scan_wide v;

	memcpy(&v, p, sizeof v);
	*sum -= (scan_wide)(v == *want);
}

[[gnu::always_inline]] static inline size_t count_bytes(const char *p, const char *stop, int c)
{
	/* Bytes a round: long, since counting the loop itself costs too. */
	constexpr ptrdiff_t STRIDE = 512;
	scan_wide want = (scan_wide){} + (uint8_t)c;
	size_t count = 0;

	while (stop - p >= STRIDE) {
		/* 15 rounds of 16 vectors fit a byte. */
		scan_wide a = {}, b = {};
		ptrdiff_t rounds = (stop - p) / STRIDE;
		for (rounds = rounds < 15 ? rounds : 15; rounds != 0; rounds--, p += STRIDE) {
#pragma clang loop unroll(full)
			for (int k = 0; k < STRIDE; k += 64) {
				wide_count(&a, p + k, &want);
				wide_count(&b, p + k + 32, &want);
			}
		}
		a += b;
		count += wide_sum(&a);
	}
	for (; p < stop; p++)
		count += *p == (char)c;
	return count;
}
