/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/thread.h"
#include "kernel/assert.h"
#include "kernel/budget.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/ipc.h"
#include "kernel/log.h"
#include "kernel/port.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/trace.h"
#include "kernel/user.h"
#include "kernel/waitset.h"

constexpr unsigned AREA_ORDER = 1; /* two pages: control and message */
static_assert(PAGE_SIZE << AREA_ORDER == THREAD_AREA_SIZE);
static_assert(sizeof(struct thread) <= 4000);

/* --- Making --- */

/* The control and message pages, mapped at t->area: the former has yet to be filled. */
static enum err area_create(struct thread *t)
{
	struct quota *quota = t->task->object.quota;
	paddr first;

	if ((t->area & (PAGE_SIZE - 1)) != 0 || t->area < USER_START ||
	    !user_range_ok(t->area, THREAD_AREA_SIZE))
		return ERR_BAD_ARGUMENT;
	if (!frame_alloc_run(quota, FRAME_USER, AREA_ORDER, &first))
		return ERR_NO_MEMORY;
	page_zero(direct(paddr_add(first, PAGE_SIZE)));
	enum err e = space_map_pages(&t->task->space, t->area, THREAD_AREA_SIZE, first,
				     MAP_READ | MAP_WRITE, MAPPING_AREA);

	if (e != OK) {
		frame_free_run(first, AREA_ORDER);
		return e;
	}
	t->control = direct(first);
	t->message = (char *)direct(first) + PAGE_SIZE;
	return OK;
}

static void area_destroy(struct thread *t)
{
	if (t->control == nullptr)
		return;
	space_unmap_pages(&t->task->space, t->area);
	frame_free_run(direct_paddr(t->control), AREA_ORDER);
	t->control = nullptr;
	t->message = nullptr;
	t->context.control_kernel = 0;
	t->context.upcall_call = 0;
}

static void control_fill(struct thread *t)
{
	t->control->self = t->area;
	t->control->task_id = t->task->object.id;
	t->control->thread_id = t->object.id;
	t->context.control_kernel = (uint64_t)t->control;
	t->context.control_user = t->area;
	t->context.upcall_call = t->task->upcall_call;
}

/* Everything but registers and the control page. The thread is stopped, in its task's list, which
 * holds a reference. */
static enum err thread_make(struct task *task, vaddr area, unsigned priority, uint64_t affinity,
			    struct thread **thread)
{
	struct object *o = object_create(OBJECT_THREAD, task->object.quota);

	if (o == nullptr)
		return ERR_NO_MEMORY;
	struct thread *t = thread_of(o);

	t->task = object_get(task);
	t->area = area;
	t->state = THREAD_STOPPED;
	t->base = t->priority = (uint8_t)priority;
	t->affinity = affinity;
	t->cpu = (uint8_t)this_cpu()->index;
	t->budget = task->budget;
	list_init(&t->queue);
	list_init(&t->link);
	enum err e = area_create(t);

	if (e != OK) {
		t->state = THREAD_DEAD;
		object_put(o);
		return e;
	}
	list_append(&task->threads, &t->link);
	task->nthreads++;
	*thread = t;
	return OK;
}

void thread_hold(struct thread *t)
{
	t->suspended = 1;
	t->attention = ATTEND_STOP;
	t->waitable.signals = SIGNAL_STOPPED;
}

enum err thread_create(struct task *task, vaddr area, vaddr entry, vaddr stack, uint64_t argument,
		       unsigned priority, struct thread **thread)
{
	enum err e = thread_make(task, area, priority, UINT64_MAX, thread);

	if (e != OK)
		return e;
	page_zero((*thread)->control);
	context_init(&(*thread)->context, entry, stack, argument);
	control_fill(*thread);
	thread_hold(*thread);
	return OK;
}

enum err thread_clone(struct task *task, struct thread *from, struct thread **thread)
{
	enum err e = thread_make(task, from->area, from->base, from->affinity, thread);

	if (e != OK)
		return e;
	struct registers registers;

	page_copy((*thread)->control, from->control);
	control_fill(*thread);
	context_registers_get(&from->context, &registers);
	if (!context_registers_set(&(*thread)->context, &registers))
		return ERR_BAD_ARGUMENT;
	/* A failure leaves the thread to the end of the clone, which its maker brings about. */
	return context_copy(&(*thread)->context, &from->context) ? OK : ERR_NO_MEMORY;
}

void thread_start(struct thread *t)
{
	sched_ready(t);
}

