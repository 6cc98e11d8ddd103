/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/process.h"
#include <errno.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/wait.h"
#include "posix/files/description.h"
#include "posix/mm/maps.h"
#include "protocol/posix.h"

constexpr uint32_t NOT_FOUND = 127, NOT_EXECUTABLE = 126; /* exit codes, as a shell's */

struct process process;

static struct mutex *const locks[] = {
	&process.locks.threads, &process.locks.maps,   &process.locks.files,
	&process.locks.signals, &process.locks.epoll,  &process.locks.sockets,
	&process.locks.mounts,  &process.locks.states, &process.locks.random,
	&process.locks.window,  &process.locks.heap,
};
constexpr unsigned LOCKS = sizeof(locks) / sizeof(locks[0]);

void process_lock_all(void)
{
	for (unsigned i = 0; i < LOCKS; i++)
		mutex_lock(locks[i]);
}

void process_unlock_all(void)
{
	for (unsigned i = LOCKS; i-- > 0;)
		mutex_unlock(locks[i]);
}

[[noreturn]] static void end(uint32_t status, uint32_t error)
{
	int32_t outcome;

	(void)posix_exit(&process.posix, status, error,
			 &outcome); /* if posixd is gone nobody asks */
	for (;;)
		(void)fut_task_exit(status); /* does not return */
}

void process_exit(uint32_t status)
{
	process_clear_tid();
	end(status, 0);
}

void process_not_started(int64_t error)
{
	end((error == -ENOENT ? NOT_FOUND : NOT_EXECUTABLE) << 8, (uint32_t)-error);
}

void process_learn(void)
{
	uint64_t files = fd_limit;
	int32_t nice;

	(void)posix_self(&process.posix, &files, &process.file_limit, &process.space_limit,
			 &process.capabilities, &process.signal_limit, &process.pid,
			 &process.parent, &process.group, &process.session, &process.uid,
			 &process.euid, &process.suid, &process.gid, &process.egid, &process.sgid,
			 &process.umask_at_start, &nice); /* else as it was */
	fd_limit = files < FILES_MOST ? (unsigned)files : FILES_MOST;
}

void process_clear_tid(void)
{
	struct thread *t = self();
	uint32_t zero = 0, woken;

	if (process.shares_memory && t != nullptr && t->clear_tid != 0 &&
	    guest_put(t->clear_tid, &zero, sizeof(zero)) == 0)
		(void)fut_futex_wake(t->clear_tid, UINT32_MAX, ~0u, 0, &woken); /* just written */
}

int64_t process_alone(void)
{
	struct thread *me = self();

	mutex_lock(&process.locks.threads);
	if (process.exiting) {
		mutex_unlock(&process.locks.threads);
		return -EAGAIN;
	}
	process.exiting = process.nthreads > 1;
	while (process.nthreads > 1) {
		for (struct thread *t = process.threads; t != nullptr; t = t->next)
			if (t != me && t->handle != 0)
				(void)fut_thread_interrupt(t->handle); /* it may be ending */
		mutex_unlock(&process.locks.threads);
		(void)fut_thread_yield(); /* never fails */
		mutex_lock(&process.locks.threads);
	}
	process.exiting = false;
	mutex_unlock(&process.locks.threads);
	return 0;
}

int64_t call_error_number(enum err e)
{
	switch (e) {
	case OK:
		return 0;
	case ERR_NO_MEMORY:
	case ERR_FULL:
		return -ENOMEM;
	case ERR_BAD_ADDRESS:
		return -EFAULT;
	case ERR_NO_RIGHT:
	case ERR_DENIED:
		return -EACCES;
	case ERR_WOULD_BLOCK:
		return -EAGAIN;
	case ERR_TIMED_OUT:
		return -ETIMEDOUT;
	case ERR_INTERRUPTED:
		return -EINTR;
	case ERR_EXISTS:
		return -EEXIST;
	case ERR_NOT_FOUND:
		return -ENOENT;
	case ERR_PEER_CLOSED:
	case ERR_IO:
		return -EIO;
	default:
		return -EINVAL;
	}
}
