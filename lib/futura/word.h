/* SPDX-License-Identifier: MPL-2.0 */
/* Looking at text eight bytes at a time. Both our processors are little-endian. */
#pragma once
#include <stdint.h>

/* Bit 7 of each zero byte, exact up to the first one (Mycroft, 1987); 0: there is none. */
static inline uint64_t zero_bytes(uint64_t word)
{
	return (word - 0x0101010101010101) & ~word & 0x8080808080808080;
}

/* How many bytes come before the first of them. */
static inline unsigned first_byte(uint64_t zeroes)
{
	return (unsigned)__builtin_ctzll(zeroes) / 8;
}