/* --- Waiting --- */

static void wait_timed_out(struct timer *timer)
{
	struct thread *t = container_of(timer, struct thread, timer);

	thread_wake(t, t->waits == WAIT_SLEEP ? OK : ERR_TIMED_OUT);
}

void thread_block(struct thread *t, enum wait_kind kind, uint64_t deadline)
{
	t->state = THREAD_WAITING;
	t->waits = kind;
	sched_again(this_cpu());
	if (deadline == TIME_NEVER)
		return;
	t->timer.fire = wait_timed_out;
	timer_set(&t->timer, deadline);
}

static void wait_undo(struct thread *t)
{
	if (t->waits == WAIT_SIGNALS || t->waits == WAIT_SET)
		wait_abandon(t);
	else if (t->waits == WAIT_FUTEX)
		futex_abandon(t);
	t->waits = WAIT_NONE;
	timer_cancel(&t->timer);
}

void thread_unwait(struct thread *t)
{
	switch (t->state) {
	case THREAD_READY:
		sched_unready(t);
		break;
	case THREAD_WAITING:
		wait_undo(t);
		break;
	case THREAD_CALLING:
	case THREAD_ANSWER:
		ipc_abandon(t);
		break;
	case THREAD_RECEIVING:
		ipc_unreceive(t);
		break;
	case THREAD_STARVED:
		list_remove(&t->queue);
		break;
	case THREAD_RUNNING:
	case THREAD_STOPPED:
	case THREAD_DEAD:
		break;
	}
}

void thread_wake(struct thread *t, enum err e)
{
	if (t->state == THREAD_WAITING) /* nearly always */
		wait_undo(t);
	else
		thread_unwait(t);
	context_set_error(&t->context, e);
	sched_ready(t);
}

void thread_poke(struct thread *t)
{
	if (t->state == THREAD_RUNNING)
		sched_poke(cpus[t->cpu]);
}

/* --- Upcalls and faults --- */

/* Go on at on_event, with the registers of now noted in the control page. */
static void upcall_enter(struct thread *t, enum upcall_reason reason)
{
	struct control *c = t->control;

	context_registers_get(&t->context, &c->saved);
	c->reason = reason;
	c->masked = 1;
	context_set_pc(&t->context, t->task->upcall_event);
	trace(TRACE_UPCALL, reason, t->task->upcall_event, 0);
}

static bool upcall_is_open(struct thread *t)
{
	return t->task->upcall_event != 0 && t->control->masked == 0;
}

static void exception_raise(struct thread *t, const struct fault *f)
{
	struct session *s = t->task->debugger;

	if (t->task->state != TASK_ALIVE)
		return; /* killed by another thread just now: this one ends before user mode */
	t->fault = *f;
	if (s == nullptr || s->port == nullptr) {
		klog("%s[%lu]: thread %lu: fault %u at %lx, address %lx, access %u, code %lx\n",
		     t->task->name, t->task->object.id, t->object.id, f->kind,
		     context_pc(&t->context), f->address, f->access, f->code);
		t->task->fault = *f;
		t->task->fault_pc = context_pc(&t->context);
		task_kill(t->task, -1);
		return;
	}
	t->call = BY_EXCEPTION;
	t->session = s;
	t->badge = s->badge;
	t->tag = tag_make(0, EXCEPTION, 0, 0, 0);
	t->words[0] = f->kind;
	t->words[1] = f->address;
	t->words[2] = f->code;
	t->words[3] = t->object.id;
	t->words[4] = context_pc(&t->context);
	t->words[5] = t->task->object.id;
	t->nhandles = t->ngrants = 0;
	ipc_start(t, s->port, TIME_NEVER);
}

void thread_fault(struct thread *t, const struct fault *f)
{
	struct control *c = t->control;

	if (upcall_is_open(t)) {
		c->fault = *f;
		upcall_enter(t, UPCALL_FAULT);
	} else if (t->task->upcall_event != 0 && c->fixup != 0 && f->kind != FAULT_CALL) {
		c->fault = *f;
		context_set_pc(&t->context, c->fixup);
		c->fixup = 0;
	} else {
		exception_raise(t, f);
	}
}

enum err sys_upcall_return(struct thread *self)
{
	struct control *c = self->control;

	if (!context_registers_set(&self->context, &c->saved))
		return ERR_BAD_ARGUMENT;
	if (c->pending != 0 && self->task->upcall_event != 0) {
		c->pending = 0;
		self->attention &= ~(enum attention)ATTEND_INTERRUPT;
		upcall_enter(self, UPCALL_INTERRUPT);
	} else {
		c->masked = 0;
	}
	return CALL_WAITS; /* no error goes into the registers */
}

