/* SPDX-License-Identifier: MPL-2.0 */
/* protocol/worlds.fipc: starting programs from outside, and waiting for their end. */
#include "protocol/worlds.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/service.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/core/group.h"
#include "services/posixd/core/signal.h"
#include "services/posixd/mounts.h"
#include "services/posixd/start.h"

constexpr unsigned CLIENTS = 64;

/* Who may start programs, and what the next one gets. */
struct client {
	struct client *next;
	uint64_t id;
	struct posix_world *world;
	bool is_owner; /* the world ends with it */
	unsigned ndescriptors;
	struct start_descriptor descriptors[START_DESCRIPTORS];
};

/* A program that was started: outlives its process until the session is closed. */
struct program {
	struct program *next;
	uint64_t id;
	struct process *process; /* nullptr: it has ended */
	bool is_ending;          /* what it wrote is on its way to the disk */
	struct worlds_ended_results end;
	fut_handle waiter; /* kept call of `ended` */
};

static struct client *clients;
static unsigned nclients;
static struct program *programs;
static uint64_t last_id;

static struct client *client_find(uint64_t badge)
{
	struct client *c = clients;

	while (c != nullptr && (badge_kind(badge) != BADGE_CLIENT || c->id != badge_rest(badge)))
		c = c->next;
	return c;
}

static struct program *program_find(uint64_t badge)
{
	struct program *p = programs;

	while (p != nullptr && (badge_kind(badge) != BADGE_PROGRAM || p->id != badge_rest(badge)))
		p = p->next;
	return p;
}

static enum err client_make(struct posix_world *w, bool is_owner, fut_handle *session)
{
	if (nclients == CLIENTS)
		return ERR_FULL;
	struct client *c = calloc(1, sizeof(*c));
	if (c == nullptr)
		return ERR_NO_MEMORY;
	c->id = ++last_id;
	c->world = w;
	c->is_owner = is_owner;
	enum err e = session_make(BADGE_MAKE(BADGE_CLIENT, c->id),
				  RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE, session);
	if (e != OK) {
		free(c);
		return e;
	}
	c->next = clients;
	clients = c;
	nclients++;
	return OK;
}

enum err client_create(struct posix_world *w, fut_handle *session)
{
	return client_make(w, true, session);
}

/* registryd asks for a session for one more client. */
static enum err on_connect(void *self, uint64_t badge, const struct service_connect_args *a,
			   struct service_connect_results *r)
{
	(void)self, (void)a;
	if (badge_kind(badge) != BADGE_DOOR)
		return ERR_DENIED;
	return client_make(posixd.worlds[1], false, &r->session);
}

const struct service_ops service_handlers = { .connect = on_connect };

static void client_drop(struct client *c)
{
	struct client **at = &clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	nclients--;
	if (c->is_owner)
		world_end(c->world);
	for (unsigned i = 0; i < c->ndescriptors; i++) {
		handle_drop(&c->descriptors[i].h0);
		handle_drop(&c->descriptors[i].h1);
	}
	free(c);
}

static void program_drop(struct program *p)
{
	struct program **at = &programs;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	handle_drop(&p->waiter);
	free(p);
}

void worlds_closed(uint64_t badge)
{
	struct client *c = client_find(badge);
	struct program *p = program_find(badge);

	if (c != nullptr)
		client_drop(c);
	if (p != nullptr)
		program_drop(p);
}

static enum err on_descriptor(void *self, uint64_t badge, const struct worlds_descriptor_args *a,
			      struct worlds_descriptor_results *r)
{
	struct client *c = client_find(badge);

	(void)self, (void)r;
	if (c == nullptr)
		return ERR_DENIED;
	if (c->ndescriptors == START_DESCRIPTORS)
		return ERR_FULL;
	struct start_descriptor *d = &c->descriptors[c->ndescriptors++];
	*d = (struct start_descriptor){
		.number = a->number, .len = a->kind_len, .h0 = a->h0, .h1 = a->h1
	};
	memcpy(d->kind, a->kind, a->kind_len);
	return OK;
}

static void answer(struct start *s, fut_handle process, uint32_t pid)
{
	struct worlds_start_results r = { .program = process, .outcome = s->outcome, .pid = pid };

	/* A client that has gone needs none; what is in the answer goes with it. */
	(void)worlds_start_answer(s->reply, OK, &r);
}

/* The session by which the client learns of the end. */
static struct program *program_create(struct process *p, fut_handle *session)
{
	struct program *g = calloc(1, sizeof(*g));

	if (g == nullptr)
		return nullptr;
	*g = (struct program){ .id = ++last_id, .process = p };
	if (session_make(BADGE_MAKE(BADGE_PROGRAM, g->id),
			 RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE, session) != OK) {
		free(g);
		return nullptr;
	}
	g->next = programs;
	programs = g;
	return g;
}

