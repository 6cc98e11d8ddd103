/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Locks that lend priority: futex(2), FUTEX_LOCK_PI. The word holds the owner's number and whether
 * somebody waits. All threads of programs run at one priority, so there is nothing to lend: what is
 * left is that we do in the call what a plain lock does in the program.
 */
#include "posix/thread/inherit.h"
#include <linux/futex.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/leave.h"
#include "posix/core/thread.h"

/* One try: 0, -EAGAIN with `*seen` what to wait for, or another error. */
static int64_t try_lock(uint64_t address, uint32_t *seen, bool waits)
{
	uint32_t me = self()->tid;

	if (guest_get(seen, address, sizeof(*seen)) != 0 || guest_put(address, seen, 0) != 0)
		return -EFAULT;
	for (;;) {
		uint32_t owner = *seen & FUTEX_TID_MASK, now;

		if (owner == me)
			return -EDEADLK;
		if (owner == 0)
			/* Others may wait still: they are woken one by one. */
			now = (*seen & ~(uint32_t)FUTEX_TID_MASK) | me |
			      (waits ? FUTEX_WAITERS : 0);
		else if (!waits && (*seen & FUTEX_WAITERS) != 0)
			return -EAGAIN;
		else
			now = *seen | FUTEX_WAITERS;
		if (!guest_swap(address, seen, now))
			continue;
		*seen = now;
		return owner == 0 ? 0 : -EAGAIN;
	}
}

int64_t inherit_lock(uint64_t address, uint32_t flags, uint64_t deadline, bool may_wait)
{
	uint32_t seen;
	int64_t result = try_lock(address, &seen, false);

	while (result == -EAGAIN && may_wait) {
		enum err e = fut_futex_wait(address, seen, FUTEX_BITSET_MATCH_ANY, flags, deadline);
		if (e == ERR_INTERRUPTED && interrupted())
			return -ERESTARTNOINTR;
		if (e == ERR_TIMED_OUT)
			return -ETIMEDOUT;
		if (e != OK && e != ERR_INTERRUPTED && e != ERR_WOULD_BLOCK)
			return call_error(e);
		result = try_lock(address, &seen, true);
	}
	return result;
}

int64_t inherit_unlock(uint64_t address, uint32_t flags)
{
	uint32_t seen, woken;

	if (guest_get(&seen, address, sizeof(seen)) != 0 || guest_put(address, &seen, 0) != 0)
		return -EFAULT;
	do {
		if ((seen & FUTEX_TID_MASK) != self()->tid)
			return -EPERM;
	} while (!guest_swap(address, &seen, 0));
	if ((seen & FUTEX_WAITERS) == 0)
		return 0;
	return call_error(fut_futex_wake(address, 1, FUTEX_BITSET_MATCH_ANY, flags, &woken));
}
