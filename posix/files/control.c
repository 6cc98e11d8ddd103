/* SPDX-License-Identifier: MPL-2.0 */
/* fcntl beyond descriptors and status. */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include "posix/core/call.h"
#include "posix/files/async.h"
#include "posix/files/file.h"
#include "posix/files/locks.h"
#include "posix/files/open_flags.h"
#include "posix/ipc/pipe.h"

static bool has_seals(const struct description *d)
{
	return d->kind == DESCRIPTOR_FILE && S_ISREG(d->mode);
}

static int64_t seals_add(struct description *d, uint64_t seals)
{
	struct remote r = { .session = d->a };
	int32_t outcome;

	if ((d->access & 2) == 0 || !has_seals(d))
		return (d->access & 2) == 0 ? -EPERM : -EINVAL;
	enum err e = file_seal(&r, (uint32_t)seals, &outcome);
	return e != OK ? file_error(e) : outcome;
}

static int64_t seals_get(struct description *d)
{
	struct remote r = { .session = d->a };
	uint32_t seals;
	int32_t outcome;

	if (!has_seals(d))
		return -EINVAL;
	enum err e = file_seals(&r, &seals, &outcome);
	return e != OK ? file_error(e) : outcome < 0 ? outcome : seals;
}

int64_t description_control(struct description *d, uint32_t command, uint64_t argument)
{
	int64_t result = lock_control(d, command, argument);

	if (result == -ENOSYS)
		result = async_control(d, command, argument);
	if (command == F_ADD_SEALS)
		return seals_add(d, argument);
	if (command == F_GET_SEALS)
		return seals_get(d);
	if (command == F_GETPIPE_SZ || command == F_SETPIPE_SZ)
		return !is_pipe(d)               ? -EBADF
		       : command == F_GETPIPE_SZ ? pipe_size(d)
						 : pipe_resize(d, argument);
	return result != -ENOSYS ? result : -EINVAL;
}
