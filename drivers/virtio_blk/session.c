/* SPDX-License-Identifier: MPL-2.0 */
/* Clients: their sessions, the memory they attach, and the rings with their requests. */
#include <stdlib.h>
#include <string.h>
#include "drivers/virtio_blk/state.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "protocol/service.h"

constexpr uint64_t PAGE = 4096;
constexpr unsigned RUNS_MAX =
	1024;                /* pieces of one memory: each costs the driver a kernel object */
constexpr unsigned TURN = 8; /* requests of one session before the next has its turn */

/* Badges of the sessions that devd holds, through which the registry introduces clients. */
constexpr uint64_t DOOR = 0, DOOR_READ_ONLY = 1;
constexpr uint64_t FIRST_BADGE = 16;

static struct session *session_find(struct driver *d, uint64_t badge)
{
	for (unsigned i = 0; badge >= FIRST_BADGE && i < SESSIONS; i++)
		if (d->sessions[i].badge == badge && !d->sessions[i].is_closed)
			return &d->sessions[i];
	return nullptr;
}

static enum err session_create(struct driver *d, const struct extent *x, fut_handle *handle)
{
	struct session *s = d->sessions;
	fut_handle whole;

	while (s < d->sessions + SESSIONS && s->badge != 0)
		s++;
	if (s == d->sessions + SESSIONS)
		return ERR_FULL;
	uint64_t badge = FIRST_BADGE + d->nsessions;
	enum err e = fut_session_create(d->server.port, badge, &whole);
	if (e != OK)
		return e;
	e = fut_handle_duplicate(whole, RIGHTS_ALL & ~RIGHT_MANAGE, handle);
	(void)fut_handle_close(whole); /* ours, and open */
	if (e != OK)
		return e;
	*s = (struct session){
		.driver = d,
		.badge = badge,
		.extent = *x,
		.queue = &d->queues[d->nsessions++ % d->nqueues],
	};
	return OK;
}

/* --- Memory --- */

static void memory_detach(struct driver *d, struct memory *m)
{
	for (unsigned i = 0; i < m->nruns; i++)
		(void)fut_iospace_unmap(d->iospace, m->run[i]); /* mapped by us */
	free(m->page);
	*m = (struct memory){};
}

/* Pin all of it, and note where the device sees its pages. */
static enum err memory_attach(struct driver *d, struct memory *m, fut_handle vmo, uint64_t size)
{
	uint64_t npages = size / PAGE, maxruns = npages < RUNS_MAX ? npages : RUNS_MAX, at = 0;
	enum err e = OK;

	*m = (struct memory){ .page = calloc(npages + maxruns, sizeof(*m->page)) };
	if (m->page == nullptr)
		return ERR_NO_MEMORY;
	m->run = m->page + npages;
	while (e == OK && at < npages) {
		uint64_t address, mapped;
		e = m->nruns == maxruns ? ERR_TOO_BIG
					: fut_iospace_map(d->iospace, vmo, at * PAGE,
							  size - at * PAGE, &address, &mapped);
		if (e != OK)
			break;
		m->run[m->nruns++] = address;
		for (uint64_t i = 0; i < mapped / PAGE; i++)
			m->page[at++] = address + i * PAGE;
	}
	if (e != OK)
		memory_detach(d, m);
	else
		m->size = size;
	return e;
}

/* --- Sessions --- */

/* Give up the rings. What is under way has nowhere to report its end. */
static void rings_close(struct session *s)
{
	if (s->shared == nullptr)
		return;
	loop_unwatch(&s->watch);
	(void)fut_handle_close(s->done.event);                          /* ours, and open */
	(void)fut_space_unmap(0, (uint64_t)s->shared, BLOCK_RING_SIZE); /* mapped by us */
	s->shared = nullptr;
}

/* Free what the client had, once the device is done with it. */
static void session_end(struct session *s)
{
	rings_close(s);
	s->is_closed = true;
	if (s->nbusy > 0)
		return;
	for (unsigned i = 0; i < BLOCK_MEMORIES; i++)
		if (s->memories[i].size != 0)
			memory_detach(s->driver, &s->memories[i]);
	*s = (struct session){};
}

static void done_put(struct session *s, uint64_t cookie, enum err error)
{
	struct block_done done = { .cookie = cookie, .error = error };

	/* A request is only taken when there is room for its end; a client that lies about that
	 * harms itself. */
	if (s->shared)
		(void)ring_write(&s->done, &done, sizeof(done)); /* there is room */
}

void session_done(struct session *s, const struct blk_ended *ended)
{
	s->nbusy--;
	if (ended->memory < BLOCK_MEMORIES)
		s->memories[ended->memory].nbusy--;
	done_put(s, ended->cookie, ended->error);
	if (s->is_closed)
		session_end(s);
}

