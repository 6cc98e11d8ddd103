/* SPDX-License-Identifier: MPL-2.0 */
/* CRC32C with SSE4.2's crc32 instruction (Intel SDM vol. 2, CRC32), on general registers. */
#include "futurafs/bytes.h"
#include "futurafs/crc32c.h"

constexpr size_t STRETCH = 256;

__attribute__((target("crc32"))) static inline uint64_t word_add(uint64_t c, const uint8_t *p)
{
	uint64_t word;

	bytes_copy(&word, p, 8);
	return __builtin_ia32_crc32di(c, word);
}

__attribute__((target("crc32"))) uint32_t crc32c_hw(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	uint64_t c = ~crc;

	/* In one stretch, for a loop would cost half as much again. */
	for (; len >= STRETCH; p += STRETCH, len -= STRETCH) {
#pragma clang loop unroll(full)
		for (size_t i = 0; i < STRETCH; i += 8)
			c = word_add(c, p + i);
	}
	for (; len >= 8; p += 8, len -= 8)
		c = word_add(c, p);
	for (; len > 0; p++, len--)
		c = __builtin_ia32_crc32qi((uint32_t)c, *p);
	return ~(uint32_t)c;
}
