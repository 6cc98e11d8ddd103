/* SPDX-License-Identifier: MPL-2.0 */
/* Reading and writing with waiting, the same for every kind of file. */
#include <asm/poll.h>
#include "posix/core/call.h"
#include "posix/core/wait.h"
#include "posix/files/description.h"
#include "posix/files/limit.h"
#include "protocol/file.h"
#include "abi/kernel.h"
#include "abi/user.h"

bool description_is_nonblocking(const struct description *d)
{
	return (atomic_load_explicit(&d->state->status, memory_order_relaxed) & STATUS_NONBLOCK) !=
	       0;
}

int64_t description_wait(struct description *d, uint32_t events, uint64_t deadline)
{
	struct wait_for w;
	int64_t error;

	if (d->ops->wait == nullptr)
		return 0;
	error = d->ops->wait(d, events, &w);
	if (error != 0)
		return error;
	if (d->ops->ready != nullptr && d->ops->ready(d, events) != 0)
		return 0; /* it came before we began to wait */
	return wait_object(w.object, w.signals | SIGNAL_PEER_CLOSED, 0, deadline);
}

int64_t description_read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	int64_t n;

	if (d->ops->read == nullptr)
		return -EINVAL;
	while ((n = d->ops->read(d, to, size, at)) == -EAGAIN && !d->ops->waits &&
	       !description_is_nonblocking(d)) {
		int64_t error = description_wait(d, POLLIN, TIME_NEVER);
		if (error != 0)
			return error;
	}
	return n;
}

int64_t description_write(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	uint64_t done = 0;

	if (d->ops->write == nullptr)
		return -EINVAL;
	int64_t error = limit_write(d, at, &size);
	if (error != 0)
		return error;
	for (;;) {
		int64_t n = d->ops->write(d, from + done, size - done,
					  at == FILE_AT_STATE ? at : at + done);

		if (n > 0)
			done += (uint64_t)n;
		if ((n >= 0 && (done == size || n == 0)) || (n < 0 && n != -EAGAIN))
			return done > 0 ? (int64_t)done : n;
		if (description_is_nonblocking(d) || (d->ops->waits && n == -EAGAIN))
			return done > 0 ? (int64_t)done : -EAGAIN;
		if (n >= 0)
			continue;
		n = description_wait(d, POLLOUT, TIME_NEVER);
		if (n != 0)
			return done > 0 ? (int64_t)done : n;
	}
}
