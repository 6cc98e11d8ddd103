/* SPDX-License-Identifier: MPL-2.0 */
/* The ID registers are not readable in user mode here, so only what every ARMv8.0 has is told. */
#include "posix/exec/capabilities.h"
#include <asm/hwcap.h>

uint64_t cpu_capabilities(void)
{
	return HWCAP_FP | HWCAP_ASIMD;
}

uint64_t cpu_capabilities2(void)
{
	return 0;
}

/* siginfo, ucontext with its reserved part, frame record. */
uint64_t signal_stack_least(void)
{
	return 5120;
}

void simd_reset(void)
{
	__asm__ volatile(".arch_extension fp\n\tmsr fpcr, xzr\n\tmsr fpsr, xzr");
}
