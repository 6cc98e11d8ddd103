/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/signal/deliver.h"
#include <string.h>
#include "calls.h"
#include "lib/futura/message.h"
#include "posix/abi/signal.h"
#include "posix/core/call.h"
#include "posix/core/leave.h"
#include "posix/core/process.h"
#include "posix/signal/core_file.h"
#include "posix/time/timers.h"
#include "protocol/posix.h"

enum effect { IGNORE, TERMINATE, STOP, CONTINUE };

/* Those that leave a core file where RLIMIT_CORE allows one: signal(7). */
static bool leaves_core(unsigned signal)
{
	constexpr uint64_t CORES = SIGNALS_SYNCHRONOUS | 1ull << (SIGQUIT - 1) |
				   1ull << (SIGABRT - 1) | 1ull << (SIGXCPU - 1) |
				   1ull << (SIGXFSZ - 1);

	return (signal_bit(signal) & CORES) != 0;
}

static enum effect default_effect(unsigned signal)
{
	switch (signal) {
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
		return IGNORE;
	case SIGCONT:
		return CONTINUE;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return STOP;
	default:
		return TERMINATE;
	}
}

bool signal_is_ignored(unsigned signal)
{
	uint64_t handler = process.signals.actions[signal].handler;

	return handler == (uint64_t)SIG_IGN ||
	       (handler == (uint64_t)SIG_DFL && default_effect(signal) == IGNORE);
}

static uint64_t wanted(const struct thread *t)
{
	return ~t->signals.blocked | t->signals.waiting;
}

bool signal_deliverable(struct thread *t)
{
	return ((t->signals.queue.set | process.signals.queue.set) & wanted(t)) != 0;
}

/* Make a thread look at its signals; one that waits in the kernel wakes. */
static void poke(struct thread *t)
{
	work_add(t, WORK_SIGNAL);
	if (t != self() && t->handle != 0)
		(void)fut_thread_interrupt(t->handle); /* it may have ended */
}

/* A thread that would take a signal of the process: this one if it can. */
static struct thread *taker(uint64_t bit)
{
	struct thread *t = self();

	if ((wanted(t) & bit) != 0)
		return t;
	for (t = process.threads; t != nullptr; t = t->next)
		if ((wanted(t) & bit) != 0)
			return t;
	return nullptr;
}

static bool is_waited_for(uint64_t bit)
{
	for (struct thread *t = process.threads; t != nullptr; t = t->next)
		if ((t->signals.waiting & bit) != 0)
			return true;
	return false;
}

static void drop_all(uint64_t set)
{
	uint64_t timers = signal_queue_drop(&process.signals.queue, set);

	for (struct thread *t = process.threads; t != nullptr; t = t->next)
		timers |= signal_queue_drop(&t->signals.queue, set);
	timers_unseen(timers);
}

/* Stop signals undo SIGCONT that waits, and the other way round. */
static void cancel_opposites(unsigned signal)
{
	constexpr uint64_t STOPS = 1ull << (SIGSTOP - 1) | 1ull << (SIGTSTP - 1) |
				   1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1);
	uint64_t drop = signal == SIGCONT                   ? STOPS
			: (signal_bit(signal) & STOPS) != 0 ? signal_bit(SIGCONT)
							    : 0;

	if (drop != 0)
		drop_all(drop);
}

void signal_forget(unsigned signal)
{
	drop_all(signal_bit(signal));
}

/* `timer` as in struct signal_entry. */
static void raise(struct thread *t, const siginfo_t *info, unsigned timer)
{
	unsigned signal = (unsigned)info->si_signo;
	uint64_t bit = signal_bit(signal);

	mutex_lock(&process.locks.threads);
	mutex_lock(&process.locks.signals);
	cancel_opposites(signal);
	uint64_t blocked = (t != nullptr ? t : self())->signals.blocked;
	if (!signal_is_ignored(signal) || (blocked & bit) != 0 || is_waited_for(bit)) {
		/* Without memory a signal is lost, as on Linux when the queue is full. */
		(void)signal_queue_add(t != nullptr ? &t->signals.queue : &process.signals.queue,
				       info, timer);
		struct thread *to = t != nullptr ? t : taker(bit);
		if (to != nullptr && (wanted(to) & bit) != 0)
			poke(to);
		if (signal_arrival != 0)
			(void)fut_event_signal(signal_arrival, 1, 0); /* ours */
	} else if (timer != 0) {
		timers_unseen(1ull << (timer - 1));
	}
	mutex_unlock(&process.locks.signals);
	mutex_unlock(&process.locks.threads);
}

