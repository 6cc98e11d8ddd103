/* SPDX-License-Identifier: MPL-2.0 */
/* Opening, and what descriptors are. */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/async.h"
#include "posix/files/file.h"
#include "posix/files/known.h"
#include "posix/files/open_flags.h"

constexpr uint32_t PERMISSIONS = 07777;
/* NOLINTBEGIN(misc-redundant-expression): some hold others */
constexpr uint64_t FLAGS_KNOWN = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
				 O_NONBLOCK | O_DSYNC | FASYNC | O_DIRECT | O_DIRECTORY |
				 O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_SYNC | O_PATH | O_TMPFILE |
				 OPEN_LARGE;
/* NOLINTEND(misc-redundant-expression) */

uint32_t open_flags(uint64_t flags)
{
	uint32_t f = 0;

	if ((flags & O_PATH) != 0) {
		f = FILE_PATH;
	} else {
		if ((flags & O_ACCMODE) != O_WRONLY)
			f |= FILE_OPEN_READ;
		if ((flags & O_ACCMODE) != O_RDONLY)
			f |= FILE_OPEN_WRITE;
		if ((flags & O_TMPFILE) == O_TMPFILE)
			return f | FILE_TEMPORARY;
		if ((flags & O_CREAT) != 0)
			f |= FILE_CREATE;
		if ((flags & O_EXCL) != 0)
			f |= FILE_EXCLUSIVE; /* without O_CREAT of disks only */
		if ((flags & O_TRUNC) != 0)
			f |= FILE_TRUNCATE;
		if ((flags & O_APPEND) != 0)
			f |= FILE_APPEND;
	}
	if ((flags & O_DIRECTORY) != 0)
		f |= FILE_DIRECTORY;
	if ((flags & O_NOFOLLOW) != 0)
		f |= FILE_NO_FOLLOW;
	return f;
}

uint32_t status_of_flags(uint64_t flags)
{
	return ((flags & O_APPEND) != 0 ? STATUS_APPEND : 0) |
	       ((flags & O_NONBLOCK) != 0 ? STATUS_NONBLOCK : 0) |
	       ((flags & O_DIRECT) != 0 ? STATUS_DIRECT : 0) |
	       ((flags & FASYNC) != 0 ? STATUS_ASYNC : 0) |
	       ((flags & O_NOATIME) != 0 ? STATUS_NOATIME : 0) |
	       ((flags & O_SYNC) == O_SYNC ? STATUS_SYNC : 0) |
	       ((flags & O_DSYNC) != 0 ? STATUS_DSYNC : 0);
}

uint32_t flags_of_status(uint32_t status)
{
	return ((status & STATUS_APPEND) != 0 ? O_APPEND : 0) |
	       ((status & STATUS_NONBLOCK) != 0 ? O_NONBLOCK : 0) |
	       ((status & STATUS_DIRECT) != 0 ? O_DIRECT : 0) |
	       ((status & STATUS_ASYNC) != 0 ? FASYNC : 0) |
	       ((status & STATUS_NOATIME) != 0 ? O_NOATIME : 0) |
	       ((status & STATUS_SYNC) != 0 ? O_SYNC : 0) |
	       ((status & STATUS_DSYNC) != 0 ? O_DSYNC : 0);
}

/* RESOLVE_ bits of openat2 as the server knows them. */
static int64_t resolve_flags(uint64_t resolve, uint32_t *flags)
{
	constexpr uint64_t BOUND = RESOLVE_BENEATH | RESOLVE_IN_ROOT,
			   KNOWN = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
				   BOUND;

	if ((resolve & ~(KNOWN | RESOLVE_CACHED)) != 0 || (resolve & BOUND) == BOUND)
		return -EINVAL;
	if ((resolve & RESOLVE_CACHED) != 0)
		return -EAGAIN;
	if ((resolve & RESOLVE_NO_XDEV) != 0)
		*flags |= FILE_NO_CROSS;
	if ((resolve & RESOLVE_NO_SYMLINKS) != 0)
		*flags |= FILE_NO_LINKS;
	if ((resolve & RESOLVE_BENEATH) != 0)
		*flags |= FILE_BENEATH;
	if ((resolve & RESOLVE_IN_ROOT) != 0)
		*flags |= FILE_IN_ROOT;
	return 0;
}

