/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/task.h"
#include "kernel/assert.h"
#include "kernel/budget.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"
#include "kernel/info.h"
#include "kernel/port.h"
#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/trace.h"
#include "kernel/user.h"
#include "kernel/vmo.h"
#include "abi/clock.h"

static struct list tasks = { &tasks, &tasks }; /* by number */

/* Dying tasks pass through two queues: first what they may do ends, then what they occupy. */
struct reap_queue {
	struct task *first, **tail;
};

static struct reap_queue with_handles = { nullptr, &with_handles.first };
static struct reap_queue with_memory = { nullptr, &with_memory.first };

bool reap_wanted;

/* `step` as abi/trace.h says; the name, so that the dead have one too. */
static void task_trace(const struct task *t, unsigned step)
{
	uint64_t name;

	memcpy(&name, t->name, sizeof(name));
	trace(TRACE_TASK, t->object.id, step, name);
}

/* --- Making --- */

struct task *task_create(struct quota *quota, const char *name)
{
	struct task *t = (struct task *)object_create(OBJECT_TASK, quota);

	if (t == nullptr)
		return nullptr;
	handle_table_init(&t->handles);
	list_init(&t->threads);
	list_init(&t->link);
	t->state = TASK_ALIVE;
	t->start_ns = time_now();
	t->max_priority = PRIORITIES - 1;
	string_copy(t->name, name, sizeof(t->name));
	if (!space_init(&t->space, quota)) {
		t->state = TASK_DEAD;
		object_put(t);
		return nullptr;
	}
	list_append(&tasks, &t->link);
	if (space_map_pages(&t->space, CLOCK_PAGE, PAGE_SIZE, time_page(), MAP_READ,
			    MAPPING_CLOCK) != OK) {
		task_kill(t, 0);
		object_put(t);
		return nullptr;
	}
	task_trace(t, 1);
	return t;
}

/* As its parent, so that nothing is gained by making a task. */
static void limits_inherit(struct task *t, const struct task *parent)
{
	t->max_priority = parent->max_priority;
	t->budget = parent->budget;
	if (t->budget != nullptr)
		object_get(t->budget);
}

enum err sys_task_create(struct thread *self, struct quota *quota, struct user_in name,
			 struct task **task)
{
	char text[sizeof((*task)->name)] = {};
	enum err e = user_read(self, text, name.address,
			       name.size < sizeof(text) ? name.size : sizeof(text) - 1);

	if (e != OK)
		return e;
	*task = task_create(quota, text);
	if (*task == nullptr)
		return ERR_NO_MEMORY;
	space_shuffle(&(*task)->space);
	limits_inherit(*task, self->task);
	return OK;
}

enum err sys_task_clone(struct thread *self, uint32_t flags, struct cap *child, uint32_t *copy)
{
	struct task *parent = self->task, *t;
	struct thread *thread;

	if ((flags & ~(CLONE_SHARE | CLONE_SUSPENDED)) != 0)
		return ERR_BAD_ARGUMENT;
	if (parent->state != TASK_ALIVE)
		return ERR_BAD_STATE; /* killed from another CPU, perhaps with its whole quota */
	t = task_create(parent->object.quota, parent->name);
	if (t == nullptr)
		return ERR_NO_MEMORY;
	limits_inherit(t, parent);
	t->upcall_call = parent->upcall_call;
	t->upcall_event = parent->upcall_event;
	enum err e = space_clone(&t->space, &parent->space, flags);

	if (e == OK)
		e = handle_table_copy(t, parent);
	if (e == OK)
		e = thread_clone(t, self, &thread);
	if (e != OK) {
		task_kill(t, 0);
		object_put(t);
		return e;
	}
	context_set_error(&thread->context, OK);
	context_set_word(&thread->context, 0, 0);
	context_set_word(&thread->context, 1, 1);
	if ((flags & CLONE_SUSPENDED) != 0)
		thread_hold(thread);
	else
		thread_start(thread);
	task_trace(t, 2);
	*child = (struct cap){ &t->object, RIGHTS_TASK & ~(uint32_t)RIGHT_INHERIT, nullptr };
	*copy = 0;
	return OK;
}

struct task *task_find(uint64_t after)
{
	LIST_EACH(at, &tasks) {
		struct task *t = container_of(at, struct task, link);

		if (t->object.id > after)
			return t;
	}
	return nullptr;
}

/* --- The end --- */

static void reap_queue_put(struct reap_queue *q, struct task *t)
{
	t->dying_next = nullptr;
	*q->tail = t;
	q->tail = &t->dying_next;
}

static struct task *reap_queue_take(struct reap_queue *q)
{
	struct task *t = q->first;

	q->first = t->dying_next;
	if (q->first == nullptr)
		q->tail = &q->first;
	return t;
}

void task_kill(struct task *task, int64_t code)
{
	struct list *next;

	if (task->state != TASK_ALIVE)
		return;
	task->state = TASK_DYING;
	task->exit_code = code;
	task_trace(task, 3);
	object_get(task);
	for (struct list *at = task->threads.next; at != &task->threads; at = next) {
		struct thread *t = container_of(at, struct thread, link);

		next = at->next;
		if (t->state == THREAD_RUNNING) {
			t->attention |= ATTEND_DIE; /* at the edge of user mode */
			thread_poke(t);
		} else {
			thread_end(t);
		}
	}
	reap_queue_put(&with_handles, task);
	reap_want();
}

static bool quota_is_within(const struct quota *q, const struct quota *outer)
{
	while (q != nullptr && q != outer)
		q = q->parent;
	return q != nullptr;
}

