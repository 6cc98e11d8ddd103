/* SPDX-License-Identifier: MPL-2.0 */
/* The functions of <string.h> that we and the compiler use, without SIMD registers. */
#include <string.h>
#include "lib/futura/word.h"

/* So many bytes are moved with each turn of a loop, through several registers. */
constexpr size_t STRIDE = 64;
constexpr size_t WORD = sizeof(uint64_t);

/* What is left of fewer than eight bytes goes as the last eight, of which some went before. */
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from, *end = f + n;

	for (; n >= STRIDE; n -= STRIDE, t += STRIDE, f += STRIDE)
		__builtin_memcpy_inline(t, f, STRIDE);
	for (; n >= WORD; n -= WORD, t += WORD, f += WORD)
		__builtin_memcpy_inline(t, f, WORD);
	if (n > 0 && (size_t)(end - (const char *)from) >= WORD) {
		__builtin_memcpy_inline(t + n - WORD, end - WORD, WORD);
		return to;
	}
	while (n-- > 0)
		*t++ = *f++;
	return to;
}

/* Each word is read before it is written: the two may overlap. */
static void move_word(char *to, const char *from)
{
	uint64_t word;

	__builtin_memcpy_inline(&word, from, WORD);
	__builtin_memcpy_inline(to, &word, WORD);
}

static void move_down(char *to, const char *from, size_t n)
{
	for (; n >= WORD; n -= WORD, to += WORD, from += WORD)
		move_word(to, from);
	while (n-- > 0)
		*to++ = *from++;
}

static void move_up(char *to, const char *from, size_t n)
{
	for (; n >= WORD; n -= WORD)
		move_word(to + n - WORD, from + n - WORD);
	while (n-- > 0)
		to[n] = from[n];
}

void *memmove(void *to, const void *from, size_t n)
{
	uintptr_t up = (uintptr_t)to - (uintptr_t)from;

	if (up >= n && -up >= n)
		return memcpy(to, from, n);
	if ((uintptr_t)to <= (uintptr_t)from)
		move_down(to, from, n);
	else
		move_up(to, from, n);
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	char *t = to, *end = t + n;
	uint64_t word = 0x0101010101010101 * (unsigned char)byte;

	for (; n >= STRIDE; n -= STRIDE, t += STRIDE)
		__builtin_memset_inline(t, byte, STRIDE);
	for (; n >= WORD; n -= WORD, t += WORD)
		__builtin_memcpy_inline(t, &word, WORD);
	if (n > 0 && (size_t)(end - (char *)to) >= WORD) {
		__builtin_memcpy_inline(end - WORD, &word, WORD);
		return to;
	}
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

/* Words that are aligned never cross a page. */
size_t strlen(const char *s)
{
	const char *p = s;
	uint64_t word, zeroes;

	for (; (uintptr_t)p % WORD != 0; p++)
		if (*p == '\0')
			return (size_t)(p - s);
	for (;; p += WORD) {
		__builtin_memcpy_inline(&word, p, WORD);
		if ((zeroes = zero_bytes(word)) != 0)
			return (size_t)(p - s) + first_byte(zeroes);
	}
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
