/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fork: posixd prepares the child, the kernel clones the task, posixd is given it. What belongs to
 * other threads, and to us as a process, is put right in the child before it goes on.
 */
#include "posix/process/fork.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/frame.h"
#include "posix/core/guest.h"
#include "posix/core/leave.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/locks.h"
#include "posix/files/path.h"
#include "posix/mm/maps.h"
#include "posix/process/pidfd.h"
#include "posix/process/tids.h"
#include "posix/thread/robust.h"
#include "posix/time/timers.h"
#include "protocol/posix.h"

struct birth {
	uint32_t pid;
	fut_handle session; /* the child's with posixd; fork copies it */
	fut_handle watch;   /* vfork: the parent's end of an event pair */
	fut_handle done;    /* vfork: the child's end; fork copies it */
};

static void birth_drop(struct birth *b)
{
	(void)fut_handle_close(
		b->session); /* ours: the pid is free again, or the child has its own */
	if (b->done != 0)
		(void)fut_handle_close(b->done); /* ours */
}

static int64_t prepare(const struct fork *f, struct birth *b)
{
	int32_t outcome;
	enum err e = posix_fork(&process.posix, f->sibling ? POSIX_FORK_SIBLING : 0, f->end_signal,
				&b->session, &outcome, &b->pid);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	if (f->vfork && (e = fut_event_create_pair(&b->watch, &b->done)) != OK) {
		b->done = b->watch = 0;
		birth_drop(b);
		return call_error(e);
	}
	return 0;
}

static void threads_forget(struct thread *me)
{
	struct thread *next;

	for (struct thread *t = process.threads; t != nullptr; t = next) {
		next = t->next;
		if (t != me)
			thread_forget(t);
	}
	process.threads = me;
	process.nthreads = 1;
	me->next = nullptr;
}

static void in_child(const struct fork *f, const struct birth *b)
{
	struct thread *me = self();
	fut_handle old = process.posix.session;

	process_unlock_all();
	threads_forget(me);
	(void)fut_handle_close(old); /* the parent's session, which fork copied */
	if (me->handle != 0)
		(void)fut_handle_close(me->handle); /* the parent's thread */
	if (b->watch != 0)
		(void)fut_handle_close(b->watch); /* ours */
	if (process.vfork != 0)
		(void)fut_handle_close(process.vfork); /* ours */
	process.posix.session = b->session;
	process.vfork = b->done;
	process.parent = f->sibling ? process.parent : process.pid;
	process.pid = me->tid = b->pid;
	process.exiting = false;
	process.death_signal = 0;
	process.subreaper = false;
	process.shares_memory = f->vfork || f->shares;
	me->handle = 0;
	robust_list_set(me, 0);
	me->clear_tid = f->child_clear_tid;
	me->timer_slack_at_start = me->timer_slack;
	(void)signal_queue_drop(&me->signals.queue, ~0ull);     /* their timers are the parent's */
	(void)signal_queue_drop(&process.signals.queue, ~0ull); /* the same */
	lock_forked();
	tids_forked();
	timers_forget();
	if (!process.shares_memory)
		maps_forked();
	if (f->child_set_tid != 0)
		(void)guest_put(f->child_set_tid, &me->tid,
				sizeof(me->tid)); /* as Linux: not told */
	if (f->stack != 0)
		frame_set_sp(call_frame(), f->stack);
	if (f->set_tls)
		tls_set(f->tls);
}

static void wait_for_child(fut_handle watch)
{
	uint64_t got;

	/* Signals wait until the child has executed or
	 * ended, as on Linux; only death comes through. */
	while (fut_wait(watch, SIGNAL_PEER_CLOSED, 0, TIME_NEVER, &got) == ERR_INTERRUPTED)
		interrupted_later();
	(void)fut_handle_close(watch); /* ours */
}

static int64_t in_parent(const struct fork *f, struct birth *b, fut_handle task)
{
	int32_t outcome;

	/* Before the child runs, which may see our memory. */
	if (f->parent_set_tid != 0)
		(void)guest_put(f->parent_set_tid, &b->pid,
				sizeof(b->pid)); /* as Linux: not told */
	enum err e = posix_forked(&process.posix, b->pid, task, &outcome);
	birth_drop(b);
	int64_t result = e != OK ? file_error(e) : outcome < 0 ? outcome : (int64_t)b->pid;
	if (result > 0 && f->pidfd != 0)
		pidfd_put(f->pidfd, b->pid);
	if (f->vfork)
		wait_for_child(b->watch);
	return result;
}

int64_t process_fork(const struct fork *f)
{
	struct birth b = {};
	fut_handle task = 0;
	uint32_t is_copy = 0;
	int64_t error = prepare(f, &b);

	if (error != 0)
		return error;
	process_lock_all();
	process.nforks++;
	if (control()->robust_list != 0)
		control()->robust_list = 0; /* the child has none, from its first moment */
	enum err e = fut_task_clone(CLONE_SUSPENDED | (f->vfork || f->shares ? CLONE_SHARE : 0),
				    &task, &is_copy);
	if (e == OK && is_copy != 0) {
		in_child(f, &b);
		return 0;
	}
	robust_list_set(self(), self()->robust_list);
	process_unlock_all();
	if (e != OK) {
		birth_drop(&b);
		if (b.watch != 0)
			(void)fut_handle_close(b.watch); /* ours */
		return e == ERR_NO_MEMORY ? -EAGAIN : call_error(e);
	}
	return in_parent(f, &b, task);
}
