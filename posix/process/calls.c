/* SPDX-License-Identifier: MPL-2.0 */
/* Who a process is, and its end. */
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/thread/robust.h"
#include "protocol/posix.h"
#include "posix/files/path.h"
#include "posix/tty/tty.h"

CALL0(getpid)
{
	return process.pid;
}

CALL0(getppid)
{
	return process.parent;
}

CALL0(gettid)
{
	return self()->tid;
}

CALL0(getuid)
{
	return process.uid;
}

CALL0(geteuid)
{
	return process.euid;
}

CALL0(getgid)
{
	return process.gid;
}

CALL0(getegid)
{
	return process.egid;
}

CALL3(getresuid, uint64_t, real, uint64_t, effective, uint64_t, saved)
{
	return guest_put(real, &process.uid, 4) != 0 || guest_put(effective, &process.euid, 4) != 0
		       ? -EFAULT
		       : guest_put(saved, &process.suid, 4);
}

CALL3(getresgid, uint64_t, real, uint64_t, effective, uint64_t, saved)
{
	return guest_put(real, &process.gid, 4) != 0 || guest_put(effective, &process.egid, 4) != 0
		       ? -EFAULT
		       : guest_put(saved, &process.sgid, 4);
}

/* errno for what posixd answered. */
static int64_t answer(enum err e, int32_t outcome)
{
	return e != OK ? file_error(e) : outcome;
}

CALL2(setpgid, uint32_t, pid, uint32_t, group)
{
	int32_t outcome = 0;

	if ((int32_t)pid < 0 || (int32_t)group < 0)
		return -EINVAL;
	enum err e = posix_set_group(&process.posix, pid, group, &outcome);

	if (e == OK && outcome == 0 && (pid == 0 || pid == process.pid))
		process_learn();
	return answer(e, outcome);
}

static int64_t group_of(uint32_t pid, bool session)
{
	int32_t outcome = 0;
	uint32_t group = 0, number = 0;
	enum err e = posix_group(&process.posix, pid, &outcome, &group, &number);

	return e != OK || outcome < 0 ? answer(e, outcome) : session ? number : group;
}

CALL1(getpgid, uint32_t, pid)
{
	return group_of(pid, false);
}

CALL0(getpgrp)
{
	return group_of(0, false);
}

CALL1(getsid, uint32_t, pid)
{
	return group_of(pid, true);
}

CALL0(setsid)
{
	int32_t outcome = 0;
	enum err e = posix_new_session(&process.posix, &outcome);

	if (e == OK && outcome >= 0) {
		process_learn();
		tty_forget();
	}
	return answer(e, outcome);
}

CALL1(exit_group, uint32_t, code)
{
	robust_release(self());
	process_exit((code & 0xff) << 8);
}

CALL1(exit, uint32_t, code)
{
	mutex_lock(&process.locks.threads);
	bool is_last = process.nthreads == 1;
	mutex_unlock(&process.locks.threads);
	if (is_last) {
		robust_release(self());
		process_exit((code & 0xff) << 8);
	}
	thread_end();
}

CALL1(set_tid_address, uint64_t, address)
{
	self()->clear_tid = address;
	return self()->tid;
}

CALL2(set_robust_list, uint64_t, head, uint64_t, size)
{
	if (size != 24) /* struct robust_list_head */
		return -EINVAL;
	robust_list_set(self(), head);
	return 0;
}

/* Restartable sequences are an optimisation that libc does without. Each thread of glibc's asks, so
 * that this is no news worth the log. */
CALL0(rseq)
{
	return -ENOSYS;
}
