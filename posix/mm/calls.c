/* SPDX-License-Identifier: MPL-2.0 */
/* The calls on memory that need no file; mmap with one is in posix/mm/mmap.c. */
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/mm/maps.h"

#include <linux/personality.h>
#include <linux/mman.h> /* after the kernel's constants, some of which have the same names */

constexpr uint64_t BRK_MOST = 1ull << 36;

static bool is_aligned(uint64_t address)
{
	return address % PAGE == 0;
}

static bool range_ok(uint64_t address, uint64_t size)
{
	return is_aligned(address) && size <= GUEST_END && guest_ok(address, page_up(size));
}

uint32_t maps_access(uint32_t access)
{
	bool both = (process.personality & READ_IMPLIES_EXEC) != 0 && (access & PROT_READ) != 0;

	return both ? access | PROT_EXEC : access;
}

CALL1(brk, uint64_t, wish)
{
	uint64_t old, new;

	mutex_lock(&process.locks.maps);
	old = page_up(process.brk);
	new = page_up(wish);
	if (wish >= process.brk_start && wish < process.brk_start + BRK_MOST && guest_ok(wish, 0)) {
		struct map_request r = { .address = old,
					 .size = new - old,
					 .fixed = true,
					 .flags = MAP_IS_READABLE | MAP_IS_WRITABLE | MAP_IS_HEAP };
		if (new == old || (new > old &&maps_add(&r) >= 0) ||
		    (new < old &&maps_remove(new, old - new) == 0))
			process.brk = wish;
	}
	uint64_t now = process.brk;
	mutex_unlock(&process.locks.maps);
	return (int64_t)now;
}

CALL2(munmap, uint64_t, address, uint64_t, size)
{
	if (size == 0 || !range_ok(address, size))
		return -EINVAL;
	mutex_lock(&process.locks.maps);
	int64_t result = maps_remove(address, page_up(size));
	mutex_unlock(&process.locks.maps);
	return result;
}

CALL3(mprotect, uint64_t, address, uint64_t, size, uint32_t, access)
{
	if (!is_aligned(address) || (access & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0)
		return -EINVAL;
	if (size == 0)
		return 0;
	if (!range_ok(address, size))
		return -ENOMEM;
	mutex_lock(&process.locks.maps);
	int64_t result = maps_protect(address, page_up(size), maps_access(access));
	mutex_unlock(&process.locks.maps);
	return result;
}

CALL5(mremap, uint64_t, address, uint64_t, size, uint64_t, new_size, uint32_t, flags, uint64_t, to)
{
	bool is_fixed = (flags & MREMAP_FIXED) != 0, keep = (flags & MREMAP_DONTUNMAP) != 0;
	bool may_move = (flags & MREMAP_MAYMOVE) != 0;

	if ((flags & ~(uint32_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0 ||
	    ((is_fixed || keep) && !may_move) || new_size == 0 || size == 0 ||
	    !range_ok(address, size) || !range_ok(0, new_size) || (keep && size != new_size))
		return -EINVAL;
	size = page_up(size);
	new_size = page_up(new_size);
	if (is_fixed && (!range_ok(to, new_size) || to < GUEST_START ||
			 (to < address + size && address < to + new_size)))
		return -EINVAL;
	mutex_lock(&process.locks.maps);
	if (keep && !is_fixed)
		to = maps_gap(new_size, maps_top);
	int64_t result =
		maps_move(address, size, new_size, may_move, keep, is_fixed || keep ? to : 0);
	mutex_unlock(&process.locks.maps);
	return result;
}

CALL3(madvise, uint64_t, address, uint64_t, size, uint32_t, advice)
{
	int64_t result = 0;

	if (!is_aligned(address) || !range_ok(address, size))
		return -EINVAL;
	size = page_up(size);
	mutex_lock(&process.locks.maps);
	switch (advice) {
	case MADV_DONTNEED:
		if (maps_has_locked(address, size))
			result = -EINVAL;
		else if (size != 0)
			result = maps_discard(address, size);
		break;
	case MADV_FREE:
		if (!maps_cover(address, size))
			result = -ENOMEM;
		else if (!maps_may_free(address, size))
			result = -EINVAL;
		break;
	case MADV_DONTFORK:
		result = maps_at_fork(address, size, MAP_IS_NOT_FORKED, 0);
		break;
	case MADV_DOFORK:
		result = maps_at_fork(address, size, 0, MAP_IS_NOT_FORKED);
		break;
	case MADV_WIPEONFORK:
		result = maps_at_fork(address, size, MAP_IS_WIPED, 0);
		break;
	case MADV_KEEPONFORK:
		result = maps_at_fork(address, size, 0, MAP_IS_WIPED);
		break;
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_COLD:
	case MADV_PAGEOUT:
		if (!maps_cover(address, size))
			result = -ENOMEM;
		break;
	default:
		result = -EINVAL;
	}
	mutex_unlock(&process.locks.maps);
	return result;
}

CALL3(mincore, uint64_t, address, uint64_t, size, uint64_t, to)
{
	if (!is_aligned(address))
		return -EINVAL;
	if (!range_ok(address, size) || (address < GUEST_START && size > 0))
		return -ENOMEM; /* the kernel takes the lowest for a mistake */
	while (size > 0) {
		uint64_t part = page_up(size) < 65536 * PAGE ? page_up(size) : 65536 * PAGE;
		if (!guest_ok(to, part / PAGE))
			return -EFAULT;
		enum err e = fut_space_present(address, part, (void *)to, part / PAGE);
		if (e != OK)
			return e == ERR_NOT_FOUND ? -ENOMEM : call_error(e);
		address += part;
		to += part / PAGE;
		size -= size < part ? size : part;
	}
	return 0;
}
