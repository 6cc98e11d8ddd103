/* SPDX-License-Identifier: MPL-2.0 */
/*
 * mlock and its like. Memory stays where it is once it is there: nothing is ever paged out. So
 * locking makes pages be there, and is remembered, for /proc and for what is refused on such
 * memory.
 */
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
#include "posix/mm/maps.h"
#include "protocol/posix.h"

#include <linux/mman.h> /* after the kernel's constants, some of which have the same names */
#include <linux/capability.h>
#include <linux/resource.h>

/* RLIMIT_MEMLOCK, and who is not bound by it. */
static int64_t may_lock(uint64_t more)
{
	uint64_t soft = 0, hard = 0;
	int32_t outcome = 0;

	if (process_can(CAP_IPC_LOCK))
		return 0;
	enum err e =
		posix_limit(&process.posix, 0, RLIMIT_MEMLOCK, 0, 0, 0, &soft, &hard, &outcome);
	if (e != OK || outcome != 0)
		return e != OK ? file_error(e) : outcome;
	return soft == 0 ? -EPERM : maps_locked() + more > soft ? -ENOMEM : 0;
}

/* Every page of it is touched, where that is allowed: written if it can be, for what is only read
 * is not there. Other threads may use it meanwhile. */
static int64_t make_present(uint64_t address, uint64_t end)
{
	constexpr uint32_t WRITE = MAP_IS_WRITABLE, EXECUTE = MAP_IS_EXECUTABLE;
	uint32_t word;

	for (; address < end; address += PAGE) {
		const struct map_entry *m = maps_find(address);
		if (m == nullptr || (m->flags & (MAP_IS_READABLE | WRITE)) == 0)
			continue;
		if (guest_get(&word, address, sizeof(word)) != 0)
			return -ENOMEM;
		if ((m->flags & (WRITE | EXECUTE)) == WRITE)
			(void)guest_swap(address, &word, word); /* or somebody just wrote it */
	}
	return 0;
}

static int64_t lock(uint64_t address, uint64_t size, bool set, bool touch)
{
	uint64_t from = page_down(address), to = page_up(address + size);

	if (!guest_ok(address, size))
		return -EINVAL;
	mutex_lock(&process.locks.maps);
	int64_t error = set ? may_lock(to - from) : 0;
	if (error == 0 && to > from)
		error = maps_lock(from, to - from, set);
	if (error == 0 && touch)
		error = make_present(from, to);
	mutex_unlock(&process.locks.maps);
	return error;
}

CALL2(mlock, uint64_t, address, uint64_t, size)
{
	return lock(address, size, true, true);
}

CALL3(mlock2, uint64_t, address, uint64_t, size, uint32_t, flags)
{
	return (flags & ~(uint32_t)MLOCK_ONFAULT) != 0
		       ? -EINVAL
		       : lock(address, size, true, (flags & MLOCK_ONFAULT) == 0);
}

CALL2(munlock, uint64_t, address, uint64_t, size)
{
	return lock(address, size, false, false);
}

static int64_t lock_all(uint32_t flags)
{
	bool set = (flags & MCL_CURRENT) != 0, touch = set && (flags & MCL_ONFAULT) == 0;
	const struct map_entry *m;
	int64_t error = 0;

	for (uint64_t at = 0; error == 0 && (m = maps_find(at)) != nullptr;) {
		uint64_t start = m->start;
		at = m->end;
		error = set || flags == 0 ? maps_lock(start, at - start, set) : 0;
		if (error == 0 && touch)
			(void)make_present(start, at); /* as Linux: not told */
	}
	return error;
}

CALL1(mlockall, uint32_t, flags)
{
	if ((flags & ~(uint32_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 ||
	    (flags & (MCL_CURRENT | MCL_FUTURE)) == 0)
		return -EINVAL;
	mutex_lock(&process.locks.maps);
	int64_t error = may_lock((flags & MCL_CURRENT) != 0 ? maps_size() : 0);
	if (error == 0) {
		maps_lock_new = (flags & MCL_FUTURE) != 0;
		error = lock_all(flags);
	}
	mutex_unlock(&process.locks.maps);
	return error;
}

CALL0(munlockall)
{
	mutex_lock(&process.locks.maps);
	maps_lock_new = false;
	int64_t error = lock_all(0);
	mutex_unlock(&process.locks.maps);
	return error;
}
