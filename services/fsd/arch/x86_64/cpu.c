/* SPDX-License-Identifier: MPL-2.0 */
/* What this x86-64 processor can do: Intel SDM vol. 2, CPUID. */
#include "services/fsd/fsd.h"

bool cpu_has_crc32c(void)
{
	constexpr uint32_t FEATURES = 1, SSE4_2 = 1u << 20;
	uint32_t a = FEATURES, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c & SSE4_2;
}
