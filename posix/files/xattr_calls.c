/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Extended attributes: no file server keeps any, so the calls answer as Linux does for a file
 * system without them. Programs such as ls and cp take that for an answer, ENOSYS for a failure.
 */
#include <linux/fcntl.h>
#include "posix/core/call.h"
#include "posix/files/description.h"
#include "posix/files/file.h"

static int64_t refuse_at(uint64_t path, uint32_t flags)
{
	int64_t error = file_is_there(AT_FDCWD, path, flags);

	return error != 0 ? error : -EOPNOTSUPP;
}

static int64_t refuse_fd(int fd)
{
	struct description *d = fd_get(fd);
	bool is_open = d != nullptr && d->access != 0;

	description_drop(d);
	return is_open ? -EOPNOTSUPP : -EBADF;
}

CALL1(setxattr, uint64_t, path)
{
	return refuse_at(path, 0);
}

CALL1(lsetxattr, uint64_t, path)
{
	return refuse_at(path, AT_SYMLINK_NOFOLLOW);
}

CALL1(fsetxattr, int, fd)
{
	return refuse_fd(fd);
}

CALL1(getxattr, uint64_t, path)
{
	return refuse_at(path, 0);
}

CALL1(lgetxattr, uint64_t, path)
{
	return refuse_at(path, AT_SYMLINK_NOFOLLOW);
}

CALL1(fgetxattr, int, fd)
{
	return refuse_fd(fd);
}

CALL1(removexattr, uint64_t, path)
{
	return refuse_at(path, 0);
}

CALL1(lremovexattr, uint64_t, path)
{
	return refuse_at(path, AT_SYMLINK_NOFOLLOW);
}

CALL1(fremovexattr, int, fd)
{
	return refuse_fd(fd);
}

/* A list without names. */
CALL1(listxattr, uint64_t, path)
{
	return file_is_there(AT_FDCWD, path, 0);
}

CALL1(llistxattr, uint64_t, path)
{
	return file_is_there(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
}

CALL1(flistxattr, int, fd)
{
	int64_t error = refuse_fd(fd);

	return error == -EOPNOTSUPP ? 0 : error;
}