void tasks_kill(const struct quota *quota)
{
	LIST_EACH(at, &tasks) {
		struct task *t = container_of(at, struct task, link);

		if (quota_is_within(t->object.quota, quota))
			task_kill(t, -1);
	}
}

void task_end(void *object)
{
	struct task *task = object;

	task_kill(task, -1);
}

void task_release(void *object)
{
	struct task *task = object;

	/* Its memory went with the reaper; a task that was never finished has none. */
	list_remove(&task->link);
	object_put(task->debugger);
	object_put(task->budget);
}

void reap_want(void)
{
	reap_wanted = true;
	this_cpu()->work = true;
}

static void task_gone(struct task *t)
{
	counters.calls += t->calls;
	t->state = TASK_DEAD;
	list_remove(&t->link);
	task_trace(t, 4);
	signals_set(&t->waitable, SIGNAL_DEAD);
	object_put(t);
}

/* Close the handles of a task without threads. False: not all of them yet. */
static bool handles_reap(struct task *t, unsigned *work)
{
	if (t->nthreads > 0)
		return false; /* on other CPUs, on their way out */
	uint32_t n = t->handles.nused < *work ? t->handles.nused : *work;
	bool done = handle_table_drain(t, *work);

	*work -= n;
	return done;
}

static bool memory_reap(struct task *t, unsigned *work)
{
	if (!t->reaped_space) {
		if (!space_reap(&t->space, work))
			return false;
		t->reaped_space = true;
	}
	return nodes_reap(work);
}

/* Take each task that is in the queue now through one step; those that are done go on to `next`. */
static void queue_reap(struct reap_queue *q, bool (*step)(struct task *, unsigned *),
		       void (*next)(struct task *), unsigned *work)
{
	struct task **end = q->tail;

	while (q->first != nullptr && *work > 0) {
		bool is_last = &q->first->dying_next == end;
		struct task *t = reap_queue_take(q);

		if (step(t, work))
			next(t);
		else
			reap_queue_put(q, t);
		if (is_last)
			break;
	}
}

static void memory_follows(struct task *t)
{
	reap_queue_put(&with_memory, t);
}

void reap(unsigned work)
{
	reap_wanted = false;
	queue_reap(&with_handles, handles_reap, memory_follows, &work);
	if (nodes_reap(&work))
		queue_reap(&with_memory, memory_reap, task_gone, &work);
	reap_wanted = with_handles.first != nullptr || with_memory.first != nullptr || work == 0;
}

/* --- Calls --- */

enum err sys_task_exit(struct thread *self, int64_t code)
{
	task_kill(self->task, code);
	return CALL_WAITS;
}

enum err sys_task_kill(struct thread *self, struct task *task, int64_t code)
{
	(void)self;
	task_kill(task, code);
	return OK;
}

enum err sys_task_info(struct thread *self, struct task *task, struct user_out to)
{
	struct task_info info;

	info_task(&info, task);
	return user_put(self, to, &info, sizeof(info));
}

enum err sys_task_set_debugger(struct thread *self, struct task *task, struct session *session)
{
	(void)self;
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	if (session != nullptr)
		object_get(session);
	object_put(task->debugger);
	task->debugger = session;
	return OK;
}

/* A thread of the task, and whoever works for it, runs on another budget. */
static void thread_set_budget(struct thread *t, struct budget *old, struct budget *new)
{
	for (; t != nullptr; t = t->state == THREAD_ANSWER ? t->server : nullptr)
		if (t->budget == old)
			t->budget = new;
}

enum err sys_task_set_limits(struct thread *self, struct task *task, uint32_t priority,
			     struct budget *budget)
{
	struct budget *old = task->budget;

	if (priority > self->task->max_priority)
		return ERR_BAD_ARGUMENT;
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	if (budget == nullptr)
		budget = self->task->budget; /* nobody gives more than it has */
	/* What ran so far is the old budget's, on whatever CPU. */
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr && cpus[i]->online)
			sched_account(cpus[i]);
	if (budget != nullptr)
		object_get(budget);
	task->budget = budget;
	task->max_priority = (uint8_t)priority;
	LIST_EACH(at, &task->threads) {
		struct thread *t = container_of(at, struct thread, link);

		if (t->state == THREAD_STARVED) {
			thread_unwait(t);
			sched_ready(t);
		}
		thread_set_budget(t, old, budget);
		thread_poke(t); /* its CPU has a slice to end now */
		if (t->base > priority)
			t->base = (uint8_t)priority;
		if (t->priority > priority)
			sched_set_priority(t, priority);
	}
	object_put(old);
	sched_again(this_cpu());
	return OK;
}

enum err sys_task_set_upcall(struct thread *self, struct task *task, uint64_t on_call,
			     uint64_t on_event)
{
	(void)self;
	if (on_call >= USER_END || on_event >= USER_END || (on_call == 0) != (on_event == 0))
		return ERR_BAD_ARGUMENT;
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	task->upcall_call = on_call;
	task->upcall_event = on_event;
	LIST_EACH(at, &task->threads)
		container_of(at, struct thread, link)->context.upcall_call = on_call;
	return OK;
}

enum err sys_task_thread(struct thread *self, struct task *task, uint64_t after,
			 struct thread **thread, uint64_t *id)
{
	(void)self;
	LIST_EACH(at, &task->threads) {
		struct thread *t = container_of(at, struct thread, link);

		if (t->object.id > after) {
			*id = t->object.id;
			object_get(&t->object);
			*thread = t;
			return OK;
		}
	}
	return ERR_NOT_FOUND;
}
