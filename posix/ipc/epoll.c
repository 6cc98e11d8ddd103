/* SPDX-License-Identifier: MPL-2.0 */
/*
 * epoll. What may be ready is queued: what the kernel's waitset reports, and with level triggering
 * what was ready when last asked. Asking goes over the queue alone, so it costs what is ready, not
 * what is watched. What is found not to be ready is armed and leaves the queue.
 *
 * Entries hold no reference: the last close of a description takes it out (epoll_forget). A waitset
 * is one process's own; a forked child makes itself another.
 */
#include "posix/ipc/epoll.h"
#include <asm/poll.h>
#include <linux/eventpoll.h>
#include "abi/info.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/leave.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/ipc/poll.h"
#include "posix/signal/deliver.h"

constexpr uint32_t READINESS = POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDNORM |
			       POLLRDBAND | POLLWRNORM | POLLWRBAND | POLLMSG | EPOLLRDHUP;
constexpr uint32_t KNOWN = READINESS | EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE;
constexpr unsigned DEPTH_MOST = 4; /* epolls in epolls: as many waitsets nest */
constexpr unsigned BATCH = 32;
constexpr uint64_t KICK = UINT64_MAX; /* cookie: entries have changed */

struct epoll_entry {
	struct epoll_entry *next_of_d;
	struct epoll *epoll;
	struct description *d;
	int fd;
	uint32_t age; /* distinguishes it from others that had its fd */
	uint32_t events;
	uint64_t data;
	fut_handle watch, object; /* 0: not watched */
	bool rests;               /* EPOLLONESHOT has fired */
	bool queued;
	struct epoll_entry *next, *prev; /* in the queue */
};

struct epoll {
	fut_handle set, kick;
	uint32_t pid;                 /* whose these are */
	uint32_t ages;                /* given so far */
	struct epoll_entry **entries; /* by fd */
	unsigned room;
	struct epoll_entry *first, *last; /* what may be ready */
};

static const struct description_ops epoll_ops;

static struct epoll *epoll_of(const struct description *d)
{
	return d->own;
}

/* --- The queue --- */

static void queue_add(struct epoll_entry *e)
{
	struct epoll *p = e->epoll;

	if (e->queued || e->rests)
		return;
	e->queued = true;
	e->next = nullptr;
	e->prev = p->last;
	*(p->last != nullptr ? &p->last->next : &p->first) = e;
	p->last = e;
}

static void queue_remove(struct epoll_entry *e)
{
	struct epoll *p = e->epoll;

	if (!e->queued)
		return;
	e->queued = false;
	*(e->prev != nullptr ? &e->prev->next : &p->first) = e->next;
	*(e->next != nullptr ? &e->next->prev : &p->last) = e->prev;
}

/* --- The waitset --- */

static void unwatch(struct epoll_entry *e)
{
	if (e->watch != 0)
		(void)fut_handle_close(e->watch); /* ours */
	e->watch = e->object = 0;
}

static enum err set_make(struct epoll *p)
{
	fut_handle set, watch;
	enum err e = fut_waitset_create(&set);

	if (e != OK)
		return e;
	/* Not for children. */
	e = fut_handle_duplicate(set, RIGHTS_WAITSET & ~RIGHT_INHERIT, &p->set);
	(void)fut_handle_close(set); /* ours */
	if (e == OK && (e = fut_event_create(&p->kick)) != OK)
		(void)fut_handle_close(p->set); /* ours */
	if (e != OK)
		return e;
	p->pid = process.pid;
	/* Without it a thread that waits sees a new entry a little later: at its deadline. */
	(void)fut_watch_create(p->set, p->kick, KICK, WATCH_EDGE, KICK, &watch);
	return OK;
}

/* A child begins anew with all it has inherited. */
static enum err set_get(struct epoll *p)
{
	if (p->pid == process.pid)
		return OK;
	enum err e = set_make(p);
	for (unsigned i = 0; e == OK && i < p->room; i++)
		if (p->entries[i] != nullptr) {
			unwatch(p->entries[i]);
			queue_add(p->entries[i]);
		}
	return e;
}

static void reported(struct epoll *p, const struct watch_event *event)
{
	uint32_t fd = (uint32_t)event->cookie;
	struct epoll_entry *e = fd < p->room ? p->entries[fd] : nullptr;

	if (event->cookie == KICK) {
		(void)fut_event_signal(p->kick, 0, 1); /* ours */
		return;
	}
	if (e == nullptr || e->age != event->cookie >> 32)
		return; /* it is gone */
	queue_add(e);
}

