/* SPDX-License-Identifier: MPL-2.0 */
/* Sockets as descriptions: connections, readiness, waiting. */
#include "posix/ipc/socket.h"
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/socket.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/ipc/box.h"
#include "posix/ipc/socket_parts.h"
#include "posix/signal/deliver.h"

/* --- Readiness --- */

static uint32_t ready_connected(const struct socket *s, bool alone)
{
	struct socket_way *in = &s->shared->way[!s->side], *out = &s->shared->way[s->side];
	bool ended = alone || atomic_load(&in->write_ended) != 0;
	uint32_t now = 0;

	if (way_filled(in) > 0 || ended)
		now |= POLLIN | POLLRDNORM;
	if (ended)
		now |= POLLRDHUP;
	if (alone || (ended && atomic_load(&out->write_ended) != 0))
		now |= POLLHUP;
	if (alone || SOCKET_RING - way_filled(out) >= ROOM_ENOUGH)
		now |= POLLOUT | POLLWRNORM;
	return now;
}

static uint32_t ready(struct description *d, uint32_t events)
{
	uint64_t got;
	uint32_t now = 0;

	if (box_is_used(d))
		return box_ready(d) & (events | POLLERR | POLLHUP);
	switch (socket_of(d)->state) {
	case SOCKET_CONNECTED:
		now = ready_connected(socket_of(d), socket_is_alone(d->b));
		break;
	case SOCKET_LISTENING:
		now = fut_wait(d->b, 1, 0, 0, &got) == OK ? POLLIN | POLLRDNORM : 0;
		break;
	default:
		now = POLLOUT | POLLWRNORM | POLLHUP;
	}
	return now & (events | POLLERR | POLLHUP);
}

/* Is something ready, as far as the rings tell? For who is about to wait, which the other side's
 * end ends at once. */
static bool rings_are_ready(const struct socket *s, uint32_t events)
{
	return (ready_connected(s, false) & (events | POLLERR | POLLHUP)) != 0;
}

static void expect(struct socket *s, uint64_t signals)
{
	if ((signals & SOCKET_INPUT) != 0)
		atomic_store(&s->shared->way[!s->side].reader_waits, 1);
	if ((signals & SOCKET_ROOM) != 0)
		atomic_store(&s->shared->way[s->side].writer_waits, 1);
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	struct socket *s = socket_of(d);
	uint64_t signals = ((events & (POLLIN | POLLRDNORM | POLLRDHUP)) != 0 ? SOCKET_INPUT : 0) |
			   ((events & (POLLOUT | POLLWRNORM)) != 0 ? SOCKET_ROOM : 0);

	if (box_is_used(d))
		return box_wait(d, events, w);
	if (s->state == SOCKET_LISTENING) {
		*w = (struct wait_for){ .object = d->b, .signals = 1 };
		return 0;
	}
	if (s->state != SOCKET_CONNECTED)
		return -ENOSYS;
	if (signals == 0)
		signals = SOCKET_INPUT; /* for the end, which it also tells */
	*w = (struct wait_for){ .object = d->b, .signals = signals };
	if ((events & WAIT_EDGE) != 0) {
		w->signals <<= SOCKET_CHANGED_SHIFT;
		expect(s, signals);
		return 0;
	}
	if (rings_are_ready(s, events))
		return 0;
	(void)fut_event_signal(d->b, 0, signals); /* ours */
	expect(s, signals);
	/* What came meanwhile was also for others that wait here, and whose signal this took. */
	if (rings_are_ready(s, events))
		(void)fut_event_signal(d->b, signals, 0); /* ours */
	return 0;
}

/* --- Sending and receiving --- */

uint64_t socket_deadline(uint64_t limit)
{
	return limit != 0 ? clock_now() + limit : TIME_NEVER;
}

int64_t socket_broken(int64_t error, uint32_t flags)
{
	if (error == -EPIPE && (flags & MSG_NOSIGNAL) == 0)
		signal_raise(self(), &(siginfo_t){ .si_signo = SIGPIPE, .si_code = SI_USER });
	return error;
}

/* Skip the first n bytes of the ranges. */
static void data_skip(struct message_data *data, uint64_t n)
{
	data->size -= n;
	while (n > 0 && n >= data->ranges->iov_len) {
		n -= data->ranges->iov_len;
		data->ranges++;
		data->n--;
	}
	if (n > 0) {
		data->ranges->iov_base = (char *)data->ranges->iov_base + n;
		data->ranges->iov_len -= n;
	}
}

