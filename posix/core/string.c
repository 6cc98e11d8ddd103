/* SPDX-License-Identifier: MPL-2.0 */
/* The functions of <string.h> that we and the compiler use, without SIMD registers. */
#include <string.h>
#include "posix/core/guest.h"

/* So many bytes are moved with each turn of a loop, through several registers. */
constexpr size_t STRIDE = 64;

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from;

	for (; n >= STRIDE; n -= STRIDE, t += STRIDE, f += STRIDE)
		__builtin_memcpy_inline(t, f, STRIDE);
	for (; n >= 8; n -= 8, t += 8, f += 8)
		__builtin_memcpy_inline(t, f, 8);
	while (n-- > 0)
		*t++ = *f++;
	return to;
}

constexpr size_t PIECE = 32;

/* Read before it is written: the two may overlap. */
static void move_piece(char *to, const char *from)
{
	uint64_t words[4];

	__builtin_memcpy_inline(words, from, sizeof(words));
	__builtin_memcpy_inline(to, words, sizeof(words));
}

static void move_down(char *to, const char *from, size_t n)
{
	for (; n >= PIECE; n -= PIECE, to += PIECE, from += PIECE)
		move_piece(to, from);
	while (n-- > 0)
		*to++ = *from++;
}

static void move_up(char *to, const char *from, size_t n)
{
	for (; n >= PIECE; n -= PIECE)
		move_piece(to + n - PIECE, from + n - PIECE);
	while (n-- > 0)
		to[n] = from[n];
}

void *memmove(void *to, const void *from, size_t n)
{
	if ((uintptr_t)to <= (uintptr_t)from)
		move_down(to, from, n);
	else
		move_up(to, from, n);
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	char *t = to;
	uint64_t word = 0x0101010101010101 * (unsigned char)byte;

	for (; n >= STRIDE; n -= STRIDE, t += STRIDE)
		for (size_t i = 0; i < STRIDE; i += 8)
			__builtin_memcpy_inline(t + i, &word, 8);
	for (; n >= 8; n -= 8, t += 8)
		__builtin_memcpy_inline(t, &word, 8);
	while (n-- > 0)
		*t++ = (char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n > 0; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
	for (const unsigned char *p = s; n > 0; n--, p++)
		if (*p == (unsigned char)byte)
			return (void *)p;
	return nullptr;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}

size_t strnlen(const char *s, size_t most)
{
	size_t n = 0;

	while (n < most && s[n] != '\0')
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (*s == '\0')
			return nullptr;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = nullptr;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (*s == '\0')
			return (char *)found;
	}
}
