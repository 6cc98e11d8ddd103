/* SPDX-License-Identifier: MPL-2.0 */
/* QEMU's counter runs at 62.5 MHz: under -icount shift=0 a tick is 16 instructions. */
#pragma once
#include <stdint.h>

constexpr uint32_t INSTRUCTIONS_PER_TICK = 16;
constexpr uint32_t BATCH = 16;
/* A bound by architecture: x86-64, ARM64. */
#define INSTRUCTIONS(x86_64, arm64) (arm64)

static inline uint64_t measure(void)
{
	uint64_t t;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(t) : : "memory");
	return t;
}
