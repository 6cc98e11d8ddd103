/* SPDX-License-Identifier: MPL-2.0 */
/*
 * poll and select. Readiness is looked up in memory; only when nothing is ready does the thread
 * wait, for one object directly, for several through a waitset.
 */
#include "posix/ipc/poll.h"
#include <asm/poll.h>
#include <linux/personality.h>
#include <linux/time.h>
#include <string.h>
#include "abi/info.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/leave.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/signal/deliver.h"
#include "posix/time/timespec.h"

constexpr uint32_t ALWAYS = POLLERR | POLLHUP | POLLNVAL;

struct polled {
	struct description *d; /* a reference; nullptr: not asked, or not open */
	uint32_t events, ready;
	struct wait_for wait;
	fut_handle watch;
};

uint32_t poll_readiness(struct description *d, uint32_t events)
{
	if (d->ops->ready != nullptr)
		return d->ops->ready(d, events | POLLERR | POLLHUP);
	return events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
}

static unsigned look(struct polled *all, unsigned n)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++) {
		if (all[i].d != nullptr)
			all[i].ready = poll_readiness(all[i].d, all[i].events);
		count += all[i].ready != 0;
	}
	return count;
}

/* Ask every description what to wait for; how many there are. */
static unsigned collect(struct polled *all, unsigned n, struct polled **only)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++) {
		struct description *d = all[i].d;
		all[i].wait = (struct wait_for){};
		if (d == nullptr || d->ops->wait == nullptr ||
		    d->ops->wait(d, all[i].events, &all[i].wait) != 0)
			continue;
		count++;
		*only = &all[i];
	}
	return count;
}

static enum err watch_all(fut_handle set, struct polled *all, unsigned n)
{
	enum err e = OK;

	for (unsigned i = 0; i < n && e == OK; i++)
		if (all[i].wait.object != 0)
			e = fut_watch_create(set, all[i].wait.object,
					     all[i].wait.signals | SIGNAL_PEER_CLOSED, 0, i,
					     &all[i].watch);
	return e;
}

static int64_t wait_for_several(struct polled *all, unsigned n, uint64_t deadline)
{
	struct watch_event first;
	fut_handle set;
	uint32_t count;
	enum err e = fut_waitset_create(&set);

	if (e != OK)
		return call_error(e);
	e = watch_all(set, all, n);
	if (e == OK && look(all, n) == 0)
		e = fut_waitset_wait(set, &first, sizeof(first), deadline, &count);
	for (unsigned i = 0; i < n; i++) {
		if (all[i].watch != 0)
			(void)fut_handle_close(all[i].watch); /* ours */
		all[i].watch = 0;
	}
	(void)fut_handle_close(set); /* ours */
	return e == OK                ? 0
	       : e == ERR_TIMED_OUT   ? -ETIMEDOUT
	       : e == ERR_INTERRUPTED ? -EINTR
				      : call_error(e);
}

static int64_t wait_once(struct polled *all, unsigned n, uint64_t deadline)
{
	struct polled *only = nullptr;
	unsigned count = collect(all, n, &only);

	if (look(all, n) != 0)
		return 0;
	if (count == 0) {
		int64_t error = wait_until(deadline);
		return error != 0 ? error : -ETIMEDOUT;
	}
	if (count == 1)
		return wait_object(only->wait.object, only->wait.signals | SIGNAL_PEER_CLOSED, 0,
				   deadline);
	int64_t error = wait_for_several(all, n, deadline);
	return error == -EINTR ? (interrupted() ? -ERESTARTSYS : 0) : error;
}

/* How many are ready; 0 when the deadline passed; -ERESTARTNOHAND. */
static int64_t wait_ready(struct polled *all, unsigned n, uint64_t deadline)
{
	for (;;) {
		unsigned count = look(all, n);
		int64_t error;

		if (count != 0 || deadline == 0)
			return count;
		error = signal_deliverable(self()) ? -ERESTARTSYS : wait_once(all, n, deadline);
		if (error == -ETIMEDOUT)
			return look(all, n);
		if (error == -ERESTARTSYS)
			return (count = look(all, n)) != 0 ? (int64_t)count : -ERESTARTNOHAND;
		if (error != 0)
			return error;
	}
}

