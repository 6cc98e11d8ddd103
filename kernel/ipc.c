/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/ipc.h"
#include "abi/message.h"
#include "kernel/assert.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/port.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

/* --- Lending priority and budget --- */

/* A server works with its caller's priority and on its budget; whom it calls in turn as well. */
static void lend(struct thread *server, unsigned priority, struct budget *budget)
{
	for (struct thread *t = server; t != nullptr;
	     t = t->state == THREAD_ANSWER ? t->server : nullptr) {
		t->budget = budget;
		if (t->priority != priority)
			sched_set_priority(t, priority);
	}
}

static void lend_end(struct thread *server)
{
	if (server->budget != server->task->budget || server->priority != server->base)
		lend(server, server->base, server->task->budget);
}

/* --- Handles in messages --- */

/* The handles exist, may be transferred, and each occurs once. */
static enum err handles_check(struct task *task, const uint32_t *handles, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct slot *s = handle_slot(task, handles[i]);

		if (s == nullptr)
			return ERR_BAD_HANDLE;
		if ((s->rights & RIGHT_TRANSFER) == 0)
			return ERR_NO_RIGHT;
		for (unsigned j = 0; j < i; j++)
			if (handles[j] == handles[i])
				return ERR_BAD_ARGUMENT;
	}
	return OK;
}

/* Move handles that were checked, to a task that has room. */
static void handles_move(struct task *to, struct task *from, const uint32_t *handles, unsigned n,
			 uint32_t *there)
{
	for (unsigned i = 0; i < n; i++) {
		struct cap cap = cap_copy(handle_slot(from, handles[i]), ~0u);

		there[i] = handle_install(to, &cap);
		handle_close(from, handles[i]);
	}
}

bool grants_read(struct thread *t, unsigned n)
{
	if (n > MESSAGE_GRANTS)
		return false;
	for (unsigned i = 0; i < n; i++) {
		t->grants[i] = t->control->grants[i];
		if (!user_range_ok(t->grants[i].address,
				   t->grants[i].size & ~(GRANT_READ | GRANT_WRITE)))
			return false;
	}
	t->ngrants = (uint8_t)n;
	return true;
}

/* The limits of a message that is about to be sent; reads what of it stands in the control page. */
static enum err message_check(struct thread *t, uint64_t tag, bool is_call)
{
	if ((tag & TAG_RESERVED) != 0 || tag_nbytes(tag) > MESSAGE_BYTES ||
	    tag_nhandles(tag) > MESSAGE_HANDLES ||
	    (is_call ? tag_protocol(tag) == 0 : tag_ngrants(tag) > 0))
		return ERR_BAD_ARGUMENT;
	t->nhandles = (uint8_t)tag_nhandles(tag);
	for (unsigned i = 0; i < t->nhandles; i++)
		t->handles[i] = t->control->handles[i];
	if (is_call && !grants_read(t, tag_ngrants(tag)))
		return ERR_BAD_ARGUMENT;
	return handles_check(t->task, t->handles, t->nhandles);
}

/* --- Calls: delivery --- */

static void port_settle(struct port *p)
{
	if (list_is_empty(&p->callers) && list_is_empty(&p->closed))
		p->waitable.signals &= ~SIGNAL_READY;
}

/* Hand a call to a server thread. On an error the server has got nothing. */
static enum err deliver(struct thread *caller, struct thread *server)
{
	enum err e = OK;

	if (caller->nhandles > 0) {
		e = handles_check(caller->task, caller->handles, caller->nhandles);
		if (e == OK)
			e = handle_reserve(server->task, caller->nhandles);
	}
	if (e != OK)
		return e;
	if (caller->nhandles > 0)
		handles_move(server->task, caller->task, caller->handles, caller->nhandles,
			     server->control->handles);
	grants_show(caller, server);
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		context_set_word(&server->context, i,
				 caller->call == BY_CALL ? context_word(&caller->context, i)
							 : caller->words[i]);
	if (tag_nbytes(caller->tag) > 0)
		words_copy(server->message, caller->message, tag_nbytes(caller->tag));
	context_set_tag(&server->context, caller->tag);
	context_set_badge(&server->context, caller->badge);
	server->caller = caller;
	caller->server = server;
	caller->state = THREAD_ANSWER;
	server->task->messages++;
	counters.messages++;
	trace(TRACE_SEND, caller->tag, server->object.id, context_word(&server->context, 0));
	return OK;
}

