/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/port.h"
#include "abi/message.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/ipc.h"
#include "kernel/vmo.h"

static void callers_fail(struct port *p, const struct session *only)
{
	struct list *next;

	for (struct list *at = p->callers.next; at != &p->callers; at = next) {
		struct thread *t = container_of(at, struct thread, queue);

		next = at->next;
		if (only == nullptr || t->session == only)
			ipc_finish(t, ERR_PEER_CLOSED, 0);
	}
}

/* Cut a session off its port. Calls through it that a server has taken already are left to it. */
static void session_cut(struct session *s)
{
	struct port *p = s->port;

	if (p == nullptr)
		return;
	s->port = nullptr;
	list_remove(&s->link);
	signals_set(&s->waitable, SIGNAL_PEER_CLOSED);
	object_put(p);
	if (s->queued) {
		s->queued = false;
		object_put(s);
	}
}

void port_end(void *object)
{
	struct port *p = object;

	p->dead = true;
	object_get(p);
	while (!list_is_empty(&p->sessions))
		session_cut(container_of(p->sessions.next, struct session, link));
	while (!list_is_empty(&p->closed))
		session_cut(container_of(p->closed.next, struct session, link));
	callers_fail(p, nullptr);
	while (!list_is_empty(&p->receivers))
		thread_wake(container_of(p->receivers.next, struct thread, queue), ERR_BAD_HANDLE);
	object_put(p);
}

void session_end(void *object)
{
	struct session *s = object;
	struct port *p = s->port;

	if (p == nullptr)
		return;
	/* The session itself is the notice; it stays until a receiver has read it. */
	list_remove(&s->link);
	list_append(&p->closed, &s->link);
	s->queued = true;
	object_get(s);
	signals_set(&p->waitable, SIGNAL_READY);
	port_serve(p);
}

void session_release(void *object)
{
	struct session *s = object;

	session_cut(s);
}

void reply_end(void *object)
{
	struct reply *r = object;

	if (r->caller != nullptr)
		ipc_finish(r->caller, ERR_PEER_CLOSED, 0);
}

enum err sys_port_create(struct thread *self, struct port **port)
{
	struct port *p = (struct port *)object_create(OBJECT_PORT, self->task->object.quota);

	if (p == nullptr)
		return ERR_NO_MEMORY;
	list_init(&p->callers);
	list_init(&p->receivers);
	list_init(&p->sessions);
	list_init(&p->closed);
	*port = p;
	return OK;
}

enum err sys_session_create(struct thread *self, struct port *port, uint64_t badge,
			    struct session **session)
{
	struct session *s =
		(struct session *)object_create(OBJECT_SESSION, self->task->object.quota);

	if (s == nullptr)
		return ERR_NO_MEMORY;
	s->port = object_get(port);
	s->badge = badge;
	list_append(&port->sessions, &s->link);
	*session = s;
	return OK;
}

enum err sys_session_sever(struct thread *self, struct session *session)
{
	struct port *p = session->port;

	(void)self;
	if (p == nullptr)
		return OK;
	object_get(p);
	object_get(session);
	session_cut(session);
	callers_fail(p, session);
	object_put(session);
	object_put(p);
	return OK;
}

void port_ask_pager(struct thread *t, struct vmo *vmo, uint64_t offset, bool write)
{
	t->call = BY_PAGE;
	t->session = nullptr;
	t->badge = vmo->badge;
	t->tag = tag_make(0, PAGE_REQUEST, 0, 0, 0);
	t->words[0] = offset;
	t->words[1] = PAGE_SIZE;
	t->words[2] = write;
	t->words[3] = t->words[4] = t->words[5] = 0;
	t->nhandles = t->ngrants = 0;
	ipc_start(t, vmo->port, TIME_NEVER);
}
