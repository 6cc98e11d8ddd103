/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Operations take guest memory; what we move for ourselves passes through a piece of it that the
 * program does not know of.
 */
#include "posix/files/move.h"
#include <asm/poll.h>
#include <linux/stat.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/ipc/pipe.h"
#include "posix/mm/maps.h"
#include "protocol/file.h"

constexpr uint64_t PIECE = 65536;

static int64_t buffer_map(uint64_t size, uint64_t *at)
{
	struct map_request r = { .size = size, .flags = MAP_IS_READABLE | MAP_IS_WRITABLE };

	mutex_lock(&process.locks.maps);
	int64_t result = maps_add(&r);
	mutex_unlock(&process.locks.maps);
	*at = (uint64_t)result;
	return result < 0 ? result : 0;
}

static void buffer_unmap(uint64_t at, uint64_t size)
{
	mutex_lock(&process.locks.maps);
	(void)maps_remove(at, size); /* what stays mapped is only memory */
	mutex_unlock(&process.locks.maps);
}

int64_t piece_write(struct description *d, const void *from, size_t n, unsigned tries)
{
	uint64_t at, size = page_up(n);
	int64_t result = buffer_map(size, &at);

	if (result != 0)
		return result;
	result = guest_put(at, from, n);
	for (unsigned i = 0; result == 0 && i < tries; i++) {
		result = description_write(d, at, n, FILE_AT_STATE);
		if (result != -ERESTARTSYS || process.exiting)
			break;
		result = 0;
		(void)fut_thread_yield(); /* never fails */
	}
	buffer_unmap(at, size);
	return result;
}

static void advance(uint64_t *at, int64_t n)
{
	if (*at != FILE_AT_STATE)
		*at += (uint64_t)n;
}

/* What was read and could not be written goes back. */
static void put_back(struct description *in, uint64_t *read_at, int64_t n)
{
	if (*read_at == FILE_AT_STATE)
		atomic_fetch_sub(&in->state->offset, (uint64_t)n);
	else
		*read_at -= (uint64_t)n;
}

/* What came from where it cannot go back to is written however long that takes. */
static int64_t write_all(struct description *out, uint64_t from, int64_t size, uint64_t at)
{
	int64_t done = 0, n = 0;

	while (done < size && !process.exiting) {
		n = description_write(out, from + (uint64_t)done, (uint64_t)(size - done),
				      at == FILE_AT_STATE ? at : at + (uint64_t)done);
		if (n == -EAGAIN)
			n = description_wait(out, POLLOUT, TIME_NEVER);
		else if (n > 0)
			done += n;
		if (n == -ERESTARTSYS)
			(void)fut_thread_yield(); /* never fails */
		else if (n < 0)
			break;
	}
	return done > 0 ? done : n;
}

/* One piece. Who has no place to go back to is asked for no more than is written at once; only a
 * pipe, before a file that may be full, keeps what is not. */
static int64_t move_piece(struct description *in, uint64_t read_at, struct description *out,
			  uint64_t write_at, uint64_t buffer, uint64_t size, int64_t *got)
{
	bool keeps = is_pipe(in) && S_ISREG(out->mode);
	uint32_t index = 0;

	*got = keeps ? pipe_peek(in, buffer, size, &index)
		     : description_read(in, buffer, size, read_at);
	if (*got <= 0)
		return *got;
	int64_t n = keeps || in->ops->seek != nullptr
			    ? description_write(out, buffer, (uint64_t)*got, write_at)
			    : write_all(out, buffer, *got, write_at);
	if (keeps && n > 0)
		pipe_skip(in, index, (uint32_t)n);
	return n;
}

int64_t move_data(struct description *in, uint64_t *read_at, struct description *out,
		  uint64_t *write_at, uint64_t size)
{
	uint64_t buffer, done = 0;
	int64_t n = buffer_map(PIECE, &buffer);

	if (n != 0)
		return n;
	while (done < size) {
		uint64_t part = size - done < PIECE ? size - done : PIECE;
		int64_t got;
		n = move_piece(in, *read_at, out, *write_at, buffer, part, &got);
		if (got <= 0)
			break;
		advance(read_at, got);
		if (n < got && in->ops->seek != nullptr)
			put_back(in, read_at, got - (n > 0 ? n : 0));
		if (n <= 0)
			break;
		advance(write_at, n);
		done += (uint64_t)n;
		if (n < got || (in->ops->seek == nullptr && n < (int64_t)part))
			break; /* who has no more now may wait for more */
	}
	buffer_unmap(buffer, PIECE);
	return done > 0 ? (int64_t)done : n;
}
