/* SPDX-License-Identifier: MPL-2.0 */
/* A process's life: prepared, alive, dead, forgotten. */
#include "services/posixd/core/process.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/posix.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/core/group.h"
#include "services/posixd/core/signal.h"
#include "services/posixd/core/timer.h"

static void child_link(struct process *parent, struct process *p)
{
	p->parent = parent;
	p->prev_sibling = nullptr;
	p->next_sibling = parent->first_child;
	if (parent->first_child != nullptr)
		parent->first_child->prev_sibling = p;
	parent->first_child = p;
}

static void child_unlink(struct process *p)
{
	if (p->prev_sibling != nullptr)
		p->prev_sibling->next_sibling = p->next_sibling;
	else
		p->parent->first_child = p->next_sibling;
	if (p->next_sibling != nullptr)
		p->next_sibling->prev_sibling = p->prev_sibling;
	p->parent = nullptr;
}

void change_taken(struct process *p)
{
	struct process *parent = p->parent;

	if (p->change == CHANGE_NONE)
		return;
	p->change = CHANGE_NONE;
	if (p->prev_changed != nullptr)
		p->prev_changed->next_changed = p->next_changed;
	else
		parent->first_changed = p->next_changed;
	if (p->next_changed != nullptr)
		p->next_changed->prev_changed = p->prev_changed;
	else
		parent->last_changed = p->prev_changed;
}

static void change_link(struct process *p, enum change change)
{
	struct process *parent = p->parent;

	change_taken(p);
	p->change = change;
	p->next_changed = nullptr;
	p->prev_changed = parent->last_changed;
	if (parent->last_changed != nullptr)
		parent->last_changed->next_changed = p;
	else
		parent->first_changed = p;
	parent->last_changed = p;
}

static void child_signal(const struct process *p, struct posix_signal *s)
{
	*s = (struct posix_signal){
		.signal = p->change == CHANGE_EXITED ? p->end_signal : SIGCHLD,
		.pid = p->pid,
		.uid = p->who->uid,
		.status = (int32_t)p->status,
		.user_ns = p->usage.user_ns,
		.system_ns = p->usage.system_ns,
	};
	if (p->change == CHANGE_STOPPED)
		s->code = CLD_STOPPED;
	else if (p->change == CHANGE_CONTINUED) {
		s->code = CLD_CONTINUED;
		s->status = SIGCONT;
	} else if ((p->status & 0x7f) == 0) {
		s->code = CLD_EXITED;
		s->status = p->status >> 8 & 0xff;
	} else {
		s->code = p->status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		s->status = p->status & 0x7f;
	}
}

/* Let a parent know of a change that is in its list already. */
static void parent_tell(struct process *p)
{
	struct posix_signal s;
	struct process *parent = p->parent;

	if (parent->is_reaper)
		return;
	parent->news |= POSIX_NEWS_CHILD;
	child_signal(p, &s);
	if (s.signal == 0 || signal_send(parent, &s) != 0)
		parent->world->ops->wake(parent);
}

void process_changed(struct process *p, enum change change)
{
	if (p->parent == nullptr)
		return;
	change_link(p, change);
	parent_tell(p);
}

static struct process *process_create(struct world *w)
{
	struct process *p = calloc(1, sizeof(*p));
	int pid = p != nullptr && w->nprocesses < w->most_processes ? number_take(w, 1) : -EAGAIN;

	if (pid < 0) {
		free(p);
		return nullptr;
	}
	p->world = w;
	p->pid = (uint32_t)pid;
	p->serial = ++w->last_serial;
	w->numbers[pid].process = p;
	w->nprocesses++;
	return p;
}

static void process_destroy(struct process *p)
{
	struct world *w = p->world;

	w->numbers[p->pid].process = nullptr;
	number_drop(w, p->pid);
	w->nprocesses--;
	free(p->path);
	free(p);
}

/* What a living process has, and a dead one not. */
static void process_strip(struct process *p)
{
	timers_drop(p);
	signal_drop_all(p);
	tids_free(p);
}

void process_forget(struct process *p)
{
	process_strip(p);
	change_taken(p);
	if (p->parent != nullptr)
		child_unlink(p);
	if (p->group != nullptr)
		group_leave(p);
	p->world->ops->release(p);
	p->who->user->nprocesses--;
	credentials_put(p->who);
	limits_put(p->limits);
	process_destroy(p);
}

int process_start(struct world *w, struct credentials *who, bool leader, struct process **made)
{
	struct process *p = process_create(w);

	if (p == nullptr)
		return -EAGAIN;
	p->limits = limits_create();
	if (p->limits == nullptr ||
	    (leader ? session_create(p) : group_start(p, w->reaper->group->session)) != 0) {
		if (p->limits != nullptr)
			limits_put(p->limits);
		process_destroy(p);
		return -ENOMEM;
	}
	p->who = who;
	p->end_signal = SIGCHLD;
	who->user->nprocesses++;
	if (w->reaper != nullptr)
		child_link(w->reaper, p);
	*made = p;
	return 0;
}

