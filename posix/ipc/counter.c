/* SPDX-License-Identifier: MPL-2.0 */
/* eventfd. */
#include "posix/ipc/counter.h"
#include <asm/poll.h>
#include <sys/eventfd.h>
#include "abi/user.h"
#include "posix/abi/counter.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/files/open_flags.h"
#include "posix/ipc/shared.h"

constexpr uint64_t MOST = UINT64_MAX - 1;

static struct counter_shared *shared(const struct description *d)
{
	return d->own;
}

static void wake(struct description *d)
{
	if (atomic_load(&shared(d)->waits) != 0 && atomic_exchange(&shared(d)->waits, 0) != 0)
		(void)fut_event_signal(d->b, COUNTER_WAKE | COUNTER_CHANGED, 0); /* ours */
}

static int64_t read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	uint64_t value = atomic_load(&shared(d)->value), taken;

	(void)at;
	if (size < sizeof(value))
		return -EINVAL;
	do {
		if (value == 0)
			return -EAGAIN;
		taken = shared(d)->semaphore != 0 ? 1 : value;
	} while (!atomic_compare_exchange_weak(&shared(d)->value, &value, value - taken));
	wake(d);
	return guest_put(to, &taken, sizeof(taken)) != 0 ? -EFAULT : (int64_t)sizeof(taken);
}

static int64_t write(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	uint64_t value = atomic_load(&shared(d)->value), added;

	(void)at;
	if (size < sizeof(added))
		return -EINVAL;
	if (guest_get(&added, from, sizeof(added)) != 0)
		return -EFAULT;
	if (added > MOST)
		return -EINVAL;
	do {
		if (value > MOST - added)
			return -EAGAIN;
	} while (!atomic_compare_exchange_weak(&shared(d)->value, &value, value + added));
	wake(d);
	return sizeof(added);
}

static uint32_t ready(struct description *d, uint32_t events)
{
	uint64_t value = atomic_load(&shared(d)->value);

	return ((value > 0 ? POLLIN | POLLRDNORM : 0) | (value < MOST ? POLLOUT | POLLWRNORM : 0)) &
	       events;
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	bool edge = (events & WAIT_EDGE) != 0;

	*w = (struct wait_for){ .object = d->b, .signals = edge ? COUNTER_CHANGED : COUNTER_WAKE };
	if (!edge && ready(d, events) != 0)
		return 0;
	if (!edge)
		(void)fut_event_signal(d->b, 0, COUNTER_WAKE); /* ours */
	atomic_store(&shared(d)->waits, 1);
	if (!edge && ready(d, events) != 0)
		(void)fut_event_signal(d->b, COUNTER_WAKE, 0); /* ours: others wait for it too */
	return 0;
}

static void close_counter(struct description *d)
{
	shared_unmap(d, COUNTER_SIZE);
}

static const struct description_ops counter_ops = {
	.name = "anon_inode:[eventfd]",
	.read = read,
	.write = write,
	.ready = ready,
	.wait = wait,
	.close = close_counter,
};

int64_t counter_import(fut_handle memory, fut_handle event, struct description **d)
{
	int64_t error =
		shared_import(&counter_ops, DESCRIPTOR_COUNTER, COUNTER_SIZE, memory, event, d);

	if (error == 0)
		(*d)->state = &shared(*d)->state;
	return error;
}

CALL2(eventfd2, uint32_t, value, uint32_t, flags)
{
	struct description *d;
	int64_t error;

	if ((flags & ~(uint32_t)(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) != 0)
		return -EINVAL;
	error = shared_new(&counter_ops, DESCRIPTOR_COUNTER, COUNTER_SIZE, &d);
	if (error != 0)
		return error;
	d->state = &shared(d)->state;
	atomic_store(&shared(d)->value, value);
	shared(d)->semaphore = flags & EFD_SEMAPHORE;
	atomic_store(&d->state->status, status_of_flags(flags & EFD_NONBLOCK));
	return fd_add(d, (flags & EFD_CLOEXEC) != 0, 0);
}
