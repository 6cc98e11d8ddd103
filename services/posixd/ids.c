/* SPDX-License-Identifier: MPL-2.0 */
/* Groups, sessions, credentials, limits, and what the system is called. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "abi/info.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/core/group.h"
#include "services/posixd/lines.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/proc.h"

/* Of its world; pid 0 is the caller. */
static const struct process *process_asked(const struct process *caller, uint32_t pid)
{
	return pid == 0 ? caller : process_of(caller->world, pid);
}

enum err posix_on_set_group(void *self, uint64_t badge, const struct posix_set_group_args *a,
			    struct posix_set_group_results *r)
{
	(void)badge;
	r->outcome = group_set(self, a->pid, a->group);
	return OK;
}

enum err posix_on_group(void *self, uint64_t badge, const struct posix_group_args *a,
			struct posix_group_results *r)
{
	const struct process *p = process_asked(self, a->pid);

	(void)badge;
	if (p == nullptr) {
		r->outcome = -ESRCH;
		return OK;
	}
	r->group = p->group->pgid;
	r->session = p->group->session->sid;
	return OK;
}

enum err posix_on_new_session(void *self, uint64_t badge, struct posix_new_session_results *r)
{
	(void)badge;
	r->outcome = session_new(self);
	return OK;
}

constexpr uint32_t TICKET_RIGHTS = RIGHT_SEND | RIGHT_WAIT | RIGHT_TRANSFER;

/* The terminal's session; a copy that cannot send stays here, to sever it. */
enum err posix_on_ticket(void *self, uint64_t badge, const struct posix_ticket_args *a,
			 struct posix_ticket_results *r)
{
	struct process *p = self;
	struct session *s = p->group->session;
	fut_handle whole;

	(void)badge;
	r->outcome = -EPERM;
	if (s->leader != p)
		return OK;
	if (s->ticket != 0)
		(void)fut_session_sever(s->ticket); /* ours: a new terminal takes its place */
	handle_drop(&s->ticket);
	s->terminal = a->terminal;
	r->outcome = -ENFILE;
	if (fut_session_create(posixd.port,
			       BADGE_MAKE(BADGE_TICKET, (uint64_t)s->world->index << 48 |
								(uint64_t)s->serial << 16 | s->sid),
			       &whole) != OK)
		return OK;
	if (fut_handle_duplicate(whole, RIGHT_MANAGE, &s->ticket) == OK &&
	    fut_handle_duplicate(whole, TICKET_RIGHTS, &r->ticket) == OK)
		r->outcome = 0;
	(void)fut_handle_close(whole); /* ours, and open */
	return OK;
}

struct changed {
	struct line_errand line;
	fut_handle reply;
	bool is_capabilities; /* which call is answered */
};

static void changed_done(struct line_errand *line)
{
	struct changed *c = (struct changed *)line;
	fut_handle root = 0;
	int32_t outcome = line->outcome;

	if (outcome == 0)
		outcome = line_give(line->root, &root);
	/* The process may be gone. */
	if (c->is_capabilities)
		(void)posix_set_capabilities_answer(
			c->reply, OK, &(struct posix_set_capabilities_results){ root, outcome });
	else
		(void)posix_set_ids_answer(c->reply, OK,
					   &(struct posix_set_ids_results){ root, outcome });
	credentials_put(line->who);
	free(c);
}

/* New credentials see files through a new line. */
static enum err changed_ask(struct credentials *who, const struct mount *root, bool is_capabilities)
{
	struct changed *c = calloc(1, sizeof(*c));

	if (c == nullptr)
		return ERR_NO_MEMORY;
	line_prepare(&c->line, who, root);
	credentials_put(who); /* our reference is the errand's now */
	c->line.then = changed_done;
	c->is_capabilities = is_capabilities;
	enum err e = fut_reply_keep(&c->reply);
	if (e != OK) {
		handle_drop(&c->line.start);
		free(c);
		return e;
	}
	line_ask(&c->line);
	return KEPT;
}

enum err posix_on_set_ids(void *self, uint64_t badge, const struct posix_set_ids_args *a,
			  struct posix_set_ids_results *r)
{
	const uint32_t ids[3] = { a->real, a->effective, a->saved };
	uint32_t groups[GROUPS_MAX];
	uint32_t ngroups = a->groups_len / sizeof(uint32_t);
	struct process *p = self;
	struct credentials *made;

	(void)badge;
	memcpy(groups, a->groups, ngroups * sizeof(uint32_t));
	r->outcome = credentials_set(p, a->which, ids, groups, ngroups, &made);
	if (r->outcome != 0 || made == nullptr)
		return OK;
	enum err e = changed_ask(made, root_of(p), false);
	if (e != KEPT) {
		r->outcome = -ENOMEM;
		credentials_put(made);
		return OK;
	}
	return e;
}

