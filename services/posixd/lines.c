/* SPDX-License-Identifier: MPL-2.0 */
/* Sessions with file servers, by credentials and mount. */
#include "services/posixd/lines.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/service.h"
#include "lib/futura/program.h"
#include "protocol/files.h"
#include "protocol/init.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/proc.h"

constexpr unsigned SERVERS = 8;
constexpr uint64_t PATIENCE = 5 * SECOND; /* for a server that starts or is restarted */

struct line {
	struct line *next;
	uint32_t mount;
	fut_handle root;
};

/* File servers that errands have found. */
static struct {
	const char *name;
	struct remote remote;
} servers[SERVERS];

fut_handle line_find(const struct credentials *c, uint32_t mount)
{
	for (const struct line *l = c->native; l != nullptr; l = l->next)
		if (l->mount == mount)
			return l->root;
	return 0;
}

int line_keep(struct credentials *c, uint32_t mount, fut_handle root)
{
	struct line *l = calloc(1, sizeof(*l));

	if (l == nullptr) {
		handle_drop(&root);
		return -ENOMEM;
	}
	*l = (struct line){ .next = c->native, .mount = mount, .root = root };
	c->native = l;
	return 0;
}

/* Out of the list; nullptr: there is none. */
static struct line *line_take(struct credentials *c, uint32_t mount)
{
	struct line *first = c->native, **at = &first, *l;

	while ((l = *at) != nullptr && l->mount != mount)
		at = &l->next;
	if (l != nullptr)
		*at = l->next;
	c->native = first;
	return l;
}

static void line_free(struct line *l)
{
	handle_drop(&l->root);
	free(l);
}

bool line_end(struct credentials *c, uint32_t mount)
{
	struct line *l = line_take(c, mount);

	if (l == nullptr)
		return false;
	(void)fut_session_sever(l->root); /* processes that know it have no way to it any more */
	line_free(l);
	return true;
}

bool line_drop(struct credentials *c, uint32_t mount)
{
	struct line *l = line_take(c, mount);

	if (l == nullptr)
		return false;
	line_free(l);
	return true;
}

void lines_release(struct credentials *c)
{
	while (c->native != nullptr) {
		struct line *l = c->native;
		c->native = l->next;
		line_free(l);
	}
}

/* Servers that init starts when somebody mounts what they have. */
static void server_start(const char *name)
{
	static const struct {
		const char *name, *service;
	} on_demand[] = { { "futurafs", "fsd" },
			  { "futurafs.1", "fsd.1" },
			  { "futurafs.2", "fsd.2" },
			  { "futurafs.3", "fsd.3" } };
	struct remote init = { .session = cap_get("starter") };

	for (unsigned i = 0; i < sizeof(on_demand) / sizeof(*on_demand); i++)
		if (strcmp(name, on_demand[i].name) == 0)
			(void)init_start(&init, on_demand[i].service,
					 strlen(on_demand[i].service)); /* it may run */
}

/* One that has just ended has to be started again, as soon as init knows. */
static enum err server_wait(const char *name, struct remote *r)
{
	constexpr uint64_t STEP = 50 * MILLISECOND;
	enum err e = ERR_TIMED_OUT;

	for (uint64_t n = 0; e == ERR_TIMED_OUT && n < PATIENCE / STEP; n++) {
		server_start(name);
		e = service_find(name, clock_after(STEP), &r->session);
	}
	return e;
}

/* Names are constants, so each is found again by its address. */
struct remote *server_find(const char *name)
{
	for (unsigned i = 0; i < SERVERS; i++) {
		if (servers[i].name == nullptr) {
			if (server_wait(name, &servers[i].remote) != OK)
				return nullptr;
			servers[i].name = name;
		}
		if (strcmp(servers[i].name, name) == 0)
			return &servers[i].remote;
	}
	return nullptr;
}

