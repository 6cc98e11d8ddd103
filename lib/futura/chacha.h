/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Random bytes from a key, by ChaCha20 (RFC 8439, 2.3). Each use replaces the key, so that nobody
 * finds out from it what was given before ("fast key erasure", Bernstein 2017). No globals, no
 * calls.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct generator {
	uint32_t key[8];
};

/* Fill `to`, at most 256 GiB. Copies of a generator give the same bytes for the same `stream` only.
 */
void generator_take(struct generator *g, uint64_t stream, void *to, size_t n);

/* One block of the key stream; nonce[0] is the counter in most uses. */
void chacha20_block(const uint32_t key[8], const uint32_t nonce[4], uint8_t block[64]);