/* --- Requests --- */

static void request_begin(struct session *s, const struct block_request *r)
{
	static struct blk_job job; /* large, and filled as far as it is used */
	enum err e = request_read(r, &s->driver->limits, &s->extent, s->memories, &job);

	if (e != OK) {
		done_put(s, r->cookie, e == ERR_WOULD_BLOCK ? OK : e);
		return;
	}
	job.owner = s;
	s->nbusy++;
	if (job.memory < BLOCK_MEMORIES)
		s->memories[job.memory].nbusy++;
	blk_put(s->queue, &job);
}

/* Take a request, if there is one, and room for its end. With ERR_WOULD_BLOCK the client will
 * signal when that changes, or a request of its own will end. */
static enum err request_take(struct session *s, struct block_request *r)
{
	uint32_t room = (s->nbusy + 1) * (uint32_t)sizeof(struct block_done);

	if (s->nbusy == BLOCK_DEPTH)
		return ERR_WOULD_BLOCK;
	enum err e = ring_watch_space(&s->done, room);
	if (e == OK)
		e = ring_watch_filled(&s->requests, sizeof(*r));
	return e == OK ? ring_read(&s->requests, r, sizeof(*r)) : e;
}

/* True if there may be more for another turn. */
static bool session_pump(struct session *s)
{
	for (unsigned n = 0; n < TURN; n++) {
		struct block_request r;
		if (!blk_queue_has_room(s->queue))
			return false; /* a request that ends makes room, and comes here */
		enum err e = request_take(s, &r);
		if (e == OK)
			request_begin(s, &r);
		else if (e != ERR_WOULD_BLOCK)
			rings_close(s); /* it lies about its ring */
		if (e != OK)
			return false;
	}
	return true;
}

static void pump_again(void *self, uint64_t)
{
	sessions_pump(self);
}

void sessions_pump(struct driver *d)
{
	static unsigned first; /* who has the first turn */
	bool more = false;

	first++;
	for (unsigned i = 0; i < SESSIONS; i++) {
		struct session *s = &d->sessions[(first + i) % SESSIONS];
		if (s->shared)
			more |= session_pump(s);
	}
	for (unsigned i = 0; i < d->nqueues; i++) {
		if (d->queues[i].must_notify)
			virtio_notify(&d->virtio, i, &d->queues[i].virtq);
		d->queues[i].must_notify = false;
	}
	/* Others are to have their turn too: interrupts, and calls. */
	if (more)
		loop_timer_set(&d->loop, &d->again, clock_now(), pump_again, d);
}

static void ring_signal(void *self, uint64_t signals)
{
	struct session *s = self;

	(void)fut_event_signal(s->done.event, 0, RING_FILLED | RING_SPACE); /* ours */
	if (signals & SIGNAL_PEER_CLOSED)
		rings_close(s);
	else
		sessions_pump(s->driver);
}

/* --- Calls --- */

/* Sectors of one discard or zero: the less of what it can do. */
static uint32_t erase_max(const struct blk_limits *l)
{
	if (l->max_discard == 0 || (l->max_zero != 0 && l->max_zero < l->max_discard))
		return l->max_zero;
	return l->max_discard;
}

static enum err info(void *self, uint64_t badge, struct block_info_results *r)
{
	struct driver *d = self;
	const struct blk_limits *l = &d->limits;
	const struct session *s = session_find(d, badge);

	if (s == nullptr)
		return ERR_BAD_STATE;
	r->sectors = s->extent.count;
	r->sector_size = l->sector_size;
	r->physical_size = l->physical_size;
	r->max_bytes = l->max_bytes;
	r->max_discard = erase_max(l);
	r->features =
		(l->can_flush ? BLOCK_HAS_FLUSH : 0) | (l->max_discard ? BLOCK_HAS_DISCARD : 0) |
		(l->max_zero ? BLOCK_HAS_ZERO : 0) | (s->extent.is_read_only ? BLOCK_READ_ONLY : 0);
	r->serial_len = (uint32_t)strlen(d->serial);
	memcpy(r->serial, d->serial, r->serial_len);
	return OK;
}

static enum err part(void *self, uint64_t badge, const struct block_part_args *a,
		     struct block_part_results *r)
{
	struct driver *d = self;
	const struct session *s = session_find(d, badge);
	struct extent x;

	if (s == nullptr)
		return ERR_BAD_STATE;
	if ((a->flags & ~BLOCK_READ_ONLY) != 0)
		return ERR_BAD_ARGUMENT;
	enum err e = extent_part(&s->extent, a->first, a->count, &x);
	if (e != OK)
		return e;
	x.is_read_only |= (a->flags & BLOCK_READ_ONLY) != 0;
	return session_create(d, &x, &r->session);
}

