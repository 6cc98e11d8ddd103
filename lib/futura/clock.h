/* SPDX-License-Identifier: MPL-2.0 */
/* Time without a system call, from the page that the kernel maps into every task. */
#pragma once
#include <stdint.h>

constexpr uint64_t MICROSECOND = 1000;
constexpr uint64_t MILLISECOND = 1000000;
constexpr uint64_t SECOND = 1000000000;

/* Nanoseconds since boot: what deadlines count. Never goes back. */
uint64_t clock_now(void);

/* Nanoseconds since 1970-01-01 00:00 UTC; 0 if nobody has set the wall clock. */
uint64_t clock_wall(void);

/* The deadline that lies so far ahead; TIME_NEVER if that is too far. */
uint64_t clock_after(uint64_t ns);

/* CPUs of this machine that run. */
unsigned clock_cpus(void);