void kernel_upcall_return(void)
{
	kernel_lock();
	enum err e = sys_upcall_return(this_cpu()->current);

	if (e != CALL_WAITS)
		context_set_error(&this_cpu()->current->context, e);
}

bool thread_attend(struct thread *t)
{
	if ((t->attention & ATTEND_DIE) != 0) {
		thread_end(t);
		return false;
	}
	if ((t->attention & ATTEND_INTERRUPT) != 0) {
		t->attention &= ~(enum attention)ATTEND_INTERRUPT;
		if (upcall_is_open(t)) {
			t->control->pending = 0;
			upcall_enter(t, UPCALL_INTERRUPT);
		}
	}
	if ((t->attention & ATTEND_STOP) != 0) {
		t->state = THREAD_STOPPED;
		signals_set(&t->waitable, SIGNAL_STOPPED);
		sched_again(this_cpu());
		return false;
	}
	return true;
}

/* --- The end --- */

/* Locks in shared memory that it holds: the next owner finds out. A word whose page is not there
 * now is left alone. */
static void robust_release(struct thread *t)
{
	struct control *c = t->control;
	uint32_t n = c->robust_count < ROBUST_LOCKS ? c->robust_count : ROBUST_LOCKS;

	for (uint32_t i = 0; i < n; i++)
		futex_owner_died(t, c->robust[i], c->robust_owner);
	if (c->robust_list != 0)
		futex_list_died(t, c->robust_list, c->robust_owner);
}

void thread_end(struct thread *t)
{
	struct task *task = t->task;
	/* It may already wait, and not be switched from. */
	bool is_current = cpus[t->cpu]->current == t;

	if (t->state == THREAD_DEAD)
		return;
	/* First, for with its caller it loses what that lent: it may move to another run queue. */
	ipc_drop_caller(t);
	thread_unwait(t);
	robust_release(t);
	area_destroy(t);
	t->state = THREAD_DEAD;
	list_remove(&t->link);
	task->calls += t->calls;
	task->nthreads--;
	signals_set(&t->waitable, SIGNAL_DEAD);
	/* A CPU that still has it as its current thread drops the task's reference later. */
	if (is_current)
		sched_poke(cpus[t->cpu]);
	else
		object_put(&t->object);
	if (task->nthreads == 0 && task->state == TASK_ALIVE)
		task_kill(task, 0);
}

void thread_release_object(void *object)
{
	struct thread *t = object;

	context_fini(&t->context);
	object_put(t->task);
}

/* --- Calls --- */

enum err sys_thread_create(struct thread *self, struct task *task, uint64_t area, uint64_t entry,
			   uint64_t stack, uint64_t argument, uint32_t priority,
			   struct thread **thread)
{
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	if (priority > task->max_priority || entry >= USER_END || stack > USER_END)
		return ERR_BAD_ARGUMENT;
	enum err e = thread_create(task, area, entry, stack, argument, priority, thread);

	if (e != OK)
		return e;
	(*thread)->affinity = self->affinity;
	object_get(&(*thread)->object); /* the task's list has the first */
	return OK;
}

enum err sys_thread_exit(struct thread *self, uint64_t address)
{
	struct futex_word word;

	if (address != 0 && futex_word_find(self, address, &word) == OK) {
		thread_end(self);
		futex_word_clear(&word);
	} else {
		thread_end(self);
	}
	return CALL_WAITS;
}

enum err sys_thread_suspend(struct thread *self, struct thread *thread)
{
	(void)self;
	if (thread->state == THREAD_DEAD)
		return ERR_BAD_STATE;
	if (thread->suspended == UINT8_MAX)
		return ERR_FULL;
	if (thread->suspended++ > 0)
		return OK;
	thread->attention |= ATTEND_STOP;
	/* One that waits is as good as stopped: it sees to this before it runs again. */
	if (thread->state == THREAD_RUNNING)
		thread_poke(thread);
	else
		signals_set(&thread->waitable, SIGNAL_STOPPED);
	return OK;
}

enum err sys_thread_resume(struct thread *self, struct thread *thread)
{
	(void)self;
	if (thread->state == THREAD_DEAD || thread->suspended == 0)
		return ERR_BAD_STATE;
	if (--thread->suspended > 0)
		return OK;
	thread->attention &= ~(enum attention)ATTEND_STOP;
	thread->waitable.signals &= ~SIGNAL_STOPPED;
	if (thread->state == THREAD_STOPPED)
		sched_ready(thread);
	return OK;
}