/* Rings over `memory`, with our end of an event pair. */
static enum err rings_open(struct session *s, fut_handle memory, fut_handle event)
{
	uint64_t at = 0;
	enum err e = fut_space_map(0, memory, 0, 0, BLOCK_RING_SIZE, MAP_READ | MAP_WRITE, &at);

	if (e != OK)
		return e;
	e = loop_watch(&s->driver->loop, &s->watch, event,
		       RING_FILLED | RING_SPACE | SIGNAL_PEER_CLOSED, ring_signal, s);
	if (e != OK) {
		(void)fut_space_unmap(0, at, BLOCK_RING_SIZE); /* mapped just now */
		return e;
	}
	char *shared = (char *)at;
	s->shared = shared;
	/* The sizes are powers of two. */
	(void)ring_open_reader(&s->requests, shared, BLOCK_REQUESTS_SIZE, event);
	(void)ring_open_writer(&s->done, shared + BLOCK_DONE_OFFSET, BLOCK_DONE_SIZE, event);
	/* We wait for the first request. */
	(void)ring_watch_filled(&s->requests, sizeof(struct block_request));
	return OK;
}

static enum err queue(void *self, uint64_t badge, struct block_queue_results *r)
{
	struct session *s = session_find(self, badge);
	fut_handle made[4] = {}; /* our memory, our event, the client's memory and event */
	enum err e;

	if (s == nullptr || s->nbusy > 0)
		return ERR_BAD_STATE;
	rings_close(s);
	if ((e = fut_vmo_create(BLOCK_RING_SIZE, 0, &made[0])) != OK ||
	    (e = fut_event_create_pair(&made[1], &made[3])) != OK ||
	    (e = fut_handle_duplicate(made[0],
				      RIGHT_MAP | RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER,
				      &made[2])) != OK ||
	    (e = rings_open(s, made[0], made[1])) != OK)
		return handles_close(made, 4, e);
	(void)fut_handle_close(made[0]); /* the mapping keeps it; nobody can make it smaller */
	r->ring = made[2];
	r->event = made[3];
	return OK;
}

static enum err attach(void *self, uint64_t badge, const struct block_attach_args *a,
		       struct block_attach_results *r)
{
	struct session *s = session_find(self, badge);
	uint64_t size, npages;
	uint32_t flags, i = 0;

	if (s == nullptr)
		return ERR_BAD_STATE;
	while (i < BLOCK_MEMORIES && s->memories[i].size != 0)
		i++;
	if (i == BLOCK_MEMORIES)
		return ERR_FULL;
	enum err e = fut_vmo_info(a->memory, &size, &npages, &flags);
	if (e == OK && size > BLOCK_MEMORY_MAX)
		e = ERR_TOO_BIG;
	if (e == OK)
		e = memory_attach(s->driver, &s->memories[i], a->memory, size);
	if (e != OK)
		return e;
	(void)fut_handle_close(a->memory); /* the window keeps it */
	r->number = i;
	return OK;
}

static enum err detach(void *self, uint64_t badge, const struct block_detach_args *a)
{
	struct session *s = session_find(self, badge);

	if (s == nullptr || a->number >= BLOCK_MEMORIES || s->memories[a->number].size == 0)
		return ERR_NOT_FOUND;
	if (s->memories[a->number].nbusy > 0)
		return ERR_BAD_STATE;
	memory_detach(s->driver, &s->memories[a->number]);
	return OK;
}

/* The registry has a new client, that found us under one of our two names. */
static enum err connect(void *self, uint64_t badge, const struct service_connect_args *,
			struct service_connect_results *r)
{
	struct driver *d = self;
	struct extent x = { .count = d->limits.sectors,
			    .is_read_only = d->limits.is_read_only || badge == DOOR_READ_ONLY };

	if (badge != DOOR && badge != DOOR_READ_ONLY)
		return ERR_DENIED;
	return session_create(d, &x, &r->session);
}

static void closed(void *self, uint64_t badge)
{
	struct session *s = session_find(self, badge);

	if (s)
		session_end(s);
}

void sessions_serve(struct driver *d)
{
	static const struct block_ops ops = {
		.info = info, .part = part, .queue = queue, .attach = attach, .detach = detach
	};
	static const struct service_ops door = { .connect = connect };
	static const struct service speaks[] = {
		{ BLOCK_PROTOCOL, block_dispatch, &ops },
		{ SERVICE_PROTOCOL, service_dispatch, &door },
	};

	d->server = (struct server){
		.port = cap_need("port"),
		.services = speaks,
		.nservices = 2,
		.self = d,
		.closed = closed,
	};
	enum err e = loop_serve(&d->loop, &d->loop_server, &d->server);
	if (e != OK)
		panic("cannot serve: %s", error_name(e));
}
