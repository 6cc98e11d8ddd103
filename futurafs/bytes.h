/* SPDX-License-Identifier: MPL-2.0 */
/* Little-endian numbers of any alignment, and the byte-moving functions, without a C library. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint8_t b[2];
} le16;
typedef struct {
	uint8_t b[4];
} le32;
typedef struct {
	uint8_t b[8];
} le64;

static inline uint16_t get16(le16 v)
{
	return (uint16_t)(v.b[0] | v.b[1] << 8);
}

static inline uint32_t get32(le32 v)
{
	return v.b[0] | (uint32_t)v.b[1] << 8 | (uint32_t)v.b[2] << 16 | (uint32_t)v.b[3] << 24;
}

static inline uint64_t get64(le64 v)
{
	le32 low = { { v.b[0], v.b[1], v.b[2], v.b[3] } };
	le32 high = { { v.b[4], v.b[5], v.b[6], v.b[7] } };

	return get32(low) | (uint64_t)get32(high) << 32;
}

static inline le16 put16(uint16_t v)
{
	return (le16){ { (uint8_t)v, (uint8_t)(v >> 8) } };
}

static inline le32 put32(uint32_t v)
{
	return (le32){ { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) } };
}

static inline le64 put64(uint64_t v)
{
	le32 low = put32((uint32_t)v), high = put32((uint32_t)(v >> 32));

	return (le64){ { low.b[0], low.b[1], low.b[2], low.b[3], high.b[0], high.b[1], high.b[2],
			 high.b[3] } };
}

/* The compiler may call these four whatever we do; whoever links us provides them. */
static inline void bytes_copy(void *to, const void *from, size_t len)
{
	__builtin_memcpy(to, from, len);
}

static inline void bytes_move(void *to, const void *from, size_t len)
{
	__builtin_memmove(to, from, len);
}

static inline void bytes_zero(void *p, size_t len)
{
	__builtin_memset(p, 0, len);
}

static inline int bytes_compare(const void *a, const void *b, size_t len)
{
	return __builtin_memcmp(a, b, len);
}

static inline size_t text_len(const char *s)
{
	size_t n = 0;

	while (s[n] != 0)
		n++;
	return n;
}

static inline uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}
