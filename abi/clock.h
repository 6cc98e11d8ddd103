/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The clock page, mapped read-only into every task at CLOCK_PAGE: time without a system call.
 *
 *	ns since boot = base_ns + mul64x64(ticks - base_ticks, mult) >> 32
 *
 * where ticks is rdtsc on x86-64 and CNTVCT_EL0 on ARM64. `seq` is odd while the kernel changes the
 * page: read it before and after, and repeat if it changed or was odd.
 */
#pragma once
#include <stdint.h>

constexpr uint64_t CLOCK_PAGE = 0x7fffffffe000;

struct clock_page {
	uint32_t seq;
	uint32_t ncpus;
	uint64_t base_ticks;
	uint64_t base_ns;
	uint64_t mult;      /* nanoseconds per tick, times 2^32 */
	uint64_t hz;        /* ticks per second */
	uint64_t wall_ns;   /* add to ns since boot: ns since 1970-01-01 UTC; 0 if unknown */
	uint64_t page_size; /* 4096 */
};
