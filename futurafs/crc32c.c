/* SPDX-License-Identifier: MPL-2.0 */
/* CRC32C in portable C: eight bytes a step through eight tables made at compile time. */
#include "futurafs/crc32c.h"

/*
 * Row k of the table holds, for each byte, its remainder after k more bytes of zero. Remainders are
 * linear, so a row follows from those of the eight bytes with one bit set, which is what is written
 * here (reflected polynomial 0x82f63b78).
 */
#define PICK(b, bit, v) (((b) >> (bit) & 1u) * (v))
#define ONE(b, v0, v1, v2, v3, v4, v5, v6, v7)                                                     \
	(PICK(b, 0, v0) ^ PICK(b, 1, v1) ^ PICK(b, 2, v2) ^ PICK(b, 3, v3) ^ PICK(b, 4, v4) ^      \
	 PICK(b, 5, v5) ^ PICK(b, 6, v6) ^ PICK(b, 7, v7))
#define FOUR(b, ...)                                                                               \
	ONE((b), __VA_ARGS__), ONE((b) + 1u, __VA_ARGS__), ONE((b) + 2u, __VA_ARGS__),             \
		ONE((b) + 3u, __VA_ARGS__)
#define SIXTEEN(b, ...)                                                                            \
	FOUR(b, __VA_ARGS__), FOUR((b) + 4u, __VA_ARGS__), FOUR((b) + 8u, __VA_ARGS__),            \
		FOUR((b) + 12u, __VA_ARGS__)
#define SIXTY_FOUR(b, ...)                                                                         \
	SIXTEEN(b, __VA_ARGS__), SIXTEEN((b) + 16u, __VA_ARGS__), SIXTEEN((b) + 32u, __VA_ARGS__), \
		SIXTEEN((b) + 48u, __VA_ARGS__)
#define ROW(...)                                                                                   \
	{ SIXTY_FOUR(0u, __VA_ARGS__), SIXTY_FOUR(64u, __VA_ARGS__),                               \
	  SIXTY_FOUR(128u, __VA_ARGS__), SIXTY_FOUR(192u, __VA_ARGS__) }

static const uint32_t crc_table[8][256] = {
	ROW(0xf26b8303u, 0xe13b70f7u, 0xc79a971fu, 0x8ad958cfu, 0x105ec76fu, 0x20bd8edeu,
	    0x417b1dbcu, 0x82f63b78u),
	ROW(0x13a29877u, 0x274530eeu, 0x4e8a61dcu, 0x9d14c3b8u, 0x3fc5f181u, 0x7f8be302u,
	    0xff17c604u, 0xfbc3faf9u),
	ROW(0xa541927eu, 0x4f6f520du, 0x9edea41au, 0x38513ec5u, 0x70a27d8au, 0xe144fb14u,
	    0xc76580d9u, 0x8b277743u),
	ROW(0xdd45aab8u, 0xbf672381u, 0x7b2231f3u, 0xf64463e6u, 0xe964b13du, 0xd725148bu,
	    0xaba65fe7u, 0x52a0c93fu),
	ROW(0x38116facu, 0x7022df58u, 0xe045beb0u, 0xc5670b91u, 0x8f2261d3u, 0x1ba8b557u,
	    0x37516aaeu, 0x6ea2d55cu),
	ROW(0xef306b19u, 0xdb8ca0c3u, 0xb2f53777u, 0x6006181fu, 0xc00c303eu, 0x85f4168du,
	    0x0e045bebu, 0x1c08b7d6u),
	ROW(0x68032cc8u, 0xd0065990u, 0xa5e0c5d1u, 0x4e2dfd53u, 0x9c5bfaa6u, 0x3d5b83bdu,
	    0x7ab7077au, 0xf56e0ef4u),
	ROW(0x493c7d27u, 0x9278fa4eu, 0x211d826du, 0x423b04dau, 0x847609b4u, 0x0d006599u,
	    0x1a00cb32u, 0x34019664u),
};

uint32_t crc32c(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	crc = ~crc;
	for (; len >= 8; p += 8, len -= 8) {
		crc ^= p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
		crc = crc_table[7][crc & 255] ^ crc_table[6][crc >> 8 & 255] ^
		      crc_table[5][crc >> 16 & 255] ^ crc_table[4][crc >> 24] ^ crc_table[3][p[4]] ^
		      crc_table[2][p[5]] ^ crc_table[1][p[6]] ^ crc_table[0][p[7]];
	}
	for (; len > 0; p++, len--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *p) & 255];
	return ~crc;
}