static uint32_t of_files(uint64_t set)
{
	static const struct {
		enum capability capability;
		uint32_t flag;
	} known[] = {
		{ CAP_DAC_OVERRIDE, FILES_CAPABILITY_OVERRIDE },
		{ CAP_FOWNER, FILES_CAPABILITY_OWNER },
		{ CAP_CHOWN, FILES_CAPABILITY_CHOWN },
		{ CAP_MKNOD, FILES_CAPABILITY_DEVICE },
		{ CAP_SYS_ADMIN, FILES_CAPABILITY_MOUNT },
		{ CAP_DAC_READ_SEARCH, FILES_CAPABILITY_READ },
		{ CAP_FSETID, FILES_CAPABILITY_SET_ID },
	};
	uint32_t flags = 0;

	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (set & 1ull << known[i].capability)
			flags |= known[i].flag;
	return flags;
}

/* The real user has what it would have with its own ids: access(2). */
uint32_t line_capabilities(const struct credentials *c)
{
	uint64_t real = c->may.securebits & SECUREBIT_NO_FIXUP ? c->may.effective
			: c->uid == 0                          ? c->may.permitted
							       : 0;

	return of_files(c->may.effective) | of_files(real) * FILES_CAPABILITY_REAL;
}

static enum err line_call(struct remote *server, const struct credentials *c, fut_handle start,
			  uint32_t flags, uint64_t key, fut_handle *root, int32_t *outcome)
{
	return files_line(server, key, c->fsuid, c->fsgid, c->uid, c->gid,
			  line_capabilities(c) | flags, c->groups, c->ngroups * sizeof(uint32_t),
			  start, root, outcome);
}

int line_open(const struct credentials *c, const char *service, fut_handle start, uint32_t flags,
	      uint64_t key, fut_handle *root)
{
	struct remote *server = server_find(service);
	int32_t outcome = 0;

	if (server == nullptr) {
		handle_drop(&start);
		return -ENODEV;
	}
	enum err e = line_call(server, c, start, flags, key, root, &outcome);
	/* Its successor has no directory of before, but a root. */
	for (unsigned i = 0; e == ERR_PEER_CLOSED && start == 0 && i < 20; i++) {
		handle_drop(&server->session);
		if (server_wait(service, server) != OK)
			break;
		e = line_call(server, c, 0, flags, key, root, &outcome);
	}
	return e != OK ? -EIO : outcome < 0 ? outcome : 0;
}

int line_make(const char *service, uint32_t mode, uint64_t size, fut_handle *root)
{
	struct remote *server = server_find(service);
	int32_t outcome = 0;

	if (server == nullptr)
		return -ENODEV;
	enum err e = files_make(server, FILES_KIND_TMPFS, mode, 0, 0, size, 0, root, &outcome);
	return e != OK ? -EIO : outcome;
}

bool line_is_local(const char *service)
{
	return strcmp(service, SERVER_PROC) == 0 || strcmp(service, SERVER_SYS) == 0;
}

static void line_run(struct errand *errand)
{
	struct line_errand *e = (struct line_errand *)errand;

	if (line_is_local(e->service))
		return; /* in line_done */
	e->outcome = line_open(e->who, e->service, e->start, e->flags, e->key, &e->root);
}

/* Lines of our own need no call. */
static void line_local(struct line_errand *e)
{
	bool is_proc = strcmp(e->service, SERVER_PROC) == 0;

	if (e->outcome == 0 && line_is_local(e->service))
		e->outcome = proc_line(e->who, is_proc ? PROC_PROC : PROC_SYS, e->flags, e->key,
				       &e->root);
}

static void line_done(struct errand *errand)
{
	struct line_errand *e = (struct line_errand *)errand;

	line_local(e);
	if (e->outcome >= 0)
		e->outcome = line_keep(e->who, e->mount, e->root);
	if (e->outcome < 0)
		e->root = 0;
	e->then(e);
}

void line_prepare(struct line_errand *e, struct credentials *who, const struct mount *m)
{
	const struct posix_world *w = (const struct posix_world *)who->world;

	e->who = credentials_get(who);
	e->mount = m->number;
	e->key = mount_key(w, m);
	e->service = m->server;
	e->start = handle_copy(m->start);
	e->flags = mount_flags(w, m);
}

void line_ask(struct line_errand *e)
{
	e->errand.run = e->run ? e->run : line_run;
	e->errand.done = line_done;
	errand_send(&e->errand);
}

int line_give(fut_handle root, fut_handle *copy)
{
	return fut_handle_duplicate(root, ROOT_RIGHTS, copy) == OK ? 0 : -ENFILE;
}
