/* SPDX-License-Identifier: MPL-2.0 */
/* Sockets with names; connections wait here until they are accepted. protocol/door.fipc. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/door.h"
#include "services/posixd/calls.h"
#include "services/posixd/sockets.h"

constexpr unsigned LISTENERS = 4096; /* of all worlds */
constexpr unsigned BUCKETS = 64;
constexpr uint32_t DOOR_RIGHTS = RIGHT_SEND | RIGHT_DUPLICATE | RIGHT_TRANSFER;
constexpr uint64_t READY = 1; /* signal 0 of both events */

struct connection {
	struct connection *next;
	fut_handle memory, event;
	uint32_t len;
	char kind[];
};

static struct listener *listeners[BUCKETS];
static unsigned nlisteners;
static struct listener *names[BUCKETS]; /* by abstract name */
static uint64_t last_id;

struct listener *listener_behind(uint64_t badge)
{
	struct listener *l = listeners[badge_rest(badge) % BUCKETS];

	if (badge_kind(badge) != BADGE_SOCKET && badge_kind(badge) != BADGE_LISTENER)
		return nullptr;
	while (l != nullptr && l->id != badge_rest(badge))
		l = l->next;
	return l;
}

/* Where in its bucket the listener with that name stands. */
static struct listener **name_place(const struct world *w, const void *name, uint32_t len)
{
	uint32_t hash = 2166136261; /* FNV-1a */

	for (uint32_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)name)[i]) * 16777619;
	struct listener **at = &names[hash % BUCKETS];
	while (*at != nullptr &&
	       ((*at)->world != w || (*at)->name_len != len || memcmp((*at)->name, name, len) != 0))
		at = &(*at)->next_named;
	return at;
}

static void connection_drop(struct listener *l)
{
	struct connection *c = l->first;

	l->first = c->next;
	l->waiting--;
	free(c);
}

static void listener_free(struct listener *l)
{
	struct listener **at = &listeners[l->id % BUCKETS];

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	nlisteners--;
	handle_drop(&l->arrived);
	handle_drop(&l->room);
	free(l);
}

/* What waits is refused: the other ends see it closed. Who waits for room is to ask again. */
static void listener_end(struct listener *l)
{
	l->is_closed = true;
	if (l->has_name)
		*name_place(l->world, l->name, l->name_len) = l->next_named;
	l->has_name = false;
	while (l->first != nullptr) {
		handle_drop(&l->first->memory);
		handle_drop(&l->first->event);
		connection_drop(l);
	}
	box_end(l);
	(void)fut_event_signal(l->room, READY, 0); /* ours, and open */
}

void listener_closed(uint64_t badge)
{
	struct listener *l = listener_behind(badge);

	if (l == nullptr)
		return;
	if (badge_kind(badge) == BADGE_LISTENER)
		listener_end(l);
	if (--l->sessions == 0)
		listener_free(l);
}

static uint32_t backlog_bound(uint32_t wanted)
{
	/* One more than asked for, as on Linux: listen(s, 0) lets one wait. */
	return wanted >= BACKLOG_MOST ? BACKLOG_MOST : wanted + 1;
}

static enum err door_make(struct listener *l, fut_handle *door)
{
	enum err e = session_make(BADGE_MAKE(BADGE_SOCKET, l->id), DOOR_RIGHTS, door);

	if (e == OK)
		l->sessions++;
	return e;
}

static enum err listener_sessions(struct listener *l, struct posix_listen_results *r)
{
	enum err e = door_make(l, &r->door);

	if (e != OK)
		return e;
	e = session_make(BADGE_MAKE(BADGE_LISTENER, l->id), DOOR_RIGHTS | RIGHT_INHERIT,
			 &r->listener);
	if (e == OK)
		l->sessions++;
	else
		handle_drop(&r->door);
	return e;
}

enum err posix_on_listen(void *self, uint64_t badge, const struct posix_listen_args *a,
			 struct posix_listen_results *r)
{
	const struct process *p = self;
	struct listener *l = nlisteners < LISTENERS ? calloc(1, sizeof(*l)) : nullptr;
	enum err e;

	(void)badge;
	if (l == nullptr)
		return ERR_NO_MEMORY;
	nlisteners++;
	l->id = ++last_id;
	l->world = p->world;
	l->most = backlog_bound(a->backlog);
	l->type = a->type;
	l->next = listeners[l->id % BUCKETS];
	listeners[l->id % BUCKETS] = l;
	if ((e = fut_event_create(&l->arrived)) != OK || (e = fut_event_create(&l->room)) != OK ||
	    (e = listener_sessions(l, r)) != OK) {
		if (l->sessions == 0)
			listener_free(l); /* else the door's end frees it */
		return e;
	}
	(void)fut_event_signal(l->room, READY, 0); /* ours, and open */
	return OK;
}

