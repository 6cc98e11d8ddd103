/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/kinds.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/ipc/counter.h"
#include "posix/ipc/pipe.h"
#include "posix/ipc/signalfd.h"
#include "posix/ipc/socket.h"
#include "posix/process/pidfd.h"

/* Its status is its own, and comes along. */
static int64_t with_status(const struct descriptor *from, int64_t error, struct description **d)
{
	if (error == 0)
		atomic_store(&(*d)->state->status, (uint32_t)from->detail & STATUS_NONBLOCK);
	return error;
}

int64_t kind_import(const struct descriptor *from, fut_handle a, fut_handle b,
		    struct description **d)
{
	switch (from->kind) {
	case DESCRIPTOR_PIPE_READ:
	case DESCRIPTOR_PIPE_WRITE:
		return pipe_import(from, a, b, d);
	case DESCRIPTOR_SOCKET:
		return socket_import(from, a, b, d);
	case DESCRIPTOR_COUNTER:
		return counter_import(a, b, d);
	case DESCRIPTOR_TIMER:
		return timer_import(a, b, d);
	case DESCRIPTOR_PIDFD:
		return with_status(from, pidfd_import(from, a, d), d);
	case DESCRIPTOR_SIGNALS:
		(void)fut_handle_close(a); /* nobody's */
		return with_status(from, signalfd_import(from, d), d);
	default:
		(void)fut_handle_close(a); /* ours */
		if (b != 0)
			(void)fut_handle_close(b); /* ours */
		return -EOPNOTSUPP;
	}
}