static bool process_may_fork(const struct process *p)
{
	constexpr unsigned NPROC = 6; /* RLIMIT_NPROC of asm-generic/resource.h */

	return capable(p->who, CAP_SYS_RESOURCE) || capable(p->who, CAP_SYS_ADMIN) ||
	       p->who->user->nprocesses < p->limits->soft[NPROC];
}

int process_fork(struct process *parent, bool sibling, uint32_t end_signal, struct process **made)
{
	struct process *p = process_may_fork(parent) ? process_create(parent->world) : nullptr;

	if (p == nullptr)
		return -EAGAIN;
	p->who = credentials_get(parent->who);
	p->who->user->nprocesses++;
	p->limits = limits_get(parent->limits);
	priority_inherit(p, parent);
	p->io_priority = parent->io_priority;
	p->oom_adjust = parent->oom_adjust;
	p->oom_least = parent->oom_least;
	p->forgets_children = parent->forgets_children;
	/* Nobody chooses what others are sent. */
	p->end_signal = sibling ? parent->end_signal : end_signal;
	memcpy(p->name, parent->name, sizeof(p->name));
	p->path = parent->path ? strdup(parent->path) : nullptr; /* without it /proc shows none */
	p->arg_start = parent->arg_start;
	p->arg_end = parent->arg_end;
	p->env_start = parent->env_start;
	p->env_end = parent->env_end;
	p->map_table = parent->map_table;
	p->root = parent->root;
	child_link(sibling && parent->parent ? parent->parent : parent, p);
	group_join(p, parent->group);
	*made = p;
	return 0;
}

void process_runs(struct process *p)
{
	p->state = PROCESS_ALIVE;
	if (p->limits->soft[0] != ~0ull) /* RLIMIT_CPU */
		(void)timer_limit(p);    /* without memory it is not watched */
	if (p->is_doomed)
		p->world->ops->kill(p);
	else if (p->first_signal != nullptr || p->news != 0)
		p->world->ops->wake(p);
}

void process_abandon(struct process *p)
{
	process_forget(p);
}

void process_tell(struct process *p, uint32_t status)
{
	if (p->has_told)
		return;
	p->status = status;
	p->has_told = true;
}

/* Who becomes the parent of the children of one that ends. */
static struct process *process_heir(struct process *p)
{
	struct process *heir = p->parent;

	while (heir != nullptr && (!heir->is_subreaper || heir->state == PROCESS_DEAD))
		heir = heir->parent;
	return heir != nullptr ? heir : p->world->reaper;
}

static void child_give(struct process *c, struct process *heir)
{
	enum change change = c->change;

	change_taken(c);
	child_unlink(c);
	child_link(heir, c);
	c->news |= POSIX_NEWS_SELF; /* getppid */
	c->end_signal = SIGCHLD;    /* the heir did not ask for another */
	if (change != CHANGE_NONE)
		process_changed(c, change);
	if (c->death_signal != 0)
		signal_system(c, c->death_signal);
	c->world->ops->wake(c);
}

/* The reaper forgets the dead. */
static void children_give(struct process *p)
{
	struct process *heir = process_heir(p);

	while (p->first_child != nullptr) {
		struct process *c = p->first_child;
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): who is forgotten leaves the list */
		if (c->state == PROCESS_DEAD && (heir->is_reaper || heir->forgets_children))
			process_forget(c);
		else
			child_give(c, heir);
	}
}

void process_ended(struct process *p, uint32_t status, const struct usage *usage)
{
	p->is_stopped = false;
	process_tell(p, status);
	p->usage = *usage;
	p->state = PROCESS_DEAD;
	process_strip(p);
	group_ended(p);
	children_give(p);
	change_link(p, CHANGE_EXITED);
	parent_tell(p);
	if (p->parent->is_reaper || p->parent->forgets_children)
		process_forget(p);
}

static bool reaper_start(struct world *w)
{
	struct credentials *who = credentials_create(w, 0, 0);
	struct process *p;

	if (who == nullptr)
		return false;
	if (process_start(w, who, true, &p) != 0) {
		credentials_put(who);
		return false;
	}
	w->reaper = p;
	p->is_reaper = p->forgets_children = true;
	p->state = PROCESS_ALIVE;
	strcpy(p->name, "init");
	return true;
}

bool world_init(struct world *w, uint32_t index, const struct process_ops *ops,
		struct timers *timers, uint32_t most_processes)
{
	*w = (struct world){
		.index = index, .ops = ops, .timers = timers, .most_processes = most_processes
	};
	w->numbers = calloc(PID_MAX, sizeof(struct number));
	strcpy(w->host, "futura");
	strcpy(w->domain, "(none)");
	if (w->numbers != nullptr && reaper_start(w))
		return true;
	free(w->numbers);
	return false;
}

void world_fini(struct world *w)
{
	process_forget(w->reaper);
	free(w->numbers);
	*w = (struct world){};
}
