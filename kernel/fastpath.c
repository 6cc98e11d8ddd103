/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Messages at full speed: words, bytes and grants to a server that waits, on the CPU of its caller,
 * and words and bytes back. No queue, no scheduler, no account: the time both use goes to the
 * caller's until the next look at the clock. All conditions come first and change nothing; what
 * fails one takes the way of ipc.c, which is the specification.
 */
#include "abi/message.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/ipc.h"
#include "kernel/port.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

constexpr uint64_t TAG_GRANTS = TAG_GRANTS_MASK << TAG_GRANTS_SHIFT;

/* Words and at most a page of bytes: what else there may be stands in higher bits. */
static inline bool tag_is_fast(uint64_t tag)
{
	return tag >> TAG_BYTES_SHIFT <= MESSAGE_BYTES;
}

/* Nothing waits to be done on this CPU, and the other thread may go on here at once. */
static inline bool may_switch(const struct cpu *cpu, const struct thread *to)
{
	return !cpu->work && trace_mask == 0 && !to->slow && to->attention == 0 &&
	       (to->affinity & cpu->bit) != 0;
}

[[gnu::always_inline]] static inline void message_copy(struct thread *to, struct thread *from,
						       uint64_t tag)
{
	context_copy_words(&to->context, &from->context);
	context_set_tag(&to->context, tag);
	context_set_error(&to->context, OK);
	if (tag >> TAG_BYTES_SHIFT != 0)
		words_copy(to->message, from->message, tag_nbytes(tag));
}

/* `from`, whose new state is set, gives the CPU to `to`. */
[[gnu::always_inline]] static inline struct context *hand_over(struct cpu *cpu, struct thread *from,
							       struct thread *to)
{
	__builtin_assume(to != nullptr); /* it is no idle CPU that goes on */
	to->state = THREAD_RUNNING;
	to->cpu = (uint8_t)cpu->index;
	cpu->current = to;
	if (&to->task->space != cpu->space) [[clang::always_inline]]
		space_enter(cpu, &to->task->space);
	context_switch(&cpu->arch, &from->context, &to->context);
	kernel_unlock();
	return &to->context;
}

[[gnu::noinline]] static struct context *slowly(uint32_t number)
{
	struct thread *self = this_cpu()->current;

	kernel_unlock();
	return kernel_call(&self->context, number);
}

[[clang::preserve_none]] struct context *kernel_ipc_call(void)
{
	kernel_lock();
	struct cpu *cpu = this_cpu();
	struct thread *self = cpu->current;
	uint64_t tag = context_tag(&self->context);
	struct found f = handle_object(self, (uint32_t)context_argument(&self->context, 0),
				       OBJECT_SESSION, RIGHT_SEND);

	bool lends = !tag_is_fast(tag);

	if (f.error != OK || tag_protocol(tag) == 0 ||
	    context_deadline(&self->context) != TIME_NEVER)
		return slowly(CALL_IPC_CALL);
	if (lends) [[clang::unlikely]]
		if (!tag_is_fast(tag & ~TAG_GRANTS))
			return slowly(CALL_IPC_CALL);
	struct session *s = (struct session *)f.object;
	struct port *p = s->port;

	if (p == nullptr || list_is_empty(&p->receivers))
		return slowly(CALL_IPC_CALL);
	struct thread *server = container_of(p->receivers.next, struct thread, queue);

	if (!may_switch(cpu, server))
		return slowly(CALL_IPC_CALL);
	self->ngrants = 0;
	if (lends) [[clang::unlikely]] {
		if (!grants_read(self, tag_ngrants(tag)))
			return slowly(CALL_IPC_CALL);
		grants_show(self, server);
	}
	list_pop(&p->receivers);
	message_copy(server, self, tag);
	context_set_badge(&server->context, s->badge);
	server->caller = self;
	server->port = nullptr;
	server->priority = self->priority;
	server->budget = self->budget;
	self->server = server;
	self->call = BY_CALL;
	self->slow = false;
	self->nhandles = 0;
	self->state = THREAD_ANSWER;
	counters.fast_messages++;
	return hand_over(cpu, self, server);
}

[[clang::preserve_none]] struct context *kernel_ipc_reply_wait(void)
{
	kernel_lock();
	struct cpu *cpu = this_cpu();
	struct thread *self = cpu->current;
	struct thread *caller = self->caller;
	uint64_t tag = context_tag(&self->context);
	struct found f = handle_object(self, (uint32_t)context_argument(&self->context, 0),
				       OBJECT_PORT, RIGHT_RECEIVE);
	struct port *p = (struct port *)f.object;

	/* A port that is READY has another message already. */
	if (f.error != OK || caller == nullptr || !tag_is_fast(tag) ||
	    context_deadline(&self->context) != TIME_NEVER ||
	    (p->waitable.signals & SIGNAL_READY) != 0 || !may_switch(cpu, caller) ||
	    thread_is_interrupted(self))
		return slowly(CALL_IPC_REPLY_WAIT);
	message_copy(caller, self, tag);
	caller->server = nullptr;
	self->caller = nullptr;
	self->priority = self->base;
	self->budget = self->task->budget;
	self->slow = false;
	self->state = THREAD_RECEIVING;
	self->port = p;
	list_prepend(&p->receivers, &self->queue);
	return hand_over(cpu, self, caller);
}
