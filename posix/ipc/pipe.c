/* SPDX-License-Identifier: MPL-2.0 */
/* Pipes and FIFOs. */
#include "posix/ipc/pipe.h"
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/stat.h>
#include <string.h>
#include "abi/user.h"
#include "posix/abi/pipe.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/shared_lock.h"
#include "posix/core/wait.h"
#include "posix/files/async.h"
#include "posix/files/path.h"
#include "posix/signal/deliver.h"
#include "protocol/file.h"

/* description.own */
struct pipe_end {
	struct pipe_shared *shared;
	uint64_t mapped;   /* bytes */
	fut_handle memory; /* of a FIFO, whose `a` is the session: as long as it is open the
			      server counts us. 0: a pipe */
	uint32_t seen;     /* who had come to the other side and gone when we opened this one */
};

static struct pipe_end *end_of(const struct description *d)
{
	return d->own;
}

static struct pipe_shared *shared(const struct description *d)
{
	return end_of(d)->shared;
}

static char *ring(const struct description *d)
{
	return (char *)shared(d) + PIPE_HEADER;
}

/* The ring's size; a liar's stays within what is mapped. */
static uint32_t size_of(const struct description *d)
{
	uint32_t size = atomic_load_explicit(&shared(d)->size, memory_order_relaxed);
	bool good = size >= PIPE_ATOMIC && (size & (size - 1)) == 0 &&
		    size <= end_of(d)->mapped - PIPE_HEADER;

	return good ? size : PIPE_ATOMIC;
}

/* Bytes that wait; a liar's are no more than fit. */
static uint32_t filled(const struct description *d)
{
	struct pipe_shared *p = shared(d);
	uint32_t n = atomic_load(&p->write.index) - atomic_load(&p->read.index);

	return n <= size_of(d) ? n : size_of(d);
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

	return p->fifo != 0 ? atomic_load(&other->opened) == 0
			    : is_signalled(d, SIGNAL_PEER_CLOSED);
}

/* We made progress. False if nobody is left at the other side. */
static bool wake(const struct description *d, struct pipe_side *other)
{
	if (atomic_load(&other->waits) == 0)
		return true;
	atomic_store(&other->waits, 0);
	/* Whoever opened a FIFO for both waits at the readers' end, as either. */
	if (shared(d)->fifo != 0)
		(void)fut_event_signal(d->b, PIPE_NEWS, 0); /* ours */
	return fut_event_signal_peer(d->b, PIPE_NEWS, 0) != ERR_PEER_CLOSED;
}

/* Copy between the guest and the ring, which may wrap: bytes that were copied. */
static uint32_t copy(const struct description *d, uint32_t index, uint64_t guest, uint32_t n,
		     bool out)
{
	uint32_t size = size_of(d), at = index & (size - 1);
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
	if (filled(d) == 0) {
		if (!is_alone(d, &p->write))
			return -EAGAIN;
		if (filled(d) == 0)
			return 0;
	}
	shared_lock(&p->read.lock);
	n = filled(d);
	bool was_full = n == size_of(d);
	if (n > size)
		n = (uint32_t)size;
	done = copy(d, atomic_load(&p->read.index), to, n, true);
	atomic_fetch_add(&p->read.index, done);
	shared_unlock(&p->read.lock);
	(void)wake(d, &p->write); /* without writers the rest is still ours */
	if (was_full)
		async_tell(&p->write.state);
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
	if (atomic_load(&p->read.waits) == 0 && is_alone(d, &p->read))
		return broken(); /* else waking tells */
	shared_lock(&p->write.lock);
	room = size_of(d) - filled(d);
	n = size < room ? (uint32_t)size : room;
	if (n < size && size <= PIPE_ATOMIC)
		n = 0; /* all or nothing */
	done = n > 0 ? copy(d, atomic_load(&p->write.index), from, n, false) : 0;
	atomic_fetch_add(&p->write.index, done);
	shared_unlock(&p->write.lock);
	if (done > 0 && !wake(d, &p->read))
		return broken();
	if (done > 0)
		async_tell(&p->read.state);
	return n == 0 ? -EAGAIN : done == 0 ? -EFAULT : (int64_t)done;
}

static uint32_t room_to_write(const struct description *d)
{
	return size_of(d) - filled(d) >= PIPE_ATOMIC ? POLLOUT | POLLWRNORM : 0;
}

