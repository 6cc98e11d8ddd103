/* SPDX-License-Identifier: MPL-2.0 */
/* Mounts: a table for each world, and their roots as the processes' credentials may see them. */
#include "services/posixd/mounts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/file.h"
#include "protocol/files.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/lines.h"

static const struct kind {
	const char *name, *server;
	bool is_new; /* each mount is a file system of its own */
} kinds[] = {
	{ "proc", SERVER_PROC, false },  { "sysfs", SERVER_SYS, false }, { "tmpfs", "ramfs", true },
	{ "ramfs", "ramfs", true },      { "devpts", "tty", false },     { "bind", "ramfs", false },
	{ "control", "control", false },
};

static struct posix_world *world_of(const struct process *p)
{
	return (struct posix_world *)p->world;
}

struct mount *mount_by_number(struct posix_world *w, uint32_t number)
{
	static struct mount terminals = { .number = POSIX_MOUNT_TERMINALS, .server = "tty" };
	struct mount *m = w->mounts;

	if (number == POSIX_MOUNT_TERMINALS)
		return &terminals;
	while (m != nullptr && m->number != number)
		m = m->next;
	return m;
}

const char *mount_options(const struct mount *m)
{
	return m->options[0] ? m->options : "rw,relatime";
}

static void mount_free(struct mount *m)
{
	handle_drop(&m->covered);
	handle_drop(&m->start);
	free(m->at);
	free(m->source);
	free(m->options);
	free(m);
}

static const struct kind *kind_find(const char *name)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return nullptr;
}

/* The system's own services are the first world's to see; others have what they were given. */
static bool kind_is_for(const struct kind *kind, const struct posix_world *w)
{
	return strcmp(kind->server, "control") != 0 || w == posixd.worlds[1];
}

static struct mount *mount_create(const char *at, const char *kind, const char *server,
				  const char *source, const char *options)
{
	struct mount *m = calloc(1, sizeof(*m));

	if (m == nullptr)
		return nullptr;
	snprintf(m->kind, sizeof(m->kind), "%s", kind);
	m->server = server;
	m->at = strdup(at);
	m->source = strdup(source[0] ? source : "none");
	m->options = strdup(options);
	if (m->at && m->source && m->options)
		return m;
	mount_free(m);
	return nullptr;
}

static void mount_add(struct posix_world *w, struct mount *m)
{
	struct mount **at = &w->mounts;

	m->number = w->next_mount++;
	while (*at != nullptr)
		at = &(*at)->next;
	*at = m;
}

/* A directory of the root's server; 0: there is none. */
static fut_handle directory_open(fut_handle root, const char *path)
{
	struct remote there = { .session = root };
	uint64_t node, size;
	uint32_t slot, mode;
	fut_handle session = 0;
	int32_t outcome = -1;
	char rest[8];
	size_t rest_len;

	if (file_open(&there, FILE_PATH | FILE_DIRECTORY, 0, path, strlen(path), &session, &outcome,
		      &slot, &node, &size, &mode, rest, sizeof(rest), &rest_len) == OK &&
	    outcome != 0)
		handle_drop(&session);
	return session;
}

void mounts_begin(struct posix_world *w, fut_handle root)
{
	static const struct {
		const char *at, *kind, *source;
	} first[] = { { "/proc", "proc", "proc" },
		      { "/sys", "sysfs", "sysfs" },
		      { "/dev/pts", "devpts", "devpts" },
		      { "/run/futura", "control", "control" } };
	struct mount *m = mount_create("/", "tmpfs", "ramfs", "rootfs", "");

	if (m != nullptr)
		mount_add(w, m);
	for (unsigned i = 0; i < sizeof(first) / sizeof(*first); i++) {
		const struct kind *kind = kind_find(first[i].kind);
		fut_handle covered = kind_is_for(kind, w) ? directory_open(root, first[i].at) : 0;
		int32_t outcome = -1;
		m = covered ? mount_create(first[i].at, kind->name, kind->server, first[i].source,
					   "")
			    : nullptr;
		if (m == nullptr) {
			handle_drop(&covered);
			continue;
		}
		mount_add(w, m);
		m->covered = covered;
		(void)file_mount(&(struct remote){ .session = covered }, m->number,
				 &outcome); /* without it nothing leads there */
	}
}

