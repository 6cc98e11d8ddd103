/* SPDX-License-Identifier: MPL-2.0 */
/* What /proc says of a process's threads: the personality's list of them, beside the kernel's. */
#include <errno.h>
#include <string.h>
#include "abi/info.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/proc/memory.h"

constexpr unsigned THREADS_MOST = 65536; /* a list may be a circle */

/* A walk over the list in the process's memory. */
struct walk {
	const struct process *p;
	struct process_view view;
	uint64_t at; /* the thread's address */
	uint32_t tid;
	unsigned left;
};

/* To the next thread, at first to the first. False: there is none, or it cannot be read. */
static bool walk_on(struct walk *w)
{
	uint64_t link = w->at == 0 ? w->view.threads : w->at + w->view.thread.next;

	return w->left-- > 0 && memory_read(w->p, link, &w->at, sizeof(w->at)) && w->at != 0 &&
	       memory_read(w->p, w->at + w->view.thread.tid, &w->tid, sizeof(w->tid));
}

static bool walk_begin(struct walk *w, const struct process *p)
{
	*w = (struct walk){ .p = p, .left = THREADS_MOST };
	return view_read(p, &w->view);
}

/* The kernel's next thread of the task. `*after` is 0 at first. */
static bool native_next(const struct process *p, uint64_t *after, struct thread_info *info)
{
	uint32_t size;
	fut_handle thread;

	if (p->native.task == 0 || fut_task_thread(p->native.task, *after, &thread, after) != OK)
		return false;
	enum err e = fut_thread_read(thread, THREAD_INFO, info, sizeof(*info), &size);

	(void)fut_handle_close(thread); /* ours, and open */
	return e == OK;
}

/* One that waits for our answer is the one that asks. */
static bool is_running(const struct thread_info *info)
{
	return info->state == THREAD_READY || info->state == THREAD_RUNNING ||
	       info->state == THREAD_ANSWER || info->state == THREAD_CALLING;
}

bool threads_run(const struct process *p)
{
	struct thread_info info;
	uint64_t after = 0;

	while (native_next(p, &after, &info))
		if (is_running(&info))
			return true;
	return false;
}

/* Its area tells which of the kernel's threads it is. */
static void ask_kernel(const struct process *p, uint64_t area, struct proc_thread *t)
{
	struct thread_info info;
	uint64_t after = 0;

	while (native_next(p, &after, &info)) {
		if (info.area != area)
			continue;
		t->cpu_ns = info.cpu_ns;
		t->runs = is_running(&info);
		t->runs_known = true;
		return;
	}
}

static void ask_memory(const struct walk *w, struct proc_thread *t)
{
	const typeof(w->view.thread) *at = &w->view.thread;
	char name[sizeof(t->name)] = "";
	uint64_t area = 0;

	/* What cannot be read stays as it is. */
	(void)memory_read(w->p, w->at + at->blocked, &t->blocked, sizeof(t->blocked));
	(void)memory_read(w->p, w->at + at->pending, &t->pending, sizeof(t->pending));
	if (memory_read(w->p, w->at + at->name, name, sizeof(name)) && name[0] != '\0')
		memcpy(t->name, name, sizeof(name) - 1);
	if (memory_read(w->p, w->at + at->control, &area, sizeof(area)))
		ask_kernel(w->p, area, t);
}

void thread_ask(const struct subject *s, struct proc_thread *t)
{
	struct walk w;

	*t = (struct proc_thread){ .tid = s->number != 0 ? s->number : s->p->pid };
	memcpy(t->name, s->p->name, sizeof(t->name));
	if (!walk_begin(&w, s->p))
		return;
	while (walk_on(&w))
		if (w.tid == t->tid) {
			ask_memory(&w, t);
			return;
		}
}

uint32_t thread_after(const struct subject *s, uint32_t after)
{
	uint32_t found = 0;
	struct walk w;

	if (!walk_begin(&w, s->p))
		return after < s->p->pid ? s->p->pid : 0; /* a dead process has only its own */
	while (walk_on(&w))
		if (w.tid > after && (found == 0 || w.tid < found))
			found = w.tid;
	return found;
}

/* Where the thread with that number has its area. False: there is none. */
static bool area_find(const struct process *p, uint32_t tid, uint64_t *area)
{
	struct walk w;

	if (!walk_begin(&w, p))
		return false;
	do
		if (!walk_on(&w))
			return false;
	while (w.tid != tid);
	return memory_read(p, w.at + w.view.thread.control, area, sizeof(*area));
}

static fut_handle thread_with_area(const struct process *p, uint64_t area)
{
	struct thread_info info;
	uint64_t after = 0;
	uint32_t size;
	fut_handle thread;

	while (fut_task_thread(p->native.task, after, &thread, &after) == OK) {
		if (fut_thread_read(thread, THREAD_INFO, &info, sizeof(info), &size) == OK &&
		    info.area == area)
			return thread;
		(void)fut_handle_close(thread); /* ours, and open */
	}
	return 0;
}

/* The task's one thread; 0: it has several. */
static fut_handle thread_alone(const struct process *p)
{
	uint64_t after = 0;
	fut_handle thread, other;

	if (fut_task_thread(p->native.task, after, &thread, &after) != OK)
		return 0;
	if (fut_task_thread(p->native.task, after, &other, &after) == OK) {
		(void)fut_handle_close(other);  /* ours, and open */
		(void)fut_handle_close(thread); /* the same */
		return 0;
	}
	return thread;
}

/* The kernel's thread with that number; 0: there is none. A child that was forked just now still
 * has its parent's list, where its own number is not. */
static fut_handle thread_handle(const struct process *p, uint32_t tid)
{
	uint64_t area;

	if (area_find(p, tid, &area))
		return thread_with_area(p, area);
	return tid == p->pid ? thread_alone(p) : 0;
}

uint64_t thread_cpu_ns(const struct process *p, uint32_t tid)
{
	struct thread_info info = {};
	uint32_t size;
	fut_handle thread = p->native.task != 0 ? thread_handle(p, tid) : 0;

	if (thread == 0 || fut_thread_read(thread, THREAD_INFO, &info, sizeof(info), &size) != OK)
		info.cpu_ns = 0;
	handle_drop(&thread);
	return info.cpu_ns;
}

enum err posix_on_cpus(void *self, uint64_t badge, const struct posix_cpus_args *a,
		       struct posix_cpus_results *r)
{
	const struct process *caller = self, *p = process_of(caller->world, a->tid);
	struct thread_info info = {};
	uint32_t size;

	(void)badge;
	fut_handle thread = p != nullptr && p->native.task != 0 ? thread_handle(p, a->tid) : 0;
	r->outcome = thread == 0 ? -ESRCH : a->set != 0 && !schedule_may(caller, p) ? -EPERM : 0;
	if (r->outcome == 0 && a->set != 0 && fut_thread_set_affinity(thread, a->cpus) != OK)
		r->outcome = -EINVAL; /* none of these is there */
	if (r->outcome == 0 &&
	    fut_thread_read(thread, THREAD_INFO, &info, sizeof(info), &size) != OK)
		r->outcome = -ESRCH;
	r->cpus_now = info.affinity;
	handle_drop(&thread);
	return OK;
}