void signal_raise(struct thread *t, const siginfo_t *info)
{
	raise(t, info, 0);
}

void signal_force(const siginfo_t *info)
{
	struct thread *t = self();
	unsigned signal = (unsigned)info->si_signo;
	struct signal_action *action = &process.signals.actions[signal];

	mutex_lock(&process.locks.signals);
	if ((t->signals.blocked & signal_bit(signal)) != 0 ||
	    action->handler == (uint64_t)SIG_IGN) {
		action->handler = (uint64_t)SIG_DFL;
		t->signals.blocked &= ~signal_bit(signal);
	}
	bool queued = signal_queue_add(&t->signals.queue, info, 0);
	mutex_unlock(&process.locks.signals);
	if (!queued)
		process_exit(signal);
	work_add(t, WORK_SIGNAL);
}

void signal_block(struct thread *t, uint64_t blocked)
{
	t->signals.blocked = blocked & ~SIGNALS_UNBLOCKABLE;
	if (signal_deliverable(t))
		work_add(t, WORK_SIGNAL);
	/* A signal of the process that waits, and that only this
	 * thread would have taken, stays until another thread unblocks
	 * it: as on Linux, where any thread looks on its next return. */
}

static void take_over(const struct posix_signal *s)
{
	siginfo_t info = { .si_signo = (int)s->signal, .si_code = s->code };
	struct thread *t = nullptr;
	unsigned timer = 0;

	info.si_pid = (int)s->pid;
	info.si_uid = s->uid;
	if (s->signal == SIGCHLD && s->code > 0) {
		bool has_ended = s->code != CLD_STOPPED && s->code != CLD_CONTINUED;
		if (!has_ended && (process.signals.actions[SIGCHLD].flags & SA_NOCLDSTOP) != 0)
			return;
		info.si_status = s->status;
		info._sifields._sigchld._utime = (long)(s->user_ns / 10'000'000);
		info._sifields._sigchld._stime = (long)(s->system_ns / 10'000'000);
	} else if (s->code == SI_TIMER) {
		info = (siginfo_t){ .si_signo = (int)s->signal };
		timer = (unsigned)s->value + 1;
		if (!timer_arrived((unsigned)s->value, &info, &t))
			return;
	} else {
		info.si_ptr = (void *)s->value;
	}
	if (s->tid != 0) {
		for (t = process.threads; t != nullptr && t->tid != s->tid;)
			t = t->next;
		if (t == nullptr)
			return; /* it has ended */
	}
	raise(t, &info, timer);
}

/* For every thread in wait4. */
static void child_changed(void)
{
	uint32_t woken;

	atomic_fetch_add(&process.child_turn, 1);
	(void)fut_futex_wake((uint64_t)&process.child_turn, UINT32_MAX, ~0u, FUTEX_PRIVATE,
			     &woken); /* ours */
}

void signal_fetch(void)
{
	struct posix_signal signals[4080 / sizeof(struct posix_signal)];
	uint32_t flags;
	size_t size;
	int32_t n;

	do {
		if (posix_news(&process.posix, &n, &flags, signals, sizeof(signals), &size) != OK)
			return; /* posixd is gone; what we do for ourselves goes on */
		for (size_t i = 0; i < size / sizeof(signals[0]); i++)
			take_over(&signals[i]);
		if ((flags & POSIX_NEWS_CHILD) != 0)
			child_changed();
		if ((flags & POSIX_NEWS_SELF) != 0)
			process_learn();
	} while ((flags & POSIX_NEWS_MORE) != 0);
}

/* --- Delivery --- */

