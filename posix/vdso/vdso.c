/* SPDX-License-Identifier: MPL-2.0 */
/* Time without a system call, from the clock page: abi/clock.h. Runs in the guest, as its code. */
#include <linux/time.h>
#include <linux/time_types.h>
#include <stdatomic.h>
#include "abi/clock.h"
#include "calls.h"
#include <posix-arch/ticks.h>
#include <posix-arch/vdso.h>

constexpr uint64_t SECOND = 1'000'000'000;

int VDSO(clock_gettime)(int clock, struct __kernel_timespec *to);
int VDSO(clock_getres)(int clock, struct __kernel_timespec *to);
int VDSO(gettimeofday)(struct __kernel_old_timeval *to, struct timezone *zone);

/* Clocks as bits by their numbers. */
constexpr uint32_t WALL = 1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE;
constexpr uint32_t SINCE_BOOT = 1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW |
				1u << CLOCK_MONOTONIC_COARSE | 1u << CLOCK_BOOTTIME;

/* Nanoseconds since boot, or since 1970. */
static uint64_t now(bool wall)
{
	const volatile struct clock_page *page = (const volatile struct clock_page *)CLOCK_PAGE;
	uint64_t ns;
	uint32_t seq;

	do {
		seq = page->seq;
		atomic_thread_fence(memory_order_acquire);
		uint64_t passed = ticks_now() - page->base_ticks;
		ns = page->base_ns + (uint64_t)(((unsigned __int128)passed * page->mult) >> 32);
		if (wall)
			ns += page->wall_ns;
		atomic_thread_fence(memory_order_acquire);
	} while ((seq & 1) != 0 || page->seq != seq);
	return ns;
}

int VDSO(clock_gettime)(int clock, struct __kernel_timespec *to)
{
	if ((unsigned)clock >= 32 || ((WALL | SINCE_BOOT) >> clock & 1) == 0)
		return (int)linux_call(CALL_NUMBER_clock_gettime, (uint64_t)clock, (uint64_t)to);
	uint64_t ns = now((WALL >> clock & 1) != 0);
	to->tv_sec = (int64_t)(ns / SECOND);
	to->tv_nsec = (int64_t)(ns % SECOND);
	return 0;
}

int VDSO(clock_getres)(int clock, struct __kernel_timespec *to)
{
	return (int)linux_call(CALL_NUMBER_clock_getres, (uint64_t)clock, (uint64_t)to);
}

int VDSO(gettimeofday)(struct __kernel_old_timeval *to, struct timezone *zone)
{
	uint64_t ns = now(true);

	if (to != nullptr) {
		to->tv_sec = (int64_t)(ns / SECOND);
		to->tv_usec = (int64_t)(ns % SECOND / 1000);
	}
	if (zone != nullptr)
		*zone = (struct timezone){};
	return 0;
}

/* x86-64 alone has these two: its version script exports them. */
int64_t __vdso_time(int64_t *to);
int64_t __vdso_time(int64_t *to)
{
	int64_t seconds = (int64_t)(now(true) / SECOND);

	if (to != nullptr)
		*to = seconds;
	return seconds;
}

int __vdso_getcpu(uint32_t *cpu, uint32_t *node, void *unused);
int __vdso_getcpu(uint32_t *cpu, uint32_t *node, void *unused)
{
	(void)unused;
	return (int)linux_call(CALL_NUMBER_getcpu, (uint64_t)cpu, (uint64_t)node);
}
