/* SPDX-License-Identifier: MPL-2.0 */
/* What CPUID says, in the auxiliary vector's terms. */
#include "posix/exec/capabilities.h"

static void cpuid(uint32_t leaf, uint32_t out[4])
{
	__asm__("cpuid"
		: "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
		: "a"(leaf), "c"(0));
}

uint64_t cpu_capabilities(void)
{
	uint32_t r[4];

	cpuid(1, r);
	return r[3];
}

/* Bit 1: user mode may use FSGSBASE (asm/hwcap2.h). */
uint64_t cpu_capabilities2(void)
{
	uint32_t r[4];

	cpuid(7, r);
	return (r[1] & 1) != 0 ? 2 : 0;
}

/* The XSAVE area and its end mark, ucontext, siginfo, red zone, alignment. */
uint64_t signal_stack_least(void)
{
	uint32_t r[4];

	cpuid(0xd, r);
	return r[1] + 4 + 1024;
}

void simd_reset(void)
{
	static const uint32_t mxcsr = 0x1f80;

	__asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}