static void drop(struct polled *all, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		description_drop(all[i].d);
	heap_free(all);
}

static int64_t poll(uint64_t fds, uint32_t n, uint64_t deadline)
{
	struct pollfd *list;
	struct polled *all;
	int64_t result;

	if (n > fd_limit)
		return -EINVAL;
	list = heap_new(n * sizeof(*list) + 1);
	all = heap_new(n * sizeof(*all) + 1);
	if (list == nullptr || all == nullptr || guest_get(list, fds, n * sizeof(*list)) != 0) {
		result = list == nullptr || all == nullptr ? -ENOMEM : -EFAULT;
		heap_free(list);
		heap_free(all);
		return result;
	}
	for (uint32_t i = 0; i < n; i++) {
		all[i].events = (uint16_t)list[i].events;
		if (list[i].fd < 0)
			continue;
		all[i].d = fd_get(list[i].fd);
		all[i].ready = all[i].d == nullptr ? POLLNVAL : 0;
	}
	result = wait_ready(all, n, deadline);
	for (uint32_t i = 0; i < n; i++)
		list[i].revents = (short)(all[i].ready & (all[i].events | ALWAYS));
	if (result >= 0 && guest_put(fds, list, n * sizeof(*list)) != 0)
		result = -EFAULT;
	drop(all, n);
	heap_free(list);
	return result;
}

/* --- Deadlines and masks --- */

/* No time at all asks without waiting. */
static uint64_t deadline_of(uint64_t ns)
{
	return ns != 0 ? deadline_after(ns) : 0;
}

int64_t poll_deadline(uint64_t timeout, uint64_t *deadline)
{
	uint64_t ns;
	int64_t error = 0;

	*deadline = TIME_NEVER;
	if (timeout != 0 && (error = timespec_get(timeout, &ns)) == 0)
		*deadline = deadline_of(ns);
	return error;
}

/* Linux writes back what is left. */
static void put_left(uint64_t timeout, uint64_t deadline)
{
	uint64_t now = clock_now(), left = deadline > now ? deadline - now : 0;

	if (timeout != 0 && (process.personality & STICKY_TIMEOUTS) == 0)
		(void)timespec_put(timeout, left); /* as Linux: may be read-only */
}

/* Wait with another mask: what it was comes back, after the handler if there is one. */
int64_t poll_mask_set(uint64_t mask, uint64_t size)
{
	struct thread *t = self();
	uint64_t set;

	if (mask == 0)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (guest_get(&set, mask, sizeof(set)) != 0)
		return -EFAULT;
	t->signals.saved = t->signals.blocked;
	t->signals.restore = true;
	signal_block(t, set);
	return 0;
}

void poll_mask_back(uint64_t mask, int64_t result)
{
	struct thread *t = self();

	if (mask == 0 || result == -ERESTARTNOHAND)
		return; /* signal_deliver puts it back */
	t->signals.restore = false;
	signal_block(t, t->signals.saved);
}

CALL3(poll, uint64_t, fds, uint32_t, n, int32_t, timeout)
{
	uint64_t deadline = timeout < 0    ? TIME_NEVER
			    : timeout == 0 ? 0
					   : clock_now() + (uint64_t)timeout * 1'000'000;

	return poll(fds, n, deadline);
}

CALL5(ppoll, uint64_t, fds, uint32_t, n, uint64_t, timeout, uint64_t, mask, uint64_t, size)
{
	uint64_t deadline;
	int64_t result = poll_deadline(timeout, &deadline);

	if (result == 0)
		result = poll_mask_set(mask, size);
	if (result != 0)
		return result;
	result = poll(fds, n, deadline);
	poll_mask_back(mask, result);
	put_left(timeout, deadline);
	return result;
}

/* --- select --- */

constexpr unsigned SETS = 3;
static const uint32_t set_events[SETS] = { POLLIN, POLLOUT, POLLPRI };
static const uint32_t set_ready[SETS] = { POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI };
constexpr unsigned SELECT_MOST = 65536;

struct selection {
	uint64_t at[SETS]; /* guest addresses */
	uint64_t *bits[SETS];
	unsigned n;
	size_t size; /* of one set */
};

static bool is_in(const uint64_t *bits, unsigned i)
{
	return bits != nullptr && (bits[i / 64] >> i % 64 & 1) != 0;
}

