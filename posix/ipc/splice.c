/* SPDX-License-Identifier: MPL-2.0 */
/* splice, tee, vmsplice: data by way of a pipe. It is copied; no page changes hands. */
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <sys/uio.h>
#include "abi/kernel.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/files/description.h"
#include "posix/files/move.h"
#include "posix/ipc/pipe.h"
#include "protocol/file.h"

constexpr uint32_t NONBLOCK = 2, FLAGS = 15; /* SPLICE_F_ */
constexpr uint64_t RANGES_MOST = 1024;       /* UIO_MAXIOV */

/* Until the pipe is ready for that; EAGAIN. */
static int64_t await(struct description *pipe, uint32_t events, bool may_wait)
{
	if (!may_wait)
		return -EAGAIN;
	return description_wait(pipe, events, TIME_NEVER);
}

static bool is_same_pipe(const struct description *a, const struct description *b)
{
	return a->node == b->node && a->line == b->line;
}

static int64_t between_pipes(struct description *in, struct description *out, uint64_t size,
			     uint32_t flags, bool move)
{
	bool may_wait = (flags & NONBLOCK) == 0 && !description_is_nonblocking(in) &&
			!description_is_nonblocking(out);
	int64_t n;

	if (is_same_pipe(in, out))
		return -EINVAL;
	while ((n = pipe_to_pipe(in, out, size, move)) == -EAGAIN) {
		bool empty = pipe_filled(in) == 0;
		int64_t error = await(empty ? in : out, empty ? POLLIN : POLLOUT, may_wait);
		if (error != 0)
			return error;
	}
	return n;
}

static int64_t from_pipe(struct description *in, struct description *out, uint64_t *at,
			 uint64_t size, uint32_t flags)
{
	bool may_wait = (flags & NONBLOCK) == 0 && !description_is_nonblocking(in);
	uint64_t none = FILE_AT_STATE;

	while (pipe_filled(in) == 0) {
		if ((in->ops->ready(in, POLLIN) & POLLHUP) != 0 && pipe_filled(in) == 0)
			return 0;
		int64_t error = await(in, POLLIN, may_wait);
		if (error != 0)
			return error;
	}
	if (description_is_nonblocking(out) && out->ops->ready != nullptr &&
	    out->ops->ready(out, POLLOUT) == 0)
		return -EAGAIN;
	uint64_t there = pipe_filled(in);
	return move_data(in, &none, out, at, size < there ? size : there);
}

static int64_t to_pipe(struct description *in, uint64_t *at, struct description *out, uint64_t size,
		       uint32_t flags)
{
	bool may_wait = (flags & NONBLOCK) == 0 && !description_is_nonblocking(out);
	uint64_t none = FILE_AT_STATE;

	while ((out->ops->ready(out, POLLOUT) & (POLLOUT | POLLERR)) == 0) {
		int64_t error = await(out, POLLOUT, may_wait);
		if (error != 0)
			return error;
	}
	uint64_t room = pipe_room(out);
	return move_data(in, at, out, &none, room != 0 && size > room ? room : size);
}

static int64_t place_get(const struct description *d, uint64_t from, uint64_t *place)
{
	*place = FILE_AT_STATE;
	if (from == 0)
		return 0;
	if (is_pipe(d))
		return -ESPIPE;
	if (d->ops->seek == nullptr)
		return -EINVAL;
	if (guest_get(place, from, sizeof(*place)) != 0)
		return -EFAULT;
	return (int64_t)*place < 0 ? -EINVAL : 0;
}

static int64_t splice(struct description *in, uint64_t in_at, struct description *out,
		      uint64_t out_at, uint64_t size, uint32_t flags)
{
	uint64_t read_at, write_at;
	int64_t n = 0;

	if (!is_pipe(in) && !is_pipe(out))
		return -EINVAL;
	if ((n = place_get(in, in_at, &read_at)) != 0 ||
	    (n = place_get(out, out_at, &write_at)) != 0)
		return n;
	if (S_ISDIR(in->mode) || (atomic_load(&out->state->status) & STATUS_APPEND) != 0)
		return -EINVAL;
	n = is_pipe(in) && is_pipe(out) ? between_pipes(in, out, size, flags, true)
	    : is_pipe(in)               ? from_pipe(in, out, &write_at, size, flags)
					: to_pipe(in, &read_at, out, size, flags);
	if (n > 0 && ((in_at != 0 && guest_put(in_at, &read_at, sizeof(read_at)) != 0) ||
		      (out_at != 0 && guest_put(out_at, &write_at, sizeof(write_at)) != 0)))
		return -EFAULT;
	return n;
}

CALL6(splice, int, from, uint64_t, from_at, int, to, uint64_t, to_at, uint64_t, size, uint32_t,
      flags)
{
	struct description *in = nullptr, *out = nullptr;
	int64_t result = 0;

	if (size == 0)
		return 0;
	if ((flags & ~FLAGS) != 0)
		return -EINVAL;
	in = fd_get_for(from, 1);
	out = fd_get_for(to, 2);
	result = in == nullptr || out == nullptr ? -EBADF
						 : splice(in, from_at, out, to_at, size, flags);
	description_drop(in);
	description_drop(out);
	return result;
}

CALL4(tee, int, from, int, to, uint64_t, size, uint32_t, flags)
{
	struct description *in, *out;
	int64_t result;

	if ((flags & ~FLAGS) != 0)
		return -EINVAL;
	if (size == 0)
		return 0;
	in = fd_get_for(from, 1);
	out = fd_get_for(to, 2);
	result = in == nullptr || out == nullptr ? -EBADF
		 : !is_pipe(in) || !is_pipe(out) ? -EINVAL
						 : between_pipes(in, out, size, flags, false);
	description_drop(in);
	description_drop(out);
	return result;
}

/* One range, as far as it goes; it waits only if nothing was moved before. */
static int64_t range_move(struct description *pipe, const struct iovec *range, bool may_wait)
{
	bool writes = (pipe->access & 2) != 0;
	uint64_t at = (uint64_t)range->iov_base, size = range->iov_len;
	int64_t n;

	while ((n = writes ? pipe->ops->write(pipe, at, size, FILE_AT_STATE)
			   : pipe->ops->read(pipe, at, size, FILE_AT_STATE)) == -EAGAIN) {
		int64_t error = await(pipe, writes ? POLLOUT : POLLIN, may_wait);
		if (error != 0)
			return error;
	}
	return n;
}

static int64_t ranges_move(struct description *pipe, uint64_t ranges, uint64_t count, bool may_wait)
{
	int64_t done = 0, n = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct iovec range;
		n = guest_get(&range, ranges + i * sizeof(range), sizeof(range));
		if (n == 0 && range.iov_len > 0)
			n = range_move(pipe, &range, may_wait && done == 0);
		if (n < 0)
			break;
		done += n;
		if ((uint64_t)n < range.iov_len)
			break;
	}
	return done > 0 ? done : n;
}

CALL4(vmsplice, int, fd, uint64_t, ranges, uint64_t, count, uint32_t, flags)
{
	struct description *d;
	int64_t result = -EBADF;

	if ((flags & ~FLAGS) != 0)
		return -EINVAL;
	d = fd_get(fd);
	if (d != nullptr && count > RANGES_MOST)
		result = -EINVAL;
	else if (d != nullptr && is_pipe(d))
		result = ranges_move(d, ranges, count,
				     (flags & NONBLOCK) == 0 && !description_is_nonblocking(d));
	description_drop(d);
	return result;
}
