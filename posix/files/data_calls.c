/* SPDX-License-Identifier: MPL-2.0 */
/* A file's data as a whole: making it safe, making room, moving it from file to file. */
#include <linux/fcntl.h>
#include <linux/fadvise.h>
#include <linux/stat.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "posix/files/limit.h"
#include "posix/files/mounts.h"
#include "posix/files/move.h"

static int64_t synchronise(int fd, bool data_only)
{
	struct description *d = fd_get(fd);
	int64_t outcome = -EINVAL;
	enum err e = OK;

	if (d == nullptr || d->access == 0) {
		outcome = -EBADF;
	} else if (d->kind == DESCRIPTOR_FILE) {
		struct remote r = { .session = d->a };
		e = file_sync(&r, data_only, &outcome);
	}
	description_drop(d);
	return e != OK ? file_error(e) : outcome;
}

CALL1(fsync, int, fd)
{
	return synchronise(fd, false);
}

CALL1(fdatasync, int, fd)
{
	return synchronise(fd, true);
}

static int64_t synchronise_all(struct description *d)
{
	struct remote r = { .session = d->a };
	int64_t outcome;
	enum err e = file_sync_all(&r, &outcome);

	return e != OK ? file_error(e) : outcome;
}

int64_t mount_sync(uint32_t number)
{
	struct description *root;
	int64_t result = mount_place(number, false, &root);

	if (result != 0)
		return result;
	result = synchronise_all(root);
	description_drop(root);
	return result;
}

CALL1(syncfs, int, fd)
{
	struct description *d = fd_get(fd);
	int64_t result = -EBADF;

	if (d != nullptr && d->access != 0)
		result = d->kind == DESCRIPTOR_FILE ? synchronise_all(d) : 0;
	description_drop(d);
	return result;
}

CALL4(sync_file_range, int, fd, int64_t, offset, int64_t, size, uint32_t, flags)
{
	if (offset < 0 || size < 0 || flags > 7)
		return -EINVAL;
	int64_t error = synchronise(fd, true);
	return error == -EINVAL ? -ESPIPE : error; /* no file on a disk */
}

CALL4(fallocate, int, fd, uint32_t, mode, int64_t, offset, int64_t, size)
{
	struct description *d = fd_get_for(fd, 2);
	int64_t outcome = -ENODEV;
	enum err e = OK;

	if (d == nullptr)
		return -EBADF;
	if (offset < 0 || size <= 0) {
		outcome = -EINVAL;
	} else if (d->kind == DESCRIPTOR_FILE && S_ISREG(d->mode) &&
		   (outcome = limit_length((uint64_t)offset + (uint64_t)size)) == 0) {
		struct remote r = { .session = d->a };
		e = file_allocate(&r, mode, (uint64_t)offset, (uint64_t)size, &outcome);
		if (e == OK && outcome == 0)
			outcome = file_secure(d, 0);
	} else if (S_ISFIFO(d->mode)) {
		outcome = -ESPIPE;
	}
	description_drop(d);
	return e != OK ? file_error(e) : outcome;
}

/* Everything is in memory, or its server reads ahead as it sees fit. */
CALL4(fadvise64, int, fd, int64_t, offset, int64_t, size, uint32_t, advice)
{
	struct description *d = fd_get(fd);
	int64_t result = 0;

	(void)offset;
	if (d == nullptr || d->access == 0)
		result = -EBADF;
	else if (S_ISFIFO(d->mode))
		result = -ESPIPE;
	else if (size < 0 || advice > POSIX_FADV_NOREUSE)
		result = -EINVAL;
	description_drop(d);
	return result;
}

CALL3(readahead, int, fd, int64_t, offset, uint64_t, size)
{
	struct description *d = fd_get_for(fd, 1);
	int64_t result = d == nullptr ? -EBADF : S_ISREG(d->mode) ? 0 : -EINVAL;

	(void)offset, (void)size;
	description_drop(d);
	return result;
}

/* --- From file to file --- */

