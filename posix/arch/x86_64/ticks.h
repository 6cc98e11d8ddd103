/* SPDX-License-Identifier: MPL-2.0 */
/* The processor's counter, which the clock page translates: abi/clock.h. */
#pragma once
#include <stdint.h>

static inline uint64_t ticks_now(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}
