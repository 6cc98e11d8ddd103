/* SPDX-License-Identifier: MPL-2.0 */
/* Counting a byte: with AVX2 where the processor has it, else with SSE2. */
#include <cpuid.h>
#include "apps/applet/scan_count.h"

/* Intel's manual, volume 1, 14.7.1: the processor has it, and the system keeps its registers. */
static bool has_avx2(void)
{
	constexpr unsigned OSXSAVE = 1u << 27, AVX2 = 1u << 5, SSE_AND_AVX = 6;
	unsigned a, b, c, d, enabled;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE))
		return false;
	asm volatile("xgetbv" : "=a"(enabled), "=d"(d) : "c"(0));
	return (enabled & SSE_AND_AVX) == SSE_AND_AVX && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
	       (b & AVX2);
}

[[gnu::target("avx2")]] static size_t count_avx2(const char *p, const char *stop, int c)
{
	return count_bytes(p, stop, c);
}

size_t scan_count(const char *p, const char *stop, int c)
{
	static int known; /* 0: not asked yet; CPUID is dear in a virtual machine */

	if (known == 0)
		known = has_avx2() ? 1 : -1;
	return known > 0 ? count_avx2(p, stop, c) : count_bytes(p, stop, c);
}