static uint32_t ready_to_write(struct description *d)
{
	if (is_alone(d, &shared(d)->read))
		return POLLERR | POLLOUT | POLLWRNORM;
	return room_to_write(d);
}

static uint32_t bytes_to_read(const struct description *d)
{
	return filled(d) > 0 ? POLLIN | POLLRDNORM : 0;
}

static uint32_t ready_to_read(struct description *d)
{
	struct pipe_shared *p = shared(d);
	uint32_t now = bytes_to_read(d);

	if (is_alone(d, &p->write) &&
	    (p->fifo == 0 || atomic_load(&p->write.ever) != end_of(d)->seen))
		now |= POLLHUP;
	return now;
}

static uint32_t ready(struct description *d, uint32_t events)
{
	uint32_t now = 0;

	if ((d->access & 2) != 0)
		now |= ready_to_write(d);
	if ((d->access & 1) != 0)
		now |= ready_to_read(d);
	return now & (events | POLLERR | POLLHUP);
}

/* Is something ready, as far as the ring tells? For who is about to wait, which the other side's
 * end ends at once. */
static bool ring_is_ready(struct description *d, uint32_t events)
{
	uint32_t now = 0;

	if (shared(d)->fifo != 0)
		return ready(d, events) != 0; /* it tells all */
	if ((d->access & 2) != 0)
		now |= room_to_write(d);
	if ((d->access & 1) != 0)
		now |= bytes_to_read(d);
	return (now & events) != 0;
}

static void expect(struct description *d)
{
	if ((d->access & 2) != 0)
		atomic_store(&shared(d)->write.waits, 1);
	if ((d->access & 1) != 0)
		atomic_store(&shared(d)->read.waits, 1);
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	bool edge = (events & WAIT_EDGE) != 0;

	*w = (struct wait_for){ .object = d->b, .signals = edge ? PIPE_CHANGED : PIPE_WAKE };
	if (edge)
		expect(d);
	if (edge || ring_is_ready(d, events))
		return 0;
	(void)fut_event_signal(d->b, 0, PIPE_WAKE); /* ours */
	expect(d);
	/* What came meanwhile was also for others that wait here, and whose signal this took. */
	if (ring_is_ready(d, events))
		(void)fut_event_signal(d->b, PIPE_WAKE, 0); /* ours */
	return 0;
}

static int64_t control_pipe(struct description *d, uint32_t command, uint64_t argument)
{
	int32_t n = (int32_t)filled(d);

	return command == FIONREAD ? guest_put(argument, &n, sizeof(n)) : -ENOTTY;
}

static void close_pipe(struct description *d)
{
	struct pipe_end *end = end_of(d);

	window_unmap(end->shared, end->mapped);
	if (end->memory != 0)
		(void)fut_handle_close(end->memory); /* ours */
	heap_free(end);
}

static const struct description_ops ops[] = {
	[1] = { .name = "pipe",
		.read = read,
		.ready = ready,
		.wait = wait,
		.ioctl = control_pipe,
		.close = close_pipe },
	[2] = { .name = "pipe",
		.write = write,
		.ready = ready,
		.wait = wait,
		.ioctl = control_pipe,
		.close = close_pipe },
	[3] = { .name = "pipe",
		.read = read,
		.write = write,
		.ready = ready,
		.wait = wait,
		.ioctl = control_pipe,
		.close = close_pipe },
};

bool is_pipe(const struct description *d)
{
	return d->ops >= &ops[1] && d->ops <= &ops[3];
}

/* An end of the pipe that lies in that memory. The
 * handles become the description's, or are closed. */
static int64_t end_new(uint32_t access, fut_handle memory, fut_handle event,
		       struct description **to)
{
	struct description *d = description_new(&ops[access]);
	struct pipe_end *end = heap_new(sizeof(*end));
	uint64_t size = 0, pages;
	uint32_t flags;
	void *at;
	enum err e = d != nullptr && end != nullptr ? fut_vmo_info(memory, &size, &pages, &flags)
						    : ERR_NO_MEMORY;

	if (e == OK && (size <= PIPE_HEADER || size > PIPE_HEADER + PIPE_MOST))
		e = ERR_BAD_ARGUMENT;
	if (e == OK)
		e = window_map(memory, 0, size, MAP_READ | MAP_WRITE | INHERIT_SHARE, &at);
	if (e != OK) {
		(void)fut_handle_close(memory); /* ours */
		(void)fut_handle_close(event);
		heap_free(end);
		heap_free(d);
		return call_error(e);
	}
	*end = (struct pipe_end){ .shared = at, .mapped = size };
	d->a = memory;
	d->b = event;
	d->own = end;
	d->kind = access == 2 ? DESCRIPTOR_PIPE_WRITE : DESCRIPTOR_PIPE_READ;
	d->access = access;
	d->mode = S_IFIFO | 0600;
	d->state = access == 2 ? &shared(d)->write.state : &shared(d)->read.state;
	*to = d;
	return 0;
}

