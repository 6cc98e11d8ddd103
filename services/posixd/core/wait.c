/* SPDX-License-Identifier: MPL-2.0 */
/* Waiting for children: which of them have changed in a way that is asked for. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include "services/posixd/core/process.h"

constexpr uint32_t WAIT_ALL = 0x40000000;   /* __WALL of linux/wait.h */
constexpr uint32_t WAIT_CLONE = 0x80000000; /* __WCLONE */
constexpr uint32_t WAIT_KNOWN = WNOHANG | WSTOPPED | WEXITED | WCONTINUED | WNOWAIT | WAIT_ALL |
				WAIT_CLONE | 0x20000000 /* __WNOTHREAD */;

struct wanted {
	uint32_t options, kind, id, serial;
};

static bool child_fits(const struct process *c, const struct wanted *w)
{
	if (w->kind == P_PID && (c->pid != w->id || (w->serial != 0 && c->serial != w->serial)))
		return false;
	if (w->kind == P_PGID && c->group->pgid != w->id)
		return false;
	if (w->options & WAIT_ALL)
		return true;
	return (c->end_signal != SIGCHLD) == ((w->options & WAIT_CLONE) != 0);
}

static bool change_fits(const struct process *c, const struct wanted *w)
{
	static const uint32_t options[] = { 0, WEXITED, WSTOPPED, WCONTINUED };

	return (w->options & options[c->change]) != 0;
}

static bool child_exists(const struct process *p, const struct wanted *w)
{
	if (w->kind == P_PID) {
		const struct process *c = process_find(p->world, w->id);
		return c != nullptr && c->parent == p && child_fits(c, w);
	}
	for (const struct process *c = p->first_child; c != nullptr; c = c->next_sibling)
		if (child_fits(c, w))
			return true;
	return false;
}

static struct process *child_changed(struct process *p, const struct wanted *w)
{
	if (w->kind == P_PID) {
		struct process *c = process_find(p->world, w->id);
		return c && c->parent == p && child_fits(c, w) && change_fits(c, w) ? c : nullptr;
	}
	for (struct process *c = p->first_changed; c != nullptr; c = c->next_changed)
		if (child_fits(c, w) && change_fits(c, w))
			return c;
	return nullptr;
}

static void child_report(const struct process *c, struct waited *r)
{
	*r = (struct waited){
		.pid = c->pid, .uid = c->who->uid, .status = c->status, .usage = c->usage
	};
	r->usage.user_ns += c->children.user_ns;
	r->usage.system_ns += c->children.system_ns;
	if (c->change == CHANGE_STOPPED)
		r->status = c->status << 8 | 0x7f;
	else if (c->change == CHANGE_CONTINUED)
		r->status = 0xffff;
}

static void usage_add(struct usage *sum, const struct usage *u)
{
	sum->user_ns += u->user_ns;
	sum->system_ns += u->system_ns;
	sum->faults += u->faults;
	if (u->max_rss > sum->max_rss)
		sum->max_rss = u->max_rss;
}

int process_wait(struct process *p, uint32_t options, uint32_t kind, uint32_t id, uint32_t serial,
		 struct waited *r)
{
	struct wanted w = { options, kind, id, serial };

	if ((options & ~WAIT_KNOWN) || !(options & (WEXITED | WSTOPPED | WCONTINUED)) ||
	    kind > P_PGID)
		return -EINVAL;
	if (kind == P_PGID && id == 0)
		w.id = p->group->pgid;
	struct process *c = child_changed(p, &w);
	if (c == nullptr)
		return child_exists(p, &w) ? -EAGAIN : -ECHILD;
	child_report(c, r);
	if (options & WNOWAIT)
		return 0;
	if (c->change == CHANGE_EXITED) {
		usage_add(&p->children, &c->usage);
		usage_add(&p->children, &c->children);
		process_forget(c);
	} else {
		change_taken(c);
	}
	return 0;
}