static bool thread_is_stopped(const struct thread *t)
{
	return t->suspended > 0 && t->state != THREAD_RUNNING && t->state != THREAD_DEAD;
}

static void info_fill(struct thread *t, struct thread_info *info)
{
	if (t->state == THREAD_RUNNING)
		sched_account(cpus[t->cpu]);
	*info = (struct thread_info){
		.id = t->object.id,
		.task_id = t->task->object.id,
		.state = t->state,
		.suspended = t->suspended,
		.priority = t->base,
		.effective = t->priority,
		.affinity = t->affinity,
		.cpu = t->cpu,
		.masked = t->control != nullptr ? t->control->masked : 0,
		.cpu_ns = t->cpu_ns,
		.area = t->area,
		.pc = context_pc(&t->context),
		.sp = context_sp(&t->context),
		.switches = t->switches,
	};
	if (t->state == THREAD_WAITING && (t->waits == WAIT_SIGNALS || t->waits == WAIT_SET))
		info->waiting_on = t->wait.object->object.id;
	else if (t->port != nullptr)
		info->waiting_on = t->port->waitable.object.id;
}

static union {
	struct registers registers;
	struct thread_info info;
	struct thread_debug debug;
	alignas(64) char simd[16384];
} scratch; /* under the kernel lock */

enum err sys_thread_read(struct thread *self, struct thread *thread, uint32_t what,
			 struct user_out to, uint32_t *size)
{
	if (what == THREAD_INFO) {
		info_fill(thread, &scratch.info);
		*size = sizeof(scratch.info);
		return user_put(self, to, &scratch, *size);
	}
	if (what != THREAD_REGISTERS && what != THREAD_SIMD)
		return ERR_BAD_ARGUMENT;
	if (!thread_is_stopped(thread))
		return ERR_BAD_STATE;
	if (what == THREAD_REGISTERS) {
		context_registers_get(&thread->context, &scratch.registers);
		*size = sizeof(scratch.registers);
	} else {
		context_simd_get(&thread->context, scratch.simd);
		*size = (uint32_t)context_simd_size();
	}
	return user_put(self, to, &scratch, *size);
}

enum err sys_thread_write(struct thread *self, struct thread *thread, uint32_t what,
			  struct user_in from)
{
	size_t size = what == THREAD_REGISTERS ? sizeof(struct registers)
		      : what == THREAD_SIMD    ? context_simd_size()
		      : what == THREAD_DEBUG   ? sizeof(struct thread_debug)
					       : 0;

	if (size == 0 || from.size != size)
		return ERR_BAD_ARGUMENT;
	if (!thread_is_stopped(thread))
		return ERR_BAD_STATE;
	enum err e = user_read(self, &scratch, from.address, size);

	if (e != OK)
		return e;
	if (what == THREAD_REGISTERS)
		return context_registers_set(&thread->context, &scratch.registers)
			       ? OK
			       : ERR_BAD_ARGUMENT;
	if (what == THREAD_SIMD)
		return context_simd_set(&thread->context, scratch.simd) ? OK : ERR_BAD_ARGUMENT;
	context_step_set(&thread->context, scratch.debug.step != 0);
	return context_debug_set(&thread->context, &scratch.debug);
}

enum err sys_thread_interrupt(struct thread *self, struct thread *thread)
{
	(void)self;
	if (thread->state == THREAD_DEAD)
		return ERR_BAD_STATE;
	__atomic_store_n(&thread->control->pending, 1, __ATOMIC_RELAXED);
	thread->attention |= ATTEND_INTERRUPT;
	if (thread->state == THREAD_WAITING || thread->state == THREAD_RECEIVING)
		thread_wake(thread, ERR_INTERRUPTED);
	else
		thread_poke(thread);
	return OK;
}

enum err sys_thread_set_tls(struct thread *self, uint64_t address)
{
	if (address >= USER_END)
		return ERR_BAD_ARGUMENT;
	context_set_tls(&self->context, address);
	return OK;
}

enum err sys_thread_sleep(struct thread *self, uint64_t deadline)
{
	if (time_now() >= deadline)
		return OK;
	if (thread_is_interrupted(self))
		return ERR_INTERRUPTED;
	thread_block(self, WAIT_SLEEP, deadline);
	return CALL_WAITS;
}
