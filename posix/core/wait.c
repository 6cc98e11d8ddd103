/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/wait.h"
#include <stdatomic.h>
#include <asm/errno.h>
#include "abi/clock.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/leave.h"
#include <posix-arch/ticks.h>

int64_t wait_object(fut_handle object, uint64_t signals, uint64_t clear, uint64_t deadline)
{
	uint64_t got;

	for (;;) {
		enum err e = fut_wait(object, signals, clear, deadline, &got);

		if (e == OK)
			return 0;
		if (e == ERR_TIMED_OUT || e == ERR_WOULD_BLOCK)
			return -ETIMEDOUT;
		if (e != ERR_INTERRUPTED)
			return -EIO;
		if (interrupted())
			return -ERESTARTSYS;
	}
}

int64_t wait_until(uint64_t deadline)
{
	while (fut_thread_sleep(deadline) == ERR_INTERRUPTED)
		if (interrupted())
			return -ERESTARTSYS;
	return 0;
}

static const volatile struct clock_page *page(void)
{
	return (const volatile struct clock_page *)CLOCK_PAGE;
}

/* abi/clock.h has the formula and the protocol. */
uint64_t clock_now(void)
{
	uint64_t ns;
	uint32_t seq;

	do {
		seq = page()->seq;
		atomic_signal_fence(memory_order_acquire);
		uint64_t passed = ticks_now() - page()->base_ticks;
		ns = page()->base_ns + (uint64_t)(((unsigned __int128)passed * page()->mult) >> 32);
		atomic_thread_fence(memory_order_acquire);
	} while ((seq & 1) != 0 || page()->seq != seq);
	return ns;
}

uint64_t clock_wall(void)
{
	return page()->wall_ns;
}
