/* SPDX-License-Identifier: MPL-2.0 */
/* CRC32C with Armv8's optional CRC32CX instruction (ID_AA64ISAR0_EL1.CRC32 tells). */
#include "futurafs/bytes.h"
#include "futurafs/crc32c.h"

constexpr size_t STRETCH = 256;

__attribute__((target("crc"))) static inline uint32_t word_add(uint32_t crc, const uint8_t *p)
{
	uint64_t word;

	bytes_copy(&word, p, 8);
	return __builtin_arm_crc32cd(crc, word);
}

__attribute__((target("crc"))) uint32_t crc32c_hw(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	crc = ~crc;
	/* In one stretch, for a loop would cost half as much again. */
	for (; len >= STRETCH; p += STRETCH, len -= STRETCH) {
#pragma clang loop unroll(full)
		for (size_t i = 0; i < STRETCH; i += 8)
			crc = word_add(crc, p + i);
	}
	for (; len >= 8; p += 8, len -= 8)
		crc = word_add(crc, p);
	for (; len > 0; p++, len--)
		crc = __builtin_arm_crc32cb(crc, *p);
	return ~crc;
}
