/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/waitset.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/sched.h"
#include "kernel/user.h"

constexpr uint32_t DEPTH_MAX = 4;

static void watch_rest(struct watch *w)
{
	list_remove(&w->ready);
	if (w->set != nullptr && list_is_empty(&w->set->ready))
		w->set->waitable.signals &= ~SIGNAL_READY;
}

static void watch_wake(struct waiter *waiter, struct waitable *object)
{
	struct watch *w = container_of(waiter, struct watch, waiter);

	(void)object;
	if (w->set == nullptr || !list_is_empty(&w->ready))
		return;
	list_append(&w->set->ready, &w->ready);
	signals_set(&w->set->waitable, SIGNAL_READY);
}

/* Cut a watch off its object and its set. */
static void watch_cut(struct watch *w)
{
	struct waitable *target = w->target;

	if (target == nullptr)
		return;
	w->target = nullptr;
	list_remove(&w->waiter.link);
	lease_unuse(&w->use);
	if (w->set != nullptr) {
		watch_rest(w);
		list_remove(&w->link);
		w->set = nullptr;
	}
	object_put(target);
}

void watch_end(void *object)
{
	struct watch *w = object;

	watch_cut(w);
}

void watch_release(void *object)
{
	struct watch *w = object;

	watch_cut(w);
}

static void lease_ended(struct lease_use *use)
{
	watch_cut(container_of(use, struct watch, use));
}

void waitset_release(void *object)
{
	struct waitset *set = object;

	while (!list_is_empty(&set->watches))
		watch_cut(container_of(set->watches.next, struct watch, link));
}

enum err sys_waitset_create(struct thread *self, struct waitset **waitset)
{
	struct waitset *set =
		(struct waitset *)object_create(OBJECT_WAITSET, self->task->object.quota);

	if (set == nullptr)
		return ERR_NO_MEMORY;
	list_init(&set->watches);
	list_init(&set->ready);
	*waitset = set;
	return OK;
}

/* A set may be watched by another only if the chain stays short; a circle never does: the watcher's
 * depth is above the watched one's, and depths only grow. */
static enum err nest(struct waitset *set, struct object *target)
{
	if (target->type != OBJECT_WAITSET)
		return OK;
	struct waitset *inner = (struct waitset *)target;

	if (inner == set)
		return ERR_BAD_ARGUMENT;
	if (inner->depth + 1 <= set->depth)
		return OK;
	/* Raising `set` would have to raise whoever watches it. */
	if (inner->depth + 1 > DEPTH_MAX || !list_is_empty(&set->waitable.waiters))
		return ERR_UNSUPPORTED;
	set->depth = inner->depth + 1;
	return OK;
}

enum err sys_watch_create(struct thread *self, struct waitset *set, const struct cap *cap,
			  uint64_t mask, uint32_t flags, uint64_t cookie, struct watch **watch)
{
	struct waitable *target = object_waitable(cap->object);

	if (target == nullptr)
		return ERR_WRONG_TYPE;
	if ((flags & ~(WATCH_EDGE | WATCH_ONCE)) != 0)
		return ERR_BAD_ARGUMENT;
	struct watch *w = (struct watch *)object_create(OBJECT_WATCH, self->task->object.quota);

	if (w == nullptr)
		return ERR_NO_MEMORY;
	list_init(&w->link);
	list_init(&w->ready);
	list_init(&w->waiter.link);
	lease_use(&w->use, nullptr, nullptr);
	enum err e = nest(set, cap->object);

	if (e != OK) {
		object_put(w);
		return e;
	}
	w->set = set;
	w->target = object_get(target);
	w->mask = w->waiter.mask = mask;
	w->waiter.wake = watch_wake;
	w->flags = flags;
	w->cookie = cookie;
	list_append(&set->watches, &w->link);
	list_append(&target->waiters, &w->waiter.link);
	lease_use(&w->use, cap->lease, lease_ended);
	if ((target->signals & mask) != 0)
		watch_wake(&w->waiter, target);
	*watch = w;
	return OK;
}

enum err sys_watch_arm(struct thread *self, struct watch *w, uint64_t mask, uint32_t flags,
		       uint64_t cookie)
{
	(void)self;
	if ((flags & ~(WATCH_EDGE | WATCH_ONCE)) != 0)
		return ERR_BAD_ARGUMENT;
	if (w->target == nullptr)
		return ERR_BAD_STATE;
	w->mask = w->waiter.mask = mask;
	w->flags = flags;
	w->cookie = cookie;
	watch_rest(w);
	if ((w->target->signals & mask) != 0)
		watch_wake(&w->waiter, w->target);
	return OK;
}

/* Report one watch; false if it is not ready any more. It rests, or goes to the queue's end. */
static bool watch_report(struct watch *w, struct watch_event *event)
{
	uint64_t signals = w->target->signals & w->waiter.mask;

	watch_rest(w);
	if (signals == 0)
		return false;
	*event = (struct watch_event){ w->cookie, signals };
	if ((w->flags & WATCH_ONCE) != 0)
		w->waiter.mask = 0;
	else if ((w->flags & WATCH_EDGE) == 0)
		watch_wake(&w->waiter, w->target);
	return true;
}

/* Write what is ready to user memory; each entry is reported only once it is written. */
static enum err ready_write(struct thread *t, struct waitset *set, struct user_out to,
			    uint32_t *count)
{
	uint32_t room = (uint32_t)(to.size / sizeof(struct watch_event));
	uint32_t left = 0;

	*count = 0;
	LIST_EACH(at, &set->ready)
		if (++left == room)
			break; /* level-triggered ones come round again: each is looked at once */
	for (; left > 0; left--) {
		struct watch *w = container_of(set->ready.next, struct watch, ready);
		struct watch_event event = { w->cookie, w->target->signals & w->waiter.mask };

		if (event.signals != 0) {
			enum err e = user_write(t, to.address + *count * sizeof(event), &event,
						sizeof(event));

			if (e != OK)
				return *count > 0 && e != CALL_WAITS ? OK : e;
		}
		if (watch_report(w, &event))
			++*count;
	}
	return OK;
}

/* A thread in waitset_wait wakes by making its call again, now that there is something. */
static void set_woken(struct waiter *waiter, struct waitable *object)
{
	struct thread *t = container_of(waiter, struct thread, wait.waiter);

	(void)object;
	thread_unwait(t);
	context_rewind(&t->context);
	sched_ready(t);
}

enum err sys_waitset_wait(struct thread *self, struct waitset *set, struct user_out to,
			  uint64_t deadline, uint32_t *count)
{
	if (to.size < sizeof(struct watch_event))
		return ERR_BAD_ARGUMENT;
	enum err e = ready_write(self, set, to, count);

	if (e != OK || *count > 0)
		return e;
	/* What was looked at is not ready any more, and nobody would wake us for what is left. */
	if (!list_is_empty(&set->ready))
		return call_repeat(self);
	if (deadline == 0)
		return ERR_WOULD_BLOCK;
	if (thread_is_interrupted(self))
		return ERR_INTERRUPTED;
	self->wait.object = object_get(set);
	self->wait.waiter.mask = SIGNAL_READY;
	self->wait.waiter.wake = set_woken;
	lease_use(&self->wait.use, nullptr, nullptr);
	list_append(&set->waitable.waiters, &self->wait.waiter.link);
	thread_block(self, WAIT_SET, deadline);
	return CALL_WAITS;
}