static void start_done(struct errand *errand)
{
	struct start *s = (struct start *)errand;
	struct process *p = s->process;
	struct program *g = nullptr;
	fut_handle session = 0;
	uint32_t pid = p->pid;

	if (s->outcome == 0 &&
	    (s->outcome = line_keep(s->who, s->world->mounts->number, s->root)) == 0) {
		s->root = 0;
		g = program_create(p, &session);
		s->outcome = g != nullptr && task_attach(p, s->task) == OK ? 0 : -ENOMEM;
	}
	if (s->outcome == 0) {
		s->task = 0;
	} else {
		if (g != nullptr)
			g->process = nullptr;
		handle_drop(&session);
		process_abandon(p);
	}
	answer(s, session, pid);
	credentials_put(s->who);
	start_free(s);
}

static char *strings_take(const struct lent *lent)
{
	char *strings = lent->size >= 8 ? malloc(lent->size) : nullptr;

	if (strings != nullptr && lent_read(lent, 0, strings, lent->size) != OK) {
		free(strings);
		return nullptr;
	}
	return strings;
}

static enum err start_prepare(struct start *s, struct posix_world *w,
			      const struct worlds_start_args *a)
{
	struct credentials *who = credentials_create(&w->core, a->uid, a->gid);

	s->cwd = strdup(a->cwd);
	s->strings = strings_take(&a->strings);
	s->strings_size = a->strings.size;
	if (who == nullptr || s->cwd == nullptr || s->strings == nullptr ||
	    process_start(&w->core, who, a->leader != 0, &s->process) != 0) {
		if (who != nullptr)
			credentials_put(who);
		return ERR_NO_MEMORY;
	}
	s->process->is_starting = true; /* it may end, and its session close, before `done` runs */
	s->who = credentials_get(who);
	s->world = w;
	s->errand.run = start_run;
	s->errand.done = start_done;
	enum err e = session_make(badge_of_process(s->process), RIGHT_SEND | RIGHT_TRANSFER,
				  &s->session);
	if (e == OK)
		e = fut_reply_keep(&s->reply);
	if (e != OK) {
		process_abandon(s->process);
		credentials_put(s->who);
	}
	return e;
}

static enum err on_start(void *self, uint64_t badge, const struct worlds_start_args *a,
			 struct worlds_start_results *r)
{
	struct client *c = client_find(badge);
	struct start *s = c != nullptr ? calloc(1, sizeof(*s)) : nullptr;

	(void)self, (void)r;
	if (s == nullptr)
		return c != nullptr ? ERR_NO_MEMORY : ERR_DENIED;
	enum err e = start_prepare(s, c->world, a);
	if (e != OK) {
		start_free(s);
		return e;
	}
	memcpy(s->descriptors, c->descriptors, sizeof(s->descriptors));
	s->ndescriptors = c->ndescriptors;
	c->ndescriptors = 0;
	errand_send(&s->errand);
	return KEPT;
}

/* Whoever waits may turn the machine off. */
static void program_told(uint64_t id)
{
	struct program *g = program_find(BADGE_MAKE(BADGE_PROGRAM, id));

	if (g == nullptr)
		return;
	g->is_ending = false;
	if (g->waiter != 0) {
		(void)worlds_ended_answer(g->waiter, OK, &g->end); /* it may be gone */
		g->waiter = 0;
	}
}

void program_ended(struct process *p)
{
	struct program *g = programs;

	while (g != nullptr && g->process != p)
		g = g->next;
	if (g == nullptr)
		return;
	g->process = nullptr;
	g->is_ending = true;
	g->end = (struct worlds_ended_results){ .outcome = p->start_error, .status = p->status };
	world_sync((struct posix_world *)p->world, program_told, g->id);
}

static enum err on_ended(void *self, uint64_t badge, struct worlds_ended_results *r)
{
	struct program *g = program_find(badge);

	(void)self;
	if (g == nullptr)
		return ERR_DENIED;
	if (g->process == nullptr && !g->is_ending) {
		*r = g->end;
		return OK;
	}
	if (g->waiter != 0)
		return ERR_BAD_STATE;
	enum err e = fut_reply_keep(&g->waiter);
	return e == OK ? KEPT : e;
}

static enum err on_kill(void *self, uint64_t badge, const struct worlds_kill_args *a,
			struct worlds_kill_results *r)
{
	struct program *g = program_find(badge);

	(void)self;
	if (g == nullptr)
		return ERR_DENIED;
	if (a->signal == 0 || a->signal > SIGNALS)
		r->outcome = -EINVAL;
	else if (g->process == nullptr)
		r->outcome = -ESRCH;
	else
		signal_group(g->process->group, a->signal);
	return OK;
}

const struct worlds_ops worlds_handlers = {
	.descriptor = on_descriptor,
	.start = on_start,
	.ended = on_ended,
	.kill = on_kill,
};
