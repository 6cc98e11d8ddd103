/* SPDX-License-Identifier: MPL-2.0 */
/* Processes are tasks: waking and ending them, and learning of their end. */
#include <signal.h>
#include "abi/control.h"
#include "abi/info.h"
#include "lib/futura/clock.h"
#include "services/posixd/lines.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/memory.h"
#include "services/posixd/state.h"

void handle_drop(fut_handle *h)
{
	if (*h != 0)
		(void)fut_handle_close(*h); /* ours, and open */
	*h = 0;
}

enum err session_make(uint64_t badge, uint32_t rights, fut_handle *session)
{
	fut_handle whole;
	enum err e = fut_session_create(posixd.port, badge, &whole);

	if (e != OK)
		return e;
	e = fut_handle_duplicate(whole, rights, session);
	(void)fut_handle_close(whole); /* ours, and open */
	return e;
}

uint64_t badge_of_process(const struct process *p)
{
	return BADGE_MAKE(BADGE_PROCESS,
			  (uint64_t)p->world->index << 48 | (uint64_t)p->serial << 16 | p->pid);
}

struct world *world_of_badge(uint64_t badge)
{
	uint64_t index = badge_rest(badge) >> 48;

	return index < WORLDS && posixd.worlds[index] ? &posixd.worlds[index]->core : nullptr;
}

struct process *process_of_badge(uint64_t badge)
{
	struct world *w = world_of_badge(badge);
	struct process *p = w ? process_find(w, badge & 0xffff) : nullptr;

	return p && p->serial == (uint32_t)(badge >> 16) ? p : nullptr;
}

static bool thread_find(struct process *p)
{
	uint64_t id;

	handle_drop(&p->native.thread);
	return fut_task_thread(p->native.task, 0, &p->native.thread, &id) == OK;
}

/* Any thread of it will do: the personality passes news on. */
static void task_wake(struct process *p)
{
	if (p->native.task == 0 || (p->native.thread == 0 && !thread_find(p)))
		return;
	if (fut_thread_interrupt(p->native.thread) == ERR_BAD_STATE && thread_find(p))
		(void)fut_thread_interrupt(p->native.thread); /* one that ends too needs no news */
}

static void task_kill(struct process *p)
{
	if (p->native.task != 0)
		(void)fut_task_kill(p->native.task, SIGKILL); /* killing it again does nothing */
}

static void task_release(struct process *p)
{
	handle_drop(&p->native.watch);
	handle_drop(&p->native.thread);
	handle_drop(&p->native.task);
	handle_drop(&p->native.session);
	handle_drop(&p->native.ended);
	segments_leave(p);
	if (p->root != nullptr) {
		p->root = nullptr;
		roots_trim((struct posix_world *)p->world);
	}
	world_may_end((struct posix_world *)p->world);
}

void task_announce_end(struct process *p)
{
	if (p->native.ended != 0)
		(void)fut_event_signal(p->native.ended, 1, 0); /* ours, and open */
}

bool task_end_event(struct process *p, fut_handle *copy)
{
	constexpr uint32_t RIGHTS = RIGHT_WAIT | RIGHT_INHERIT | RIGHT_DUPLICATE | RIGHT_TRANSFER;

	if (p->native.ended == 0) {
		if (fut_event_create(&p->native.ended) != OK)
			return false;
		if (p->state == PROCESS_DEAD)
			task_announce_end(p);
	}
	return fut_handle_duplicate(p->native.ended, RIGHTS, copy) == OK;
}

static void ticket_release(struct session *s)
{
	if (s->ticket != 0)
		(void)fut_session_sever(s->ticket); /* ours, and open */
	handle_drop(&s->ticket);
}

static uint64_t task_cpu_ns(const struct process *p, uint32_t tid)
{
	struct task_info info;

	if (tid != 0)
		return thread_cpu_ns(p, tid);
	return task_ask(p, &info) ? info.cpu_ns : 0;
}

const struct process_ops task_ops = {
	.cpu_ns = task_cpu_ns,
	.wake = task_wake,
	.kill = task_kill,
	.held = signals_held,
	.release = task_release,
	.release_credentials = lines_release,
	.release_session = ticket_release,
};

enum err task_attach(struct process *p, fut_handle task)
{
	enum err e = fut_watch_create(posixd.waitset, task, SIGNAL_DEAD, 0, badge_of_process(p),
				      &p->native.watch);

	if (e != OK)
		return e;
	p->native.task = task;
	p->start_ns = clock_now();
	process_runs(p);
	return OK;
}

bool task_ask(const struct process *p, struct task_info *info)
{
	return p->native.task != 0 && fut_task_info(p->native.task, info, sizeof(*info)) == OK;
}

void task_usage(const struct task_info *info, struct usage *u)
{
	constexpr uint64_t PAGE = 4096;

	*u = (struct usage){
		.user_ns = info->cpu_ns, /* the kernel does not tell where it was spent */
		.faults = info->faults,
		.max_rss = info->resident * PAGE,
	};
}

/* The signal that a fault stands for: signal(7), and what Linux sends. */
static uint32_t fault_signal(uint32_t kind)
{
	static const uint8_t signals[] = {
		[FAULT_NONE] = SIGKILL,      [FAULT_UNMAPPED] = SIGSEGV,
		[FAULT_ACCESS] = SIGSEGV,    [FAULT_NO_PAGE] = SIGBUS,
		[FAULT_NO_MEMORY] = SIGKILL, [FAULT_INSTRUCTION] = SIGILL,
		[FAULT_ARITHMETIC] = SIGFPE, [FAULT_FLOATING] = SIGFPE,
		[FAULT_ALIGNMENT] = SIGBUS,  [FAULT_BREAKPOINT] = SIGTRAP,
		[FAULT_STEP] = SIGTRAP,      [FAULT_CALL] = SIGSYS,
		[FAULT_HARDWARE] = SIGBUS,
	};

	return kind < sizeof(signals) ? signals[kind] : SIGKILL;
}

void task_ended(uint64_t badge)
{
	struct process *p = process_of_badge(badge);
	struct task_info info = {};
	struct usage usage;

	if (p == nullptr || p->state == PROCESS_DEAD || !task_ask(p, &info))
		return;
	task_usage(&info, &usage);
	handle_drop(&p->native.watch);
	handle_drop(&p->native.thread);
	handle_drop(&p->native.task);
	process_tell(p, fault_signal(info.fault.kind));
	program_ended(p);
	segments_leave(p);
	task_announce_end(p);
	process_ended(p, 0, &usage);
}

bool world_memory(const struct posix_world *w, uint64_t *total, uint64_t *free, uint64_t *pages)
{
	uint64_t used;

	return fut_quota_info(w->quota, total, &used, pages) == OK &&
	       fut_quota_room(w->quota, free) == OK;
}