/* Give a server thread the first thing that waits at the port. False: nothing does. */
static bool take_message(struct port *p, struct thread *server)
{
	if (!list_is_empty(&p->closed)) {
		struct session *s = container_of(p->closed.next, struct session, link);

		context_set_tag(&server->context, tag_make(0, SESSION_CLOSED, 0, 0, 0));
		context_set_badge(&server->context, s->badge);
		list_remove(&s->link);
		list_append(&p->sessions, &s->link);
		s->queued = false;
		object_put(s);
		port_settle(p);
		return true;
	}
	while (!list_is_empty(&p->callers)) {
		struct thread *caller = container_of(p->callers.next, struct thread, queue);

		list_remove(&caller->queue);
		port_settle(p);
		enum err e = deliver(caller, server);

		if (e == OK) {
			lend(server, caller->priority, caller->budget);
			return true;
		}
		ipc_finish(caller, e, 0);
	}
	return false;
}

void ipc_unreceive(struct thread *t)
{
	list_remove(&t->queue);
	timer_cancel(&t->timer);
	t->port = nullptr;
}

void port_serve(struct port *p)
{
	while (!list_is_empty(&p->receivers)) {
		struct thread *server = container_of(p->receivers.next, struct thread, queue);

		if (!take_message(p, server))
			return;
		ipc_unreceive(server);
		context_set_error(&server->context, OK);
		sched_ready(server);
	}
}

static void deadline_passed(struct timer *timer)
{
	ipc_finish(container_of(timer, struct thread, timer), ERR_TIMED_OUT, 0);
}

void ipc_start(struct thread *caller, struct port *p, uint64_t deadline)
{
	caller->state = THREAD_CALLING;
	caller->slow = true;
	caller->port = p;
	if (caller->session != nullptr)
		object_get(caller->session);
	list_append(&p->callers, &caller->queue);
	sched_again(this_cpu());
	if (p->dead) {
		ipc_finish(caller, ERR_PEER_CLOSED, 0);
		return;
	}
	if (deadline != TIME_NEVER) {
		caller->timer.fire = deadline_passed;
		timer_set(&caller->timer, deadline);
	}
	if (list_is_empty(&p->receivers))
		signals_set(&p->waitable, SIGNAL_READY);
	else
		port_serve(p);
}

/* --- Calls: the end --- */

void ipc_abandon(struct thread *caller)
{
	if (caller->state == THREAD_CALLING) {
		list_remove(&caller->queue);
		port_settle(caller->port);
	} else if (caller->server != nullptr) {
		caller->server->caller = nullptr;
		lend_end(caller->server);
	} else if (caller->reply != nullptr) {
		caller->reply->caller = nullptr;
	}
	caller->server = nullptr;
	caller->reply = nullptr;
	caller->port = nullptr;
	timer_cancel(&caller->timer);
	object_put(caller->session);
	caller->session = nullptr;
}

static void exception_finish(struct thread *t, bool handled)
{
	if (handled)
		return;
	t->task->fault = t->fault;
	t->task->fault_pc = context_pc(&t->context);
	task_kill(t->task, -1);
}

void ipc_finish(struct thread *caller, enum err error, int16_t status)
{
	ipc_abandon(caller);
	bool ok = error == OK && status == 0;

	if (caller->call == BY_CALL)
		context_set_error(&caller->context, error);
	else if (caller->call == BY_PAGE && !ok)
		caller->pager_failed = true;
	sched_ready(caller);
	if (caller->call == BY_EXCEPTION)
		exception_finish(caller, ok);
}

void ipc_drop_caller(struct thread *server)
{
	struct thread *caller = server->caller;

	if (caller != nullptr)
		ipc_finish(caller, ERR_PEER_CLOSED, 0);
}

/* Answer a caller from `server`; the caller is ready afterwards. An error changes nothing. */
static enum err answer(struct thread *server, struct thread *caller, uint64_t tag)
{
	enum err e = message_check(server, tag, false);

	if (e != OK)
		return e;
	if (caller->call != BY_CALL) {
		if (server->nhandles > 0)
			return ERR_BAD_ARGUMENT;
		ipc_finish(caller, OK, tag_status(tag));
		return OK;
	}
	if (server->nhandles > 0) {
		e = handle_reserve(caller->task, server->nhandles);
		if (e != OK)
			return e;
		handles_move(caller->task, server->task, server->handles, server->nhandles,
			     caller->control->handles);
	}
	if (tag_nbytes(tag) > 0)
		words_copy(caller->message, server->message, tag_nbytes(tag));
	context_copy_words(&caller->context, &server->context);
	context_set_tag(&caller->context, tag);
	trace(TRACE_ANSWER, tag, caller->object.id, context_word(&server->context, 0));
	ipc_finish(caller, OK, 0);
	return OK;
}

