/* SPDX-License-Identifier: MPL-2.0 */
/* CRC32C with Armv8's optional CRC32CX instruction (ID_AA64ISAR0_EL1.CRC32 tells). */
#include "futurafs/bytes.h"
#include "futurafs/crc32c.h"

__attribute__((target("crc"))) uint32_t crc32c_hw(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	crc = ~crc;
	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;

		bytes_copy(&word, p, 8);
		crc = __builtin_arm_crc32cd(crc, word);
	}
	for (; len > 0; p++, len--)
		crc = __builtin_arm_crc32cb(crc, *p);
	return ~crc;
}
