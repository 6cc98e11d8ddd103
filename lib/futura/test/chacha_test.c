/* SPDX-License-Identifier: MPL-2.0 */
/* Random bytes: the cipher's published block, and what the generator promises of its streams. */
#include "lib/futura/chacha.h"
#include <string.h>
#include "lib/test/test.h"

TEST(chacha, gives_the_block_of_rfc_8439)
{
	/* RFC 8439, 2.3.2. */
	static const uint8_t wanted[64] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
		0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
		0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
		0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
		0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	const uint32_t nonce[4] = { 1, 0x09000000, 0x4a000000, 0 };
	uint32_t key[8];
	uint8_t bytes[32], block[64];

	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = i;
	memcpy(key, bytes, sizeof(key));
	chacha20_block(key, nonce, block);
	CHECK(memcmp(block, wanted, sizeof(block)) == 0);
}

TEST(generator, gives_other_bytes_each_time_and_for_each_stream)
{
	struct generator a = { { 1, 2, 3 } }, b = a;
	uint8_t first[100], second[100], other[100];

	generator_take(&a, 7, first, sizeof(first));
	generator_take(&b, 8, other, sizeof(other));
	CHECK(memcmp(first, other, sizeof(first)) != 0);
	generator_take(&a, 7, second, sizeof(second));
	CHECK(memcmp(first, second, sizeof(first)) != 0);
}

TEST(generator, gives_the_same_bytes_in_whatever_size_the_first_is_asked)
{
	uint8_t whole[200], part[200];
	struct generator start = { { 9 } }, g = start;

	generator_take(&g, 1, whole, sizeof(whole));
	for (size_t n = 0; n <= sizeof(whole); n++) {
		struct generator h = start;

		memset(part, 0, sizeof(part));
		generator_take(&h, 1, part, n);
		CHECK(memcmp(part, whole, n) == 0);
		CHECK(memcmp(h.key, g.key, sizeof(h.key)) == 0);
		for (size_t i = n; i < sizeof(part); i++)
			CHECK(part[i] == 0);
	}
}
