/* SPDX-License-Identifier: MPL-2.0 */
/* memmove by words of any alignment: musl's goes byte by byte unless both are aligned alike. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

constexpr size_t STEP = 32, WORD = sizeof(uint64_t);

/* All is loaded before anything is stored, so the two may overlap. */
static inline void step_move(char *to, const char *from)
{
	uint64_t words[STEP / WORD];

	__builtin_memcpy_inline(words, from, STEP);
	__builtin_memcpy_inline(to, words, STEP);
}

static inline void word_move(char *to, const char *from)
{
	uint64_t word;

	__builtin_memcpy_inline(&word, from, WORD);
	__builtin_memcpy_inline(to, &word, WORD);
}

[[clang::no_builtin]] void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if ((uintptr_t)t - (uintptr_t)f >= n) { /* it begins before, or behind the end */
		for (; n >= STEP; n -= STEP, t += STEP, f += STEP)
			step_move(t, f);
		for (; n >= WORD; n -= WORD, t += WORD, f += WORD)
			word_move(t, f);
		for (; n > 0; n--)
			*t++ = *f++;
		return to;
	}
	for (; n >= STEP; n -= STEP)
		step_move(t + n - STEP, f + n - STEP);
	for (; n >= WORD; n -= WORD)
		word_move(t + n - WORD, f + n - WORD);
	while (n-- > 0)
		t[n] = f[n];
	return to;
}
