/* SPDX-License-Identifier: MPL-2.0 */
/* Sending signals, and the queue in which they wait until the process asks. */
#include "services/posixd/core/signal.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "protocol/posix.h"
#include "services/posixd/core/group.h"
#include "services/posixd/core/timer.h"

constexpr uint32_t FIRST_REALTIME = 32;

static uint64_t bit(uint32_t signal)
{
	return 1ull << (signal - 1);
}

static const uint64_t STOPS = 1ull << (SIGSTOP - 1) | 1ull << (SIGTSTP - 1) |
			      1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1);

static void queued_free(struct process *p, struct queued *q)
{
	if (q->timer != nullptr)
		timer_signal_gone(q->timer);
	p->nqueued--;
	free(q);
}

/* Drop what waits of the signals in `mask`. */
static void signal_drop(struct process *p, uint64_t mask)
{
	struct queued **at = &p->first_signal;

	if ((p->queued & mask) == 0)
		return;
	p->last_signal = nullptr;
	while (*at != nullptr) {
		struct queued *q = *at;
		if (mask & bit(q->signal.signal)) {
			*at = q->next;
			queued_free(p, q);
		} else {
			p->last_signal = q;
			at = &q->next;
		}
	}
	p->queued &= ~mask;
}

void signal_drop_all(struct process *p)
{
	signal_drop(p, ~0ull);
}

/* Standard signals wait once for the process and once for each thread, as on Linux. */
static bool signal_waits(const struct process *p, const struct posix_signal *s)
{
	if (s->signal >= FIRST_REALTIME || (p->queued & bit(s->signal)) == 0)
		return false;
	for (const struct queued *q = p->first_signal; q != nullptr; q = q->next)
		if (q->signal.signal == s->signal && q->signal.tid == s->tid)
			return true;
	return false;
}

/* RLIMIT_SIGPENDING, of those that wait here and in the process. */
static bool has_room(struct process *p, const struct posix_signal *s)
{
	uint64_t most = p->limits->soft[RLIMIT_SIGPENDING];

	if (s->signal < FIRST_REALTIME || p->nqueued + p->nheld < most)
		return true;
	p->nheld = p->world->ops->held(p);
	return p->nqueued + p->nheld < most;
}

static int signal_put(struct process *p, const struct posix_signal *s, struct timer *t)
{
	if (signal_waits(p, s))
		return 0;
	if (p->nqueued >= SIGNALS_WAITING || (t == nullptr && !has_room(p, s)))
		return -EAGAIN;
	struct queued *q = malloc(sizeof(*q));
	if (q == nullptr)
		return -EAGAIN;
	*q = (struct queued){ .signal = *s, .timer = t };
	if (t != nullptr)
		t->waiting = q;
	if (p->first_signal == nullptr)
		p->first_signal = q;
	else
		p->last_signal->next = q;
	p->last_signal = q;
	p->queued |= bit(s->signal);
	p->nqueued++;
	return 0;
}

static void signal_kill_now(struct process *p)
{
	if (!p->has_told) {
		p->status = SIGKILL;
		p->has_told = true;
	}
	if (p->state == PROCESS_PREPARED)
		p->is_doomed = true;
	else
		p->world->ops->kill(p);
}

static void signal_continue(struct process *p)
{
	signal_drop(p, STOPS);
	if (!p->is_stopped)
		return;
	p->is_stopped = false;
	process_changed(p, CHANGE_CONTINUED);
}

int signal_send_timer(struct process *p, const struct posix_signal *s, struct timer *t)
{
	if (p->is_reaper || p->state == PROCESS_DEAD)
		return 0;
	if (s->signal == SIGKILL) {
		signal_kill_now(p);
		return 0;
	}
	if (s->signal == SIGCONT)
		signal_continue(p);
	else if (STOPS & bit(s->signal))
		signal_drop(p, bit(SIGCONT));
	int result = signal_put(p, s, t);
	if (result == 0)
		p->world->ops->wake(p);
	return result;
}

int signal_send(struct process *p, const struct posix_signal *s)
{
	return signal_send_timer(p, s, nullptr);
}

void signal_system(struct process *p, uint32_t signal)
{
	struct posix_signal s = { .signal = signal, .code = SI_KERNEL };

	(void)signal_send(p, &s); /* a full queue has enough to wake it */
}

