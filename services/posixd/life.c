/* SPDX-License-Identifier: MPL-2.0 */
/* Processes begin, become other programs, end, and are waited for. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "abi/info.h"
#include "lib/futura/clock.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"

constexpr uint32_t UMASK = 022; /* of the first; then a matter between parent and child */

enum err posix_on_self(void *self, uint64_t badge, struct posix_self_results *r)
{
	const struct process *p = self;
	const struct credentials *c = p->who;

	(void)badge;
	*r = (struct posix_self_results){
		.files = p->limits->soft[RLIMIT_NOFILE],
		.file_size = p->limits->soft[RLIMIT_FSIZE],
		.address_space = p->limits->soft[RLIMIT_AS],
		.pid = p->pid,
		.parent = p->parent->is_reaper || p->parent->state != PROCESS_DEAD ? p->parent->pid
										   : 1,
		.group = p->group->pgid,
		.session = p->group->session->sid,
		.uid = c->uid,
		.euid = c->euid,
		.suid = c->suid,
		.gid = c->gid,
		.egid = c->egid,
		.sgid = c->sgid,
		.umask = UMASK,
		.nice = p->nice,
		.capabilities = c->may.effective,
		.signals = p->limits->soft[RLIMIT_SIGPENDING],
	};
	return OK;
}

enum err posix_on_fork(void *self, uint64_t badge, const struct posix_fork_args *a,
		       struct posix_fork_results *r)
{
	struct process *p = self, *child;

	(void)badge;
	if ((a->flags & ~POSIX_FORK_SIBLING) || a->end_signal > SIGNALS) {
		r->outcome = -EINVAL;
		return OK;
	}
	r->outcome = process_fork(p, a->flags & POSIX_FORK_SIBLING, a->end_signal, &child);
	if (r->outcome != 0)
		return OK;
	if (!segments_fork(child, p) ||
	    fut_session_create(posixd.port, badge_of_process(child), &r->child) != OK) {
		process_abandon(child);
		r->outcome = -EAGAIN;
		return OK;
	}
	r->pid = child->pid;
	return OK;
}

enum err posix_on_forked(void *self, uint64_t badge, const struct posix_forked_args *a,
			 struct posix_forked_results *r)
{
	struct process *p = self, *child = process_find(p->world, a->pid);
	fut_handle thread;
	uint64_t id;

	(void)badge;
	if (child == nullptr || child->state != PROCESS_PREPARED || child->native.task != 0 ||
	    (child->parent != p && child->parent != p->parent))
		return ERR_NOT_FOUND;
	enum err e = fut_task_thread(a->task, 0, &thread, &id);
	if (e != OK)
		return e;
	e = task_attach(child, a->task);
	if (e == OK)
		(void)fut_thread_resume(thread); /* not if it was killed meanwhile */
	(void)fut_handle_close(thread);          /* ours, and open */
	r->outcome = 0;
	return e;
}

static bool exec_changes(const struct process *p)
{
	struct capabilities next = capabilities_after_exec(p->who);

	return !capabilities_same(&next, &p->who->may);
}

enum err posix_on_exec(void *self, uint64_t badge, const struct posix_exec_args *a,
		       struct posix_exec_results *r)
{
	struct process *p = self;
	char *path = malloc(a->path_len + 1);

	(void)badge;
	if (path == nullptr) {
		r->outcome = -ENOMEM;
		return OK;
	}
	memcpy(path, a->path, a->path_len + 1);
	free(p->path);
	p->path = path;
	memcpy(p->name, a->name, a->name_len + 1);
	p->arg_start = a->arg_start;
	p->arg_end = a->arg_end;
	p->env_start = a->env_start;
	p->env_end = a->env_end;
	p->map_table = a->map_table;
	segments_leave(p);
	p->has_execed = true;
	p->end_signal = SIGCHLD;
	r->outcome = exec_changes(p);
	return OK;
}

enum err posix_on_exit(void *self, uint64_t badge, const struct posix_exit_args *a,
		       struct posix_exit_results *r)
{
	struct process *p = self;

