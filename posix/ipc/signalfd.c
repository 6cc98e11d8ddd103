/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/ipc/signalfd.h"
#include <asm/poll.h>
#include <linux/signalfd.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/open_flags.h"
#include "posix/signal/deliver.h"

fut_handle signal_arrival;

static uint64_t mask_of(const struct description *d)
{
	return d->device; /* it has no other use for it */
}

static uint64_t waiting(const struct description *d)
{
	return (self()->signals.queue.set | process.signals.queue.set) & mask_of(d);
}

static bool take(const struct description *d, siginfo_t *info)
{
	mutex_lock(&process.locks.signals);
	unsigned signal = signal_queue_take(&self()->signals.queue, mask_of(d), info);
	if (signal == 0)
		signal = signal_queue_take(&process.signals.queue, mask_of(d), info);
	mutex_unlock(&process.locks.signals);
	return signal != 0;
}

static struct signalfd_siginfo told(const siginfo_t *info)
{
	struct signalfd_siginfo to = {
		.ssi_signo = (uint32_t)info->si_signo,
		.ssi_errno = info->si_errno,
		.ssi_code = info->si_code,
		.ssi_pid = (uint32_t)info->si_pid,
		.ssi_uid = info->si_uid,
	};

	if (info->si_signo == SIGCHLD) {
		to.ssi_status = info->si_status;
		to.ssi_utime = (uint64_t)info->si_utime;
		to.ssi_stime = (uint64_t)info->si_stime;
	} else if (info->si_code < 0) {
		to.ssi_int = info->si_int;
		to.ssi_ptr = (uint64_t)info->si_ptr;
	}
	return to;
}

static int64_t read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	constexpr uint64_t ONE = sizeof(struct signalfd_siginfo);
	uint64_t done = 0;
	siginfo_t info;

	(void)at;
	if (size < ONE)
		return -EINVAL;
	for (; size - done >= ONE && take(d, &info); done += ONE) {
		struct signalfd_siginfo one = told(&info);
		if (guest_put(to + done, &one, ONE) != 0)
			return done > 0 ? (int64_t)done : -EFAULT;
	}
	return done > 0 ? (int64_t)done : -EAGAIN;
}

static uint32_t ready(struct description *d, uint32_t events)
{
	return waiting(d) != 0 ? events & (POLLIN | POLLRDNORM) : 0;
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	*w = (struct wait_for){ .object = signal_arrival, .signals = 1 };
	if (ready(d, events) != 0)
		return 0;
	(void)fut_event_signal(signal_arrival, 0, 1); /* ours */
	if (ready(d, events) != 0)
		(void)fut_event_signal(signal_arrival, 1, 0); /* ours: others wait for it too */
	return 0;
}

static const struct description_ops signalfd_ops = {
	.name = "anon_inode:[signalfd]",
	.read = read,
	.ready = ready,
	.wait = wait,
};

static int64_t make(uint64_t mask, struct description **to)
{
	if (signal_arrival == 0 && fut_event_create(&signal_arrival) != OK)
		return -ENOMEM;
	struct description *d = description_new(&signalfd_ops);
	if (d == nullptr)
		return -ENOMEM;
	d->kind = DESCRIPTOR_SIGNALS;
	d->access = 1;
	d->mode = 0600;
	d->device = mask;
	*to = d;
	return 0;
}

int64_t signalfd_import(const struct descriptor *from, struct description **d)
{
	return make(from->device & ~SIGNALS_UNBLOCKABLE, d);
}

static int64_t mask_read(uint64_t from, uint64_t size, uint64_t *mask)
{
	if (size != sizeof(*mask))
		return -EINVAL;
	if (guest_get(mask, from, sizeof(*mask)) != 0)
		return -EFAULT;
	*mask &= ~SIGNALS_UNBLOCKABLE;
	return 0;
}

static int64_t change(int fd, uint64_t mask)
{
	struct description *d = fd_get(fd);
	int64_t result = d == nullptr ? -EBADF : d->ops != &signalfd_ops ? -EINVAL : fd;

	if (result >= 0)
		d->device = mask;
	description_drop(d);
	return result;
}

CALL4(signalfd4, int, fd, uint64_t, from, uint64_t, size, uint32_t, flags)
{
	struct description *d;
	uint64_t mask;
	int64_t error = mask_read(from, size, &mask);

	if (error != 0 || (flags & ~(uint32_t)(SFD_CLOEXEC | SFD_NONBLOCK)) != 0)
		return error != 0 ? error : -EINVAL;
	if (fd != -1)
		return change(fd, mask);
	error = make(mask, &d);
	if (error != 0)
		return error;
	atomic_store(&d->state->status, status_of_flags(flags & SFD_NONBLOCK));
	return fd_add(d, (flags & SFD_CLOEXEC) != 0, 0);
}