static void collect(struct epoll *p)
{
	struct watch_event events[BATCH];
	uint32_t n = 0;

	while (fut_waitset_wait(p->set, events, sizeof(events), 0, &n) == OK) {
		for (uint32_t i = 0; i < n; i++)
			reported(p, &events[i]);
		if (n < BATCH)
			return;
	}
}

/* From now on the waitset reports what may make it ready. */
static void arm(struct epoll_entry *e)
{
	struct wait_for w;

	if (e->d->ops->wait == nullptr ||
	    e->d->ops->wait(e->d, e->events & (READINESS | EPOLLET), &w) != 0)
		return;
	if (e->watch != 0 && e->object == w.object)
		return;
	unwatch(e);
	if (fut_watch_create(e->epoll->set, w.object, w.signals | SIGNAL_PEER_CLOSED, WATCH_EDGE,
			     (uint64_t)e->age << 32 | (uint32_t)e->fd, &e->watch) != OK)
		return;
	e->object = w.object;
	if ((e->events & EPOLLET) == 0)
		return;
	collect(e->epoll); /* a signal of before is no edge: who arms looks afterwards */
	queue_remove(e);
}

/* --- What is ready --- */

static uint32_t look_inside(struct epoll *p);

static uint32_t readiness(struct epoll_entry *e)
{
	uint32_t events = e->events & READINESS;

	/* An epoll in an epoll: its lock is ours already. */
	if (e->d->ops == &epoll_ops)
		return look_inside(epoll_of(e->d)) & events;
	return poll_readiness(e->d, events) & (events | POLLERR | POLLHUP);
}

/* Take the entry out of the queue, or put it at its end if it is to be asked again. */
static uint32_t look_at(struct epoll_entry *e)
{
	uint32_t now;

	queue_remove(e);
	if ((e->events & EPOLLET) != 0) {
		arm(e); /* first: what comes from now on is reported */
		return readiness(e);
	}
	now = readiness(e);
	if (now == 0) {
		arm(e);
		now = readiness(e); /* it may have come while we armed */
	}
	if (now != 0)
		queue_add(e);
	return now;
}

static uint32_t look_inside(struct epoll *p)
{
	if (set_get(p) != OK)
		return 0;
	collect(p);
	for (struct epoll_entry *e; (e = p->first) != nullptr;) {
		if (readiness(e) == 0 && look_at(e) == 0)
			continue; /* it has left the queue */
		queue_add(e);
		return POLLIN | POLLRDNORM;
	}
	return 0;
}

static unsigned harvest(struct epoll *p, struct epoll_event *to, unsigned most)
{
	unsigned n = 0;
	struct epoll_entry *end = p->last, *e = p->first;

	while (e != nullptr && n < most) {
		struct epoll_entry *next = e == end ? nullptr : e->next;
		uint32_t now = look_at(e);
		if (now != 0)
			to[n++] = (struct epoll_event){ now, e->data };
		if (now != 0 && (e->events & EPOLLONESHOT) != 0) {
			e->rests = true;
			queue_remove(e);
		}
		e = next;
	}
	return n;
}

/* --- Entries --- */

static void entry_drop(struct epoll_entry *e)
{
	struct epoll_entry **at = &e->d->watched;

	while (*at != e)
		at = &(*at)->next_of_d;
	*at = e->next_of_d;
	queue_remove(e);
	unwatch(e);
	e->epoll->entries[e->fd] = nullptr;
	heap_free(e);
}

void epoll_forget(struct description *d)
{
	mutex_lock(&process.locks.epoll);
	while (d->watched != nullptr)
		entry_drop(d->watched);
	mutex_unlock(&process.locks.epoll);
}

static bool grow(struct epoll *p, unsigned fd)
{
	unsigned n = p->room != 0 ? p->room : 16;

	if (fd < p->room)
		return true;
	while (n <= fd)
		n *= 2;
	struct epoll_entry **more = heap_resize(p->entries, n * sizeof(struct epoll_entry *));
	if (more == nullptr)
		return false;
	for (unsigned i = p->room; i < n; i++)
		more[i] = nullptr;
	p->entries = more;
	p->room = n;
	return true;
}

/* How deep do epolls nest in it? Above DEPTH_MOST, or
 * with `other` in it, it must not be added there. */
