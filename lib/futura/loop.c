/* SPDX-License-Identifier: MPL-2.0 */
/* The event loop. */
#include "lib/futura/loop.h"
#include "lib/futura/clock.h"

enum err loop_init(struct loop *l)
{
	*l = (struct loop){};
	return fut_waitset_create(&l->waitset);
}

void loop_fini(struct loop *l)
{
	while (l->first != nullptr)
		loop_timer_clear(l->first);
	(void)handles_close(&l->waitset, 1, OK); /* the watches end with it */
	*l = (struct loop){};
}

enum err loop_watch(struct loop *l, struct loop_watch *w, fut_handle object, uint64_t mask,
		    loop_fn *run, void *self)
{
	*w = (struct loop_watch){ .run = run, .self = self };
	enum err e = fut_watch_create(l->waitset, object, mask, 0, (uint64_t)w, &w->watch);

	if (e == OK)
		w->loop = l;
	return e;
}

void loop_unwatch(struct loop_watch *w)
{
	struct loop *l = w->loop;

	if (l == nullptr)
		return;
	/* It may be among those that were reported and not yet called. */
	for (unsigned i = 0; i < l->nbatch; i++)
		if (l->batch[i].cookie == (uint64_t)w)
			l->batch[i].cookie = 0;
	(void)handles_close(&w->watch, 1, OK); /* its object may have taken it along */
	w->loop = nullptr;
}

/* Timers are often set in the order in which they come due, so the place is looked for from the
 * end. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at, loop_fn *run, void *self)
{
	struct loop_timer *before = l->last;

	if (t->loop != nullptr) {
		loop_timer_clear(t);
		before = l->last;
	}
	while (before != nullptr && before->at > at)
		before = before->prev;
	*t = (struct loop_timer){
		.run = run, .self = self, .loop = l, .at = at, .round = l->round, .prev = before
	};
	t->next = before != nullptr ? before->next : l->first;
	*(before != nullptr ? &before->next : &l->first) = t;
	*(t->next != nullptr ? &t->next->prev : &l->last) = t;
}

void loop_timer_clear(struct loop_timer *t)
{
	struct loop *l = t->loop;

	if (l == nullptr)
		return;
	*(t->prev != nullptr ? &t->prev->next : &l->first) = t->next;
	*(t->next != nullptr ? &t->next->prev : &l->last) = t->prev;
	t->loop = nullptr;
}

/* Those that are due now, and not what they set meanwhile, so that the objects have their turn. */
static void loop_timers(struct loop *l, uint64_t now)
{
	l->round++;
	while (!l->stopped && l->first != nullptr && l->first->at <= now) {
		struct loop_timer *t = l->first;

		if (t->round == l->round)
			return;
		loop_timer_clear(t);
		t->run(t->self, 0);
	}
}

static enum err loop_wait(struct loop *l)
{
	uint64_t deadline = l->first != nullptr ? l->first->at : TIME_NEVER;
	enum err e = fut_waitset_wait(l->waitset, l->batch, sizeof l->batch, deadline, &l->nbatch);

	if (e == OK)
		return OK;
	l->nbatch = 0;
	/* A deadline that has passed is one of 0 to the kernel: nothing is ready. */
	return e == ERR_TIMED_OUT || e == ERR_INTERRUPTED || e == ERR_WOULD_BLOCK ? OK : e;
}

enum err loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped) {
		enum err e = loop_wait(l);

		if (e != OK)
			return e;
		for (unsigned i = 0; i < l->nbatch && !l->stopped; i++) {
			struct loop_watch *w = (struct loop_watch *)l->batch[i].cookie;

			if (w != nullptr)
				w->run(w->self, l->batch[i].signals);
		}
		l->nbatch = 0;
		if (l->first != nullptr)
			loop_timers(l, clock_now());
	}
	return l->result;
}

void loop_stop(struct loop *l, enum err result)
{
	l->stopped = true;
	l->result = result;
}

static void loop_port(void *self, uint64_t signals)
{
	struct loop_server *ls = self;
	enum err e = serve_waiting(ls->server);

	(void)signals;
	if (e != OK)
		loop_stop(ls->watch.loop, e);
}

enum err loop_serve(struct loop *l, struct loop_server *ls, const struct server *server)
{
	ls->server = server;
	return loop_watch(l, &ls->watch, server->port, SIGNAL_READY, loop_port, ls);
}
