/* SPDX-License-Identifier: MPL-2.0 */
/* timerfd: the kernel's event wakes who waits; how
 * often it has expired is reckoned from the time. */
#include <asm/poll.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include "abi/user.h"
#include "posix/abi/counter.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/wait.h"
#include "posix/files/open_flags.h"
#include "posix/ipc/counter.h"
#include "posix/ipc/shared.h"
#include "posix/time/timespec.h"

static struct timer_shared *shared(const struct description *d)
{
	return d->own;
}

/* For the next time alone, as on Linux: one that nobody reads costs nothing. */
static void arm(struct description *d)
{
	uint64_t next = atomic_load(&shared(d)->next);

	(void)fut_event_timer(d->b, next != 0 ? next : TIME_NEVER, 0); /* ours */
}

/* Expirations that nobody has read; `next` becomes the time after them. */
static uint64_t expired(const struct timer_shared *s, uint64_t now, uint64_t *next)
{
	uint64_t at = atomic_load(&s->next), interval = atomic_load(&s->interval), n;

	*next = at;
	if (at == 0 || now < at)
		return 0;
	n = interval != 0 ? 1 + (now - at) / interval : 1;
	*next = interval != 0 ? at + n * interval : 0;
	return n;
}

static int64_t read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	uint64_t was = atomic_load(&shared(d)->next), next, n;

	(void)at;
	if (size < sizeof(n))
		return -EINVAL;
	n = expired(shared(d), clock_now(), &next);
	if (n == 0 || !atomic_compare_exchange_strong(&shared(d)->next, &was, next))
		return -EAGAIN;
	arm(d);
	return guest_put(to, &n, sizeof(n)) != 0 ? -EFAULT : (int64_t)sizeof(n);
}

static uint32_t ready(struct description *d, uint32_t events)
{
	uint64_t next;

	return expired(shared(d), clock_now(), &next) > 0 ? events & (POLLIN | POLLRDNORM) : 0;
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	(void)events;
	*w = (struct wait_for){ .object = d->b, .signals = SIGNAL_TIMER };
	return 0;
}

static void close_timer(struct description *d)
{
	shared_unmap(d, COUNTER_SIZE);
}

static const struct description_ops timer_ops = {
	.name = "anon_inode:[timerfd]",
	.read = read,
	.ready = ready,
	.wait = wait,
	.close = close_timer,
};

int64_t timer_import(fut_handle memory, fut_handle event, struct description **d)
{
	int64_t error = shared_import(&timer_ops, DESCRIPTOR_TIMER, COUNTER_SIZE, memory, event, d);

	if (error == 0)
		(*d)->state = &shared(*d)->state;
	return error;
}

static bool is_wall(uint32_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

CALL2(timerfd_create, uint32_t, clock, uint32_t, flags)
{
	struct description *d;
	int64_t error;

	if (!is_wall(clock) && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
	    clock != CLOCK_BOOTTIME_ALARM)
		return -EINVAL;
	if ((flags & ~(uint32_t)(TFD_CLOEXEC | TFD_NONBLOCK)) != 0)
		return -EINVAL;
	error = shared_new(&timer_ops, DESCRIPTOR_TIMER, COUNTER_SIZE, &d);
	if (error != 0)
		return error;
	d->state = &shared(d)->state;
	shared(d)->clock = clock;
	atomic_store(&d->state->status, status_of_flags(flags & TFD_NONBLOCK));
	return fd_add(d, (flags & TFD_CLOEXEC) != 0, 0);
}

static struct description *timer_get(int fd, int64_t *error)
{
	struct description *d = fd_get(fd);

	*error = d == nullptr ? -EBADF : d->ops != &timer_ops ? -EINVAL : 0;
	return d;
}

static void left(const struct timer_shared *s, struct __kernel_itimerspec *t)
{
	uint64_t next, now = clock_now();

	(void)expired(s, now, &next); /* only the next is asked for */
	t->it_interval = timespec_of(atomic_load(&s->interval));
	t->it_value = timespec_of(next > now ? next - now : 0);
}

/* When it is to expire first, since boot. */
static uint64_t first_of(const struct timer_shared *s, uint64_t value, bool absolute)
{
	uint64_t now = clock_now();

	if (!absolute)
		return value < INT64_MAX - now ? now + value : INT64_MAX;
	if (is_wall(s->clock))
		value = deadline_of_wall(value);
	return value;
}

CALL4(timerfd_settime, int, fd, uint32_t, flags, uint64_t, new, uint64_t, old)
{
	struct __kernel_itimerspec t, was;
	uint64_t value, interval;
	int64_t error;
	struct description *d = timer_get(fd, &error);

	if (error == 0 && (flags & ~(uint32_t)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0)
		error = -EINVAL;
	if (error == 0)
		error = guest_get(&t, new, sizeof(t));
	if (error == 0 &&
	    (timespec_ns(&t.it_value, &value) != 0 || timespec_ns(&t.it_interval, &interval) != 0))
		error = -EINVAL;
	if (error == 0) {
		struct timer_shared *s = shared(d);
		left(s, &was);
		atomic_store(&s->interval, value != 0 ? interval : 0);
		atomic_store(&s->next,
			     value != 0 ? first_of(s, value, flags & TFD_TIMER_ABSTIME) : 0);
		arm(d);
		if (old != 0)
			error = guest_put(old, &was, sizeof(was));
	}
	description_drop(d);
	return error;
}

CALL2(timerfd_gettime, int, fd, uint64_t, to)
{
	struct __kernel_itimerspec t;
	int64_t error;
	struct description *d = timer_get(fd, &error);

	if (error == 0) {
		left(shared(d), &t);
		error = guest_put(to, &t, sizeof(t));
	}
	description_drop(d);
	return error;
}