/* The caller has gone away meanwhile: what was meant for it must not pile up here. */
static enum err answer_nobody(struct thread *server, uint64_t tag)
{
	enum err e = message_check(server, tag, false);

	for (unsigned i = 0; e == OK && i < server->nhandles; i++)
		handle_close(server->task, server->handles[i]);
	return e;
}

/* --- The system calls, whole --- */

enum err sys_ipc_call(struct thread *self)
{
	struct cap cap;
	enum err e = handle_cap(self, (uint32_t)context_argument(&self->context, 0), OBJECT_SESSION,
				RIGHT_SEND, &cap);
	uint64_t tag = context_tag(&self->context);

	if (e == OK)
		e = message_check(self, tag, true);
	if (e != OK)
		return e;
	struct session *s = (struct session *)cap.object;

	if (s->port == nullptr)
		return ERR_PEER_CLOSED;
	self->call = BY_CALL;
	self->session = s;
	self->badge = s->badge;
	self->tag = tag;
	ipc_start(self, s->port, context_deadline(&self->context));
	return CALL_WAITS;
}

/* The port of an ipc call, to receive from. */
static inline struct found port_find(struct thread *self)
{
	return handle_object(self, (uint32_t)context_argument(&self->context, 0), OBJECT_PORT,
			     RIGHT_RECEIVE);
}

static void receive_timed_out(struct timer *timer)
{
	thread_wake(container_of(timer, struct thread, timer), ERR_TIMED_OUT);
}

/* Wait at a port; the thread holds no call. */
static enum err receive(struct thread *self, struct port *p)
{
	uint64_t deadline = context_deadline(&self->context);

	if (take_message(p, self))
		return OK;
	if (deadline == 0)
		return ERR_WOULD_BLOCK;
	if (thread_is_interrupted(self))
		return ERR_INTERRUPTED;
	self->state = THREAD_RECEIVING;
	self->slow = deadline != TIME_NEVER;
	self->port = p;
	list_prepend(&p->receivers, &self->queue);
	if (deadline != TIME_NEVER) {
		self->timer.fire = receive_timed_out;
		timer_set(&self->timer, deadline);
	}
	sched_again(this_cpu());
	return CALL_WAITS;
}

enum err sys_ipc_receive(struct thread *self)
{
	struct found f = port_find(self);

	if (f.error != OK)
		return f.error;
	ipc_drop_caller(self);
	return receive(self, (struct port *)f.object);
}

enum err sys_ipc_reply_wait(struct thread *self)
{
	uint64_t tag = context_tag(&self->context);
	struct found f = port_find(self);

	if (f.error != OK)
		return f.error;
	enum err e = self->caller != nullptr ? answer(self, self->caller, tag)
					     : answer_nobody(self, tag);

	if (e == OK && tag_nhandles(tag) > 0) {
		f = port_find(self); /* its handle may have gone with the answer */
		e = f.error;
	}
	return e == OK ? receive(self, (struct port *)f.object) : e;
}

enum err sys_ipc_reply(struct thread *self)
{
	uint32_t handle = (uint32_t)context_argument(&self->context, 0);
	struct thread *caller = self->caller;

	if (handle != 0) {
		struct found f = handle_object(self, handle, OBJECT_REPLY, RIGHT_SEND);

		if (f.error != OK)
			return f.error;
		caller = ((struct reply *)f.object)->caller;
	}
	return caller != nullptr ? answer(self, caller, context_tag(&self->context))
				 : ERR_BAD_STATE;
}

enum err sys_reply_keep(struct thread *self, struct reply **reply)
{
	struct thread *caller = self->caller;

	if (caller == nullptr)
		return ERR_BAD_STATE;
	*reply = (struct reply *)object_create(OBJECT_REPLY, self->task->object.quota);
	if (*reply == nullptr)
		return ERR_NO_MEMORY;
	(*reply)->caller = caller;
	caller->reply = *reply;
	caller->server = nullptr;
	self->caller = nullptr;
	lend_end(self);
	return OK;
}