/* A question for a mount's root, under way. */
struct asking {
	struct line_errand line;
	fut_handle reply;
	struct posix_world *world;
	struct mount *made; /* not in the list yet; nullptr: it is an old one */
	bool make;          /* first a new file system */
};

static void asking_free(struct asking *a)
{
	if (a->made != nullptr)
		mount_free(a->made);
	credentials_put(a->line.who);
	free(a);
}

static void mounted_done(struct line_errand *line)
{
	struct asking *a = (struct asking *)line;
	struct posix_mounted_results r = { .outcome = line->outcome };

	if (r.outcome == 0)
		r.outcome = line_give(line->root, &r.root);
	(void)posix_mounted_answer(a->reply, OK, &r); /* the process may be gone */
	asking_free(a);
}

static fut_handle duplicate(fut_handle h)
{
	fut_handle copy;

	return h != 0 && fut_handle_duplicate(h, RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE,
					      &copy) == OK
		       ? copy
		       : 0;
}

static enum err asking_send(struct asking *a)
{
	enum err e = fut_reply_keep(&a->reply);

	if (e == OK)
		line_ask(&a->line);
	return e == OK ? KEPT : e;
}

enum err posix_on_mounted(void *self, uint64_t badge, const struct posix_mounted_args *args,
			  struct posix_mounted_results *r)
{
	struct process *p = self;
	struct mount *m = mount_by_number(world_of(p), args->number);
	fut_handle known = m ? line_find(p->who, m->number) : 0;

	(void)badge;
	if (known != 0 || m == nullptr) {
		r->outcome = m != nullptr ? line_give(known, &r->root) : -ENOENT;
		return OK;
	}
	struct asking *a = calloc(1, sizeof(*a));
	if (a == nullptr)
		return ERR_NO_MEMORY;
	a->line = (struct line_errand){
		.who = credentials_get(p->who),
		.mount = m->number,
		.service = m->server,
		.start = duplicate(m->start),
		.flags = FILES_LINE_MOUNT,
		.then = mounted_done,
	};
	enum err e = asking_send(a);
	if (e != KEPT) {
		handle_drop(&a->line.start);
		asking_free(a);
	}
	return e;
}

/* What is covered, as the caller may see it. */
struct covering {
	struct errand errand;
	fut_handle reply, covered;
	fut_handle line; /* a session of the caller's in the same server */
	struct posix_covered_results r;
};

static void covered_run(struct errand *errand)
{
	struct covering *c = (struct covering *)errand;
	struct remote covered = { .session = c->covered };

	if (file_as(&covered, c->line, &c->r.directory, &c->r.outcome) != OK)
		c->r.outcome = -EIO;
}

static void covered_done(struct errand *errand)
{
	struct covering *c = (struct covering *)errand;

	(void)posix_covered_answer(c->reply, OK, &c->r); /* the process may be gone */
	handle_drop(&c->covered);
	free(c);
}

enum err posix_on_covered(void *self, uint64_t badge, const struct posix_covered_args *a,
			  struct posix_covered_results *r)
{
	struct process *p = self;
	struct mount *m = mount_by_number(world_of(p), a->number);

	(void)badge;
	if (m == nullptr || m->covered == 0) {
		r->outcome = -ENOENT;
		return OK;
	}
	struct covering *c = calloc(1, sizeof(*c));
	if (c == nullptr)
		return ERR_NO_MEMORY;
	c->errand.run = covered_run;
	c->errand.done = covered_done;
	c->covered = duplicate(m->covered);
	c->line = duplicate(line_find(p->who, ROOT_MOUNT));
	enum err e = fut_reply_keep(&c->reply);
	if (e != OK) {
		handle_drop(&c->covered);
		handle_drop(&c->line);
		free(c);
		return e;
	}
	errand_send(&c->errand);
	return KEPT;
}

static void mount_done(struct line_errand *line)
{
	struct asking *a = (struct asking *)line;
	struct posix_mount_results r = { .outcome = line->outcome };

	if (r.outcome == 0)
		r.outcome = line_give(line->root, &r.root);
	if (r.outcome == 0) {
		mount_add(a->world, a->made);
		r.number = a->made->number;
		line_rename(line->who, MOUNT_MAKING, r.number);
		a->made = nullptr;
	} else {
		line_rename(line->who, MOUNT_MAKING, MOUNT_NONE);
	}
	(void)posix_mount_answer(a->reply, OK, &r); /* the process may be gone */
	asking_free(a);
}

