/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/ipc/pipe.h"
#include <asm/poll.h>
#include <linux/stat.h>
#include "abi/user.h"
#include "posix/abi/pipe.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/shared_lock.h"
#include "posix/signal/deliver.h"

static struct pipe_shared *shared(const struct description *d)
{
	return d->own;
}

static char *ring(const struct description *d)
{
	return (char *)d->own + PIPE_HEADER;
}

static uint32_t size_of(const struct pipe_shared *p)
{
	return p->size >= PIPE_ATOMIC && p->size <= PIPE_MOST && (p->size & (p->size - 1)) == 0 ? p->size
												: PIPE_SIZE;
}

/* Bytes that wait. A liar's indices are bounded. */
static uint32_t filled(const struct pipe_shared *p)
{
	uint32_t n = atomic_load(&p->write.index) - atomic_load(&p->read.index);

	return n <= size_of(p) ? n : size_of(p);
}

static bool is_signalled(const struct description *d, uint64_t signal)
{
	uint64_t got;

	return fut_wait(d->b, signal, 0, 0, &got) == OK;
}

/* Is nobody left at the other side? */
static bool is_alone(const struct description *d, const struct pipe_side *other)
{
	struct pipe_shared *p = shared(d);

	return p->fifo != 0 ? atomic_load(&other->opened) == 0 : is_signalled(d, SIGNAL_PEER_CLOSED);
}

static void wake(const struct description *d, struct pipe_side *other)
{
	if (atomic_load(&other->waits) != 0) {
		atomic_store(&other->waits, 0);
		(void)fut_event_signal_peer(d->b, PIPE_WAKE, 0); /* nobody there: nobody waits */
	}
}

/* Copy between the guest and the ring, which may wrap: bytes that were copied. */
static uint32_t copy(const struct description *d, uint32_t index, uint64_t guest, uint32_t n, bool out)
{
	uint32_t size = size_of(shared(d)), at = index & (size - 1);
	uint32_t first = n < size - at ? n : size - at, done;

	done = (uint32_t)(out ? guest_put_some(guest, ring(d) + at, first)
			      : guest_get_some(ring(d) + at, guest, first));
	if (done == first && n > first)
		done += (uint32_t)(out ? guest_put_some(guest + first, ring(d), n - first)
				       : guest_get_some(ring(d), guest + first, n - first));
	return done;
}

static int64_t read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	struct pipe_shared *p = shared(d);
	uint32_t n, done;

	(void)at;
	if (size == 0)
		return 0;
	if (filled(p) == 0) {
		if (!is_alone(d, &p->write))
			return -EAGAIN;
		if (filled(p) == 0)
			return 0;
	}
	shared_lock(&p->read.lock);
	n = filled(p);
	if (n > size)
		n = (uint32_t)size;
	done = copy(d, atomic_load(&p->read.index), to, n, true);
	atomic_fetch_add(&p->read.index, done);
	shared_unlock(&p->read.lock);
	wake(d, &p->write);
	return n == 0 ? -EAGAIN : done == 0 ? -EFAULT : (int64_t)done;
}

static int64_t broken(void)
{
	signal_raise(self(), &(siginfo_t){ .si_signo = SIGPIPE, .si_code = SI_USER });
	return -EPIPE;
}

static int64_t write(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	struct pipe_shared *p = shared(d);
	uint32_t room, n, done;

	(void)at;
	if (size == 0)
		return 0;
	if (is_alone(d, &p->read))
		return broken();
	shared_lock(&p->write.lock);
	room = size_of(p) - filled(p);
	n = size < room ? (uint32_t)size : room;
	if (n < size && size <= PIPE_ATOMIC)
		n = 0; /* all or nothing */
	done = n > 0 ? copy(d, atomic_load(&p->write.index), from, n, false) : 0;
	atomic_fetch_add(&p->write.index, done);
	shared_unlock(&p->write.lock);
	if (done > 0)
		wake(d, &p->read);
	return n == 0 ? -EAGAIN : done == 0 ? -EFAULT : (int64_t)done;
}

static bool is_writer(const struct description *d)
{
	return (d->access & 2) != 0;
}