int64_t pipe_import(const struct descriptor *from, fut_handle memory, fut_handle event,
		    struct description **to)
{
	int64_t error = end_new(from->kind == DESCRIPTOR_PIPE_WRITE ? 2 : 1, memory, event, to);

	if (error == 0)
		(*to)->node = from->node;
	return error;
}

/* --- Sizes --- */

int64_t pipe_size(const struct description *d)
{
	return size_of(d);
}

/* The bytes that wait keep their indices, and so move to where these lie in the new ring. */
static int64_t resize(struct description *d, uint32_t size)
{
	uint32_t n = filled(d), old = size_of(d), at = atomic_load(&shared(d)->read.index);
	char *kept = heap_new(n + 1);

	if (kept == nullptr)
		return -ENOMEM;
	if (n > size) {
		heap_free(kept);
		return -EBUSY;
	}
	for (uint32_t i = 0; i < n; i++)
		kept[i] = ring(d)[(at + i) & (old - 1)];
	for (uint32_t i = 0; i < n; i++)
		ring(d)[(at + i) & (size - 1)] = kept[i];
	atomic_store(&shared(d)->size, size);
	heap_free(kept);
	return size;
}

int64_t pipe_resize(struct description *d, uint64_t wanted)
{
	struct pipe_shared *p = shared(d);
	uint32_t size = PIPE_ATOMIC;

	if (wanted > INT32_MAX)
		return -EINVAL;
	if (wanted > end_of(d)->mapped - PIPE_HEADER || p->fixed != 0)
		return -EPERM;
	while (size < wanted)
		size *= 2;
	shared_lock_two(&p->write.lock, &p->read.lock);
	int64_t result = resize(d, size);
	shared_unlock_two(&p->write.lock, &p->read.lock);
	(void)wake(d, &p->write); /* there may be more room */
	return result;
}

/* --- From pipe to pipe --- */

uint32_t pipe_filled(const struct description *d)
{
	return filled(d);
}

uint32_t pipe_room(const struct description *d)
{
	return size_of(d) - filled(d);
}

static void ring_copy(const struct description *in, const struct description *out, uint32_t n)
{
	uint32_t from = atomic_load(&shared(in)->read.index), in_mask = size_of(in) - 1;
	uint32_t to = atomic_load(&shared(out)->write.index), out_mask = size_of(out) - 1;

	for (uint32_t done = 0, part; done < n; done += part) {
		uint32_t at = (from + done) & in_mask, there = (to + done) & out_mask;
		part = n - done;
		if (part > in_mask + 1 - at)
			part = in_mask + 1 - at;
		if (part > out_mask + 1 - there)
			part = out_mask + 1 - there;
		memcpy(ring(out) + there, ring(in) + at, part);
	}
}

int64_t pipe_peek(struct description *in, uint64_t to, uint64_t size, uint32_t *index)
{
	struct pipe_shared *from = shared(in);
	uint32_t mask, n, error = 0;

	shared_lock(&from->read.lock);
	*index = atomic_load(&from->read.index);
	mask = size_of(in) - 1;
	n = filled(in) < size ? filled(in) : (uint32_t)size;
	for (uint32_t done = 0, part; done < n && error == 0; done += part) {
		uint32_t at = (*index + done) & mask;
		part = n - done < mask + 1 - at ? n - done : mask + 1 - at;
		error = guest_put(to + done, ring(in) + at, part) != 0;
	}
	shared_unlock(&from->read.lock);
	return error != 0 ? -EFAULT : n;
}

void pipe_skip(struct description *in, uint32_t index, uint32_t n)
{
	struct pipe_shared *from = shared(in);

	shared_lock(&from->read.lock);
	bool is_there = atomic_load(&from->read.index) == index;
	if (is_there)
		atomic_store(&from->read.index, index + n);
	shared_unlock(&from->read.lock);
	if (is_there)
		(void)wake(in, &from->write); /* the rest is ours */
}

