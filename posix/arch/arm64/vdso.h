/* SPDX-License-Identifier: MPL-2.0 */
/* The vDSO on ARM64. */
#pragma once
#include <stdint.h>

#define VDSO(name) __kernel_##name

/* What the clock page does not tell, the personality does. */
static inline int64_t linux_call(uint64_t number, uint64_t a, uint64_t b)
{
	register uint64_t x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return (int64_t)x0;
}
