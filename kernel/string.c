/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/string.h"

/* Weak: an architecture, or the library of the machine that tests run on, may know a better way. */

[[gnu::weak]] void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from;

	for (; n >= 8; n -= 8, t += 8, f += 8)
		__builtin_memcpy_inline(t, f, 8);
	while (n-- > 0)
		*t++ = *f++;
	return to;
}

[[gnu::weak]] void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (t <= f || t >= f + n)
		return memcpy(to, from, n);
	while (n-- > 0)
		t[n] = f[n];
	return to;
}

[[gnu::weak]] void *memset(void *to, int byte, size_t n)
{
	char *t = to;
	unsigned long long word = 0x0101010101010101 * (unsigned char)byte;

	const unsigned long long words[4] = { word, word, word, word };

	for (; n >= sizeof(words); n -= sizeof(words), t += sizeof(words))
		__builtin_memcpy_inline(t, words, sizeof(words));
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

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] != '\0')
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

void string_copy(char *to, const char *from, size_t n)
{
	size_t len = strnlen(from, n - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

const char *option_find(const char *line, const char *key)
{
	size_t n = strlen(key);

	for (const char *s = line; *s != '\0'; s++)
		if ((s == line || s[-1] == ' ') && strncmp(s, key, n) == 0)
			return s + n;
	return nullptr;
}
