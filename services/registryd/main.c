/* SPDX-License-Identifier: MPL-2.0 */
/*
 * registryd: maps names to sessions, for each client those it may see. init says who may see and
 * provide what; a client is known by the badge of its session, which only init can make.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/lock.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/thread.h"
#include "protocol/registry.h"
#include "protocol/service.h"

constexpr unsigned CLIENTS = 128;
constexpr unsigned NAMES = 64;
constexpr size_t NAME_SIZE = 32;
constexpr size_t LIST_SIZE = 1025;
constexpr uint64_t INIT_BADGE = 0;
constexpr uint32_t DOOR = RIGHT_SEND | RIGHT_WAIT | RIGHT_DUPLICATE | RIGHT_TRANSFER;
/* Asking a service for a session may block one thread for a while; the others go on. */
constexpr unsigned THREADS = 3;
constexpr uint64_t CONNECT_PATIENCE = SECOND;

struct client {
	uint64_t badge; /* 0: free */
	fut_handle changes;
	char see[LIST_SIZE], provide[LIST_SIZE]; /* names, each ended by a newline */
};

struct name {
	char name[NAME_SIZE]; /* empty: free */
	fut_handle door;
};

static struct mutex lock; /* guards what follows */
static struct client *clients[CLIENTS];
static struct client init_client; /* admitted from the start */
static struct name names[NAMES];

static struct client *client_find(uint64_t badge)
{
	if (badge == INIT_BADGE)
		return &init_client;
	for (unsigned i = 0; i < CLIENTS; i++)
		if (clients[i] && clients[i]->badge == badge)
			return clients[i];
	return nullptr;
}

static bool list_has(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *end; (end = strchr(list, '\n')); list = end + 1)
		if ((size_t)(end - list) == n && memcmp(list, name, n) == 0)
			return true;
	return false;
}

static bool is_closed(fut_handle session)
{
	uint64_t signals;

	return fut_wait(session, SIGNAL_PEER_CLOSED, 0, 0, &signals) == OK;
}

/* The living service of that name; nullptr if there is none. */
static struct name *name_find(const char *name)
{
	for (unsigned i = 0; i < NAMES; i++) {
		struct name *n = &names[i];
		if (n->name[0] == '\0' || strcmp(n->name, name) != 0)
			continue;
		if (!is_closed(n->door))
			return n;
		(void)fut_handle_close(n->door); /* its other side is gone */
		*n = (struct name){};
	}
	return nullptr;
}

/* A duplicate of the door, which stays ours while we call through it without the lock. */
static enum err door_get(uint64_t badge, const char *name, fut_handle *door)
{
	mutex_lock(&lock);
	struct client *c = client_find(badge);
	struct name *n = nullptr;
	enum err e = ERR_DENIED;

	if (c && list_has(c->see, name)) {
		n = name_find(name);
		e = n ? fut_handle_duplicate(n->door, RIGHTS_ALL & ~RIGHT_MANAGE, door)
		      : ERR_WOULD_BLOCK;
	}
	mutex_unlock(&lock);
	return e;
}

static enum err find(void *self, uint64_t badge, const struct registry_find_args *a,
		     struct registry_find_results *r)
{
	struct remote service = { .deadline = clock_after(CONNECT_PATIENCE) };
	enum err e = door_get(badge, a->name, &service.session);

	(void)self;
	if (e != OK)
		return e;
	e = service_connect(&service, badge, &r->session);
	if (e == ERR_UNSUPPORTED) {
		r->session = service.session; /* one session for all */
		return OK;
	}
	(void)fut_handle_close(service.session); /* our duplicate */
	return e == ERR_PEER_CLOSED ? ERR_WOULD_BLOCK : e;
}

static enum err changes(void *self, uint64_t badge, struct registry_changes_results *r)
{
	(void)self;
	mutex_lock(&lock);
	struct client *c = client_find(badge);
	enum err e = c ? OK : ERR_DENIED;
	if (e == OK && c->changes == 0)
		e = fut_event_create(&c->changes);
	if (e == OK)
		e = fut_handle_duplicate(c->changes,
					 RIGHT_READ | RIGHT_WAIT | RIGHT_SIGNAL | RIGHT_TRANSFER,
					 &r->event);
	mutex_unlock(&lock);
	return e;
}