/* size=N[kmg] of the options, in bytes; 0: no limit. */
static uint64_t option_size(const char *options)
{
	const char *at = strstr(options, "size=");
	char *end;

	if (at == nullptr)
		return 0;
	uint64_t size = strtoull(at + 5, &end, 10);
	const char *unit = *end ? strchr("kmg", *end | 0x20) : nullptr;
	return unit && *unit ? size << (10 * (unit - "kmg" + 1)) : size;
}

static uint32_t option_mode(const char *options)
{
	const char *at = strstr(options, "mode=");

	return at ? (uint32_t)strtoul(at + 5, nullptr, 8) & 07777 : 01777;
}

/* First the new file system, then a line at its root. */
static void making_run(struct errand *errand)
{
	struct asking *a = (struct asking *)errand;
	const char *options = a->made->options;

	a->line.outcome = line_make(a->line.service, option_mode(options), option_size(options),
				    &a->made->start);
	a->line.start = duplicate(a->made->start);
	if (a->line.outcome == 0)
		a->line.outcome = line_open(a->line.who, a->line.service, a->line.start,
					    a->line.flags, &a->line.root);
}

enum err posix_on_mount(void *self, uint64_t badge, const struct posix_mount_args *args,
			struct posix_mount_results *r)
{
	struct process *p = self;
	const struct kind *kind = kind_find(args->kind);
	bool bind = kind && strcmp(kind->name, "bind") == 0;

	(void)badge;
	r->outcome = p->who->euid != 0                 ? -EPERM
		     : kind == nullptr                 ? -ENODEV
		     : !kind_is_for(kind, world_of(p)) ? -EPERM
		     : bind && !args->origin           ? -EINVAL
						       : 0;
	if (r->outcome != 0) {
		fut_handle given[] = { args->covered, args->origin };
		return handles_close(given, 2, OK);
	}
	struct asking *a = calloc(1, sizeof(*a));
	struct mount *m =
		a ? mount_create(args->at, kind->name, kind->server, args->source, args->options)
		  : nullptr;
	if (m == nullptr) {
		free(a);
		return ERR_NO_MEMORY;
	}
	a->world = world_of(p);
	a->made = m;
	a->line = (struct line_errand){
		.who = credentials_get(p->who),
		.mount = MOUNT_MAKING,
		.service = kind->server,
		.start = duplicate(args->origin),
		.flags = FILES_LINE_MOUNT,
		.run = kind->is_new ? making_run : nullptr,
		.then = mount_done,
	};
	enum err e = asking_send(a);
	if (e != KEPT) {
		handle_drop(&a->line.start);
		asking_free(a);
		return e;
	}
	m->covered = args->covered;
	m->start = args->origin;
	return KEPT;
}

enum err posix_on_unmount(void *self, uint64_t badge, const struct posix_unmount_args *a,
			  struct posix_unmount_results *r)
{
	struct process *p = self;
	struct posix_world *w = world_of(p);
	struct mount **at = &w->mounts;

	(void)badge;
	while (*at != nullptr && (*at)->number != a->number)
		at = &(*at)->next;
	struct mount *m = *at;
	r->outcome = p->who->euid != 0 ? -EPERM
		     : m == nullptr    ? -EINVAL
		     : m->covered == 0 ? -EBUSY
				       : 0;
	if (r->outcome != 0)
		return OK;
	*at = m->next;
	mount_free(m);
	return OK;
}

enum err posix_on_mounts(void *self, uint64_t badge, const struct posix_mounts_args *a,
			 struct posix_mounts_results *r)
{
	const struct mount *m = world_of(self)->mounts;

	(void)badge;
	while (m != nullptr && m->number <= a->after)
		m = m->next;
	if (m == nullptr) {
		r->outcome = -ENOENT;
		return OK;
	}
	int n = snprintf(r->line, 4000, "%s %s %s %s 0 0", m->source, m->at, m->kind,
			 mount_options(m));
	r->line_len = n < 4000 ? (uint32_t)n : 3999;
	r->number = m->number;
	return OK;
}
