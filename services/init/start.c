/* SPDX-License-Identifier: MPL-2.0 */
/* Starts one service: its quota, its capabilities, its task. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/cpio.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/spawn.h"
#include "services/init/state.h"

struct making {
	struct init *init;
	struct running *r;
	struct spawn spawn;
	struct startup_cap caps[SPAWN_CAPS];
	const char *argv[1 + SERVICE_WORDS + SERVICE_WORDS];
	const char *env[SERVICE_WORDS + SERVICE_GIVES];
	char ranges[SERVICE_GIVES][GIVE_NAME + 44]; /* NAME=0x...:0x... */
};

static enum err cap_add(struct making *m, const char *name, fut_handle handle)
{
	if (m->spawn.capc == SPAWN_CAPS) {
		(void)fut_handle_close(handle); /* ours, and open */
		return ERR_TOO_BIG;
	}
	struct startup_cap *c = &m->caps[m->spawn.capc++];
	*c = (struct startup_cap){ .handle = handle };
	strncpy(c->name, name, sizeof(c->name) - 1);
	return OK;
}

/* A duplicate with those rights, and that to be handed over. */
static enum err cap_duplicate(struct making *m, const char *name, fut_handle from, uint32_t rights)
{
	fut_handle copy;
	enum err e = fut_handle_duplicate(from, rights | RIGHT_TRANSFER, &copy);

	return e == OK ? cap_add(m, name, copy) : e;
}

static enum err cap_range(struct making *m, const struct give *g, fut_handle whole)
{
	fut_handle part;
	enum err e = fut_resource_split(whole, g->base, g->size, &part);

	if (e != OK)
		return e;
	e = cap_duplicate(m, g->name, part, g->rights);
	(void)fut_handle_close(part); /* ours, and open */
	return e;
}

static enum err cap_init_session(struct making *m, const struct give *g)
{
	uint64_t badge = g->source == SOURCE_STARTER ? BADGE_STARTER : BADGE_CLIENT;
	fut_handle session;
	enum err e = fut_session_create(m->init->port, badge, &session);

	if (e != OK)
		return e;
	e = cap_duplicate(m, g->name, session, g->rights);
	(void)fut_handle_close(session); /* ours, and open */
	return e;
}

static enum err give(struct making *m, const struct give *g)
{
	if (g->source == SOURCE_QUOTA)
		return cap_duplicate(m, g->name, m->r->quota, g->rights);
	if (g->source == SOURCE_INIT || g->source == SOURCE_STARTER)
		return cap_init_session(m, g);
	if (g->source == SOURCE_TASK) {
		m->spawn.own_task = g->rights;
		return OK;
	}
	fut_handle own = cap_get(source_name(g->source));
	if (own == 0)
		return OK; /* this machine has no such thing */
	return g->size != 0 ? cap_range(m, g, own) : cap_duplicate(m, g->name, own, g->rights);
}

static enum err cap_registry(struct making *m)
{
	fut_handle session;
	enum err e = registry_session(m->init, m->r, &session);

	if (e != OK || session == 0)
		return e;
	e = cap_duplicate(m, "registry", session, RIGHT_SEND);
	(void)fut_handle_close(session); /* ours, and open */
	return e;
}

/* NAME=VALUE as it stands, or init's own variable of that NAME; nullptr if it has none. */
static const char *variable(const char *word)
{
	const char *value = strchr(word, '=') ? nullptr : env_get(word);

	if (strchr(word, '='))
		return word;
	return value ? value - strlen(word) - 1 : nullptr;
}

/* The manifest's variables, and for each range one that says which it is. */
static void environment(struct making *m)
{
	const struct manifest_service *spec = m->r->spec;

	for (unsigned i = 0; i < spec->environment.n; i++) {
		const char *text = variable(spec->environment.word[i]);
		if (text)
			m->env[m->spawn.envc++] = text;
	}
	for (unsigned i = 0; i < spec->ngives; i++) {
		const struct give *g = &spec->gives[i];
		if (g->source >= SOURCE_RANGES || g->size == 0)
			continue;
		snprintf(m->ranges[i], sizeof(m->ranges[i]), "%s=%#llx:%#llx", g->name,
			 (unsigned long long)g->base, (unsigned long long)g->size);
		m->env[m->spawn.envc++] = m->ranges[i];
	}
}

static enum err caps(struct making *m)
{
	const struct manifest_service *spec = m->r->spec;
	enum err e;