static void tell(const struct client *c)
{
	if (c && c->changes)
		(void)fut_event_signal(c->changes, 1, 0); /* ours, and open */
}

static void tell_all(void)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		tell(clients[i]);
	tell(&init_client);
}

static enum err name_add(const char *name, fut_handle door)
{
	if (name_find(name))
		return ERR_EXISTS;
	for (unsigned i = 0; i < NAMES; i++)
		if (names[i].name[0] == '\0') {
			strcpy(names[i].name, name); /* the interface limits its length */
			names[i].door = door;
			tell_all();
			return OK;
		}
	return ERR_FULL;
}

static enum err provide(void *self, uint64_t badge, const struct registry_provide_args *a)
{
	(void)self;
	mutex_lock(&lock);
	struct client *c = client_find(badge);
	bool may = c && (badge == INIT_BADGE || list_has(c->provide, a->name));
	enum err e = may ? OK : ERR_DENIED;
	if (e == OK)
		e = handle_check(a->session, OBJECT_SESSION, DOOR);
	if (e == OK)
		e = name_add(a->name, a->session);
	mutex_unlock(&lock);
	return e;
}

static enum err next(void *self, uint64_t badge, const struct registry_next_args *a,
		     struct registry_next_results *r)
{
	enum err e = badge == INIT_BADGE ? ERR_NOT_FOUND : ERR_DENIED;

	(void)self;
	mutex_lock(&lock);
	for (unsigned i = a->after; e == ERR_NOT_FOUND && i < NAMES; i++) {
		if (names[i].name[0] == '\0' || is_closed(names[i].door))
			continue;
		e = fut_handle_duplicate(names[i].door, DOOR, &r->session);
		r->index = i + 1;
		r->name_len = (uint32_t)strlen(names[i].name);
		memcpy(r->name, names[i].name, r->name_len);
	}
	mutex_unlock(&lock);
	return e;
}

static enum err client_add(struct client *c)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (clients[i] == nullptr) {
			clients[i] = c;
			return OK;
		}
	return ERR_FULL;
}

static enum err admit(void *self, uint64_t badge, const struct registry_admit_args *a)
{
	(void)self;
	if (badge != INIT_BADGE)
		return ERR_DENIED;
	if (a->client == INIT_BADGE)
		return ERR_BAD_ARGUMENT;
	struct client *c = calloc(1, sizeof(*c));
	if (c == nullptr)
		return ERR_NO_MEMORY;
	c->badge = a->client;
	strcpy(c->see, a->see); /* the interface limits their lengths */
	strcpy(c->provide, a->provide);
	mutex_lock(&lock);
	enum err e = client_find(a->client) ? ERR_EXISTS : client_add(c);
	mutex_unlock(&lock);
	if (e != OK)
		free(c);
	return e;
}

/* A client has ended, or thrown its session away. What it provides lives as long as its port. */
static void closed(void *self, uint64_t badge)
{
	(void)self;
	mutex_lock(&lock);
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct client *c = clients[i];
		if (c == nullptr || c->badge != badge)
			continue;
		if (c->changes)
			(void)fut_handle_close(c->changes); /* ours, and open */
		free(c);
		clients[i] = nullptr;
	}
	mutex_unlock(&lock);
}

static int serve_names(void *argument)
{
	static const struct registry_ops ops = {
		.find = find,
		.changes = changes,
		.provide = provide,
		.admit = admit,
		.next = next,
	};
	static const struct service speaks = { REGISTRY_PROTOCOL, registry_dispatch, &ops };
	const struct server server = {
		.port = *(const fut_handle *)argument,
		.services = &speaks,
		.nservices = 1,
		.closed = closed,
	};

	return serve(&server) == OK ? 0 : 1;
}

int main(void)
{
	fut_handle port = cap_need("port");

	for (unsigned i = 1; i < THREADS; i++) {
		struct thread *t;
		if (thread_start(&t, serve_names, &port, nullptr) != OK)
			panic("cannot start thread %u", i);
	}
	return serve_names(&port);
}
