/* SPDX-License-Identifier: MPL-2.0 */
/* futex(2): the kernel's own futexes; deadlines and the combined operation are done here. */
#include <linux/futex.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/leave.h"
#include "posix/core/wait.h"
#include "posix/thread/inherit.h"
#include "posix/time/timespec.h"

/* The native constants have Linux's names in part: by value here, asserted. */
constexpr uint32_t NATIVE_PRIVATE = 1, NATIVE_ALWAYS = 2;

/* FUTEX_WAIT's timeout is relative, the others' a time of day or since boot. */
static int64_t deadline_of(uint64_t timeout, bool absolute, bool realtime, uint64_t *deadline)
{
	uint64_t ns;

	if (timeout == 0 || !absolute)
		return deadline_get(timeout, deadline);
	int64_t error = timespec_get(timeout, &ns);
	if (error == 0)
		*deadline = realtime ? deadline_of_wall(ns) : ns != 0 ? ns : 1;
	return error;
}

static int64_t wait(uint64_t address, uint32_t expected, uint32_t mask, uint32_t flags,
		    uint64_t deadline, bool has_timeout)
{
	for (;;) {
		enum err e = fut_futex_wait(address, expected, mask, flags, deadline);

		if (e == ERR_INTERRUPTED) {
			if (interrupted())
				return has_timeout ? -ERESTARTNOHAND : -ERESTARTSYS;
			continue; /* the word is compared again */
		}
		return e == OK ? 0 : e == ERR_BAD_ARGUMENT ? -EINVAL : call_error(e);
	}
}

static int64_t wake(uint64_t address, uint32_t count, uint32_t mask, uint32_t flags)
{
	uint32_t woken;
	enum err e = fut_futex_wake(address, count, mask, flags, &woken);

	return e == OK ? (int64_t)woken : e == ERR_BAD_ADDRESS ? -EFAULT : -EINVAL;
}

static int64_t requeue(uint64_t from, uint64_t to, uint32_t wakes, uint32_t moves,
		       uint32_t expected, uint32_t flags)
{
	uint32_t woken, moved;
	enum err e = fut_futex_requeue(from, to, expected, (uint64_t)moves << 32 | wakes, flags,
				       &woken, &moved);

	return e == OK ? (int64_t)woken + moved : e == ERR_WOULD_BLOCK ? -EAGAIN : call_error(e);
}

static uint32_t operate(uint32_t operation, uint32_t old, uint32_t operand)
{
	switch (operation & 7) {
	case FUTEX_OP_SET:
		return operand;
	case FUTEX_OP_ADD:
		return old + operand;
	case FUTEX_OP_OR:
		return old | operand;
	case FUTEX_OP_ANDN:
		return old & ~operand;
	default:
		return old ^ operand;
	}
}

static bool compares(uint32_t comparison, int32_t old, int32_t with)
{
	switch (comparison) {
	case FUTEX_OP_CMP_EQ:
		return old == with;
	case FUTEX_OP_CMP_NE:
		return old != with;
	case FUTEX_OP_CMP_LT:
		return old < with;
	case FUTEX_OP_CMP_LE:
		return old <= with;
	case FUTEX_OP_CMP_GT:
		return old > with;
	default:
		return old >= with;
	}
}

/* FUTEX_WAKE_OP: change the second word in one step, wake at the first, and if the old value fits
 * at the second too. */
static int64_t wake_and_change(uint64_t first, uint64_t second, uint32_t n, uint32_t n2,
			       uint32_t code, uint32_t flags)
{
	uint32_t operation = code >> 28, comparison = code >> 24 & 15, old;
	int32_t operand = (int32_t)(code << 8) >> 20, with = (int32_t)(code << 20) >> 20;

	if ((operation & 7) > FUTEX_OP_XOR || comparison > FUTEX_OP_CMP_GE || second % 4 != 0)
		return -ENOSYS;
	if ((operation & FUTEX_OP_OPARG_SHIFT) != 0)
		operand = 1 << (operand & 31);
	/* Touched first under the fixup; the pages of a lock are not unmapped under it. */
	if (guest_get(&old, second, sizeof(old)) != 0 || guest_put(second, &old, 0) != 0)
		return -EFAULT;
	while (!guest_swap(second, &old, operate(operation, old, (uint32_t)operand)))
		;
	int64_t woken = wake(first, n, FUTEX_BITSET_MATCH_ANY, flags);
	if (woken >= 0 && compares(comparison, (int32_t)old, with)) {
		int64_t more = wake(second, n2, FUTEX_BITSET_MATCH_ANY, flags);
		woken = more < 0 ? more : woken + more;
	}
	return woken;
}

CALL6(futex, uint64_t, address, uint32_t, operation, uint32_t, value, uint64_t, timeout, uint64_t,
      address2, uint32_t, value3)
{
	uint32_t flags = (operation & FUTEX_PRIVATE_FLAG) != 0 ? NATIVE_PRIVATE : 0;
	uint32_t command = operation & (uint32_t)FUTEX_CMD_MASK;
	uint64_t deadline;
	int64_t error;

	if (!guest_ok(address, 4))
		return -EFAULT;
	if (address % 4 != 0)
		return -EINVAL;
	switch (command) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		error = deadline_of(timeout, command == FUTEX_WAIT_BITSET,
				    (operation & FUTEX_CLOCK_REALTIME) != 0, &deadline);
		if (error != 0)
			return error;
		return wait(address, value, command == FUTEX_WAIT ? FUTEX_BITSET_MATCH_ANY : value3,
			    flags, deadline, timeout != 0);
	case FUTEX_WAKE:
		return wake(address, value, FUTEX_BITSET_MATCH_ANY, flags);
	case FUTEX_WAKE_BITSET:
		return wake(address, value, value3, flags);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		if (!guest_ok(address2, 4))
			return -EFAULT;
		return requeue(address, address2, value, (uint32_t)timeout, value3,
			       flags | (command == FUTEX_REQUEUE ? NATIVE_ALWAYS : 0));
	case FUTEX_WAKE_OP:
		return guest_ok(address2, 4) ? wake_and_change(address, address2, value,
							       (uint32_t)timeout, value3, flags)
					     : -EFAULT;
	case FUTEX_LOCK_PI: /* the one whose time is always of day */
	case FUTEX_LOCK_PI2:
		error = deadline_of(timeout, true,
				    command == FUTEX_LOCK_PI ||
					    (operation & FUTEX_CLOCK_REALTIME) != 0,
				    &deadline);
		return error != 0 ? error : inherit_lock(address, flags, deadline, true);
	case FUTEX_TRYLOCK_PI:
		return inherit_lock(address, flags, 0, false);
	case FUTEX_UNLOCK_PI:
		return inherit_unlock(address, flags);
	default:
		return -ENOSYS; /* fd, and requeueing to a lock that lends priority */
	}
}