	for (unsigned i = 0; i < spec->ngives; i++)
		if ((e = give(m, &spec->gives[i])) != OK) {
			print("init: %s: cannot give `%s`: %s\n", spec->name, spec->gives[i].name,
			      error_name(e));
			return e;
		}
	if (service_is_registry(m->r))
		return cap_duplicate(m, "port", m->init->registry_port, RIGHTS_ALL);
	return cap_registry(m);
}

static enum err budget(struct making *m)
{
	const struct manifest_service *spec = m->r->spec;

	return spec->allowance == 0
		       ? OK
		       : fut_budget_create(spec->period, spec->allowance, &m->spawn.budget);
}

static enum err image(struct making *m)
{
	const struct manifest_service *spec = m->r->spec;
	struct cpio_file f;
	enum err e = cpio_find(m->init->bundle, m->init->bundle_size, spec->program, &f);

	if (e != OK)
		return e;
	m->argv[m->spawn.argc++] = spec->name;
	for (unsigned i = 0; i < spec->arguments.n; i++)
		m->argv[m->spawn.argc++] = spec->arguments.word[i];
	for (unsigned i = 0; i < m->r->nextra; i++)
		m->argv[m->spawn.argc++] = m->r->extra[i];
	m->spawn.image = f.data;
	m->spawn.size = f.size;
	return OK;
}

static enum err watch(struct init *init, struct running *r)
{
	uint64_t cookie = (uint64_t)(r - init->services);

	return fut_watch_create(init->waitset, r->task, SIGNAL_DEAD, 0, cookie, &r->watch);
}

/* Init keeps this part of its memory from those who borrow, to start others with. */
constexpr uint64_t LEFT_TO_INIT = 16;

static enum err lend(struct running *r, uint64_t limit, uint64_t bytes)
{
	const struct manifest_service *spec = r->spec;
	uint64_t most = spec->most != 0 ? spec->most : limit / 100 * spec->most_share & ~4095ull;

	if (most <= bytes)
		return OK;
	return fut_quota_lend(r->quota, cap_need("quota"), most, limit / LEFT_TO_INIT);
}

static enum err quota(struct making *m)
{
	const struct manifest_service *spec = m->r->spec;
	uint64_t limit, used, npages, bytes = spec->quota;
	enum err e = fut_quota_info(cap_need("quota"), &limit, &used, &npages);

	if (e == OK && spec->share != 0) {
		uint64_t most = (limit - used) / 100 * spec->share & ~4095ull;

		bytes = bytes == 0 || bytes > most ? most : bytes;
	}
	if (e == OK)
		e = fut_quota_create(cap_need("quota"), bytes, &m->r->quota);
	return e == OK ? lend(m->r, limit, bytes) : e;
}

static enum err make(struct making *m)
{
	enum err e;

	if ((e = image(m)) != OK || (e = quota(m)) != OK || (e = budget(m)) != OK)
		return e;
	m->spawn.quota = m->r->quota;
	environment(m);
	e = caps(m);
	if (e != OK) {
		for (unsigned i = 0; i < m->spawn.capc; i++)
			(void)fut_handle_close(m->caps[i].handle); /* ours, and open */
		return e;
	}
	e = spawn(&m->spawn, &m->r->task);
	return e == OK ? watch(m->init, m->r) : e;
}

enum err service_start(struct init *init, struct running *r)
{
	const struct manifest_service *spec = r->spec;
	struct making m = { .init = init, .r = r };

	m.spawn = (struct spawn){
		.name = spec->name,
		.priority = spec->priority,
		.is_whole = true,
		.argv = m.argv,
		.env = m.env,
		.caps = m.caps,
	};
	enum err e = make(&m);
	if (m.spawn.budget)
		(void)fut_handle_close(m.spawn.budget); /* the task keeps it */
	if (e != OK) {
		print("init: cannot start `%s` (%s): %s\n", spec->name, spec->program,
		      error_name(e));
		service_clear(r);
		return e;
	}
	struct mapping_info lowest;
	r->image = fut_space_find(r->task, 0, &lowest, sizeof(lowest)) == OK ? lowest.address : 0;
	r->state = RUNNING;
	r->started = clock_now();
	return OK;
}

void service_clear(struct running *r)
{
	fut_handle *owned[] = { &r->watch, &r->task, &r->quota };

	if (r->quota)
		(void)fut_quota_end(r->quota); /* ours; what it had started ends with it */
	for (unsigned i = 0; i < 3; i++) {
		if (*owned[i])
			(void)fut_handle_close(*owned[i]); /* ours, and open */
		*owned[i] = 0;
	}
	r->state = STOPPED;
}
