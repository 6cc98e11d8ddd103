/* SPDX-License-Identifier: MPL-2.0 */
/* fcntl beyond descriptors and status. */
#include <linux/fcntl.h>
#include "posix/core/call.h"
#include "posix/files/locks.h"
#include "posix/files/open_flags.h"
#include "posix/ipc/pipe.h"

int64_t description_control(struct description *d, uint32_t command, uint64_t argument)
{
	int64_t result = lock_control(d, command, argument);

	if (command == F_GETPIPE_SZ || command == F_SETPIPE_SZ)
		return !is_pipe(d)               ? -EBADF
		       : command == F_GETPIPE_SZ ? pipe_size(d)
						 : pipe_resize(d, argument);
	return result != -ENOSYS ? result : -EINVAL;
}
