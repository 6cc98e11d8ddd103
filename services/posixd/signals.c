/* SPDX-License-Identifier: MPL-2.0 */
/* Signals and timers, as processes ask for them. */
#include "services/posixd/core/signal.h"
#include <errno.h>
#include "services/posixd/calls.h"
#include "services/posixd/core/timer.h"

enum err posix_on_kill(void *self, uint64_t badge, const struct posix_kill_args *a,
		       struct posix_kill_results *r)
{
	const struct process *p = self;
	struct posix_signal s = {
		.signal = a->signal,
		.code = a->code,
		.pid = p->pid,
		.uid = p->who->uid,
		.value = a->value,
		.tid = a->tid,
	};

	(void)badge;
	const struct process *to =
		a->target > 0 ? process_find(p->world, (uint32_t)a->target) : nullptr;
	if (a->serial != 0 && (to == nullptr || to->serial != a->serial))
		r->outcome = -ESRCH;
	else
		r->outcome = signal_kill(self, a->target, &s);
	return OK;
}

enum err posix_on_news(void *self, uint64_t badge, struct posix_news_results *r)
{
	constexpr uint32_t MOST = 4080 / sizeof(struct posix_signal);

	(void)badge;
	uint32_t n = signal_take(self, r->signals, MOST, &r->flags);
	r->signals_len = n * sizeof(struct posix_signal);
	r->outcome = (int32_t)n;
	return OK;
}

enum err posix_on_stopped(void *self, uint64_t badge, const struct posix_stopped_args *a,
			  struct posix_stopped_results *r)
{
	(void)badge;
	r->outcome = signal_stopped(self, a->signal);
	return OK;
}

enum err posix_on_timer(void *self, uint64_t badge, const struct posix_timer_args *a,
			struct posix_timer_results *r)
{
	const struct timer wanted = {
		.id = a->id & ~POSIX_TIMER_CPU,
		.is_cpu = (a->id & POSIX_TIMER_CPU) != 0,
		.tid = a->tid,
		.signal = a->signal,
		.value = a->value,
		.at = a->at,
		.interval = a->interval,
	};

	(void)badge;
	r->outcome = timer_set(self, &wanted, a->signal != 0, &r->left, &r->old_interval);
	return OK;
}

enum err posix_on_timer_delivered(void *self, uint64_t badge,
				  const struct posix_timer_delivered_args *a,
				  struct posix_timer_delivered_results *r)
{
	(void)badge;
	r->overruns = timer_delivered(self, a->id, a->seen != 0);
	return OK;
}