int64_t pipe_to_pipe(struct description *in, struct description *out, uint64_t size, bool move)
{
	struct pipe_shared *from = shared(in), *to = shared(out);
	uint32_t n;

	if (is_alone(out, &to->read))
		return broken();
	if (filled(in) == 0 && is_alone(in, &from->write) && filled(in) == 0)
		return 0;
	shared_lock_two(&from->read.lock, &to->write.lock);
	n = filled(in) < pipe_room(out) ? filled(in) : pipe_room(out);
	if (n > size)
		n = (uint32_t)size;
	ring_copy(in, out, n);
	if (move)
		atomic_fetch_add(&from->read.index, n);
	atomic_fetch_add(&to->write.index, n);
	shared_unlock_two(&from->read.lock, &to->write.lock);
	if (n == 0)
		return -EAGAIN;
	if (move)
		(void)wake(in, &from->write); /* the rest is ours */
	(void)wake(out, &to->read);           /* its end was looked for */
	return n;
}

/* --- New ones --- */

static enum err make(fut_handle memory[2], fut_handle events[2])
{
	struct pipe_shared start = { .size = PIPE_SIZE };
	enum err e = fut_vmo_create(PIPE_HEADER + PIPE_MOST, 0, &memory[0]);

	if (e != OK)
		return e;
	e = fut_vmo_write(memory[0], 0, &start, sizeof(start));
	if (e == OK)
		e = fut_handle_duplicate(memory[0], RIGHTS_VMO, &memory[1]);
	if (e == OK && (e = fut_event_create_pair(&events[0], &events[1])) != OK)
		(void)fut_handle_close(memory[1]); /* ours */
	if (e != OK)
		(void)fut_handle_close(memory[0]); /* ours */
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

/* --- FIFOs --- */

/* Opening waits until the other side is open too, or was since. */
static int64_t fifo_meet(struct description *d, bool may_wait)
{
	struct pipe_shared *p = shared(d);
	struct pipe_side *other = d->access == 1 ? &p->write : &p->read;

	if (d->access == 3)
		return 0;
	if (!may_wait)
		return d->access == 2 && atomic_load(&p->read.opened) == 0 ? -ENXIO : 0;
	while (atomic_load(&other->opened) == 0 && atomic_load(&other->ever) == end_of(d)->seen) {
		(void)fut_event_signal(d->b, 0, PIPE_WAKE); /* ours */
		if (atomic_load(&other->opened) != 0 ||
		    atomic_load(&other->ever) != end_of(d)->seen)
			break;
		int64_t error = wait_object(d->b, PIPE_WAKE, 0, TIME_NEVER);
		if (error != 0)
			return error;
	}
	(void)fut_event_signal(d->b, PIPE_WAKE, 0); /* ours: others may wait for the same */
	return 0;
}

static int64_t fifo_end(const struct description *node, struct description **d)
{
	struct remote r = { .session = node->a };
	fut_handle memory, event;
	uint32_t seen;
	enum err e = file_pipe(&r, &memory, &event, &seen);

	if (e != OK)
		return e == ERR_BAD_STATE ? -ENXIO : file_error(e);
	int64_t error = end_new(node->access, memory, event, d);
	if (error == 0)
		end_of(*d)->seen = seen;
	return error;
}

/* The end `d` takes the place of the node that it was opened by. */
static void fifo_replace(struct description **node, struct description *d)
{
	end_of(d)->memory = d->a;
	d->a = (*node)->a;
	(*node)->a = 0;
	d->state = (*node)->state;
	d->line = (*node)->line; /* where the state is mapped */
	(*node)->line = nullptr;
	d->kind = DESCRIPTOR_FIFO;
	d->slot = (*node)->slot;
	d->mount = (*node)->mount;
	d->mode = (*node)->mode;
	d->node = (*node)->node;
	d->path = (*node)->path;
	(*node)->path = nullptr;
	description_drop(*node);
	*node = d;
}

int64_t fifo_become(struct description **node, uint32_t status)
{
	struct description *d;
	int64_t error = fifo_end(*node, &d);

	if (error != 0)
		return error;
	error = fifo_meet(d, (status & STATUS_NONBLOCK) == 0);
	if (error == 0)
		fifo_replace(node, d);
	else
		description_drop(d);
	return error;
}

int64_t fifo_import(struct description **node)
{
	struct description *d;
	int64_t error = fifo_end(*node, &d);

	if (error == 0)
		fifo_replace(node, d);
	return error;
}
