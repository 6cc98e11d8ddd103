/* SPDX-License-Identifier: MPL-2.0 */
/* Under -icount shift=0 the time stamp counter counts instructions. */
#pragma once
#include <stdint.h>

constexpr uint32_t INSTRUCTIONS_PER_TICK = 1;
constexpr uint32_t BATCH = 1; /* operations timed together */
/* A bound by architecture: x86-64, ARM64. */
#define INSTRUCTIONS(x86_64, arm64) (x86_64)

/* Without the fence of ticks(): it would only add instructions. */
static inline uint64_t measure(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}
