/* SPDX-License-Identifier: MPL-2.0 */
/* Time without a system call, from the clock page: abi/clock.h. Runs in the guest, as its code. */
#include <linux/time.h>
#include <linux/time_types.h>
#include "abi/clock.h"
#include "posix/core/ticks.h"

#if defined(__x86_64__)
	#define VDSO(name)    __vdso_##name
	#define CLOCK_GETTIME 228
	#define CLOCK_GETRES  229
#else
	#define VDSO(name)    __kernel_##name
	#define CLOCK_GETTIME 113
	#define CLOCK_GETRES  114
#endif

constexpr uint64_t SECOND = 1'000'000'000;

int VDSO(clock_gettime)(int clock, struct __kernel_timespec *to);
int VDSO(clock_getres)(int clock, struct __kernel_timespec *to);
int VDSO(gettimeofday)(struct __kernel_old_timeval *to, struct timezone *zone);

/* What the page does not tell, the personality does. */
static int64_t call(uint64_t number, uint64_t a, uint64_t b)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return (int64_t)number;
#else
	register uint64_t x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return (int64_t)x0;
#endif
}

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
	bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;

	if (!wall && clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_RAW &&
	    clock != CLOCK_MONOTONIC_COARSE && clock != CLOCK_BOOTTIME)
		return (int)call(CLOCK_GETTIME, (uint64_t)clock, (uint64_t)to);
	uint64_t ns = now(wall);
	to->tv_sec = (int64_t)(ns / SECOND);
	to->tv_nsec = (int64_t)(ns % SECOND);
	return 0;
}

int VDSO(clock_getres)(int clock, struct __kernel_timespec *to)
{
	return (int)call(CLOCK_GETRES, (uint64_t)clock, (uint64_t)to);
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

#if defined(__x86_64__)
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
	uint32_t here;

	(void)unused;
	/* struct control: the CPU that it ran on last */
	__asm__ volatile("mov %%gs:52, %0" : "=r"(here));
	if (cpu != nullptr)
		*cpu = here;
	if (node != nullptr)
		*node = 0;
	return 0;
}
#endif