static uint32_t ready(struct description *d, uint32_t events)
{
	struct pipe_shared *p = shared(d);
	uint32_t now = 0;

	if (is_writer(d)) {
		if (is_alone(d, &p->read))
			now |= POLLERR | POLLOUT;
		else if (size_of(p) - filled(p) >= PIPE_ATOMIC)
			now |= POLLOUT;
	} else {
		if (filled(p) > 0)
			now |= POLLIN;
		else if (is_alone(d, &p->write) && (p->fifo == 0 || atomic_load(&p->write.ever) != 0))
			now |= POLLHUP;
	}
	return now & (events | POLLERR | POLLHUP);
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	struct pipe_shared *p = shared(d);

	(void)events;
	*w = (struct wait_for){ .object = d->b, .signals = PIPE_WAKE, .clear = PIPE_WAKE };
	atomic_store(is_writer(d) ? &p->write.waits : &p->read.waits, 1);
	return 0;
}

static void close_pipe(struct description *d)
{
	window_unmap(d->own, PIPE_HEADER + size_of(shared(d)));
}

static const struct description_ops read_ops = {
	.name = "pipe", .read = read, .ready = ready, .wait = wait, .close = close_pipe,
};
static const struct description_ops write_ops = {
	.name = "pipe", .write = write, .ready = ready, .wait = wait, .close = close_pipe,
};

int64_t pipe_import(const struct descriptor *from, fut_handle memory, fut_handle event, struct description **to)
{
	bool writes = from->kind == DESCRIPTOR_PIPE_WRITE;
	struct description *d = description_new(writes ? &write_ops : &read_ops);
	uint64_t size = 0, pages;
	uint32_t flags;
	void *at;
	enum err e = d != nullptr ? fut_vmo_info(memory, &size, &pages, &flags) : ERR_NO_MEMORY;

	if (e == OK && (size <= PIPE_HEADER || size > PIPE_HEADER + PIPE_MOST))
		e = ERR_BAD_ARGUMENT;
	if (e == OK)
		e = window_map(memory, 0, size, MAP_READ | MAP_WRITE | INHERIT_SHARE, &at);
	if (e != OK) {
		(void)fut_handle_close(memory); /* ours */
		(void)fut_handle_close(event);
		heap_free(d);
		return call_error(e);
	}
	d->a = memory;
	d->b = event;
	d->own = at;
	d->kind = from->kind;
	d->access = writes ? 2 : 1;
	d->mode = S_IFIFO | 0600;
	d->node = from->node;
	d->state = writes ? &shared(d)->write.state : &shared(d)->read.state;
	*to = d;
	return 0;
}

static enum err make(fut_handle memory[2], fut_handle events[2])
{
	struct pipe_shared start = { .size = PIPE_SIZE };
	enum err e = fut_vmo_create(PIPE_HEADER + PIPE_SIZE, 0, &memory[0]);

	if (e != OK)
		return e;
	e = fut_vmo_write(memory[0], 0, &start, sizeof(start));
	if (e == OK)
		e = fut_handle_duplicate(memory[0], RIGHTS_VMO, &memory[1]);
	if (e == OK && (e = fut_event_create_pair(&events[0], &events[1])) != OK)
		(void)fut_handle_close(memory[1]); /* ours */
	if (e != OK)
		(void)fut_handle_close(memory[0]);
	return e;
}

int64_t pipe_new(uint32_t status, struct description **read_end, struct description **write_end)
{
	static _Atomic uint64_t made;
	fut_handle memory[2], events[2];
	enum err e = make(memory, events);
	uint64_t node = (uint64_t)process.pid << 32 | ++made;
	struct descriptor reads = { .kind = DESCRIPTOR_PIPE_READ, .node = node };
	struct descriptor writes = { .kind = DESCRIPTOR_PIPE_WRITE, .node = node };
	int64_t error;

	if (e != OK)
		return call_error(e);
	error = pipe_import(&reads, memory[0], events[0], read_end);
	if (error != 0) {
		(void)fut_handle_close(memory[1]); /* ours */
		(void)fut_handle_close(events[1]);
		return error;
	}
	error = pipe_import(&writes, memory[1], events[1], write_end);
	if (error != 0) {
		description_drop(*read_end);
		return error;
	}
	atomic_store(&(*read_end)->state->status, status);
	atomic_store(&(*write_end)->state->status, status);
	return 0;
}