static void stop(unsigned signal)
{
	int32_t outcome;

	if (posix_stopped(&process.posix, signal, &outcome) == OK && outcome != 0)
		return; /* it is to go on already, or nobody could continue it: an orphaned group */
	/* Until SIGCONT or SIGKILL: the latter needs no help of ours. */
	for (;;) {
		mutex_lock(&process.locks.signals);
		bool goes_on = (process.signals.queue.set & signal_bit(SIGCONT)) != 0;
		mutex_unlock(&process.locks.signals);
		if (goes_on || process.exiting)
			break;
		(void)fut_thread_sleep(TIME_NEVER); /* nothing else is to be done */
		self()->control->pending = 0;
		signal_fetch();
	}
	(void)posix_stopped(&process.posix, 0, &outcome); /* nobody left to tell */
}

static void default_act(const struct registers *frame, const siginfo_t *info)
{
	constexpr uint32_t DUMPED = 0x80; /* of wait4's status */
	unsigned signal = (unsigned)info->si_signo;

	switch (default_effect(signal)) {
	case TERMINATE:
		process_exit(leaves_core(signal) && core_file_write(frame, info) ? signal | DUMPED
										 : signal);
	case STOP:
		stop(signal);
		break;
	case IGNORE:
	case CONTINUE:
		break;
	}
}

static bool repeats(int64_t result, const struct signal_action *action)
{
	return result == -ERESTARTNOINTR ||
	       (result == -ERESTARTSYS && (action->flags & SA_RESTART) != 0);
}

static void call_end(struct registers *frame, int64_t result, const struct signal_action *action)
{
	if (action == nullptr)
		frame_repeat_call(frame, result == -ERESTARTBLOCK ? CALL_NUMBER_restart_syscall
								  : frame_call(frame));
	else if (repeats(result, action))
		frame_repeat_call(frame, frame_call(frame));
	else
		frame_set_result(frame, -EINTR);
}

static unsigned take(struct thread *t, siginfo_t *info, struct signal_action *action)
{
	uint64_t allowed = ~t->signals.blocked;

	mutex_lock(&process.locks.signals);
	unsigned signal = signal_queue_take(&t->signals.queue, allowed, info);
	if (signal == 0)
		signal = signal_queue_take(&process.signals.queue, allowed, info);
	if (signal != 0) {
		*action = process.signals.actions[signal];
		if ((action->flags & SA_RESETHAND) != 0 && action->handler > (uint64_t)SIG_IGN)
			process.signals.actions[signal].handler = (uint64_t)SIG_DFL;
	}
	mutex_unlock(&process.locks.signals);
	return signal;
}

static void enter_handler(struct thread *t, struct registers *frame, unsigned signal,
			  const struct signal_action *action, const siginfo_t *info)
{
	uint64_t before = t->signals.restore ? t->signals.saved : t->signals.blocked;

	t->signals.restore = false;
	if (signal_frame_push(frame, action, info, before) != 0) {
		if (signal == SIGSEGV)
			process_exit(SIGSEGV);
		signal_force(&(siginfo_t){ .si_signo = SIGSEGV, .si_code = SI_KERNEL });
		return;
	}
	uint64_t mask = t->signals.blocked | action->mask;
	if ((action->flags & SA_NODEFER) == 0)
		mask |= signal_bit(signal);
	t->signals.blocked = mask & ~SIGNALS_UNBLOCKABLE;
}

void signal_deliver(struct registers *frame, bool in_call, int64_t result)
{
	struct thread *t = self();
	struct signal_action action;
	siginfo_t info;
	unsigned signal;

	while ((signal = take(t, &info, &action)) != 0) {
		if (process.exiting)
			return;
		if (action.handler == (uint64_t)SIG_IGN)
			continue;
		if (action.handler == (uint64_t)SIG_DFL) {
			default_act(frame, &info);
			continue;
		}
		if (in_call)
			call_end(frame, result, &action);
		in_call = false;
		enter_handler(t, frame, signal, &action, &info);
	}
	if (in_call)
		call_end(frame, result, nullptr);
	if (t->signals.restore) {
		t->signals.restore = false;
		signal_block(t, t->signals.saved);
	}
}