bool socket_may_wait(const struct description *d, uint32_t flags)
{
	return (flags & MSG_DONTWAIT) == 0 && !description_is_nonblocking(d);
}

void message_extra_init(struct message_extra *x, const struct socket *s)
{
	x->pid = process.pid, x->uid = process.uid, x->gid = process.gid;
	x->nrights = x->from_len = 0;
	if (s->type == SOCK_DGRAM && s->name_len > 0) {
		memcpy(x->from, s->name, s->name_len);
		x->from_len = s->name_len;
	}
}

int64_t socket_send(struct description *d, struct message_data *data, const struct message_extra *x,
		    uint32_t flags)
{
	const struct socket *s = socket_of(d);
	uint64_t deadline = socket_deadline(s->send_limit), done = 0, all = data->size;
	struct message_extra rest = { .pid = x->pid, .uid = x->uid, .gid = x->gid };
	struct socket_out out = { s->shared, s->side, d->b, s->type };

	if (box_is_used(d))
		return box_send(d, 0, 0, data, x, flags);
	if (s->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	for (;;) {
		int64_t n = socket_send_once(&out, data, done > 0 ? &rest : x);
		if (n >= 0) {
			done += (uint64_t)n;
			if (done == all || socket_of(d)->type != SOCK_STREAM)
				return (int64_t)done;
			data_skip(data, (uint64_t)n);
			continue;
		}
		if (n == -EAGAIN && socket_may_wait(d, flags)) {
			n = description_wait(d, POLLOUT, deadline);
			if (n == 0)
				continue;
			n = n == -ETIMEDOUT ? -EAGAIN : n;
		}
		return done > 0 ? (int64_t)done : socket_broken(n, flags);
	}
}

int64_t socket_receive(struct description *d, struct message_data *data, struct message_extra *x,
		       uint32_t flags)
{
	uint64_t deadline = socket_deadline(socket_of(d)->receive_limit), done = 0;
	bool all = (flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0 &&
		   socket_of(d)->type == SOCK_STREAM;

	for (;;) {
		struct message_extra more;
		int64_t n =
			socket_receive_once(d, data, done > 0 ? &more : x, (flags & MSG_PEEK) != 0);
		if (n > 0 && all && (uint64_t)n < data->size && x->nrights == 0) {
			done += (uint64_t)n;
			data_skip(data, (uint64_t)n);
			continue;
		}
		if (n == -EAGAIN && socket_may_wait(d, flags)) {
			n = socket_of(d)->state == SOCKET_NEW
				    ? wait_until(deadline)
				    : description_wait(d, POLLIN, deadline);
			if (n == 0)
				continue;
			n = n == -ETIMEDOUT ? -EAGAIN : n;
		}
		return done > 0 ? (int64_t)done + (n > 0 ? n : 0) : n;
	}
}

static int64_t read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	struct iovec range = { (void *)to, size };
	struct message_data data = { &range, 1, size };
	struct message_extra x;
	int64_t n;

	(void)at;
	x.nrights = 0;
	n = socket_receive(d, &data, &x, 0);
	if (n >= 0)
		rights_drop(x.tokens, x.nrights); /* who reads does not want them */
	return n;
}

static int64_t write(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	struct iovec range = { (void *)from, size };
	struct message_data data = { &range, 1, size };
	struct message_extra x;

	(void)at;
	message_extra_init(&x, socket_of(d));
	return socket_send(d, &data, &x, 0);
}

static int64_t control_socket(struct description *d, uint32_t command, uint64_t argument)
{
	int32_t n;

	if (command != FIONREAD && command != TIOCOUTQ)
		return -ENOTTY;
	const struct socket *s = socket_of(d);
	if (s->shared == nullptr && s->type != SOCK_DGRAM)
		return -EINVAL;
	n = s->shared == nullptr  ? 0
	    : command == FIONREAD ? (int32_t)socket_waiting(d)
				  : (int32_t)way_filled(&s->shared->way[s->side]);
	return guest_put(argument, &n, sizeof(n));
}

static void close_socket(struct description *d)
{
	struct socket *s = socket_of(d);

	box_close(d);
	if (s->shared != nullptr)
		window_unmap(s->shared, SOCKET_SIZE);
	heap_free(s);
}

static const struct description_ops socket_ops = {
	.waits = true,
	.name = "socket",
	.read = read,
	.write = write,
	.ready = ready,
	.wait = wait,
	.ioctl = control_socket,
	.close = close_socket,
};

/* --- Making --- */

bool is_socket(const struct description *d)
{
	return d->ops == &socket_ops;
}

struct description *socket_get(int fd, int64_t *error)
{
	struct description *d = fd_get_for(fd, 0);

	*error = d == nullptr ? -EBADF : !is_socket(d) ? -ENOTSOCK : 0;
	if (*error != 0) {
		description_drop(d);
		return nullptr;
	}
	return d;
}

int64_t socket_new(uint32_t type, uint32_t status, struct description **to)
{
	static _Atomic uint64_t made;
	struct description *d = description_new(&socket_ops);
	struct socket *s = heap_new(sizeof(*s));

	if (d == nullptr || s == nullptr) {
		heap_free(s);
		heap_free(d);
		return -ENOMEM;
	}
	s->type = type;
	d->own = s;
	d->access = 3;
	d->kind = DESCRIPTOR_SOCKET;
	d->mode = S_IFSOCK | 0777;
	d->node = (uint64_t)process.pid << 32 | ++made;
	atomic_store(&d->state->status, status);
	*to = d;
	return 0;
}

static struct socket_side side_own(void)
{
	return (struct socket_side){ .pid = process.pid, .uid = process.euid, .gid = process.egid };
}

int64_t socket_ends_make(uint32_t type, struct socket_ends *e)
{
	struct socket_shared start = { .type = type, .side = { side_own(), side_own() } };
	enum err error = fut_vmo_create(SOCKET_SIZE, 0, &e->memory[0]);

	if (error != OK)
		return call_error(error);
	error = fut_vmo_write(e->memory[0], 0, &start, sizeof(start));
	if (error == OK)
		error = fut_handle_duplicate(e->memory[0], RIGHTS_VMO, &e->memory[1]);
	if (error == OK && (error = fut_event_create_pair(&e->event[0], &e->event[1])) != OK)
		(void)fut_handle_close(e->memory[1]); /* ours */
	if (error != OK)
		(void)fut_handle_close(e->memory[0]); /* ours */
	return call_error(error);
}

int64_t socket_join(struct description *d, fut_handle memory, fut_handle event, unsigned side)
{
	struct socket *s = socket_of(d);
	uint64_t size = 0, pages;
	uint32_t flags;
	void *at;
	enum err e = fut_vmo_info(memory, &size, &pages, &flags);

	if (e == OK && size < SOCKET_SIZE)
		e = ERR_BAD_ARGUMENT;
	if (e == OK)
		e = window_map(memory, 0, SOCKET_SIZE, MAP_READ | MAP_WRITE | INHERIT_SHARE, &at);
	if (e != OK) {
		(void)fut_handle_close(memory); /* ours */
		(void)fut_handle_close(event);
		return call_error(e);
	}
	uint32_t status = atomic_load(&d->state->status);
	if (d->a != 0)
		(void)fut_handle_close(d->a); /* it was bound */
	s->shared = at;
	s->side = side;
	s->state = SOCKET_CONNECTED;
	d->a = memory;
	d->b = event;
	d->state = &s->shared->side[side].state;
	atomic_store(&d->state->status, status);
	return 0;
}

uint64_t socket_detail(const struct socket *s)
{
	static const uint64_t details[] = {
		[SOCKET_NEW] = SOCKET_DETAIL_NEW,
		[SOCKET_BOUND] = SOCKET_DETAIL_BOUND,
		[SOCKET_LISTENING] = SOCKET_DETAIL_LISTENS,
		[SOCKET_BOX] = SOCKET_DETAIL_BOX,
	};

	size_t state = s->state; /* of another process's (rights_take) it may be anything */
	uint64_t detail = state < sizeof(details) / sizeof(*details) ? details[state] : 0;

	return (uint64_t)s->type << SOCKET_DETAIL_TYPE |
	       (state == SOCKET_CONNECTED ? s->side : detail);
}

static bool is_type(uint64_t type)
{
	return type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET;
}

/* Without a connection: it has no memory. */
static int64_t import_alone(struct description *d, uint64_t detail, fut_handle listener,
			    fut_handle event)
{
	struct socket *s = socket_of(d);

	d->a = listener;
	d->b = event;
	if ((detail & SOCKET_DETAIL_NEW) == 0) {
		s->state = event != 0 ? SOCKET_LISTENING : SOCKET_BOUND;
	} else {
		(void)fut_handle_close(listener); /* nobody's event */
		d->a = 0;
	}
	if (!is_type(detail >> SOCKET_DETAIL_TYPE))
		return -EINVAL;
	s->type = (uint32_t)(detail >> SOCKET_DETAIL_TYPE);
	return 0;
}

int64_t socket_import(const struct descriptor *from, fut_handle memory, fut_handle event,
		      struct description **to)
{
	constexpr uint64_t ALONE = SOCKET_DETAIL_NEW | SOCKET_DETAIL_BOUND | SOCKET_DETAIL_LISTENS;
	struct description *d;
	int64_t error = socket_new(SOCK_STREAM, 0, &d);

	if (error != 0) {
		(void)fut_handle_close(memory); /* ours */
		(void)fut_handle_close(event);
		return error;
	}
	/* The status is the description's, wherever it goes. */
	error = (from->detail & ALONE) != 0 ? import_alone(d, from->detail, memory, event)
		: (from->detail & SOCKET_DETAIL_BOX) != 0
			? box_import(d, memory, event)
			: socket_join(d, memory, event, from->detail & 1);
	if (error != 0) {
		description_drop(d);
		return error;
	}
	if (socket_of(d)->shared != nullptr && is_type(socket_of(d)->shared->type))
		socket_of(d)->type = socket_of(d)->shared->type;
	d->node = from->node;
	*to = d;
	return 0;
}

/* --- Calls --- */

constexpr uint32_t TYPE_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;

static int64_t type_check(uint32_t domain, uint32_t type, uint32_t protocol)
{
	uint32_t bare = type & ~TYPE_FLAGS;

	if (domain != AF_UNIX)
		return -EAFNOSUPPORT;
	if (bare != SOCK_STREAM && bare != SOCK_DGRAM && bare != SOCK_SEQPACKET)
		return bare > SOCK_PACKET || (type & ~(TYPE_FLAGS | 15)) != 0 ? -EINVAL
									      : -ESOCKTNOSUPPORT;
	return protocol != 0 && protocol != PF_UNIX ? -EPROTONOSUPPORT : 0;
}

CALL3(socket, uint32_t, domain, uint32_t, type, uint32_t, protocol)
{
	struct description *d;
	int64_t error = type_check(domain, type, protocol);

	if (error == 0)
		error = socket_new(type & ~TYPE_FLAGS,
				   (type & SOCK_NONBLOCK) != 0 ? STATUS_NONBLOCK : 0, &d);
	return error != 0 ? error : fd_add(d, (type & SOCK_CLOEXEC) != 0, 0);
}

static int64_t pair(uint32_t type, uint32_t status, struct description *d[2])
{
	struct socket_ends e;
	int64_t error = socket_ends_make(type, &e);

	if (error != 0)
		return error;
	for (unsigned i = 0; i < 2; i++) {
		error = socket_new(type, status, &d[i]);
		if (error == 0 && (error = socket_join(d[i], e.memory[i], e.event[i], i)) != 0)
			description_drop(d[i]);
		if (error != 0 && i == 0) {
			(void)fut_handle_close(e.memory[1]); /* ours */
			(void)fut_handle_close(e.event[1]);
			return error;
		}
	}
	if (error != 0)
		description_drop(d[0]);
	return error;
}

CALL4(socketpair, uint32_t, domain, uint32_t, type, uint32_t, protocol, uint64_t, to)
{
	struct description *d[2];
	int fds[2];
	int64_t error = type_check(domain, type, protocol);

	if (error == 0)
		error = pair(type & ~TYPE_FLAGS, (type & SOCK_NONBLOCK) != 0 ? STATUS_NONBLOCK : 0,
			     d);
	if (error != 0)
		return domain == AF_INET || domain == AF_INET6 ? -EOPNOTSUPP : error;
	fds[0] = (int)fd_add(d[0], (type & SOCK_CLOEXEC) != 0, 0);
	fds[1] = (int)fd_add(d[1], (type & SOCK_CLOEXEC) != 0, 0);
	error = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : guest_put(to, fds, sizeof(fds));
	for (unsigned i = 0; i < 2 && error != 0; i++)
		if (fds[i] >= 0)
			(void)fd_close((unsigned)fds[i]); /* ours, a moment old */
	return error;
}