static int64_t selection_read(struct selection *s)
{
	for (unsigned k = 0; k < SETS; k++) {
		if (s->at[k] == 0)
			continue;
		s->bits[k] = heap_new(s->size + 8);
		if (s->bits[k] == nullptr)
			return -ENOMEM;
		if (guest_get(s->bits[k], s->at[k], s->size) != 0)
			return -EFAULT;
	}
	return 0;
}

static int64_t selection_open(const struct selection *s, struct polled *all)
{
	for (unsigned i = 0; i < s->n; i++) {
		for (unsigned k = 0; k < SETS; k++)
			if (is_in(s->bits[k], i))
				all[i].events |= set_events[k];
		if (all[i].events != 0 && (all[i].d = fd_get((int)i)) == nullptr)
			return -EBADF;
	}
	return 0;
}

static int64_t selection_write(const struct selection *s, const struct polled *all)
{
	int64_t count = 0;

	for (unsigned k = 0; k < SETS; k++) {
		if (s->bits[k] == nullptr)
			continue;
		for (unsigned i = 0; i < s->n; i++) {
			if (!is_in(s->bits[k], i))
				continue;
			if ((all[i].ready & set_ready[k]) != 0)
				count++;
			else
				s->bits[k][i / 64] &= ~(1ull << i % 64);
		}
		if (guest_put(s->at[k], s->bits[k], s->size) != 0)
			return -EFAULT;
	}
	return count;
}

static int64_t select(unsigned n, const uint64_t at[SETS], uint64_t deadline)
{
	struct selection s = { .at = { at[0], at[1], at[2] }, .n = n, .size = (n + 63) / 64 * 8 };
	struct polled *all;
	int64_t result;

	if (n > SELECT_MOST)
		return -EINVAL;
	all = heap_new(n * sizeof(*all) + 1);
	result = all != nullptr ? selection_read(&s) : -ENOMEM;
	if (result == 0)
		result = selection_open(&s, all);
	if (result == 0)
		result = wait_ready(all, n, deadline);
	if (result >= 0)
		result = selection_write(&s, all);
	if (all != nullptr)
		drop(all, n);
	for (unsigned k = 0; k < SETS; k++)
		heap_free(s.bits[k]);
	return result;
}

CALL5(select, uint32_t, n, uint64_t, in, uint64_t, out, uint64_t, except, uint64_t, timeout)
{
	struct __kernel_old_timeval t;
	uint64_t deadline = TIME_NEVER;
	int64_t result = 0;

	if (timeout != 0 && guest_get(&t, timeout, sizeof(t)) != 0)
		return -EFAULT;
	if (timeout != 0) {
		struct __kernel_timespec ts = { (int64_t)((uint64_t)t.tv_sec +
							  (uint64_t)(t.tv_usec / 1'000'000)),
						t.tv_usec % 1'000'000 * 1000 };
		uint64_t ns = 0;
		result = timespec_ns(&ts, &ns);
		deadline = deadline_of(ns);
	}
	if (result == 0)
		result = select(n, (uint64_t[]){ in, out, except }, deadline);
	if (timeout != 0 && (process.personality & STICKY_TIMEOUTS) == 0) {
		uint64_t now = clock_now(), left = deadline > now ? deadline - now : 0;
		t = (struct __kernel_old_timeval){ (long)(left / SECOND),
						   (long)(left % SECOND / 1000) };
		(void)guest_put(timeout, &t, sizeof(t)); /* as Linux */
	}
	return result;
}

CALL6(pselect6, uint32_t, n, uint64_t, in, uint64_t, out, uint64_t, except, uint64_t, timeout,
      uint64_t, mask)
{
	struct {
		uint64_t set, size;
	} m = {};
	uint64_t deadline;
	int64_t result = poll_deadline(timeout, &deadline);

	if (result == 0 && mask != 0)
		result = guest_get(&m, mask, sizeof(m));
	if (result == 0)
		result = poll_mask_set(m.set, m.size);
	if (result != 0)
		return result;
	result = select(n, (uint64_t[]){ in, out, except }, deadline);
	poll_mask_back(m.set, result);
	put_left(timeout, deadline);
	return result;
}
