/* SPDX-License-Identifier: MPL-2.0 */
/* New processes and new threads. */
#include <linux/sched.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/frame.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
#include "posix/process/fork.h"
#include "posix/process/tids.h"
#include "posix/signal/state.h"

constexpr uint64_t THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
constexpr uint64_t NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

static int64_t new_thread(const struct clone_args *a)
{
	struct thread *t;
	struct registers frame = *call_frame();
	uint32_t tid;
	int64_t error = tid_take(&tid);

	if (error != 0)
		return error;
	frame_set_result(&frame, 0);
	frame_set_tls(&frame, (a->flags & CLONE_SETTLS) != 0 ? a->tls : tls_now());
	if (a->stack != 0)
		frame_set_sp(&frame, a->stack + a->stack_size);
	if (self()->handle == 0 && (error = thread_own_handle()) != 0)
		return error;
	enum err e = thread_new(&t, &frame);
	if (e != OK)
		return e == ERR_NO_MEMORY || e == ERR_FULL ? -EAGAIN : call_error(e);
	t->tid = tid;
	t->policy = self()->policy;
	t->rt_priority = self()->rt_priority;
	t->signals.blocked = self()->signals.blocked;
	t->signals.stack_flags = SS_DISABLE;
	if ((a->flags & CLONE_CHILD_CLEARTID) != 0)
		t->clear_tid = a->child_tid;
	if (((a->flags & CLONE_PARENT_SETTID) != 0 &&
	     guest_put(a->parent_tid, &tid, sizeof(tid)) != 0) ||
	    ((a->flags & CLONE_CHILD_SETTID) != 0 &&
	     guest_put(a->child_tid, &tid, sizeof(tid)) != 0)) {
		thread_drop(t);
		return -EFAULT;
	}
	e = thread_start(t);
	if (e != OK) {
		thread_drop(t);
		return call_error(e);
	}
	return tid;
}

static int64_t new_process(const struct clone_args *a)
{
	struct fork f = {
		.vfork = (a->flags & (CLONE_VM | CLONE_VFORK)) == (CLONE_VM | CLONE_VFORK),
		.shares = (a->flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM,
		.end_signal = (uint32_t)a->exit_signal,
		.sibling = (a->flags & CLONE_PARENT) != 0,
		.stack = a->stack != 0 ? a->stack + a->stack_size : 0,
		.tls = a->tls,
		.set_tls = (a->flags & CLONE_SETTLS) != 0,
		.child_set_tid = (a->flags & CLONE_CHILD_SETTID) != 0 ? a->child_tid : 0,
		.child_clear_tid = (a->flags & CLONE_CHILD_CLEARTID) != 0 ? a->child_tid : 0,
		.parent_set_tid = (a->flags & CLONE_PARENT_SETTID) != 0 ? a->parent_tid : 0,
		.pidfd = (a->flags & CLONE_PIDFD) != 0 ? a->pidfd : 0,
	};

	/* Handles and the personality's tables are each task's own: docs/status.md. */
	if ((a->flags & (CLONE_FILES | CLONE_FS | CLONE_SIGHAND)) != 0 || a->exit_signal > SIGNALS)
		return -EINVAL;
	return process_fork(&f);
}

/* What each flag wants of the others: clone(2). */
static bool flags_fit(uint64_t flags)
{
	return ((flags & CLONE_FS) == 0 || (flags & (CLONE_NEWNS | CLONE_NEWUSER)) == 0) &&
	       ((flags & CLONE_THREAD) == 0 || (flags & (CLONE_NEWPID | CLONE_NEWUSER)) == 0) &&
	       ((flags & CLONE_THREAD) == 0 || (flags & CLONE_SIGHAND) != 0) &&
	       ((flags & CLONE_SIGHAND) == 0 || (flags & CLONE_VM) != 0) &&
	       ((flags & CLONE_PIDFD) == 0 || (flags & (CLONE_THREAD | CLONE_DETACHED)) == 0);
}

static int64_t clone(const struct clone_args *a)
{
	int32_t number;

	if (!flags_fit(a->flags) || (a->flags & CLONE_INTO_CGROUP) != 0)
		return -EINVAL;
	if ((a->flags & NAMESPACES) != 0)
		return -EPERM;
	/* There is no way back once the child runs. */
	if ((a->flags & CLONE_PIDFD) != 0 && (guest_get(&number, a->pidfd, sizeof(number)) != 0 ||
					      guest_put(a->pidfd, &number, sizeof(number)) != 0))
		return -EFAULT;
	if ((a->flags & CLONE_THREAD) != 0)
		return (a->flags & THREAD_FLAGS) == THREAD_FLAGS ? new_thread(a) : -EINVAL;
	return new_process(a);
}

/* The order of the last two differs between the architectures. */
CALL5(clone, uint64_t, flags, uint64_t, stack, uint64_t, parent_tid, uint64_t, fourth, uint64_t,
      fifth)
{
	uint64_t tls = CLONE_TLS_FOURTH ? fourth : fifth,
		 child_tid = CLONE_TLS_FOURTH ? fifth : fourth;
	struct clone_args a = { .flags = flags & ~(uint64_t)CSIGNAL,
				.exit_signal = flags & CSIGNAL,
				.stack = stack,
				.parent_tid = parent_tid,
				.pidfd = parent_tid, /* the older call has one place for both */
				.child_tid = child_tid,
				.tls = tls };

	if ((flags & (CLONE_PIDFD | CLONE_PARENT_SETTID)) == (CLONE_PIDFD | CLONE_PARENT_SETTID))
		return -EINVAL;
	return clone(&a);
}

CALL2(clone3, uint64_t, from, uint64_t, size)
{
	struct clone_args a = {};

	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (guest_get(&a, from, size < sizeof(a) ? size : sizeof(a)) != 0)
		return -EFAULT;
	for (uint64_t at = sizeof(a); at < size; at++) {
		char byte;
		if (guest_get(&byte, from + at, 1) != 0)
			return -EFAULT;
		if (byte != 0)
			return -E2BIG;
	}
	if (a.set_tid_size != 0 || (a.flags & CSIGNAL) != 0 || a.exit_signal > CSIGNAL ||
	    (a.stack == 0) != (a.stack_size == 0))
		return -EINVAL;
	return clone(&a);
}

/* What only threads share here is not shared by who has none. */
CALL1(unshare, uint64_t, flags)
{
	constexpr uint64_t SHARED =
		CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;

	if ((flags & ~(SHARED | NAMESPACES | CLONE_NEWTIME)) != 0)
		return -EINVAL;
	if ((flags & ~SHARED) != 0)
		return -EPERM;
	return (flags & ~(uint64_t)CLONE_SYSVSEM) == 0 || process.nthreads == 1 ? 0 : -EINVAL;
}

CALL0(fork)
{
	struct fork f = { .end_signal = SIGCHLD };

	return process_fork(&f);
}

CALL0(vfork)
{
	struct fork f = { .vfork = true, .end_signal = SIGCHLD };

	return process_fork(&f);
}
