/* SPDX-License-Identifier: MPL-2.0 */
/* pipe and pipe2. */
#include <linux/fcntl.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/files/description.h"
#include "posix/files/open_flags.h"
#include "posix/ipc/pipe.h"

static int64_t make(uint64_t to, uint32_t flags)
{
	struct description *ends[2];
	int64_t error, fds[2];
	int numbers[2];

	if ((flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0)
		return -EINVAL;
	error = pipe_new(status_of_flags(flags), &ends[0], &ends[1]);
	if (error != 0)
		return error;
	fds[0] = fd_add(ends[0], (flags & O_CLOEXEC) != 0, 0);
	fds[1] = fd_add(ends[1], (flags & O_CLOEXEC) != 0, 0);
	numbers[0] = (int)fds[0];
	numbers[1] = (int)fds[1];
	error = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : guest_put(to, numbers, sizeof(numbers));
	for (unsigned i = 0; i < 2 && error != 0; i++)
		if (fds[i] >= 0)
			(void)fd_close((unsigned)fds[i]); /* ours, a moment old */
	return error;
}

CALL2(pipe2, uint64_t, to, uint32_t, flags)
{
	return make(to, flags);
}

CALL1(pipe, uint64_t, to)
{
	return make(to, 0);
}
