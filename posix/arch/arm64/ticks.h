/* SPDX-License-Identifier: MPL-2.0 */
/* The processor's counter, which the clock page translates: abi/clock.h. */
#pragma once
#include <stdint.h>

static inline uint64_t ticks_now(void)
{
	uint64_t ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}
