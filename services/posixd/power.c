/* SPDX-License-Identifier: MPL-2.0 */
/* Writing back what is on disks, before the machine may end. */
#include <errno.h>
#include <stdlib.h>
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/mounts.h"

constexpr unsigned WAYS = 16;

struct syncing {
	struct errand errand;
	fut_handle ways[WAYS];
	unsigned n;
	void (*then)(uint64_t);
	uint64_t context;
};

static void syncing_run(struct errand *errand)
{
	struct syncing *s = (struct syncing *)errand;

	mounts_sync(s->ways, s->n);
}

static void syncing_done(struct errand *errand)
{
	struct syncing *s = (struct syncing *)errand;

	s->then(s->context);
	free(s);
}

void world_sync(const struct posix_world *w, void (*then)(uint64_t), uint64_t context)
{
	struct syncing *s = calloc(1, sizeof(*s));

	if (s != nullptr)
		s->n = mounts_to_sync(w, s->ways, WAYS);
	if (s == nullptr || s->n == 0) {
		free(s);
		then(context); /* without memory a volume replays what it was told to keep */
		return;
	}
	s->errand.run = syncing_run;
	s->errand.done = syncing_done;
	s->then = then;
	s->context = context;
	errand_send(&s->errand);
}

static void power_use(uint64_t action)
{
	if (action == POWER_OFF)
		print("futura: exit 0\n"); /* the log's last line: tools/futura looks for it */
	(void)fut_power(cap_get("power"),
			(uint32_t)action); /* a machine that cannot stays as it is */
}

enum err posix_on_power(void *self, uint64_t badge, const struct posix_power_args *a,
			struct posix_power_results *r)
{
	const struct process *p = self;
	const struct posix_world *w = (const struct posix_world *)p->world;

	(void)badge;
	r->outcome = !capable(p->who, CAP_SYS_BOOT) || !w->has_devices ? -EPERM
		     : a->action > POWER_REBOOT                        ? -EINVAL
								       : 0;
	if (r->outcome == 0)
		world_sync(w, power_use, a->action);
	return OK;
}
