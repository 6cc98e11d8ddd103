/* SPDX-License-Identifier: MPL-2.0 */
/* A client's side of protocol/registry.fipc. */
#include "lib/futura/service.h"
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/program.h"
#include "protocol/registry.h"

/* How long a repeated call waits for a service to be restarted. */
constexpr uint64_t REOPEN_PATIENCE = 15 * SECOND;
/* A registry that has died tells nobody of changes; how long until its successor is asked to. */
constexpr uint64_t CHANGE_PATIENCE = SECOND;
/* So often it may die while it is asked. */
constexpr unsigned FIND_TRIES = 4;

static enum err wait_for_change(struct remote *registry, fut_handle *changes, uint64_t deadline)
{
	uint64_t signals, until = clock_after(CHANGE_PATIENCE);

	if (*changes == 0)
		return registry_changes(registry,
					changes); /* ask again first: it may be there now */
	enum err e = fut_wait(*changes, 1, 1, until < deadline ? until : deadline, &signals);
	if (e != ERR_TIMED_OUT || until >= deadline)
		return e;
	(void)fut_handle_close(*changes); /* ours, and open */
	*changes = 0;
	return OK;
}

/* The session outlives a registry that dies: its successor answers. */
static enum err find(struct remote *registry, const char *name, fut_handle *session)
{
	enum err e = ERR_PEER_CLOSED;

	for (unsigned i = 0; e == ERR_PEER_CLOSED && i < FIND_TRIES; i++)
		e = registry_find(registry, name, strlen(name), session);
	return e;
}

enum err service_find(const char *name, uint64_t deadline, fut_handle *session)
{
	struct remote registry = { .session = cap_get("registry"), .deadline = deadline };
	fut_handle changes = 0;
	enum err e;

	if (registry.session == 0)
		return ERR_NOT_FOUND;
	do
		e = find(&registry, name, session);
	while (e == ERR_WOULD_BLOCK && (e = wait_for_change(&registry, &changes, deadline)) == OK);
	if (changes)
		(void)fut_handle_close(changes); /* ours, and open */
	return e == ERR_WOULD_BLOCK ? ERR_TIMED_OUT : e;
}

static enum err reopen(struct remote *remote)
{
	(void)fut_handle_close(remote->session); /* its other side is gone */
	remote->session = 0;
	return service_find(remote->context, clock_after(REOPEN_PATIENCE), &remote->session);
}

enum err service_open(struct remote *remote, const char *name, uint64_t deadline)
{
	*remote = (struct remote){ .reopen = reopen, .context = (void *)(uintptr_t)name };
	return service_find(name, deadline, &remote->session);
}

enum err service_provide(const char *name, fut_handle port)
{
	struct remote registry = { .session = cap_get("registry") };
	fut_handle door;

	if (registry.session == 0)
		return ERR_NOT_FOUND;
	enum err e = fut_session_create(port, 0, &door);
	return e == OK ? registry_provide(&registry, name, strlen(name), door) : e;
}
