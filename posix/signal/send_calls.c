/* SPDX-License-Identifier: MPL-2.0 */
/* Sending signals, and waiting for them. */
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/path.h"
#include "posix/signal/deliver.h"
#include "posix/time/timespec.h"
#include "protocol/posix.h"

static siginfo_t from_us(uint32_t signal, int code)
{
	siginfo_t info = { .si_signo = (int)signal, .si_code = code };

	info.si_pid = (int)process.pid;
	info.si_uid = process.uid;
	return info;
}

static int64_t send(int32_t target, uint32_t signal, int32_t code, uint32_t tid, uint64_t value)
{
	int32_t outcome = 0;
	enum err e = posix_kill(&process.posix, value, target, signal, code, tid, 0, &outcome);

	return e != OK ? file_error(e) : outcome;
}

CALL2(kill, int32_t, target, uint32_t, signal)
{
	if (signal > SIGNALS)
		return -EINVAL;
	/* To ourselves alone nobody else is needed, but for what only posixd can do. */
	if (target == (int32_t)process.pid && signal != 0 &&
	    (signal_bit(signal) & SIGNALS_UNBLOCKABLE) == 0) {
		siginfo_t info = from_us(signal, SI_USER);
		if (!signal_queue_is_full(signal) ||
		    (process.signals.queue.set & signal_bit(signal)) == 0)
			signal_raise(nullptr, &info);
		return 0;
	}
	return send(target, signal, SI_USER, 0, 0);
}

static struct thread *own_thread(uint32_t tid)
{
	struct thread *t;

	mutex_lock(&process.locks.threads);
	for (t = process.threads; t != nullptr && t->tid != tid;)
		t = t->next;
	mutex_unlock(&process.locks.threads);
	return t;
}

static int64_t send_to_thread(uint32_t group, uint32_t tid, uint32_t signal)
{
	struct thread *t = group == process.pid ? own_thread(tid) : nullptr;
	siginfo_t info = from_us(signal, SI_TKILL);

	if (signal > SIGNALS || (int32_t)tid <= 0 || (int32_t)group <= 0)
		return -EINVAL;
	if (group == process.pid && t == nullptr)
		return -ESRCH;
	if (t == nullptr || (signal != 0 && (signal_bit(signal) & SIGNALS_UNBLOCKABLE) != 0))
		return send((int32_t)group, signal, SI_TKILL, tid, 0);
	if (signal_queue_is_full(signal))
		return -EAGAIN;
	if (signal != 0)
		signal_raise(t, &info);
	return 0;
}

CALL3(tgkill, uint32_t, group, uint32_t, tid, uint32_t, signal)
{
	return send_to_thread(group, tid, signal);
}

CALL2(tkill, uint32_t, tid, uint32_t, signal)
{
	return send_to_thread(own_thread(tid) != nullptr ? process.pid : tid, tid, signal);
}

CALL3(rt_sigqueueinfo, uint32_t, pid, uint32_t, signal, uint64_t, from)
{
	siginfo_t info;

	if (guest_get(&info, from, sizeof(info)) != 0)
		return -EFAULT;
	if (signal > SIGNALS)
		return -EINVAL;
	if ((int32_t)pid <= 0)
		return -ESRCH; /* one process, no group, nor all */
	if (pid == process.pid && signal != 0 && (signal_bit(signal) & SIGNALS_UNBLOCKABLE) == 0) {
		info.si_signo = (int)signal;
		if (signal_queue_is_full(signal))
			return -EAGAIN;
		signal_raise(nullptr, &info);
		return 0;
	}
	if (info.si_code >= 0 || info.si_code == SI_TKILL)
		return -EPERM;
	return send((int32_t)pid, signal, info.si_code, 0, (uint64_t)info.si_ptr);
}

CALL4(rt_tgsigqueueinfo, uint32_t, group, uint32_t, tid, uint32_t, signal, uint64_t, from)
{
	siginfo_t info;

	if (guest_get(&info, from, sizeof(info)) != 0)
		return -EFAULT;
	if (signal > SIGNALS || (int32_t)group <= 0 || (int32_t)tid <= 0)
		return -EINVAL;
	if ((info.si_code >= 0 || info.si_code == SI_TKILL) && group != process.pid)
		return -EPERM;
	struct thread *t = group == process.pid ? own_thread(tid) : nullptr;
	if (t == nullptr)
		return group == process.pid ? -ESRCH
					    : send((int32_t)group, signal, info.si_code, tid,
						   (uint64_t)info.si_ptr);
	info.si_signo = (int)signal;
	if (signal_queue_is_full(signal))
		return -EAGAIN;
	if (signal != 0)
		signal_raise(t, &info);
	return 0;
}

static unsigned take(struct thread *t, uint64_t set, siginfo_t *info)
{
	mutex_lock(&process.locks.signals);
	unsigned signal = signal_queue_take(&t->signals.queue, set, info);
	if (signal == 0)
		signal = signal_queue_take(&process.signals.queue, set, info);
	mutex_unlock(&process.locks.signals);
	return signal;
}

CALL4(rt_sigtimedwait, uint64_t, from, uint64_t, to, uint64_t, timeout, uint64_t, size)
{
	struct thread *t = self();
	uint64_t set, deadline;
	siginfo_t info;
	unsigned signal;
	int64_t error = 0;

	if (size != sizeof(set))
		return -EINVAL;
	if (guest_get(&set, from, sizeof(set)) != 0)
		return -EFAULT;
	if ((error = deadline_get(timeout, &deadline)) != 0)
		return error;
	set &= ~SIGNALS_UNBLOCKABLE;
	t->signals.waiting = set;
	while ((signal = take(t, set, &info)) == 0 && error == 0) {
		error = wait_until(deadline);
		if (error == 0)
			error = -EAGAIN; /* the time is over */
		if ((t->signals.queue.set | process.signals.queue.set) & set)
			error = 0;
	}
	t->signals.waiting = 0;
	if (signal == 0)
		return error == -ERESTARTSYS ? -EINTR : error;
	return to != 0 && guest_put(to, &info, sizeof(info)) != 0 ? -EFAULT : (int64_t)signal;
}