static bool nests_too_deep(const struct epoll *p, const struct epoll *other, unsigned depth)
{
	if (p == other || depth > DEPTH_MOST)
		return true;
	for (unsigned i = 0; i < p->room; i++)
		if (p->entries[i] != nullptr && p->entries[i]->d->ops == &epoll_ops &&
		    nests_too_deep(epoll_of(p->entries[i]->d), other, depth + 1))
			return true;
	return false;
}

static int64_t entry_add(struct epoll *p, struct description *d, int fd,
			 const struct epoll_event *event)
{
	struct epoll_entry *e;

	if (d->ops->ready == nullptr)
		return -EPERM; /* a file or directory: always ready */
	if (d->ops == &epoll_ops && nests_too_deep(epoll_of(d), p, 1))
		return -ELOOP;
	if (!grow(p, (unsigned)fd) || (e = heap_new(sizeof(*e))) == nullptr)
		return -ENOMEM;
	*e = (struct epoll_entry){ .next_of_d = d->watched,
				   .epoll = p,
				   .d = d,
				   .fd = fd,
				   .age = ++p->ages,
				   .events = event->events,
				   .data = event->data };
	d->watched = e;
	p->entries[fd] = e;
	queue_add(e);
	return 0;
}

static int64_t entry_change(struct epoll_entry *e, const struct epoll_event *event)
{
	if (((e->events | event->events) & EPOLLEXCLUSIVE) != 0)
		return -EINVAL;
	e->events = event->events;
	e->data = event->data;
	e->rests = false;
	unwatch(e); /* other signals may count now */
	queue_add(e);
	return 0;
}

static int64_t change(struct epoll *p, int op, struct description *d, int fd,
		      const struct epoll_event *event)
{
	struct epoll_entry *e = (unsigned)fd < p->room ? p->entries[fd] : nullptr;
	int64_t result;

	if (set_get(p) != OK)
		return -ENOMEM;
	if (e != nullptr && e->d != d) { /* the number means another description now */
		entry_drop(e);
		e = nullptr;
	}
	if (op == EPOLL_CTL_ADD)
		result = e != nullptr ? -EEXIST : entry_add(p, d, fd, event);
	else if (e == nullptr)
		result = -ENOENT;
	else
		result = op == EPOLL_CTL_MOD ? entry_change(e, event) : (entry_drop(e), 0);
	if (result == 0 && op != EPOLL_CTL_DEL)
		(void)fut_event_signal(p->kick, 1, 0); /* ours: who waits looks again */
	return result;
}

/* --- Operations --- */

static uint32_t ready(struct description *d, uint32_t events)
{
	mutex_lock(&process.locks.epoll);
	uint32_t now = look_inside(epoll_of(d));
	mutex_unlock(&process.locks.epoll);
	return now & events;
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	(void)events;
	*w = (struct wait_for){ .object = epoll_of(d)->set, .signals = SIGNAL_READY };
	return 0;
}

static void close_epoll(struct description *d)
{
	struct epoll *p = epoll_of(d);

	mutex_lock(&process.locks.epoll);
	for (unsigned i = 0; i < p->room; i++)
		if (p->entries[i] != nullptr)
			entry_drop(p->entries[i]);
	mutex_unlock(&process.locks.epoll);
	if (p->pid == process.pid) {
		(void)fut_handle_close(p->set); /* ours */
		(void)fut_handle_close(p->kick);
	}
	heap_free(p->entries);
	heap_free(p);
}

static const struct description_ops epoll_ops = {
	.name = "anon_inode:[eventpoll]",
	.ready = ready,
	.wait = wait,
	.close = close_epoll,
};

/* --- Calls --- */

static struct description *epoll_get(int fd, int64_t *error)
{
	struct description *d = fd_get(fd);

	*error = d == nullptr ? -EBADF : d->ops != &epoll_ops ? -EINVAL : 0;
	return d;
}

CALL1(epoll_create1, uint32_t, flags)
{
	struct description *d;
	struct epoll *p;

	if ((flags & ~(uint32_t)EPOLL_CLOEXEC) != 0)
		return -EINVAL;
	d = description_new(&epoll_ops);
	p = heap_new(sizeof(*p));
	if (d == nullptr || p == nullptr || set_make(p) != OK) {
		heap_free(p);
		heap_free(d);
		return -ENOMEM;
	}
	d->own = p;
	d->access = 3;
	d->mode = 0600;
	return fd_add(d, (flags & EPOLL_CLOEXEC) != 0, 0);
}

