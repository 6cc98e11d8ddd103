/* SPDX-License-Identifier: MPL-2.0 */
/* mmap and msync: memory with or without a file. */
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/description.h"
#include "posix/files/mounts.h"
#include "posix/mm/maps.h"

#include <linux/mman.h> /* after the kernel's constants, some of which have the same names */

/* What MAP_SHARED_VALIDATE takes: MAP_SYNC is for memory that outlasts the power. */
constexpr uint32_t FLAGS_KNOWN = MAP_TYPE | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS |
				 MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED |
				 MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |
				 MAP_HUGETLB | (uint32_t)MAP_HUGE_MASK << MAP_HUGE_SHIFT
#ifdef MAP_32BIT
				 | MAP_32BIT
#endif
	;

/* Memory that forks share: an object of its own. */
static int64_t shared_memory(uint64_t size, bool writable, struct map_backing **b)
{
	fut_handle vmo, whole;
	enum err e = fut_vmo_create(size, 0, &vmo);

	if (e == OK && !writable) { /* mprotect is to fail, too */
		whole = vmo;
		e = fut_handle_duplicate(whole, RIGHTS_VMO & ~RIGHT_WRITE, &vmo);
		(void)fut_handle_close(whole); /* ours */
	}
	if (e != OK)
		return call_error(e);
	*b = backing_new(vmo, "/dev/zero (deleted)", 0, 0);
	return *b != nullptr ? 0 : -ENOMEM;
}

static int64_t of_file(int fd, uint32_t access, bool shared, uint64_t size, struct map_backing **b)
{
	struct description *d = fd_get(fd);
	int64_t error = -EBADF;

	*b = nullptr;
	if (d == nullptr || d->access == 0)
		error = -EBADF;
	else if ((d->access & 1) == 0 ||
		 (shared && (access & PROT_WRITE) != 0 && (d->access & 2) == 0))
		error = -EACCES;
	else if (d->ops->map == nullptr)
		error = -ENODEV;
	else
		error = d->ops->map(d, shared, b);
	if (error == -EPERM && (access & PROT_WRITE) == 0)
		error = d->ops->map(d, false, b); /* sealed, but it may be read */
	if (error == 0 && *b == nullptr && shared)
		error = shared_memory(size, (d->access & 2) != 0, b);
	description_drop(d);
	return error;
}

CALL6(mmap, uint64_t, address, uint64_t, size, uint32_t, access, uint32_t, flags, int, fd, uint64_t,
      offset)
{
	uint32_t type = flags & MAP_TYPE;

	access = maps_access(access);
	bool shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
	bool fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
	struct map_request r = {
		.address = fixed ? address : page_down(address),
		.size = page_up(size),
		.fixed = fixed,
		.replace = (flags & MAP_FIXED) != 0,
		.commit = (flags & (MAP_POPULATE | MAP_LOCKED)) != 0,
		.flags = (access & (PROT_READ | PROT_WRITE | PROT_EXEC)) |
			 (shared ? MAP_IS_SHARED : 0) |
			 ((flags & MAP_LOCKED) != 0 ? MAP_IS_LOCKED : 0),
		.offset = offset,
	};
	int64_t result = 0;
	bool close_on_exec;

	if (type == MAP_SHARED_VALIDATE &&
	    ((flags & MAP_ANONYMOUS) != 0 || (flags & ~FLAGS_KNOWN) != 0))
		return (flags & MAP_ANONYMOUS) != 0 ? -EINVAL : -EOPNOTSUPP;
	if (size == 0 && (flags & MAP_ANONYMOUS) == 0 && !fd_flag(fd, &close_on_exec))
		return -EBADF;
	if (size == 0 || (!shared && type != MAP_PRIVATE) || offset % PAGE != 0 ||
	    (fixed && address % PAGE != 0))
		return -EINVAL;
	if (size > GUEST_END || !guest_ok(0, r.size) || offset > INT64_MAX - r.size)
		return size > GUEST_END || !guest_ok(0, r.size) ? -ENOMEM : -EOVERFLOW;
#ifdef MAP_32BIT
	r.low = (flags & MAP_32BIT) != 0;
#endif
	if ((flags & MAP_ANONYMOUS) == 0)
		result = of_file(fd, access, shared, r.size, &r.backing);
	else if (shared)
		result = shared_memory(r.size, true, &r.backing);
	if ((flags & MAP_ANONYMOUS) != 0)
		r.offset = 0;
	if (result != 0)
		return result;
	mutex_lock(&process.locks.maps);
	result = maps_add(&r);
	backing_drop(r.backing);
	mutex_unlock(&process.locks.maps);
	return result;
}

/* The next mount from `*at` on of which a file is mapped shared; `*at` goes behind that mapping. */
static bool mount_next(uint64_t *at, uint64_t end, uint32_t *mount)
{
	bool found = false;

	mutex_lock(&process.locks.maps);
	while (!found && *at < end) {
		const struct map_entry *m = maps_find(*at);
		const struct map_backing *b = m ? backing_of(m) : nullptr;
		found = b != nullptr && b->path[0] != 0 && (m->flags & MAP_IS_SHARED) != 0;
		*mount = found ? b->mount : 0;
		*at = m != nullptr ? m->end : end;
	}
	mutex_unlock(&process.locks.maps);
	return found;
}

/* The mapped memory is the file's own, but only its server brings it to a disk. */
static int64_t files_sync(uint64_t address, uint64_t end)
{
	uint32_t mount, last = 0;
	bool is_first = true;
	int64_t result = 0;

	while (result == 0 && mount_next(&address, end, &mount)) {
		if (is_first || mount != last)
			result = mount_sync(mount);
		is_first = false;
		last = mount;
	}
	return result;
}

CALL3(msync, uint64_t, address, uint64_t, size, uint32_t, flags)
{
	bool covered;

	if (address % PAGE != 0 || (flags & ~(uint32_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (!guest_ok(address, page_up(size)))
		return -ENOMEM;
	mutex_lock(&process.locks.maps);
	covered = maps_cover(address, page_up(size));
	bool locked = (flags & MS_INVALIDATE) != 0 && maps_has_locked(address, page_up(size));
	mutex_unlock(&process.locks.maps);
	if (!covered || locked)
		return covered ? -EBUSY : -ENOMEM;
	return (flags & MS_SYNC) != 0 ? files_sync(address, address + page_up(size)) : 0;
}
