/* SPDX-License-Identifier: MPL-2.0 */
/* System V's shared memory. posixd has the table of segments and counts who is attached; here they
 * are made and mapped. */
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/description.h"
#include "posix/files/path.h"
#include "posix/mm/maps.h"
#include "protocol/posix.h"

#include <linux/mman.h> /* after the kernel's constants, some of which have the same names */
#include <linux/shm.h>

constexpr uint64_t MOST = ~0ull - (1 << 24); /* Linux's SHMMAX and SHMALL: no limit */
constexpr uint32_t PLACES = 4096;
constexpr char HEX[] = "0123456789abcdef";

CALL3(shmget, uint32_t, key, uint64_t, size, uint32_t, flags)
{
	bool may_make = key == IPC_PRIVATE || (flags & IPC_CREAT) != 0;
	fut_handle memory = 0;
	int32_t outcome = 0;

	if ((flags & SHM_HUGETLB) != 0)
		return -ENOMEM; /* there are no such pages */
	if (may_make && size != 0) {
		if (size > GUEST_END)
			return size > MOST ? -EINVAL : -ENOMEM;
		enum err e = fut_vmo_create(page_up(size), 0, &memory);
		if (e != OK)
			return call_error(e);
	}
	enum err e = posix_segment_get(&process.posix, size, key, flags, memory, &outcome);
	return e != OK ? file_error(e) : outcome;
}

/* As /proc shows it. */
static void name_make(char *name, uint32_t key)
{
	constexpr char TAIL[] = " (deleted)";

	*name++ = '/', *name++ = 'S', *name++ = 'Y', *name++ = 'S', *name++ = 'V';
	for (int shift = 28; shift >= 0; shift -= 4)
		*name++ = HEX[key >> shift & 15];
	for (unsigned i = 0; i < sizeof(TAIL); i++)
		*name++ = TAIL[i];
}

/* The size in `*r`; the backing is the caller's. */
static int64_t attach(uint32_t id, bool read_only, struct map_request *r)
{
	char name[sizeof("/SYSV00000000 (deleted)")];
	fut_handle memory = 0;
	uint32_t key = 0;
	int32_t outcome = 0;
	enum err e = posix_segment_attach(&process.posix, id, read_only, &memory, &outcome, &key,
					  &r->size);

	if (e != OK || outcome != 0)
		return e != OK ? file_error(e) : outcome;
	name_make(name, key);
	r->size = page_up(r->size);
	r->backing = backing_new(memory, name, id, 0);
	if (r->backing == nullptr) {
		(void)posix_segment_detach(&process.posix, id); /* it was attached */
		return -ENOMEM;
	}
	r->backing->segment = id + 1;
	return 0;
}

/* Where the caller wants it, if anywhere. */
static int64_t place_check(uint64_t *address, uint32_t flags)
{
	if (*address == 0)
		return (flags & SHM_REMAP) != 0 ? -EINVAL : 0;
	if (*address % PAGE != 0 && (flags & SHM_RND) == 0)
		return -EINVAL;
	*address = page_down(*address);
	return *address == 0 && (flags & SHM_REMAP) != 0 ? -EINVAL : 0;
}

CALL3(shmat, uint32_t, id, uint64_t, address, uint32_t, flags)
{
	bool read_only = (flags & SHM_RDONLY) != 0;
	struct map_request r = {
		.flags = PROT_READ | (read_only ? 0 : PROT_WRITE) |
			 ((flags & SHM_EXEC) != 0 ? PROT_EXEC : 0) | MAP_IS_SHARED,
	};
	int64_t result = place_check(&address, flags);

	if (result == 0)
		result = attach(id, read_only, &r);
	if (result != 0)
		return result;
	r.address = address;
	r.fixed = address != 0;
	r.replace = (flags & SHM_REMAP) != 0;
	mutex_lock(&process.locks.maps);
	result = guest_ok(address, r.size) ? maps_add(&r) : -EINVAL;
	backing_drop(r.backing);
	mutex_unlock(&process.locks.maps);
	if (result < 0)
		(void)posix_segment_detach(&process.posix, id); /* it was attached */
	return result == -EEXIST ? -EINVAL : result;
}

/* The next piece of the attachment that begins at the address: a mapping may have been cut. With
 * the first, any segment's attachment will do. */
static struct map_entry *piece_find(uint64_t address, uint64_t from,
				    const struct map_backing *backing)
{
	struct map_entry *m = maps_find(from);

	while (m != nullptr) {
		const struct map_backing *b = backing_of(m);

		if (b != nullptr && b->segment != 0 && (backing == nullptr || b == backing) &&
		    m->start >= address && m->start - address == m->offset)
			return m;
		m = maps_find(m->end);
	}
	return nullptr;
}

