/* SPDX-License-Identifier: MPL-2.0 */
/* Worlds that processes make for others: beginning and ending them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/file.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/lines.h"
#include "services/posixd/mounts.h"

constexpr uint32_t PROCESSES = 4096; /* at most, in one */

static unsigned index_find(void)
{
	unsigned i = 2;

	while (i < WORLDS && posixd.worlds[i] != nullptr)
		i++;
	return i < WORLDS ? i : 0;
}

/* Half of what the maker's own processes have left, taken from them while it lives. */
static enum err quota_take(const struct posix_world *from, fut_handle *quota)
{
	uint64_t total, free, pages;

	if (!world_memory(from, &total, &free, &pages))
		return ERR_NO_MEMORY;
	return fut_quota_create(from->quota, free / 2 & ~4095ull, quota);
}

static void world_free(struct posix_world *w)
{
	while (w->mounts != nullptr) {
		struct mount *m = w->mounts;
		mount_remove(w, m);
		mount_lines(w, m, line_drop);
		mount_free(m);
	}
	roots_trim(w);
	segments_free(w);
	posixd.worlds[w->core.index] = nullptr;
	world_fini(&w->core);
	handle_drop(&w->quota);
	handle_drop(&w->dev);
	free(w);
}

/* Takes `root`. */
static int world_make(const struct posix_world *from, const struct mount *lies_in, fut_handle root,
		      bool has_devices, struct posix_world **made)
{
	unsigned index = index_find();
	struct posix_world *w = index != 0 ? calloc(1, sizeof(*w)) : nullptr;

	if (w == nullptr || !mounts_init(w, lies_in->server)) {
		handle_drop(&root);
		free(w);
		return index != 0 ? -ENOMEM : -EAGAIN;
	}
	w->mounts->start = root;
	w->has_devices = has_devices;
	if (quota_take(from, &w->quota) != OK ||
	    !world_init(&w->core, index, &task_ops, &posixd.timers, PROCESSES)) {
		mount_free(w->mounts);
		handle_drop(&w->quota);
		free(w);
		return -ENOMEM;
	}
	posixd.worlds[index] = w;
	*made = w;
	return 0;
}

enum err posix_on_world(void *self, uint64_t badge, const struct posix_world_args *a,
			struct posix_world_results *r)
{
	const struct process *p = self;
	struct posix_world *from = (struct posix_world *)p->world, *made;
	const struct mount *lies_in = mount_by_number(from, a->mount);
	bool has_devices = a->capabilities & POSIX_WORLD_DEVICES;
	fut_handle given[] = { a->directory };

	(void)badge;
	r->outcome = !capable(p->who, CAP_SYS_ADMIN) || (has_devices && !from->has_devices) ? -EPERM
		     : lies_in == nullptr || (a->capabilities & ~POSIX_WORLD_DEVICES) ? -EINVAL
										      : 0;
	if (r->outcome != 0)
		return handles_close(given, 1, OK);
	r->outcome = world_make(from, lies_in, a->directory, has_devices, &made);
	if (r->outcome == 0 && client_create(made, &r->worlds) != OK) {
		world_free(made);
		r->outcome = -ENOMEM;
	}
	return OK;
}

/* Its mounts are seen no more, so file servers can forget them. */
static void ending_run(struct errand *errand)
{
	const struct posix_world *w = ((struct world_ending *)errand)->world;
	int32_t outcome;

	for (const struct mount *m = w->mounts; m != nullptr; m = m->next)
		if (m->covered != 0)
			(void)file_mount(&(struct remote){ .session = m->covered }, 0,
					 &outcome); /* its server may be gone */
}

static void ending_done(struct errand *errand)
{
	struct world_ending *e = (struct world_ending *)errand;
	struct posix_world *w = e->world;

	if (w->core.nprocesses <= 1) /* its reaper */
		world_free(w);
	else
		e->is_sent = false;
}

/* Later, since whoever calls still looks at the world. */
void world_may_end(struct posix_world *w)
{
	struct world_ending *e = &w->ending;

	if (!w->is_ending || e->is_sent || w->core.nprocesses > 2)
		return;
	e->is_sent = true;
	e->world = w;
	e->errand.run = ending_run;
	e->errand.done = ending_done;
	errand_send(&e->errand);
}

void world_end(struct posix_world *w)
{
	w->is_ending = true;
	for (struct process *p = nullptr; (p = process_next(&w->core, p ? p->pid : 0)) != nullptr;)
		if (!p->is_reaper)
			w->core.ops->kill(p);
	world_may_end(w);
}