static enum err on_connect(void *self, uint64_t badge, const struct door_connect_args *a,
			   struct door_connect_results *r)
{
	struct listener *l = badge_kind(badge) == BADGE_SOCKET ? listener_behind(badge) : nullptr;

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	bool fits = a->kind_len >= sizeof(l->type) &&
		    memcmp(a->kind, &l->type, sizeof(l->type)) == 0; /* struct socket_hello */
	r->outcome = l->is_closed ? -ECONNREFUSED : fits ? -EAGAIN : -EPROTOTYPE;
	struct connection *c = nullptr;
	if (!l->is_closed && fits && l->waiting < l->most)
		c = malloc(sizeof(*c) + a->kind_len);
	if (c == nullptr) {
		fut_handle given[] = { a->memory, a->event };
		return handles_close(given, 2, OK);
	}
	*c = (struct connection){ .memory = a->memory, .event = a->event, .len = a->kind_len };
	memcpy(c->kind, a->kind, a->kind_len);
	*(l->first ? &l->last->next : &l->first) = c;
	l->last = c;
	if (++l->waiting == l->most)
		(void)fut_event_signal(l->room, 0, READY); /* ours, and open */
	(void)fut_event_signal(l->arrived, READY, 0);      /* the same */
	*r = (struct door_connect_results){ .pid = l->pid, .uid = l->uid, .gid = l->gid };
	return OK;
}

static enum err on_room(void *self, uint64_t badge, struct door_room_results *r)
{
	struct listener *l = badge_kind(badge) == BADGE_SOCKET ? listener_behind(badge) : nullptr;

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	return fut_handle_duplicate(l->room, RIGHT_WAIT | RIGHT_TRANSFER, &r->event);
}

struct listener *listener_of(uint64_t badge)
{
	return badge_kind(badge) == BADGE_LISTENER ? listener_behind(badge) : nullptr;
}

static enum err on_accept(void *self, uint64_t badge, struct door_accept_results *r)
{
	struct listener *l = listener_of(badge);

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	struct connection *c = l->first;
	if (c == nullptr)
		return ERR_WOULD_BLOCK;
	r->memory = c->memory;
	r->event = c->event;
	memcpy(r->kind, c->kind, c->len);
	r->kind_len = c->len;
	connection_drop(l);
	if (l->first == nullptr)
		(void)fut_event_signal(l->arrived, 0, READY); /* ours, and open */
	(void)fut_event_signal(l->room, READY, 0);            /* the same */
	return OK;
}

static enum err on_listening(void *self, uint64_t badge, struct door_listening_results *r)
{
	struct listener *l = listener_of(badge);

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	return fut_handle_duplicate(l->arrived,
				    RIGHT_WAIT | RIGHT_INHERIT | RIGHT_DUPLICATE | RIGHT_TRANSFER,
				    &r->event);
}

static enum err on_backlog(void *self, uint64_t badge, const struct door_backlog_args *a,
			   struct door_backlog_results *r)
{
	struct listener *l = listener_of(badge);

	(void)self, (void)r;
	if (l == nullptr)
		return ERR_DENIED;
	l->most = backlog_bound(a->most);
	l->pid = a->pid;
	l->uid = a->uid;
	l->gid = a->gid;
	bool has_room = l->waiting < l->most;
	(void)fut_event_signal(l->room, has_room ? READY : 0, has_room ? 0 : READY); /* ours */
	return OK;
}

static enum err on_name(void *self, uint64_t badge, const struct door_name_args *a,
			struct door_name_results *r)
{
	struct listener *l = listener_of(badge);

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	struct listener **at = name_place(l->world, a->bound, a->bound_len);
	r->outcome = l->has_name ? -EINVAL : *at != nullptr ? -EADDRINUSE : 0;
	if (r->outcome != 0)
		return OK;
	memcpy(l->name, a->bound, a->bound_len);
	l->name_len = a->bound_len;
	l->has_name = true;
	l->next_named = nullptr;
	*at = l;
	return OK;
}

const struct door_ops door_handlers = {
	.connect = on_connect,
	.room = on_room,
	.accept = on_accept,
	.listening = on_listening,
	.backlog = on_backlog,
	.name = on_name,
	.receive = door_on_receive,
	.box = door_on_box,
	.sender = door_on_sender,
};

enum err posix_on_named(void *self, uint64_t badge, const struct posix_named_args *a,
			struct posix_named_results *r)
{
	const struct process *p = self;
	struct listener *l = *name_place(p->world, a->bound, a->bound_len);

	(void)badge;
	if (l == nullptr || door_make(l, &r->door) != OK)
		r->outcome = -ECONNREFUSED;
	return OK;
}
