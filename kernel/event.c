/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/event.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/sched.h"

void signals_change(struct waitable *w, uint64_t set, uint64_t clear)
{
	struct list *next;

	w->signals = (w->signals & ~clear) | set;
	if ((w->signals & set) == 0 || list_is_empty(&w->waiters))
		return;
	object_get(w); /* a waiter may hold the last reference */
	/* A waiter that wakes may clear signals, so each looks at what is left. */
	for (struct list *at = w->waiters.next; at != &w->waiters; at = next) {
		struct waiter *waiter = container_of(at, struct waiter, link);

		next = at->next;
		if ((waiter->mask & w->signals) != 0)
			waiter->wake(waiter, w);
	}
	object_put(w);
}

static void timer_fired(struct timer *t)
{
	struct event *ev = container_of(t, struct event, timer);
	uint64_t due = t->node.key;

	signals_set(&ev->waitable, SIGNAL_TIMER);
	if (ev->interval == 0)
		return;
	/* Periods that passed unseen are not made up for, but the phase is kept. */
	uint64_t late = time_now() - due;

	timer_set(t, due + (late / ev->interval + 1) * ev->interval);
}

static struct event *event_create(struct quota *quota)
{
	struct event *ev = (struct event *)object_create(OBJECT_EVENT, quota);

	if (ev != nullptr)
		ev->timer.fire = timer_fired;
	return ev;
}

void event_end(void *object)
{
	struct event *ev = object;
	struct event *peer = ev->peer;

	timer_cancel(&ev->timer);
	if (peer == nullptr)
		return;
	peer->peer = nullptr;
	ev->peer = nullptr;
	signals_set(&peer->waitable, SIGNAL_PEER_CLOSED);
}

void event_release(void *object)
{
	struct event *ev = object;

	event_end(ev);
}

enum err sys_event_create(struct thread *self, struct event **event)
{
	*event = event_create(self->task->object.quota);
	return *event != nullptr ? OK : ERR_NO_MEMORY;
}

enum err sys_event_create_pair(struct thread *self, struct event **left, struct event **right)
{
	*left = event_create(self->task->object.quota);
	if (*left == nullptr)
		return ERR_NO_MEMORY;
	*right = event_create(self->task->object.quota);
	if (*right == nullptr) {
		object_put(*left);
		return ERR_NO_MEMORY;
	}
	(*left)->peer = *right;
	(*right)->peer = *left;
	(*left)->has_peer = (*right)->has_peer = true;
	return OK;
}

static bool change_is_allowed(uint64_t set, uint64_t clear)
{
	return (set & ~SIGNAL_USER_MASK) == 0 && (clear & ~(SIGNAL_USER_MASK | SIGNAL_TIMER)) == 0;
}

enum err sys_event_signal(struct thread *self, struct event *event, uint64_t set, uint64_t clear)
{
	(void)self;
	if (!change_is_allowed(set, clear))
		return ERR_BAD_ARGUMENT;
	signals_change(&event->waitable, set, clear);
	return OK;
}

enum err sys_event_signal_peer(struct thread *self, struct event *event, uint64_t set,
			       uint64_t clear)
{
	(void)self;
	if (!change_is_allowed(set, clear) || !event->has_peer)
		return ERR_BAD_ARGUMENT;
	if (event->peer == nullptr)
		return ERR_PEER_CLOSED;
	signals_change(&event->peer->waitable, set, clear);
	return OK;
}

enum err sys_event_timer(struct thread *self, struct event *event, uint64_t at, uint64_t interval)
{
	(void)self;
	if (interval != 0 && interval < 1000)
		return ERR_BAD_ARGUMENT;
	timer_cancel(&event->timer);
	event->waitable.signals &= ~SIGNAL_TIMER;
	event->interval = interval;
	if (at != TIME_NEVER)
		timer_set(&event->timer, at);
	return OK;
}

/* --- wait --- */

static void wait_woken(struct waiter *w, struct waitable *object)
{
	struct thread *t = container_of(w, struct thread, wait.waiter);
	uint64_t got = object->signals & w->mask;

	object->signals &= ~t->wait.clear;
	context_set_word(&t->context, 0, got);
	thread_wake(t, OK);
}

static void wait_lease_ended(struct lease_use *use)
{
	thread_wake(container_of(use, struct thread, wait.use), ERR_REVOKED);
}

void wait_abandon(struct thread *t)
{
	list_remove(&t->wait.waiter.link);
	lease_unuse(&t->wait.use);
	object_put(t->wait.object);
}

enum err sys_wait(struct thread *self, const struct cap *object, uint64_t mask, uint64_t clear,
		  uint64_t deadline, uint64_t *signals)
{
	struct waitable *w = object_waitable(object->object);

	if (w == nullptr)
		return ERR_WRONG_TYPE;
	if (mask == 0 || (clear & ~mask) != 0 || (clear & ~(SIGNAL_USER_MASK | SIGNAL_TIMER)) != 0)
		return ERR_BAD_ARGUMENT;
	if (clear != 0 && (object->rights & RIGHT_SIGNAL) == 0)
		return ERR_NO_RIGHT;
	if ((w->signals & mask) != 0) {
		*signals = w->signals & mask;
		w->signals &= ~clear;
		return OK;
	}
	if (deadline == 0)
		return ERR_WOULD_BLOCK;
	if (thread_is_interrupted(self))
		return ERR_INTERRUPTED;
	self->wait.object = object_get(w);
	self->wait.clear = clear;
	self->wait.waiter.mask = mask;
	self->wait.waiter.wake = wait_woken;
	list_append(&w->waiters, &self->wait.waiter.link);
	lease_use(&self->wait.use, object->lease, wait_lease_ended);
	thread_block(self, WAIT_SIGNALS, deadline);
	return CALL_WAITS;
}