CALL4(sendfile, int, to, int, from, uint64_t, at, uint64_t, size)
{
	struct description *in = fd_get_for(from, 1), *out = fd_get_for(to, 2);
	int64_t offset = 0, result = -EBADF;

	if (in != nullptr && out != nullptr && at != 0)
		result = guest_get(&offset, at, sizeof(offset));
	else if (in != nullptr && out != nullptr)
		result = 0;
	if (result == 0 &&
	    (offset < 0 || (out->state->status & STATUS_APPEND) != 0 || in->ops->seek == nullptr))
		result = -EINVAL;
	if (result == 0) {
		uint64_t place = (uint64_t)offset, none = FILE_AT_STATE;
		result = move_data(in, at != 0 ? &place : &none, out, &none, size);
		offset = (int64_t)place;
		if (at != 0 && result >= 0 && guest_put(at, &offset, sizeof(offset)) != 0)
			result = -EFAULT;
	}
	description_drop(in);
	description_drop(out);
	return result;
}

static int64_t get_place(uint64_t at, uint64_t *place)
{
	int64_t offset;

	*place = FILE_AT_STATE;
	if (at == 0)
		return 0;
	if (guest_get(&offset, at, sizeof(offset)) != 0)
		return -EFAULT;
	*place = (uint64_t)offset;
	return offset < 0 ? -EINVAL : 0;
}

static int64_t put_place(uint64_t at, uint64_t place)
{
	return at == 0 ? 0 : guest_put(at, &place, sizeof(place));
}

static bool overlaps(const struct description *in, uint64_t from, const struct description *out,
		     uint64_t to, uint64_t size)
{
	if (in->node != out->node || in->line != out->line)
		return false;
	if (from == FILE_AT_STATE)
		from = atomic_load(&in->state->offset);
	if (to == FILE_AT_STATE)
		to = atomic_load(&out->state->offset);
	return from < to + size && to < from + size;
}

CALL6(copy_file_range, int, from, uint64_t, from_at, int, to, uint64_t, to_at, uint64_t, size,
      uint32_t, flags)
{
	struct description *in = fd_get_for(from, 0), *out = fd_get_for(to, 0);
	uint64_t read_at, write_at;
	int64_t result = in == nullptr || out == nullptr ? -EBADF : 0;

	if (result == 0 && flags != 0)
		result = -EINVAL;
	if (result == 0 && (S_ISDIR(in->mode) || S_ISDIR(out->mode)))
		result = -EISDIR;
	if (result == 0 && ((in->access & 1) == 0 || (out->access & 2) == 0))
		result = -EBADF;
	if (result == 0 && (!S_ISREG(in->mode) || !S_ISREG(out->mode)))
		result = -EINVAL;
	if (result == 0 && (out->state->status & STATUS_APPEND) != 0)
		result = -EBADF;
	if (result == 0 && (result = get_place(from_at, &read_at)) == 0)
		result = get_place(to_at, &write_at);
	if (result == 0 && overlaps(in, read_at, out, write_at, size))
		result = -EINVAL;
	if (result == 0)
		result = move_data(in, &read_at, out, &write_at, size);
	if (result >= 0 && (put_place(from_at, read_at) != 0 || put_place(to_at, write_at) != 0))
		result = -EFAULT;
	description_drop(in);
	description_drop(out);
	return result;
}

/* --- Files without a name --- */

/* An unnamed file of the file system that shared memory is in. */
CALL2(memfd_create, uint64_t, from, uint32_t, flags)
{
	constexpr uint32_t CLOEXEC = 1, ALLOW_SEALING = 2; /* linux/memfd.h */
	struct description *d;
	char name[250];
	int64_t result = guest_string(name, from, sizeof(name));

	if (result < 0)
		return result == -ENAMETOOLONG ? -EINVAL : result;
	if ((flags & ~(CLOEXEC | ALLOW_SEALING)) != 0)
		return -EINVAL;
	result = file_open_own(AT_FDCWD, "/dev/shm",
			       FILE_TEMPORARY | FILE_OPEN_READ | FILE_OPEN_WRITE |
				       ((flags & ALLOW_SEALING) != 0 ? FILE_SEALABLE : 0),
			       &d);
	return result != 0 ? result : fd_add(d, (flags & CLOEXEC) != 0, 0);
}
