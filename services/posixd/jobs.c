/* SPDX-License-Identifier: MPL-2.0 */
/* protocol/jobs.fipc: what a controlling terminal may do to its session, and to no other. */
#include "protocol/jobs.h"
#include <errno.h>
#include <signal.h>
#include "services/posixd/core/group.h"
#include "services/posixd/core/signal.h"
#include "services/posixd/state.h"

static struct session *session_of_badge(uint64_t badge)
{
	struct world *w = world_of_badge(badge);
	struct session *s =
		w && badge_kind(badge) == BADGE_TICKET ? session_find(w, badge & 0xffff) : nullptr;

	return s && s->serial == (uint32_t)(badge >> 16) ? s : nullptr;
}

/* A group of the session; 0 is the foreground group. */
static struct group *group_of_session(const struct session *s, uint32_t pgid)
{
	struct group *g = group_find(s->world, pgid != 0 ? pgid : s->foreground);

	return g && g->session == s ? g : nullptr;
}

static enum err on_signal(void *self, uint64_t badge, const struct jobs_signal_args *a,
			  struct jobs_signal_results *r)
{
	struct session *s = session_of_badge(badge);
	struct group *g = s ? group_of_session(s, a->group) : nullptr;

	(void)self;
	if (s == nullptr)
		return ERR_DENIED;
	if (a->signal == 0 || a->signal > SIGNALS)
		r->outcome = -EINVAL;
	else if (g == nullptr)
		r->outcome = -ESRCH;
	else
		signal_group(g, a->signal);
	return OK;
}

static enum err on_set_foreground(void *self, uint64_t badge,
				  const struct jobs_set_foreground_args *a,
				  struct jobs_set_foreground_results *r)
{
	struct session *s = session_of_badge(badge);

	(void)self;
	if (s == nullptr)
		return ERR_DENIED;
	if (a->group == 0 || group_of_session(s, a->group) == nullptr)
		r->outcome = -EPERM;
	else
		s->foreground = a->group;
	return OK;
}

static enum err on_hang_up(void *self, uint64_t badge, struct jobs_hang_up_results *r)
{
	struct session *s = session_of_badge(badge);

	(void)self, (void)r;
	if (s == nullptr)
		return ERR_DENIED;
	struct group *g = group_of_session(s, 0);
	if (s->leader) {
		signal_system(s->leader, SIGHUP);
		signal_system(s->leader, SIGCONT);
	}
	if (g != nullptr && (s->leader == nullptr || g != s->leader->group)) {
		signal_group(g, SIGHUP);
		signal_group(g, SIGCONT);
	}
	return OK;
}

static enum err on_session(void *self, uint64_t badge, struct jobs_session_results *r)
{
	const struct session *s = session_of_badge(badge);

	(void)self;
	if (s == nullptr)
		return ERR_DENIED;
	r->session = s->sid;
	return OK;
}

static enum err on_orphaned(void *self, uint64_t badge, const struct jobs_orphaned_args *a,
			    struct jobs_orphaned_results *r)
{
	const struct session *s = session_of_badge(badge);

	(void)self;
	if (s == nullptr)
		return ERR_DENIED;
	const struct group *g = group_of_session(s, a->group);
	r->orphaned = g == nullptr || group_is_orphaned(g, nullptr);
	return OK;
}

const struct jobs_ops jobs_handlers = {
	.signal = on_signal,
	.set_foreground = on_set_foreground,
	.hang_up = on_hang_up,
	.session = on_session,
	.orphaned = on_orphaned,
};
