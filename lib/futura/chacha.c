/* SPDX-License-Identifier: MPL-2.0 */
#include "lib/futura/chacha.h"
#include <string.h>

constexpr unsigned ROUNDS = 20, WORDS = 16;
constexpr size_t BLOCK = 64, KEY = 32;

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b, *d = rotate(*d ^ *a, 16);
	*c += *d, *b = rotate(*b ^ *c, 12);
	*a += *b, *d = rotate(*d ^ *a, 8);
	*c += *d, *b = rotate(*b ^ *c, 7);
}

void chacha20_block(const uint32_t key[8], const uint32_t nonce[4], uint8_t block[64])
{
	/* "expand 32-byte k" */
	uint32_t start[WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, x[WORDS];

	memcpy(start + 4, key, KEY);
	memcpy(start + 12, nonce, 16);
	memcpy(x, start, sizeof(x));
	for (unsigned round = 0; round < ROUNDS; round += 2) {
		for (unsigned i = 0; i < 4; i++)
			quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
		for (unsigned i = 0; i < 4; i++)
			quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
				      &x[12 + (i + 3) % 4]);
	}
	for (unsigned i = 0; i < WORDS; i++)
		x[i] += start[i];
	memcpy(block, x, BLOCK); /* both architectures are little-endian, as ChaCha20 is */
}

void generator_take(struct generator *g, uint64_t stream, void *to, size_t n)
{
	uint32_t nonce[4] = { 0, 0, (uint32_t)stream, (uint32_t)(stream >> 32) };
	uint8_t block[BLOCK], next[KEY], *at = to;
	size_t used = KEY; /* the first block's start is the next key */

	chacha20_block(g->key, nonce, block);
	memcpy(next, block, KEY);
	for (;;) {
		size_t part = n < BLOCK - used ? n : BLOCK - used;

		memcpy(at, block + used, part);
		at += part;
		n -= part;
		if (n == 0)
			break;
		nonce[0]++;
		chacha20_block(g->key, nonce, block);
		used = 0;
	}
	memcpy(g->key, next, KEY);
}
