/* SPDX-License-Identifier: MPL-2.0 */
/* CRC32C with SSE4.2's crc32 instruction (Intel SDM vol. 2, CRC32), on general registers. */
#include "futurafs/bytes.h"
#include "futurafs/crc32c.h"

__attribute__((target("crc32"))) uint32_t crc32c_hw(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	uint64_t c = ~crc;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;

		bytes_copy(&word, p, 8);
		c = __builtin_ia32_crc32di(c, word);
	}
	for (; len > 0; p++, len--)
		c = __builtin_ia32_crc32qi((uint32_t)c, *p);
	return ~(uint32_t)c;
}
