/* SPDX-License-Identifier: MPL-2.0 */
/* Watches the services, and restarts those that end as their policy says. */
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "services/init/state.h"

constexpr unsigned EVENTS = 16;

struct running *running_find(struct init *init, const char *name)
{
	for (unsigned i = 0; i < init->nservices; i++)
		if (strcmp(init->services[i].spec->name, name) == 0)
			return &init->services[i];
	return nullptr;
}

/* What it needs goes first. Needs in a circle end here too: one is no longer STOPPED. */
static void needs_start(struct init *init, const struct running *r)
{
	for (unsigned i = 0; i < r->spec->need.n; i++) {
		struct running *n = running_find(init, r->spec->need.word[i]);
		if (n && n->state == STOPPED)
			(void)running_start(init, n); /* told; the other may do without */
	}
}

enum err running_start(struct init *init, struct running *r)
{
	r->state = WAITING;
	r->restart_at = TIME_NEVER;
	needs_start(init, r);
	enum err e = service_start(init, r);
	if (e == OK && service_is_registry(r))
		registry_restore(init);
	return e;
}

void running_stop(struct running *r)
{
	if (r->task)
		(void)fut_task_kill(r->task, 0); /* ours; killing it again does nothing */
	service_clear(r);
}

static void restart_later(struct running *r)
{
	const struct manifest_service *spec = r->spec;
	bool ran_long = clock_now() - r->started > spec->most_delay;

	r->delay = r->delay == 0 || ran_long ? spec->first_delay : r->delay * 2;
	if (r->delay > spec->most_delay)
		r->delay = spec->most_delay;
	r->restart_at = clock_after(r->delay);
	r->state = WAITING;
	print("init: restarting `%s` in %llu ms\n", spec->name,
	      (unsigned long long)(r->delay / MILLISECOND));
}

static void tell_end(const struct running *r, const struct task_info *info)
{
	if (info->fault.kind != FAULT_NONE)
		print("init: `%s` ended by fault %u at pc %#llx (%s + %#llx), address %#llx\n",
		      r->spec->name, info->fault.kind, (unsigned long long)info->fault.pc,
		      r->spec->program, (unsigned long long)(info->fault.pc - r->image),
		      (unsigned long long)info->fault.address);
	else if (info->exit_code != 0)
		print("init: `%s` ended with code %lld\n", r->spec->name,
		      (long long)info->exit_code);
}

static void service_ended(struct init *init, struct running *r)
{
	struct task_info info = {};
	bool failed;

	if (r->task == 0 || fut_task_info(r->task, &info, sizeof(info)) != OK ||
	    info.state != TASK_DEAD)
		return;
	failed = info.fault.kind != FAULT_NONE || info.exit_code != 0;
	r->exit_code = info.fault.kind != FAULT_NONE ? PANIC_CODE : info.exit_code;
	tell_end(r, &info);
	service_clear(r);
	if (r == init->run)
		machine_end(r->exit_code);
	if (r->spec->restart == RESTART_ALWAYS || (r->spec->restart == RESTART_FAILURE && failed))
		restart_later(r);
}

/* Start what is due; returns when the next is. The registry stands first, and goes first. */
static uint64_t restart_due(struct init *init)
{
	uint64_t next = TIME_NEVER;

	for (unsigned i = 0; i < init->nservices; i++) {
		struct running *r = &init->services[i];
		if (r->state != WAITING)
			continue;
		if (r->restart_at <= clock_now()) {
			r->restarts++;
			if (running_start(init, r) == OK)
				continue;
			restart_later(r);
		}
		if (r->restart_at < next)
			next = r->restart_at;
	}
	return next;
}

void services_start(struct init *init)
{
	for (unsigned i = 0; i < init->nservices; i++) {
		struct running *r = &init->services[i];
		if (!r->spec->is_on_demand && running_start(init, r) != OK &&
		    r->spec->restart != RESTART_NEVER)
			restart_later(r);
	}
}

void supervise(struct init *init)
{
	struct watch_event events[EVENTS];

	for (;;) {
		uint32_t n = 0;
		enum err e = fut_waitset_wait(init->waitset, events, sizeof(events),
					      restart_due(init), &n);

		if (e != OK && e != ERR_TIMED_OUT && e != ERR_WOULD_BLOCK)
			panic("cannot wait for services: %s", error_name(e));
		for (uint32_t i = 0; e == OK && i < n; i++) {
			if (events[i].cookie == COOKIE_PORT)
				requests_serve(init);
			else if (events[i].cookie == COOKIE_NAMES)
				registry_keep(init);
			else
				service_ended(init, &init->services[events[i].cookie]);
		}
	}
}