CALL4(epoll_ctl, int, epoll, int, op, int, fd, uint64_t, from)
{
	struct epoll_event event = {};
	int64_t error;
	struct description *p = epoll_get(epoll, &error), *d = fd_get_for(fd, 0);

	if (op != EPOLL_CTL_DEL && guest_get(&event, from, sizeof(event)) != 0)
		error = -EFAULT;
	else if (d == nullptr || p == nullptr)
		error = -EBADF;
	else if (op != EPOLL_CTL_ADD && op != EPOLL_CTL_MOD && op != EPOLL_CTL_DEL)
		error = -EINVAL;
	if (error == 0 && (d == p || (event.events & ~KNOWN) != 0))
		error = -EINVAL;
	if (error == 0) {
		mutex_lock(&process.locks.epoll);
		error = change(epoll_of(p), op, d, fd, &event);
		mutex_unlock(&process.locks.epoll);
	}
	description_drop(d);
	description_drop(p);
	return error;
}

static unsigned try_harvest(struct epoll *p, struct epoll_event *to, unsigned most)
{
	unsigned n = 0;

	mutex_lock(&process.locks.epoll);
	if (set_get(p) == OK) {
		collect(p);
		/* Arming may have queued others behind. */
		do
			n = harvest(p, to, most);
		while (n == 0 && p->first != nullptr);
	}
	mutex_unlock(&process.locks.epoll);
	return n;
}

/* Wait for the waitset to report something, and queue it. */
static int64_t sleep(struct epoll *p, uint64_t deadline)
{
	struct watch_event events[BATCH];
	uint32_t n = 0;
	enum err e = fut_waitset_wait(p->set, events, sizeof(events), deadline, &n);

	if (e == ERR_TIMED_OUT || e == ERR_WOULD_BLOCK)
		return -ETIMEDOUT;
	if (e == ERR_INTERRUPTED)
		return interrupted() ? -EINTR : 0;
	mutex_lock(&process.locks.epoll);
	for (uint32_t i = 0; i < n; i++)
		reported(p, &events[i]);
	mutex_unlock(&process.locks.epoll);
	return e == OK ? 0 : call_error(e);
}

/* There are no more than so many to report, but for those that are added meanwhile. */
static unsigned at_most(const struct epoll *p, unsigned most)
{
	unsigned room = p->room > BATCH ? p->room : BATCH;

	return most < room ? most : room;
}

static int64_t wait_for_events(int fd, uint64_t to, int32_t most, uint64_t deadline)
{
	struct epoll_event few[BATCH], *events = few;
	int64_t error;
	struct description *d = epoll_get(fd, &error);
	unsigned n = 0, places;

	if (error == 0 && (most <= 0 || (uint32_t)most > INT32_MAX / sizeof(*events)))
		error = -EINVAL;
	places = error == 0 ? at_most(epoll_of(d), (unsigned)most) : 0;
	if (places > BATCH && (events = heap_new(places * sizeof(*events))) == nullptr)
		error = -ENOMEM;
	while (error == 0) {
		n = try_harvest(epoll_of(d), events, places);
		if (n != 0 || deadline == 0)
			break;
		error = signal_deliverable(self()) ? -EINTR : sleep(epoll_of(d), deadline);
	}
	description_drop(d);
	if (error == -ETIMEDOUT)
		error = 0;
	if (error == 0)
		error = guest_put(to, events, n * sizeof(*events)) != 0 ? -EFAULT : (int64_t)n;
	if (events != few)
		heap_free(events);
	return error;
}

static uint64_t deadline_of_ms(int32_t ms)
{
	return ms < 0 ? TIME_NEVER : ms == 0 ? 0 : clock_now() + (uint64_t)ms * 1'000'000;
}

static int64_t wait_masked(int fd, uint64_t to, int32_t most, uint64_t deadline, uint64_t mask,
			   uint64_t size)
{
	int64_t result = poll_mask_set(mask, size);

	if (result != 0)
		return result;
	result = wait_for_events(fd, to, most, deadline);
	if (result != -EINTR) /* else the handler runs with that mask, and puts the old one back */
		poll_mask_back(mask, result);
	return result;
}

CALL6(epoll_pwait, int, fd, uint64_t, to, int32_t, most, int32_t, timeout, uint64_t, mask, uint64_t,
      size)
{
	return wait_masked(fd, to, most, deadline_of_ms(timeout), mask, size);
}

CALL6(epoll_pwait2, int, fd, uint64_t, to, int32_t, most, uint64_t, timeout, uint64_t, mask,
      uint64_t, size)
{
	uint64_t deadline;
	int64_t error = poll_deadline(timeout, &deadline);

	return error != 0 ? error : wait_masked(fd, to, most, deadline, mask, size);
}