enum err posix_on_set_capabilities(void *self, uint64_t badge,
				   const struct posix_set_capabilities_args *a,
				   struct posix_set_capabilities_results *r)
{
	const uint64_t values[3] = { a->first, a->second, a->third };
	struct process *p = self;
	uint32_t before = line_capabilities(p->who);
	struct credentials *made;

	(void)badge;
	r->outcome = capabilities_set(p, a->which, values, &made);
	if (r->outcome != 0 || made == nullptr)
		return OK;
	enum err e = OK;
	if (line_capabilities(made) != before) /* else its files look the same */
		e = changed_ask(made, root_of(p), true);
	if (e == KEPT)
		return e;
	r->outcome = e != OK ? -ENOMEM : 0;
	credentials_put(made);
	return OK;
}

enum err posix_on_capabilities(void *self, uint64_t badge, const struct posix_capabilities_args *a,
			       struct posix_capabilities_results *r)
{
	const struct process *p = process_asked(self, a->pid);

	(void)badge;
	if (p == nullptr) {
		r->outcome = -ESRCH;
		return OK;
	}
	const struct capabilities *c = &p->who->may;
	*r = (struct posix_capabilities_results){
		.effective = c->effective,
		.permitted = c->permitted,
		.inheritable = c->inheritable,
		.bounding = c->bounding,
		.ambient = c->ambient,
		.securebits = c->securebits,
	};
	return OK;
}

enum err posix_on_groups(void *self, uint64_t badge, struct posix_groups_results *r)
{
	const struct process *p = self;

	(void)badge;
	r->outcome = (int32_t)p->who->ngroups;
	r->groups_len = p->who->ngroups * (uint32_t)sizeof(uint32_t);
	memcpy(r->groups, p->who->groups, r->groups_len);
	return OK;
}

enum err posix_on_priority(void *self, uint64_t badge, const struct posix_priority_args *a,
			   struct posix_priority_results *r)
{
	(void)badge;
	r->outcome = a->set != 0 ? priority_set(self, a->which, a->id, a->nice) : 0;
	if (r->outcome == 0)
		r->outcome = priority_get(self, a->which, a->id, &r->nice_now);
	return OK;
}

enum err posix_on_policy(void *self, uint64_t badge, const struct posix_policy_args *a,
			 struct posix_policy_results *r)
{
	const struct process *caller = self;
	struct process *p = a->pid != 0 ? process_of(caller->world, a->pid) : self;

	(void)badge;
	if (p == nullptr) {
		r->outcome = -ESRCH;
		return OK;
	}
	if (a->set != 0)
		r->outcome = policy_set(caller, p, a->policy, a->priority);
	r->policy_now = p->policy;
	r->priority_now = p->rt_priority;
	return OK;
}

enum err posix_on_io_priority(void *self, uint64_t badge, const struct posix_io_priority_args *a,
			      struct posix_io_priority_results *r)
{
	(void)badge;
	r->outcome = a->set != 0 ? io_priority_set(self, a->which, a->id, a->value)
				 : io_priority_get(self, a->which, a->id);
	return OK;
}

enum err posix_on_limit(void *self, uint64_t badge, const struct posix_limit_args *a,
			struct posix_limit_results *r)
{
	struct process *p = self, *target = a->pid == 0 ? p : process_of(p->world, a->pid);

	(void)badge;
	if (target == nullptr) {
		r->outcome = -ESRCH;
		return OK;
	}
	r->outcome = limits_set(p, target, a->resource, a->set != 0, a->soft, a->hard, &r->old_soft,
				&r->old_hard);
	return OK;
}

enum err posix_on_system(void *self, uint64_t badge, const struct posix_system_args *a,
			 struct posix_system_results *r)
{
	struct process *p = self;

	(void)badge;
	if (a->which > 1) {
		r->outcome = -EINVAL;
		return OK;
	}
	char *name = a->which == 0 ? p->world->host : p->world->domain;
	if (a->set != 0 && !capable(p->who, CAP_SYS_ADMIN))
		r->outcome = -EPERM;
	else if (a->set != 0)
		memcpy(name, a->text, a->text_len + 1);
	r->now_len = (uint32_t)strlen(name);
	memcpy(r->now, name, r->now_len);
	return OK;
}

enum err posix_on_memory(void *self, uint64_t badge, struct posix_memory_results *r)
{
	const struct process *p = self;
	uint64_t pages, loads[3] = {};
	struct system_info info;

	(void)badge;
	if (!world_memory((const struct posix_world *)p->world, &r->total, &r->free, &pages))
		return ERR_NO_MEMORY;
	r->processes = p->world->nprocesses;
	if (system_ask(&info))
		load_ask(&info, loads);
	r->load_1 = (uint32_t)loads[0];
	r->load_5 = (uint32_t)loads[1];
	r->load_15 = (uint32_t)loads[2];
	return OK;
}
