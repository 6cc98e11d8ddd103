/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ChaCha20's block function (RFC 8439, 2.3) as a generator: each request first replaces the key by
 * output that is never given away, so what was given before stays secret (Bernstein, "fast-key-
 * erasure random-number generators", 2017).
 */
#include "posix/core/locks.h"
#include "posix/core/random.h"
#include <asm/errno.h>
#include <string.h>
#include "lib/futura/lock.h"
#include "posix/core/guest.h"
#include <posix-arch/ticks.h>

struct mutex random_lock;
static uint32_t key[8];
static uint64_t counter;

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void quarter(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

static void block(uint32_t out[16])
{
	uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(&start[4], key, sizeof(key));
	start[12] = (uint32_t)counter;
	start[13] = (uint32_t)(counter >> 32);
	counter++;
	memcpy(out, start, sizeof(start));
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 4; i++)
			quarter(out, i, 4 + i, 8 + i, 12 + i);
		for (unsigned i = 0; i < 4; i++)
			quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (unsigned i = 0; i < 16; i++)
		out[i] += start[i];
}

static void next_key(void)
{
	uint32_t out[16];

	block(out);
	memcpy(key, out, sizeof(key));
}

void random_seed(uint64_t more)
{
	mutex_lock(&random_lock);
	key[0] ^= (uint32_t)more;
	key[1] ^= (uint32_t)(more >> 32);
	key[2] ^= (uint32_t)ticks_now();
	next_key();
	mutex_unlock(&random_lock);
}

void random_bytes(void *to, size_t n)
{
	uint32_t out[16];
	char *t = to;

	mutex_lock(&random_lock);
	next_key();
	for (; n > 0; t += sizeof(out)) {
		size_t part = n < sizeof(out) ? n : sizeof(out);
		block(out);
		memcpy(t, out, part);
		n -= part;
	}
	mutex_unlock(&random_lock);
}

int64_t random_put(uint64_t to, uint64_t size)
{
	char piece[256];

	for (uint64_t done = 0; done < size;) {
		size_t n = size - done < sizeof(piece) ? size - done : sizeof(piece);
		random_bytes(piece, n);
		if (guest_put(to + done, piece, n) != 0)
			return done > 0 ? (int64_t)done : -EFAULT;
		done += n;
	}
	return (int64_t)size;
}