void signal_group(struct group *g, uint32_t signal)
{
	for (struct process *p = g->first; p != nullptr; p = p->next_member)
		signal_system(p, signal);
}

static bool signal_allowed(const struct process *from, const struct process *to, uint32_t signal)
{
	const struct credentials *a = from->who, *b = to->who;

	if (from == to || capable(a, CAP_KILL) || a->euid == b->suid || a->euid == b->uid ||
	    a->uid == b->suid || a->uid == b->uid)
		return true;
	return signal == SIGCONT && from->group->session == to->group->session;
}

static int signal_one(struct process *from, struct process *to, const struct posix_signal *s)
{
	if (!signal_allowed(from, to, s->signal))
		return -EPERM;
	if (s->signal == 0)
		return 0;
	return signal_send(to, s);
}

/* The next member is looked up first: a signal may end this one's membership, never another's. */
static int signal_to_group(struct process *from, struct group *g, const struct posix_signal *s)
{
	int result = -ESRCH;
	bool any = false;

	if (g == nullptr)
		return -ESRCH;
	for (struct process *p = g->first, *next; p != nullptr; p = next) {
		next = p->next_member;
		result = signal_one(from, p, s);
		any |= result == 0;
	}
	return any ? 0 : result;
}

/* Everyone but the sender and the reaper. */
static int signal_to_all(struct process *from, const struct posix_signal *s)
{
	int result = -ESRCH;
	uint32_t n = from->world->reaper->pid;

	for (struct process *p; (p = process_next(from->world, n)) != nullptr;) {
		n = p->pid;
		if (p == from)
			continue;
		int one = signal_one(from, p, s);
		if (result == -ESRCH || one != -EPERM)
			result = one == -EPERM ? 0 : one;
	}
	return result;
}

static int signal_to_pid(struct process *from, uint32_t pid, const struct posix_signal *s)
{
	struct process *p = process_of(from->world, pid);

	if (p == nullptr)
		return -ESRCH;
	/* tgkill names a process and a thread of it, tkill the thread alone. */
	if (s->tid != 0 &&
	    (process_of(from->world, s->tid) != p || (pid != p->pid && pid != s->tid)))
		return -ESRCH;
	return signal_one(from, p, s);
}

int signal_kill(struct process *sender, int32_t target, const struct posix_signal *s)
{
	if (s->signal > SIGNALS)
		return -EINVAL;
	if (s->code > 0)
		return -EPERM;
	if (target > 0)
		return signal_to_pid(sender, (uint32_t)target, s);
	if (target == 0)
		return signal_to_group(sender, sender->group, s);
	if (target == -1)
		return signal_to_all(sender, s);
	if (target == INT32_MIN)
		return -ESRCH;
	return signal_to_group(sender, group_find(sender->world, (uint32_t)-target), s);
}

uint32_t signal_take(struct process *p, struct posix_signal *to, uint32_t most, uint32_t *flags)
{
	uint32_t n = 0;

	while (n < most && p->first_signal != nullptr) {
		struct queued *q = p->first_signal;
		p->first_signal = q->next;
		if (q->timer != nullptr)
			timer_signal_taken(q->timer);
		to[n++] = q->signal;
		p->nheld += q->signal.signal >= FIRST_REALTIME;
		p->nqueued--;
		free(q);
	}
	p->queued = 0;
	if (p->first_signal == nullptr)
		p->last_signal = nullptr;
	for (const struct queued *q = p->first_signal; q != nullptr; q = q->next)
		p->queued |= bit(q->signal.signal);
	*flags = p->news | (p->first_signal != nullptr ? POSIX_NEWS_MORE : 0);
	p->news = 0;
	return n;
}

int signal_stopped(struct process *p, uint32_t signal)
{
	if (signal == 0) {
		signal_continue(p);
		return 0;
	}
	if (signal > SIGNALS || (STOPS & bit(signal)) == 0)
		return -EINVAL;
	if (p->queued & bit(SIGCONT))
		return 1;
	if (signal != SIGSTOP && group_is_orphaned(p->group, nullptr))
		return 1;
	p->status = signal;
	p->is_stopped = true;
	process_changed(p, CHANGE_STOPPED);
	return 0;
}
