/* SPDX-License-Identifier: MPL-2.0 */
/* mount with MS_MOVE: a mount covers another directory from then on, with all that lies in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/file.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/mounts.h"

struct moving {
	struct errand errand;
	fut_handle reply;
	struct posix_world *world;
	uint32_t number;
	fut_handle from;    /* what it covered */
	uint32_t uncovered; /* the mount that shows there again; 0: the directory */
	struct mount to;    /* only where it is mounted */
	int32_t outcome;
};

/* Does `m` lie in the mount with that number, or is it that? */
static bool lies_in(const struct posix_world *w, const struct mount *m, uint32_t number)
{
	while (m != nullptr && m->number != number && m->number != 0)
		m = mount_by_number(w, m->parent);
	return m != nullptr && m->number == number;
}

static void path_move(struct mount *m, const char *from, const char *to)
{
	size_t n = strlen(from);
	char *path = strncmp(m->at, from, n) == 0 && (m->at[n] == '/' || m->at[n] == '\0')
			     ? malloc(strlen(to) + strlen(m->at + n) + 1)
			     : nullptr;

	if (path == nullptr)
		return; /* the table of mounts shows where it was */
	strcpy(path, to);
	strcat(path, m->at + n);
	free(m->at);
	m->at = path;
}

static void moving_run(struct errand *errand)
{
	struct moving *v = (struct moving *)errand;
	int32_t gone;

	if (file_mount(&(struct remote){ .session = v->to.covered }, v->number, &v->outcome) != OK)
		v->outcome = -EIO;
	if (v->outcome == 0)
		(void)file_mount(&(struct remote){ .session = v->from }, v->uncovered,
				 &gone); /* its server may be gone */
}

static void moved(struct moving *v, struct mount *m)
{
	struct posix_world *w = v->world;
	char *from = m->at;

	m->at = strdup(from);
	for (struct mount *x = w->mounts; x != nullptr && m->at != nullptr; x = x->next)
		if (x != m && lies_in(w, x, m->number))
			path_move(x, from, v->to.at);
	for (struct mount *x = w->roots; x != nullptr && m->at != nullptr; x = x->next)
		if (lies_in(w, mount_by_number(w, x->parent), m->number))
			path_move(x, from, v->to.at);
	free(m->at);
	free(from);
	m->at = v->to.at;
	v->to.at = nullptr;
	handle_drop(&m->covered);
	m->covered = v->to.covered;
	v->to.covered = 0;
	m->parent = v->to.parent;
	m->below = v->to.below;
}

static void moving_free(struct moving *v)
{
	free(v->to.at);
	handle_drop(&v->to.covered);
	handle_drop(&v->from);
	free(v);
}

static void moving_done(struct errand *errand)
{
	struct moving *v = (struct moving *)errand;
	struct mount *m = mount_by_number(v->world, v->number);
	struct posix_mount_results r = { .outcome = v->outcome, .number = v->number };

	if (m != nullptr) {
		m->is_ending = false;
		if (r.outcome == 0)
			moved(v, m);
	}
	(void)posix_mount_answer(v->reply, OK, &r); /* the process may be gone */
	moving_free(v);
}

static int32_t move_check(const struct process *p, const struct mount *m,
			  const struct mount *parent)
{
	const struct posix_world *w = (const struct posix_world *)p->world;

	return !capable(p->who, CAP_SYS_ADMIN)                        ? -EPERM
	       : m == nullptr || parent == nullptr || m == root_of(p) ? -EINVAL
	       : m->covered == 0 || m->is_ending || parent->is_ending ? -EINVAL
	       : lies_in(w, parent, m->number)                        ? -ELOOP
								      : 0;
}

enum err mount_move(struct process *p, const struct posix_mount_args *a,
		    struct posix_mount_results *r)
{
	struct posix_world *w = (struct posix_world *)p->world;
	struct mount *m = mount_by_number(w, a->source_mount);
	const struct mount *parent = mount_by_number(w, a->parent);
	fut_handle given[] = { a->covered, a->origin };
	char at[MOUNT_PATH];

	r->outcome = move_check(p, m, parent);
	struct moving *v = r->outcome == 0 ? calloc(1, sizeof(*v)) : nullptr;
	if (v == nullptr)
		return handles_close(given, 2, r->outcome != 0 ? OK : ERR_NO_MEMORY);
	mount_whole_path(at, sizeof(at), p, a->at);
	v->world = w;
	v->number = m->number;
	v->from = handle_copy(m->covered);
	v->uncovered = m->below;
	v->to.at = strdup(at);
	enum err e = v->to.at != nullptr ? fut_reply_keep(&v->reply) : ERR_NO_MEMORY;
	if (e != OK) {
		moving_free(v);
		return handles_close(given, 2, e);
	}
	mount_place(&v->to, parent, a->covered);
	(void)handles_close(given + 1, 1, OK); /* its number says it all */
	v->errand.run = moving_run;
	v->errand.done = moving_done;
	m->is_ending = true;
	errand_send(&v->errand);
	return KEPT;
}
