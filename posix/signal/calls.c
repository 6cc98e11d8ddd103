/* SPDX-License-Identifier: MPL-2.0 */
/* The calls on signals. */
#include "posix/core/call.h"
#include "posix/core/frame.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/signal/deliver.h"
#include "protocol/posix.h"

CALL0(rt_sigreturn)
{
	struct thread *t = self();
	struct registers *frame = call_frame();
	uint64_t blocked;

	if (signal_frame_pop(frame, &blocked) != 0) {
		signal_force(&(siginfo_t){ .si_signo = SIGSEGV, .si_code = SI_KERNEL });
		return -EFAULT;
	}
	signal_block(t, blocked);
	work_add(t, WORK_FRAME);
	return 0;
}

/* Children that end leave nothing behind. */
static bool forgets_children(const struct signal_action *action)
{
	return action->handler == (uint64_t)SIG_IGN || (action->flags & SA_NOCLDWAIT) != 0;
}

static void children_tell(const struct signal_action *before, const struct signal_action *now)
{
	int32_t outcome;

	if (forgets_children(before) != forgets_children(now))
		(void)posix_children(&process.posix, forgets_children(now),
				     &outcome); /* it is gone */
}

CALL4(rt_sigaction, uint32_t, signal, uint64_t, new, uint64_t, old, uint64_t, size)
{
	struct signal_action action, before;

	if (size != sizeof(uint64_t) || signal < 1 || signal > SIGNALS ||
	    (new != 0 && (signal_bit(signal) & SIGNALS_UNBLOCKABLE) != 0))
		return -EINVAL;
	if (new != 0 && guest_get(&action, new, sizeof(action)) != 0)
		return -EFAULT;
	mutex_lock(&process.locks.signals);
	before = process.signals.actions[signal];
	if (new != 0) {
		action.mask &= ~SIGNALS_UNBLOCKABLE;
		process.signals.actions[signal] = action;
		if (signal_is_ignored(signal))
			signal_forget(signal);
	}
	mutex_unlock(&process.locks.signals);
	if (new != 0 && signal == SIGCHLD)
		children_tell(&before, &action);
	return old != 0 ? guest_put(old, &before, sizeof(before)) : 0;
}

CALL4(rt_sigprocmask, uint32_t, how, uint64_t, new, uint64_t, old, uint64_t, size)
{
	struct thread *t = self();
	uint64_t set, before = t->signals.blocked;

	if (size != sizeof(set))
		return -EINVAL;
	if (new != 0) {
		if (guest_get(&set, new, sizeof(set)) != 0)
			return -EFAULT;
		if (how == SIG_BLOCK)
			set = before | set;
		else if (how == SIG_UNBLOCK)
			set = before & ~set;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		signal_block(t, set);
	}
	return old != 0 ? guest_put(old, &before, sizeof(before)) : 0;
}

CALL2(rt_sigpending, uint64_t, to, uint64_t, size)
{
	struct thread *t = self();

	if (size > sizeof(uint64_t))
		return -EINVAL;
	uint64_t set = (t->signals.queue.set | process.signals.queue.set) & t->signals.blocked;
	return guest_put(to, &set, size);
}

CALL2(rt_sigsuspend, uint64_t, mask, uint64_t, size)
{
	struct thread *t = self();
	uint64_t set;

	if (size != sizeof(set))
		return -EINVAL;
	if (guest_get(&set, mask, sizeof(set)) != 0)
		return -EFAULT;
	t->signals.saved = t->signals.blocked;
	t->signals.restore = true;
	signal_block(t, set);
	while (!signal_deliverable(t) && wait_until(TIME_NEVER) == 0)
		;
	return -ERESTARTNOHAND;
}

CALL0(pause)
{
	while (!signal_deliverable(self()) && wait_until(TIME_NEVER) == 0)
		;
	return -ERESTARTNOHAND;
}

CALL2(sigaltstack, uint64_t, new, uint64_t, old)
{
	struct signal_thread *s = &self()->signals;
	stack_t was = { .ss_sp = (void *)s->stack_base,
			.ss_size = s->stack_size,
			.ss_flags = (int)s->stack_flags };
	uint64_t sp = frame_sp(call_frame());
	bool on_it = s->stack_size != 0 && sp - s->stack_base < s->stack_size;
	stack_t want;

	if (on_it)
		was.ss_flags |= SS_ONSTACK;
	if (new != 0) {
		if (guest_get(&want, new, sizeof(want)) != 0)
			return -EFAULT;
		if (on_it)
			return -EPERM;
		if ((want.ss_flags & ~(int)(SS_DISABLE | SS_ONSTACK | SS_AUTODISARM)) != 0)
			return -EINVAL;
		bool is_off = (want.ss_flags & SS_DISABLE) != 0;
		if (!is_off && want.ss_size < MINSIGSTKSZ)
			return -ENOMEM;
		s->stack_base = is_off ? 0 : (uint64_t)want.ss_sp;
		s->stack_size = is_off ? 0 : want.ss_size;
		s->stack_flags = (uint32_t)want.ss_flags & ~(uint32_t)SS_ONSTACK;
	}
	return old != 0 ? guest_put(old, &was, sizeof(was)) : 0;
}
