/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What init does for registryd: it holds the port, admits the clients, and keeps what is provided.
 * So registryd may die: sessions with it go on, calls wait, and its successor learns all from here.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "protocol/registry.h"
#include "services/init/state.h"

constexpr uint32_t DOOR = RIGHT_SEND | RIGHT_WAIT | RIGHT_DUPLICATE | RIGHT_TRANSFER;

bool service_is_registry(const struct running *r)
{
	return strcmp(r->spec->name, "registryd") == 0;
}

enum err registry_create(struct init *init)
{
	enum err e = fut_port_create(&init->registry_port);

	return e == OK ? fut_session_create(init->registry_port, 0, &init->registry) : e;
}

static struct remote registry(const struct init *init)
{
	return (struct remote){ .session = init->registry, .deadline = clock_after(SECOND) };
}

static bool is_client(const struct running *r)
{
	return r->spec->see.n + r->spec->provide.n > 0;
}

/* Names as the registry wants them: each ended by a newline. */
static size_t names_join(const struct words *w, char *to)
{
	char *at = to;

	for (unsigned i = 0; i < w->n; i++) {
		at = stpcpy(at, w->word[i]);
		*at++ = '\n';
	}
	return (size_t)(at - to);
}

static enum err admit(struct init *init, const struct running *r)
{
	const struct manifest_service *spec = r->spec;
	char see[SERVICE_WORDS * (SERVICE_NAME + 1) + 1], provide[sizeof(see)];
	size_t nsee = names_join(&spec->see, see), nprovide = names_join(&spec->provide, provide);
	struct remote to = registry(init);

	return registry_admit(&to, r->client, see, nsee, provide, nprovide);
}

enum err registry_session(struct init *init, struct running *r, fut_handle *session)
{
	*session = 0;
	if (!is_client(r))
		return OK;
	/* It would wait for the registry, which waits for us to be started. */
	if (!service_is_registry(&init->services[0]) || init->services[0].state != RUNNING)
		return ERR_BAD_STATE;
	r->client = ++init->last_client;
	enum err e = fut_session_create(init->registry_port, r->client, session);
	if (e != OK)
		return e;
	e = admit(init, r);
	if (e != OK)
		(void)fut_handle_close(*session); /* ours, and open */
	return e;
}

/* --- What is provided --- */

static void names_close(const struct known_names *names)
{
	for (unsigned i = 0; i < names->n; i++)
		(void)fut_handle_close(names->name[i].door); /* ours, and open */
}

void registry_keep(struct init *init)
{
	struct known_names *old = &init->names, new = {};
	struct remote from = registry(init);
	enum err e = fut_event_signal(init->names_changed, 0, 1);
	uint32_t at = 0;

	while (e == OK && new.n < KNOWN_NAMES) {
		struct known_name *k = &new.name[new.n];
		size_t length;

		e = registry_next(&from, at, &at, k->text, sizeof(k->text), &length, &k->door);
		new.n += e == OK;
	}
	bool whole = e == OK || e == ERR_NOT_FOUND;
	names_close(whole ? old : &new); /* one that died meanwhile leaves what is known as it is */
	if (whole)
		*old = new;
}

static enum err names_watch(struct init *init)
{
	struct remote to = registry(init);

	if (init->names_watched)
		(void)fut_handle_close(init->names_watched); /* ours, and open */
	if (init->names_changed)
		(void)fut_handle_close(init->names_changed); /* the same */
	init->names_watched = init->names_changed = 0;
	enum err e = registry_changes(&to, &init->names_changed);
	return e == OK ? fut_watch_create(init->waitset, init->names_changed, 1, 0, COOKIE_NAMES,
					  &init->names_watched)
		       : e;
}

static enum err name_restore(struct init *init, const struct known_name *k)
{
	struct remote to = registry(init);
	fut_handle door;
	enum err e = fut_handle_duplicate(k->door, DOOR, &door);

	return e == OK ? registry_provide(&to, k->text, strlen(k->text), door) : e;
}

void registry_restore(struct init *init)
{
	enum err e = OK;

	for (unsigned i = 0; i < init->nservices && e == OK; i++)
		if (init->services[i].state == RUNNING && is_client(&init->services[i]))
			e = admit(init, &init->services[i]);
	for (unsigned i = 0; i < init->names.n && e == OK; i++)
		e = name_restore(init, &init->names.name[i]);
	if (e == OK)
		e = names_watch(init);
	if (e != OK)
		print("init: registryd does not learn what is known: %s\n", error_name(e));
}
