/* SPDX-License-Identifier: MPL-2.0 */
/* Process groups and sessions: POSIX.1-2017, 11.1 and _Exit(). */
#include "services/posixd/core/group.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include "protocol/posix.h"
#include "services/posixd/core/signal.h"

struct group *group_find(const struct world *w, uint32_t pgid)
{
	return pgid < PID_MAX ? w->numbers[pgid].group : nullptr;
}

struct session *session_find(const struct world *w, uint32_t sid)
{
	return sid < PID_MAX ? w->numbers[sid].session : nullptr;
}

static struct group *group_create(struct session *s, uint32_t pgid)
{
	struct world *w = s->world;
	struct group *g = calloc(1, sizeof(*g));

	if (g == nullptr)
		return nullptr;
	*g = (struct group){ .session = s, .pgid = pgid };
	s->ngroups++;
	w->numbers[pgid].group = g;
	number_use(w, pgid);
	return g;
}

static void session_destroy(struct session *s)
{
	s->world->ops->release_session(s);
	s->world->numbers[s->sid].session = nullptr;
	number_drop(s->world, s->sid);
	free(s);
}

static void group_destroy(struct group *g)
{
	struct session *s = g->session;

	s->world->numbers[g->pgid].group = nullptr;
	number_drop(s->world, g->pgid);
	free(g);
	if (--s->ngroups == 0)
		session_destroy(s);
}

void group_join(struct process *p, struct group *g)
{
	p->group = g;
	p->prev_member = nullptr;
	p->next_member = g->first;
	if (g->first != nullptr)
		g->first->prev_member = p;
	g->first = p;
}

void group_leave(struct process *p)
{
	struct group *g = p->group;

	if (p->prev_member != nullptr)
		p->prev_member->next_member = p->next_member;
	else
		g->first = p->next_member;
	if (p->next_member != nullptr)
		p->next_member->prev_member = p->prev_member;
	p->group = nullptr;
	if (g->first == nullptr)
		group_destroy(g);
}

int session_create(struct process *leader)
{
	struct world *w = leader->world;
	struct session *s = calloc(1, sizeof(*s));

	if (s == nullptr)
		return -ENOMEM;
	*s = (struct session){
		.world = w, .sid = leader->pid, .leader = leader, .serial = leader->serial
	};
	struct group *g = group_create(s, leader->pid);
	if (g == nullptr) {
		free(s);
		return -ENOMEM;
	}
	w->numbers[s->sid].session = s;
	number_use(w, s->sid);
	if (leader->group != nullptr)
		group_leave(leader);
	group_join(leader, g);
	leader->news |= POSIX_NEWS_SELF;
	return 0;
}

int group_start(struct process *p, struct session *s)
{
	struct group *g = group_create(s, p->pid);

	if (g == nullptr)
		return -ENOMEM;
	group_join(p, g);
	return 0;
}

int session_new(struct process *p)
{
	if (group_find(p->world, p->pid) != nullptr)
		return -EPERM;
	int result = session_create(p);
	return result == 0 ? (int)p->pid : result;
}

/* The process that setpgid of `caller` may change. */
static int group_target(struct process *caller, uint32_t pid, struct process **target)
{
	struct process *p = pid == 0 ? caller : process_find(caller->world, pid);

	if (p == nullptr || (p != caller && p->parent != caller) || p->state == PROCESS_DEAD)
		return -ESRCH;
	if (p != caller && p->group->session != caller->group->session)
		return -EPERM;
	if (p != caller && p->has_execed)
		return -EACCES;
	if (p->group->session->leader == p)
		return -EPERM;
	*target = p;
	return 0;
}

int group_set(struct process *caller, uint32_t pid, uint32_t pgid)
{
	struct process *p;

	if ((int32_t)pgid < 0)
		return -EINVAL;
	int result = group_target(caller, pid, &p);
	if (result != 0)
		return result;
	if (pgid == 0)
		pgid = p->pid;
	struct session *s = p->group->session;
	struct group *g = group_find(p->world, pgid);
	if (g == nullptr ? pgid != p->pid : g->session != s)
		return -EPERM;
	if (g == p->group)
		return 0;
	if (g == nullptr)
		g = group_create(s, pgid);
	if (g == nullptr)
		return -ENOMEM;
	group_leave(p);
	group_join(p, g);
	p->news |= POSIX_NEWS_SELF;
	if (p != caller)
		p->world->ops->wake(p);
	return 0;
}

bool group_is_orphaned(const struct group *g, const struct process *but)
{
	for (const struct process *p = g->first; p != nullptr; p = p->next_member) {
		const struct process *parent = p->parent;
		if (p == but || p->state == PROCESS_DEAD || parent == nullptr)
			continue;
		if (parent != but && parent->group != nullptr && parent->group != g &&
		    parent->group->session == g->session)
			return false;
	}
	return true;
}

static bool group_has_stopped(const struct group *g)
{
	for (const struct process *p = g->first; p != nullptr; p = p->next_member)
		if (p->is_stopped && p->state != PROCESS_DEAD)
			return true;
	return false;
}

/* Stopped processes that nobody could continue any more are told to end, and continued. */
static void group_orphan(struct group *g, const struct process *ended)
{
	if (!group_has_stopped(g) || !group_is_orphaned(g, ended))
		return;
	signal_group(g, SIGHUP);
	signal_group(g, SIGCONT);
}

static void session_leader_ended(struct session *s)
{
	struct group *g = s->foreground ? group_find(s->world, s->foreground) : nullptr;

	s->leader = nullptr;
	if (s->ticket != 0 && g != nullptr && g->session == s) {
		signal_group(g, SIGHUP);
		signal_group(g, SIGCONT);
	}
	s->world->ops->release_session(s);
}

void group_ended(struct process *p)
{
	struct session *s = p->group->session;

	if (s->leader == p)
		session_leader_ended(s);
	group_orphan(p->group, p);
	for (struct process *c = p->first_child; c != nullptr; c = c->next_sibling)
		if (c->group != p->group && c->group->session == s)
			group_orphan(c->group, p);
}
