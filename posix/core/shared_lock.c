/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/shared_lock.h"
#include "abi/user.h"
#include "posix/core/thread.h"

constexpr uint32_t WAITERS = 0x80000000; /* as Linux FUTEX_WAITERS */
constexpr uint32_t OWNER = 0x3fffffff;

/* The kernel finds it there if we end while we hold it, as the nth: abi/control.h. */
static void remember(_Atomic uint32_t *lock, uint32_t n)
{
	struct control *c = control();

	c->robust_owner = self()->tid & OWNER;
	c->robust[n - 1] = (uint64_t)lock;
	atomic_signal_fence(memory_order_seq_cst);
	c->robust_count = n;
	atomic_signal_fence(memory_order_seq_cst);
}

static void lock_nth(_Atomic uint32_t *lock, uint32_t n)
{
	uint32_t me = self()->tid & OWNER, seen = 0;

	remember(lock, n);
	if (atomic_compare_exchange_strong(lock, &seen, me))
		return;
	for (;;) {
		/* A dead owner's lock is free; its waiters stay. */
		if ((seen & OWNER) == 0 || (seen & ROBUST_OWNER_DIED) != 0) {
			if (atomic_compare_exchange_strong(lock, &seen, me | WAITERS))
				return;
			continue;
		}
		if ((seen & WAITERS) == 0 &&
		    !atomic_compare_exchange_strong(lock, &seen, seen | WAITERS))
			continue;
		/* Interruptions wait until the lock is free: it is held only for a copy. */
		if (fut_futex_wait((uint64_t)lock, seen | WAITERS, ~0u, 0, TIME_NEVER) ==
		    ERR_INTERRUPTED)
			(void)fut_thread_yield(); /* never fails */
		seen = atomic_load(lock);
	}
}

static void unlock_nth(_Atomic uint32_t *lock, uint32_t n)
{
	uint32_t woken;

	if ((atomic_exchange(lock, 0) & WAITERS) != 0)
		(void)fut_futex_wake((uint64_t)lock, 1, ~0u, 0, &woken); /* our own mapping */
	control()->robust_count = n - 1;
}

void shared_lock(_Atomic uint32_t *lock)
{
	lock_nth(lock, 1);
}

void shared_unlock(_Atomic uint32_t *lock)
{
	unlock_nth(lock, 1);
}

void shared_lock_two(_Atomic uint32_t *first, _Atomic uint32_t *second)
{
	lock_nth(first, 1);
	lock_nth(second, 2);
}

void shared_unlock_two(_Atomic uint32_t *first, _Atomic uint32_t *second)
{
	unlock_nth(second, 2);
	unlock_nth(first, 1);
}