CALL1(shmdt, uint64_t, address)
{
	uint32_t segment = 0;
	int64_t result = 0;

	if (address % PAGE != 0)
		return -EINVAL;
	mutex_lock(&process.locks.maps);
	struct map_entry *m = piece_find(address, address, nullptr);
	const struct map_backing *backing = m != nullptr ? backing_of(m) : nullptr;
	if (backing != nullptr)
		segment = backing->segment;
	while (m != nullptr && result == 0) {
		uint64_t start = m->start, end = m->end;

		/* The backing may be gone with its last piece: look for the next one before. */
		m = piece_find(address, end, backing);
		uint64_t next = m != nullptr ? m->start : 0;
		result = maps_remove(start, end - start);
		m = next != 0 ? maps_find(next) : nullptr;
	}
	mutex_unlock(&process.locks.maps);
	if (segment == 0)
		return -EINVAL;
	if (result == 0)
		(void)posix_segment_detach(&process.posix, segment - 1); /* it was attached */
	return result;
}

/* --- shmctl --- */

static int64_t stat_get(uint32_t id, uint32_t which, uint64_t to)
{
	struct shmid64_ds s = {};
	uint64_t attached_at = 0, detached_at = 0, changed_at = 0, size = 0;
	uint32_t attached = 0, maker = 0, last = 0, key = 0, mode = 0;
	int32_t outcome = 0;
	enum err e =
		posix_segment(&process.posix, id, which, &size, &attached_at, &detached_at,
			      &changed_at, &attached, &maker, &last, &key, &s.shm_perm.uid,
			      &s.shm_perm.gid, &s.shm_perm.cuid, &s.shm_perm.cgid, &mode, &outcome);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	s.shm_perm.key = (__kernel_key_t)key;
	s.shm_perm.mode = (__kernel_mode_t)mode;
	s.shm_perm.seq = (unsigned short)((which != 0 ? (uint32_t)outcome : id) >> 15);
	s.shm_segsz = size;
	s.shm_atime = (long)attached_at;
	s.shm_dtime = (long)detached_at;
	s.shm_ctime = (long)changed_at;
	s.shm_cpid = (int)maker;
	s.shm_lpid = (int)last;
	s.shm_nattch = attached;
	return guest_put(to, &s, sizeof(s)) != 0 ? -EFAULT : outcome;
}

static int64_t change(uint32_t id, bool remove, uint64_t from)
{
	struct shmid64_ds s = {};
	int32_t outcome = 0;

	if (!remove && guest_get(&s, from, sizeof(s)) != 0)
		return -EFAULT;
	enum err e = posix_segment_change(&process.posix, id, s.shm_perm.uid, s.shm_perm.gid,
					  s.shm_perm.mode, remove, &outcome);
	return e != OK ? file_error(e) : outcome;
}

/* Both give the last place in use. */
static int64_t limits_get(bool used, uint64_t to)
{
	struct shminfo64 most = {
		.shmmax = MOST, .shmmin = 1, .shmmni = PLACES, .shmseg = PLACES, .shmall = MOST
	};
	struct shm_info now = {};
	uint64_t pages = 0, resident = 0;
	uint32_t count = 0, last = 0;
	enum err e = posix_segments(&process.posix, &pages, &resident, &count, &last);

	if (e != OK)
		return file_error(e);
	now.used_ids = (int)count;
	now.shm_tot = pages;
	now.shm_rss = resident;
	int64_t error =
		used ? guest_put(to, &now, sizeof(now)) : guest_put(to, &most, sizeof(most));
	return error != 0 ? error : last;
}

CALL3(shmctl, int, id, uint32_t, command, uint64_t, at)
{
	if (id < 0)
		return -EINVAL;
	switch (command) {
	case IPC_STAT:
		return stat_get((uint32_t)id, 0, at);
	case SHM_STAT:
		return stat_get((uint32_t)id, POSIX_SEGMENT_PLACE, at);
	case SHM_STAT_ANY:
		return stat_get((uint32_t)id, POSIX_SEGMENT_PLACE | POSIX_SEGMENT_ANY, at);
	case IPC_SET:
	case IPC_RMID:
		return change((uint32_t)id, command == IPC_RMID, at);
	case IPC_INFO:
	case SHM_INFO:
		return limits_get(command == SHM_INFO, at);
	default:
		return -EINVAL;
	}
}