/* Not to leave a trace of reading is for the owner alone. */
static int64_t may_hide(struct description *d)
{
	struct attributes a = {};
	int64_t error = d->kind == DESCRIPTOR_FILE ? file_ask(d, &a) : 0;

	if (error != 0 || d->kind != DESCRIPTOR_FILE)
		return error;
	return a.uid == process.fsuid || process_can(CAP_FOWNER) ? 0 : -EPERM;
}

static int64_t open_at(int dirfd, uint64_t path, uint64_t flags, uint32_t mode, uint64_t resolve)
{
	struct walk room, *w = &room;
	struct description *d;
	uint32_t asked = open_flags(flags);
	int64_t result = resolve_flags(resolve, &asked);

	if (result != 0)
		return result;
	if ((flags & O_TMPFILE) == O_TMPFILE && (flags & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	result = (resolve & RESOLVE_IN_ROOT) != 0 ? walk_begin_in(w, dirfd, path)
						  : walk_begin(w, dirfd, path, false);
	w->magic_error = (resolve & (RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)) != 0 ? -ELOOP
			 : (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0         ? -EXDEV
											: 0;
	if (result == 0)
		result = file_open_at(w, asked, status_of_flags(flags),
				      mode & PERMISSIONS & ~process.umask, &d);
	walk_end(w);
	if (result != 0)
		return result;
	if ((flags & (O_NOATIME | O_PATH)) == O_NOATIME && (result = may_hide(d)) != 0) {
		description_drop(d);
		return result;
	}
	if ((flags & O_NOCTTY) == 0)
		(void)terminal_opened(d); /* may become the controlling one */
	return fd_add(d, (flags & O_CLOEXEC) != 0, 0);
}

CALL4(openat, int, dirfd, uint64_t, path, uint32_t, flags, uint32_t, mode)
{
	return open_at(dirfd, path, flags, mode, 0);
}

CALL4(openat2, int, dirfd, uint64_t, path, uint64_t, how, uint64_t, size)
{
	struct open_how h;

	if (size < sizeof(h))
		return -EINVAL;
	if (guest_get(&h, how, sizeof(h)) != 0)
		return -EFAULT;
	bool creates = (h.flags & O_CREAT) != 0 || (h.flags & O_TMPFILE) == O_TMPFILE;
	if ((h.flags & ~FLAGS_KNOWN) != 0 || (h.mode & ~(uint64_t)PERMISSIONS) != 0 ||
	    (!creates && h.mode != 0))
		return -EINVAL;
	for (uint64_t at = sizeof(h); at < size; at++) {
		char byte;
		if (guest_get(&byte, how + at, 1) != 0)
			return -EFAULT;
		if (byte != 0)
			return -E2BIG;
	}
	return open_at(dirfd, path, h.flags, (uint32_t)h.mode, h.resolve);
}

CALL3(open, uint64_t, path, uint32_t, flags, uint32_t, mode)
{
	return open_at(AT_FDCWD, path, flags, mode, 0);
}

CALL2(creat, uint64_t, path, uint32_t, mode)
{
	return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode, 0);
}

CALL1(close, uint32_t, fd)
{
	return fd_close(fd);
}

CALL3(close_range, uint32_t, first, uint32_t, last, uint32_t, flags)
{
	constexpr uint32_t CLOEXEC = 1u << 2; /* linux/close_range.h */

	if (first > last || (flags & ~(CLOEXEC | 2)) != 0)
		return -EINVAL;
	for (int fd = (int)(first < FILES_MOST ? first : FILES_MOST);
	     (fd = fd_next((unsigned)fd)) >= 0 && (uint32_t)fd <= last; fd++) {
		if ((flags & CLOEXEC) != 0)
			(void)fd_set_flag(fd, true); /* open a moment ago */
		else
			(void)fd_close((unsigned)fd); /* open a moment ago */
	}
	return 0;
}

static int64_t duplicate(int fd, bool close_on_exec, unsigned least)
{
	struct description *d = fd_get(fd);

	if (d == nullptr)
		return -EBADF;
	if (least >= fd_limit) {
		description_drop(d);
		return -EINVAL;
	}
	return fd_add(d, close_on_exec, least);
}

CALL1(dup, int, fd)
{
	return duplicate(fd, false, 0);
}

static int64_t duplicate_to(int fd, uint32_t to, bool close_on_exec)
{
	struct description *d = fd_get(fd);

	return d == nullptr ? -EBADF : fd_put(d, to, close_on_exec);
}

CALL3(dup3, int, fd, uint32_t, to, uint32_t, flags)
{
	if ((flags & ~(uint32_t)O_CLOEXEC) != 0 || (uint32_t)fd == to)
		return -EINVAL;
	return duplicate_to(fd, to, (flags & O_CLOEXEC) != 0);
}

CALL2(dup2, int, fd, uint32_t, to)
{
	bool flag;

	if ((uint32_t)fd == to)
		return fd_flag(fd, &flag) ? fd : -EBADF;
	return duplicate_to(fd, to, false);
}

static int64_t set_status(struct description *d, uint64_t flags)
{
	constexpr uint32_t CHANGEABLE =
		STATUS_APPEND | STATUS_NONBLOCK | STATUS_DIRECT | STATUS_ASYNC | STATUS_NOATIME;
	uint32_t old = atomic_load(&d->state->status), new = status_of_flags(flags);
	int64_t error = (new & ~old &STATUS_NOATIME) != 0 ? may_hide(d) : 0;

	if (error != 0)
		return error;
	atomic_store(&d->state->status, (old & ~CHANGEABLE) | (new &CHANGEABLE));
	return 0;
}

static int64_t get_status(const struct description *d)
{
	static const uint32_t access[] = { O_PATH, O_RDONLY, O_WRONLY, O_RDWR };

	return access[d->access & 3] |
	       (d->access != 0 ? flags_of_status(atomic_load(&d->state->status)) : 0) | OPEN_LARGE;
}

/* Commands that want more than the table: of locks, pipes, owners. */
static int64_t control_of(struct description *d, uint32_t command, uint64_t argument)
{
	switch (command) {
	case F_GETFL:
		return get_status(d);
	case F_SETFL:
		return d->access != 0 ? set_status(d, argument) : -EBADF;
	default:
		return d->access != 0 ? description_control(d, command, argument) : -EBADF;
	}
}

CALL3(fcntl, int, fd, uint32_t, command, uint64_t, argument)
{
	bool close_on_exec;

	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return duplicate(fd, command == F_DUPFD_CLOEXEC,
				 argument < UINT32_MAX ? (unsigned)argument : UINT32_MAX);
	case F_GETFD:
		return fd_flag(fd, &close_on_exec) ? (close_on_exec ? FD_CLOEXEC : 0) : -EBADF;
	case F_SETFD:
		return fd_set_flag(fd, (argument & FD_CLOEXEC) != 0) ? 0 : -EBADF;
	}
	struct description *d = fd_get(fd);
	if (d == nullptr)
		return -EBADF;
	int64_t result = control_of(d, command, argument);
	description_drop(d);
	return result;
}

CALL3(ioctl, int, fd, uint32_t, command, uint64_t, argument)
{
	constexpr uint32_t SET_CLOSE = 0x5451, CLEAR_CLOSE = 0x5450,
			   NONBLOCK = 0x5421; /* asm/ioctls.h */
	struct description *d = fd_get(fd);
	int64_t result = -ENOTTY;
	int on;

	if (d == nullptr || d->access == 0) {
		description_drop(d);
		return -EBADF;
	}
	if (command == SET_CLOSE || command == CLEAR_CLOSE) {
		result = fd_set_flag(fd, command == SET_CLOSE) ? 0 : -EBADF;
	} else if (command == NONBLOCK) {
		result = guest_get(&on, argument, sizeof(on));
		if (result == 0 && on != 0)
			atomic_fetch_or(&d->state->status, STATUS_NONBLOCK);
		else if (result == 0)
			atomic_fetch_and(&d->state->status, ~(uint32_t)STATUS_NONBLOCK);
	} else {
		result = async_ioctl(d, command, argument);
		if (result == -ENOTTY && d->ops->ioctl != nullptr)
			result = d->ops->ioctl(d, command, argument);
	}
	description_drop(d);
	return result;
}
