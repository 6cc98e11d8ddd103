/* SPDX-License-Identifier: MPL-2.0 */
/* Guest strings: eight bytes at a time, which never cross a page. */
#include "posix/core/guest.h"
#include <string.h>
#include "lib/futura/word.h"
#include "posix/core/thread.h"

/* entry.S: a copy ended early, `left` bytes before its end. */
size_t guest_copy_ended(size_t left);

size_t guest_copy_ended(size_t left)
{
	if (control()->fault.kind == FAULT_NO_MEMORY)
		work_add(self(), WORK_MEMORY);
	return left;
}

static size_t piece(uint64_t address, size_t left)
{
	size_t n = 64 - address % 64;

	return n < left ? n : left;
}

static size_t length(const char *s, size_t n)
{
	size_t i = 0;
	uint64_t word, zeroes;

	for (; i + 8 <= n; i += 8) {
		memcpy(&word, s + i, 8);
		if ((zeroes = zero_bytes(word)) != 0)
			return i + first_byte(zeroes);
	}
	while (i < n && s[i] != '\0')
		i++;
	return i;
}

int64_t guest_string(char *to, uint64_t from, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t n = piece(from + at, size - at);

		if (guest_get(to + at, from + at, n) != 0)
			return -EFAULT;
		size_t len = length(to + at, n);
		if (len < n)
			return (int64_t)(at + len);
		at += n;
	}
	return -ENAMETOOLONG;
}

int64_t guest_zero(uint64_t to, size_t n)
{
	static const char zeroes[PAGE];

	for (; n > 0; to += PAGE) {
		size_t part = n < PAGE ? n : PAGE;

		if (guest_put(to, zeroes, part) != 0)
			return -EFAULT;
		n -= part;
	}
	return 0;
}
