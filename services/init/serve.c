/* SPDX-License-Identifier: MPL-2.0 */
/* What init does for others: protocol/init.fipc. */
#include "lib/futura/serve.h"
#include <string.h>
#include "lib/futura/program.h"
#include "protocol/init.h"
#include "services/init/state.h"

static_assert(STOPPED == INIT_STATE_STOPPED && RUNNING == INIT_STATE_RUNNING &&
	      WAITING == INIT_STATE_WAITING);

static enum err next(void *self, uint64_t badge, const struct init_next_args *a,
		     struct init_next_results *result)
{
	struct init *init = self;

	(void)badge;
	if (a->after >= init->nservices)
		return ERR_NOT_FOUND;
	const struct running *r = &init->services[a->after];
	result->index = a->after + 1;
	result->state = r->state;
	result->restarts = r->restarts;
	result->exit_code = r->exit_code;
	result->name_len = (uint32_t)strlen(r->spec->name);
	memcpy(result->name, r->spec->name, result->name_len);
	return OK;
}

static enum err task(void *self, uint64_t badge, const struct init_task_args *a,
		     struct init_task_results *result)
{
	struct running *r = running_find(self, a->name);

	if (badge != BADGE_CLIENT)
		return ERR_DENIED;
	if (r == nullptr)
		return ERR_NOT_FOUND;
	if (r->state != RUNNING)
		return ERR_BAD_STATE;
	return fut_handle_duplicate(
		r->task, RIGHT_READ | RIGHT_MANAGE | RIGHT_WAIT | RIGHT_TRANSFER, &result->task);
}

static enum err start(void *self, uint64_t badge, const struct init_start_args *a)
{
	struct running *r = running_find(self, a->name);

	(void)badge;
	if (r == nullptr)
		return ERR_NOT_FOUND;
	return r->state == STOPPED ? running_start(self, r) : ERR_BAD_STATE;
}

static enum err stop(void *self, uint64_t badge, const struct init_stop_args *a)
{
	struct running *r = running_find(self, a->name);

	if (badge != BADGE_CLIENT)
		return ERR_DENIED;
	if (r == nullptr)
		return ERR_NOT_FOUND;
	running_stop(r);
	return OK;
}

static enum err kill(void *self, uint64_t badge, const struct init_kill_args *a)
{
	struct running *r = running_find(self, a->name);

	if (badge != BADGE_CLIENT)
		return ERR_DENIED;
	if (r == nullptr)
		return ERR_NOT_FOUND;
	return r->state == RUNNING ? fut_task_kill(r->task, PANIC_CODE) : ERR_BAD_STATE;
}

void requests_serve(struct init *init)
{
	static const struct init_ops ops = {
		.next = next,
		.task = task,
		.start = start,
		.stop = stop,
		.kill = kill,
	};
	static const struct service speaks = { INIT_PROTOCOL, init_dispatch, &ops };
	const struct server server = {
		.port = init->port,
		.services = &speaks,
		.nservices = 1,
		.self = init,
	};

	(void)serve_waiting(&server); /* the port is ours, and open */
}