	(void)badge, (void)r;
	process_tell(p, a->status & 0xffff);
	p->start_error = -(int32_t)(a->error & 0xfff);
	return OK;
}

enum err posix_on_wait(void *self, uint64_t badge, const struct posix_wait_args *a,
		       struct posix_wait_results *r)
{
	struct waited w;

	(void)badge;
	r->outcome = process_wait(self, a->options, a->kind, a->id, a->serial, &w);
	if (r->outcome == 0)
		*r = (struct posix_wait_results){
			.user_ns = w.usage.user_ns,
			.system_ns = w.usage.system_ns,
			.pid = w.pid,
			.status = w.status,
			.uid = w.uid,
		};
	return OK;
}

enum err posix_on_children(void *self, uint64_t badge, const struct posix_children_args *a,
			   struct posix_children_results *r)
{
	struct process *p = self;

	(void)badge, (void)r;
	p->forgets_children = a->forget != 0;
	return OK;
}

enum err posix_on_family(void *self, uint64_t badge, const struct posix_family_args *a,
			 struct posix_family_results *r)
{
	struct process *p = self;

	(void)badge;
	if (a->which == 0)
		p->is_subreaper = a->value != 0;
	else if (a->which == 1 && a->value <= SIGNALS)
		p->death_signal = a->value;
	else
		r->outcome = -EINVAL;
	return OK;
}

enum err posix_on_name(void *self, uint64_t badge, const struct posix_name_args *a)
{
	struct process *p = self;

	(void)badge;
	memcpy(p->name, a->name, a->name_len + 1);
	return OK;
}

enum err posix_on_pidfd(void *self, uint64_t badge, const struct posix_pidfd_args *a,
			struct posix_pidfd_results *r)
{
	const struct process *caller = self;
	struct process *p = process_find(caller->world, a->pid);

	(void)badge;
	/* A thread's number is no process, as pidfd_open says. */
	r->outcome = p != nullptr ? 0 : process_of(caller->world, a->pid) ? -EINVAL : -ESRCH;
	if (p == nullptr)
		return OK;
	r->serial = p->serial;
	if (!task_end_event(p, &r->ended))
		r->outcome = -ENOMEM;
	return OK;
}

enum err posix_on_tids(void *self, uint64_t badge, const struct posix_tids_args *a,
		       struct posix_tids_results *r)
{
	int first = process_tids(self, a->count);

	(void)badge;
	r->outcome = first < 0 ? first : 0;
	r->first = first < 0 ? 0 : (uint32_t)first;
	return OK;
}

enum err posix_on_thread(void *self, uint64_t badge, const struct posix_thread_args *a,
			 struct posix_thread_results *r)
{
	struct process *p = self;
	fut_handle thread;
	uint64_t id;

	(void)badge;
	r->outcome = -ESRCH;
	if (p->native.task == 0 || a->id == 0 ||
	    fut_task_thread(p->native.task, a->id - 1, &thread, &id) != OK)
		return OK;
	if (id == a->id && fut_handle_duplicate(thread, RIGHT_SIGNAL | RIGHT_READ | RIGHT_TRANSFER,
						&r->thread) == OK)
		r->outcome = 0;
	(void)fut_handle_close(thread); /* ours, and open */
	return OK;
}

enum err posix_on_usage(void *self, uint64_t badge, const struct posix_usage_args *a,
			struct posix_usage_results *r)
{
	constexpr uint32_t CHILDREN = 0xffffffff;
	const struct process *p = self;
	struct usage u = p->children;
	struct task_info info;

	(void)badge;
	if (a->which != CHILDREN) {
		p = a->which == 0 ? p : process_of(p->world, a->which);
		if (p == nullptr) {
			r->outcome = -ESRCH;
			return OK;
		}
		u = p->usage; /* of one that has ended */
		if (task_ask(p, &info))
			task_usage(&info, &u);
	}
	*r = (struct posix_usage_results){
		.user_ns = u.user_ns,
		.system_ns = u.system_ns,
		.max_rss = u.max_rss,
		.faults = u.faults,
	};
	return OK;
}
