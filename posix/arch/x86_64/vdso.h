/* SPDX-License-Identifier: MPL-2.0 */
/* The vDSO on x86-64. */
#pragma once
#include <stdint.h>

#define VDSO(name) __vdso_##name

/* What the clock page does not tell, the personality does. */
static inline int64_t linux_call(uint64_t number, uint64_t a, uint64_t b)
{
	__asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return (int64_t)number;
}
