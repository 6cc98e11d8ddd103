/* SPDX-License-Identifier: MPL-2.0 */
/* What processes ask about mounts: to make and end them, their roots, and what they cover. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include "lib/futura/clock.h"
#include "protocol/file.h"
#include "protocol/files.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/disks.h"
#include "services/posixd/lines.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/proc.h"

static const struct kind {
	const char *name, *server;
	bool is_new; /* each mount is a file system of its own */
} kinds[] = {
	{ "proc", SERVER_PROC, false },     { "sysfs", SERVER_SYS, false },
	{ "tmpfs", "ramfs", true },         { "ramfs", "ramfs", true },
	{ "devpts", "tty", false },         { "devtmpfs", "ramfs", false },
	{ "futurafs", SERVER_DISK, false }, { "control", SERVER_CONTROL, false },
};

static struct posix_world *world_of(const struct process *p)
{
	return (struct posix_world *)p->world;
}

static const struct kind *kind_find(const char *name)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return nullptr;
}

/* Terminals, /dev, disks and the system's services are the first world's to see; others have what
 * they were given. */
static bool kind_is_for(const struct kind *kind, const struct posix_world *w)
{
	return w->has_devices || kind->is_new || line_is_local(kind->server);
}

static uint32_t options_of(uint32_t flags)
{
	return (flags & MS_RDONLY ? FILES_LINE_READ_ONLY : 0) |
	       (flags & MS_NOSUID ? FILES_LINE_NO_PRIVILEGE : 0) |
	       (flags & MS_NODEV ? FILES_LINE_NO_DEVICES : 0) |
	       (flags & MS_NOEXEC ? FILES_LINE_NO_EXECUTE : 0) |
	       (flags & MS_NOSYMFOLLOW ? FILES_LINE_NO_LINKS : 0);
}

static bool is_dead(fut_handle session)
{
	uint64_t signals;

	return fut_wait(session, SIGNAL_PEER_CLOSED, 0, 0, &signals) == OK;
}

/* A question for a mount's root, under way. */
struct asking {
	struct line_errand line;
	fut_handle reply;
	struct posix_world *world;
	uint64_t badge; /* who asks */
};

static enum err asking_send(struct asking *a)
{
	enum err e = fut_reply_keep(&a->reply);

	if (e == OK) {
		line_ask(&a->line);
		return KEPT;
	}
	handle_drop(&a->line.start);
	credentials_put(a->line.who);
	return e;
}

static void asking_free(struct asking *a)
{
	credentials_put(a->line.who);
	free(a);
}

/* --- What there is --- */

static void mounted_done(struct line_errand *line)
{
	struct asking *a = (struct asking *)line;
	struct posix_mounted_results r = { .outcome = line->outcome };
	struct mount *m = mount_or_hidden((struct posix_world *)line->who->world, line->mount);

	if (r.outcome == 0)
		r.outcome = line_give(line->root, &r.root);
	if (r.outcome == 0 && m != nullptr && m->way != 0 && is_dead(m->way)) {
		handle_drop(&m->way);
		m->way = handle_copy(line->root);
	}
	(void)posix_mounted_answer(a->reply, OK, &r); /* the process may be gone */
	asking_free(a);
}

enum err posix_on_mounted(void *self, uint64_t badge, const struct posix_mounted_args *args,
			  struct posix_mounted_results *r)
{
	struct process *p = self;
	struct mount *m = mount_or_hidden(world_of(p), args->number);
	fut_handle known = m ? line_find(p->who, m->number) : 0;

	if (known != 0 && is_dead(known)) { /* its server was started again */
		(void)line_end(p->who, m->number);
		known = 0;
	}
	if (known != 0 || m == nullptr) {
		r->outcome = m != nullptr ? line_give(known, &r->root) : -ENOENT;
		return OK;
	}
	struct asking *a = calloc(1, sizeof(*a));
	if (a == nullptr)
		return ERR_NO_MEMORY;
	a->badge = badge;
	line_prepare(&a->line, p->who, m);
	a->line.then = mounted_done;
	enum err e = asking_send(a);
	if (e != KEPT)
		free(a);
	return e;
}

/* What is covered, as the caller may see it: through its line of the mount which that lies in. */
struct covering {
	struct asking a; /* the line, if there is none yet */
	fut_handle covered, known;
	struct posix_covered_results r;
};

static void covered_run(struct errand *errand)
{
	struct covering *c = (struct covering *)errand;
	struct line_errand *line = &c->a.line;
	struct remote covered = { .session = c->covered };

	if (c->known == 0) {
		line->outcome = line_open(line->who, line->service, line->start, line->flags,
					  line->key, &line->root);
		line->start = 0;
		c->known = line->outcome == 0 ? handle_copy(line->root) : 0;
	}
	c->r.outcome = line->outcome;
	if (c->known != 0 && file_as(&covered, c->known, &c->r.directory, &c->r.outcome) != OK)
		c->r.outcome = -EIO;
}

static void covered_done(struct errand *errand)
{
	struct covering *c = (struct covering *)errand;

	if (c->a.line.root != 0)
		(void)line_keep(c->a.line.who, c->a.line.mount,
				c->a.line.root);           /* else it is asked for again */
	(void)posix_covered_answer(c->a.reply, OK, &c->r); /* the process may be gone */
	handle_drop(&c->covered);
	handle_drop(&c->a.line.start);
	asking_free(&c->a);
}

/* The mount, or the caller's root if it lies in that. */
static struct mount *seen_by(const struct process *p, uint32_t number)
{
	struct mount *root = root_of(p);

	return root->is_root && root->parent == number ? root
						       : mount_by_number(world_of(p), number);
}

/* The caller's line there; one of our own file systems' is made at once. */
static fut_handle line_known(const struct process *p, const struct mount *m)
{
	fut_handle root = line_find(p->who, m->number);

	if (root != 0 || !line_is_local(m->server))
		return root;
	if (proc_line(p->who, strcmp(m->server, SERVER_PROC) == 0 ? PROC_PROC : PROC_SYS,
		      mount_flags(world_of(p), m), mount_key(world_of(p), m), &root) != 0 ||
	    line_keep(p->who, m->number, root) != 0)
		return 0;
	return root;
}

enum err posix_on_covered(void *self, uint64_t badge, const struct posix_covered_args *a,
			  struct posix_covered_results *r)
{
	struct process *p = self;
	struct mount *m = mount_by_number(world_of(p), a->number);
	struct mount *below = m ? seen_by(p, m->parent) : nullptr;

	(void)badge;
	if (m == nullptr || m->covered == 0 || below == nullptr) {
		r->outcome = -ENOENT;
		return OK;
	}
	struct covering *c = calloc(1, sizeof(*c));
	if (c == nullptr)
		return ERR_NO_MEMORY;
	line_prepare(&c->a.line, p->who, below);
	c->a.line.errand.run = covered_run;
	c->a.line.errand.done = covered_done;
	c->covered = handle_copy(m->covered);
	c->r.mount = m->parent;
	c->known = handle_copy(line_known(p, below));
	enum err e = fut_reply_keep(&c->a.reply);
	if (e != OK) {
		handle_drop(&c->covered);
		handle_drop(&c->known);
		handle_drop(&c->a.line.start);
		asking_free(&c->a);
		return e;
	}
	errand_send(&c->a.line.errand);
	return KEPT;
}

enum err posix_on_mounts(void *self, uint64_t badge, const struct posix_mounts_args *a,
			 struct posix_mounts_results *r)
{
	const struct mount *m = world_of(self)->mounts, *root = root_of(self);
	const char *at = nullptr;

	(void)badge;
	while (m != nullptr && (m->number <= a->after || (at = mount_path(m, root)) == nullptr))
		m = m->next;
	if (m == nullptr) {
		r->outcome = -ENOENT;
		return OK;
	}
	r->line_len = (uint32_t)mount_line(m, at, r->line, 4000);
	r->number = m->number;
	return OK;
}

/* --- Mounting --- */

struct making {
	struct asking a;
	struct mount *made;
	bool is_new;
	bool has_devices;
	fut_handle origin; /* of a disk: its node */
};

/* NAME=N[kmg] of the options; 0: it is not there. */
static uint64_t option_number(const char *options, const char *name, int base)
{
	const char *at = strstr(options, name);
	char *end;

	if (at == nullptr)
		return 0;
	uint64_t value = strtoull(at + strlen(name), &end, base);
	const char *unit = *end ? strchr("kmg", *end | 0x20) : nullptr;
	return unit && *unit ? value << (10 * (unit - "kmg" + 1)) : value;
}

static int memory_make(struct mount *m)
{
	bool has_mode = strstr(m->options, "mode=") != nullptr;

	return line_make(m->server,
			 has_mode ? (uint32_t)option_number(m->options, "mode=", 8) & 07777 : 01777,
			 option_number(m->options, "size=", 10), &m->start);
}

static int disk_choose(struct making *k)
{
	uint64_t rdev = k->origin != 0 ? disk_node_of(k->origin) : 0;

	if (rdev == 0)
		return -ENOTBLK;
	const char *server = disk_server(disk_of_number(rdev));
	if (server == nullptr || !k->has_devices)
		return -ENXIO;
	k->made->server = k->a.line.service = server;
	return 0;
}

static int cover(const struct mount *m)
{
	int32_t outcome = -EIO;
	enum err e = file_mount(&(struct remote){ .session = m->covered }, m->number, &outcome);

	return e != OK ? -EIO : outcome;
}

/* First the file system, then a line at its root, and at last it is seen. */
static void making_run(struct errand *errand)
{
	struct making *k = (struct making *)errand;
	struct line_errand *line = &k->a.line;
	struct mount *m = k->made;

	if (strcmp(m->kind, "futurafs") == 0 && m->start == 0)
		line->outcome = disk_choose(k);
	if (line->outcome == 0 && k->is_new) {
		line->outcome = memory_make(m);
		line->start = handle_copy(m->start);
	}
	/* Without a place to begin at it would be the server's root. */
	if (line->outcome == 0 && strcmp(m->server, "ramfs") == 0 && line->start == 0)
		line->outcome = -ENODEV;
	if (line->outcome == 0 && !line_is_local(m->server)) {
		line->outcome = line_open(line->who, m->server, line->start, line->flags, line->key,
					  &line->root);
		line->start = 0;
	}
	if (line->outcome == 0 && line->root != 0) {
		m->way = handle_copy(line->root);
		m->device = disk_device_of(line->root);
	}
	if (m->start != 0 && m->way != 0) { /* what it began with would keep another mount busy */
		handle_drop(&m->start);
		m->start = handle_copy(m->way);
	}
	if (line->outcome == 0)
		line->outcome = cover(m);
	if (line->outcome != 0)
		handle_drop(&line->root);
}

static void making_done(struct line_errand *line)
{
	struct making *k = (struct making *)line;
	struct posix_mount_results r = { .outcome = line->outcome, .number = k->made->number };

	if (r.outcome == 0)
		mount_add(k->a.world, k->made);
	else
		mount_free(k->made);
	(void)posix_mount_answer(k->a.reply, OK, &r); /* the process may be gone */
	handle_drop(&k->origin);
	handle_drop(&line->start);
	asking_free(&k->a);
}

void mount_whole_path(char *to, size_t size, const struct process *p, const char *at)
{
	const struct mount *root = root_of(p);

	snprintf(to, size, "%s%s", strcmp(root->at, "/") == 0 ? "" : root->at, at);
}

/* What is to be mounted; nullptr with the error in `outcome`. */
static struct mount *mount_choose(const struct process *p, const struct posix_mount_args *a,
				  int32_t *outcome)
{
	struct posix_world *w = world_of(p);
	const struct mount *from = nullptr;
	const struct kind *kind = kind_find(a->kind);
	bool is_bind = a->flags & MS_BIND;
	char at[MOUNT_PATH];

	if (is_bind)
		from = mount_by_number(w, a->source_mount);
	*outcome = !capable(p->who, CAP_SYS_ADMIN)     ? -EPERM
		   : is_bind && (!from || !a->origin)  ? -EINVAL
		   : !is_bind && kind == nullptr       ? -ENODEV
		   : !is_bind && !kind_is_for(kind, w) ? -EPERM
		   : !mount_by_number(w, a->parent)    ? -EINVAL
						       : 0;
	if (*outcome != 0)
		return nullptr;
	mount_whole_path(at, sizeof(at), p, a->at);
	struct mount *m =
		is_bind ? mount_create(at, from->kind, from->server, from->source, "")
			: mount_create(at, kind->name, kind->server, a->source, a->options);
	*outcome = m == nullptr ? -ENOMEM : 0;
	if (m == nullptr)
		return nullptr;
	m->flags = is_bind ? from->flags : options_of(a->flags);
	m->number = w->next_mount++;
	if (line_is_local(m->server))
		m->device = disk_proc_device(m->server);
	return m;
}

enum err posix_on_mount(void *self, uint64_t badge, const struct posix_mount_args *args,
			struct posix_mount_results *r)
{
	struct process *p = self;

	if (args->flags & MS_MOVE)
		return mount_move(p, args, r);
	struct mount *m = mount_choose(p, args, &r->outcome);
	struct making *k = m ? calloc(1, sizeof(*k)) : nullptr;
	fut_handle given[] = { args->covered, args->origin };

	if (k == nullptr) {
		if (m != nullptr) {
			mount_free(m);
			r->outcome = -ENOMEM;
		}
		return handles_close(given, 2, OK);
	}
	k->a.world = world_of(p);
	k->a.badge = badge;
	k->made = m;
	k->has_devices = k->a.world->has_devices;
	mount_place(m, mount_by_number(k->a.world, args->parent), args->covered);
	if (args->flags & MS_BIND)
		m->start = args->origin;
	else
		k->origin = args->origin;
	if (strcmp(m->kind, "devtmpfs") == 0 && m->start == 0)
		m->start = handle_copy(k->a.world->dev);
	k->is_new = !(args->flags & MS_BIND) && kind_find(args->kind)->is_new;
	line_prepare(&k->a.line, p->who, m);
	k->a.line.run = making_run;
	k->a.line.then = making_done;
	enum err e = asking_send(&k->a);
	if (e != KEPT) {
		mount_free(m);
		handle_drop(&k->origin);
		free(k);
	}
	return e;
}

/* --- Unmounting --- */

struct ending {
	struct errand errand;
	fut_handle reply;
	struct posix_world *world;
	struct mount *gone; /* a list; with `keeps` still in the world's as well, and only one */
	bool keeps;
	uint64_t key;
	int32_t outcome;
};

static bool has_mounts(const struct posix_world *w, uint32_t number)
{
	for (const struct mount *m = w->mounts; m != nullptr; m = m->next)
		if (m->number != 0 && (m->parent == number || m->below == number))
			return true;
	for (const struct mount *m = w->roots; m != nullptr; m = m->next)
		if (m->parent == number)
			return true;
	return false;
}

/* Sessions that are being closed, by us or by a process that has just ended, count a little longer.
 */
static bool is_busy(const struct ending *e)
{
	constexpr unsigned TRIES = 10;
	struct remote *server = server_find(e->gone->server);
	uint32_t open = 1, writing;

	for (unsigned i = 0; server != nullptr && i < TRIES; i++) {
		if (files_uses(server, e->key, &open, &writing) != OK || open == 0)
			return false; /* a server that is gone keeps nothing busy */
		(void)fut_thread_sleep(clock_after((1 + i) * MILLISECOND)); /* sooner is no harm */
	}
	return open != 0 && server != nullptr;
}

/* Severing its lines would not be told to the server. */
static void server_forget(const struct mount *m, uint64_t key)
{
	struct remote *server = line_is_local(m->server) ? nullptr : server_find(m->server);

	if (server != nullptr)
		(void)files_end(server, key); /* it may end with its last use */
}

static void ending_run(struct errand *errand)
{
	struct ending *e = (struct ending *)errand;
	int64_t synced;

	if (e->keeps && !line_is_local(e->gone->server) && is_busy(e)) {
		e->outcome = -EBUSY;
		return;
	}
	for (struct mount *m = e->gone; m != nullptr; m = e->keeps ? nullptr : m->next) {
		int32_t outcome;
		(void)file_mount(&(struct remote){ .session = m->covered }, m->below,
				 &outcome); /* its server may be gone */
		if (m->way != 0)
			(void)file_sync_all(&(struct remote){ .session = m->way },
					    &synced); /* what fails is told on the log */
		server_forget(m, mount_key(e->world, m));
	}
}

static void ending_done(struct errand *errand)
{
	struct ending *e = (struct ending *)errand;
	struct posix_unmount_results r = { .outcome = e->outcome };

	e->gone->is_ending = false;
	if (e->outcome == 0 && e->keeps)
		mount_remove(e->world, e->gone);
	while (e->outcome == 0 && e->gone != nullptr) {
		struct mount *m = e->gone;
		e->gone = m->next;
		mount_lines(e->world, m, line_end);
		mount_free(m);
	}
	(void)posix_unmount_answer(e->reply, OK, &r); /* the process may be gone */
	free(e);
}

/* Take the mount out of the world's list, and all that cover something in it. */
static void detach(struct posix_world *w, struct mount *m, struct mount **gone)
{
	mount_remove(w, m);
	m->next = *gone;
	*gone = m;
	for (struct mount *x = w->mounts, *next; x != nullptr; x = next) {
		next = x->next;
		if (x->number != 0 && (x->parent == m->number || x->below == m->number)) {
			if (x->below == m->number)
				x->below = 0; /* it does not come back */
			detach(w, x, gone);
			next = w->mounts; /* the list is another now */
		}
	}
}

enum err posix_on_unmount(void *self, uint64_t badge, const struct posix_unmount_args *a,
			  struct posix_unmount_results *r)
{
	struct process *p = self;
	struct posix_world *w = world_of(p);
	struct mount *m = mount_by_number(w, a->number);
	bool is_lazy = a->flags & MNT_DETACH;

	(void)badge;
	r->outcome = !capable(p->who, CAP_SYS_ADMIN)        ? -EPERM
		     : m == nullptr || m == root_of(p)      ? -EINVAL
		     : m->covered == 0 || m->is_ending      ? -EBUSY
		     : !is_lazy && has_mounts(w, m->number) ? -EBUSY
							    : 0;
	if (r->outcome == 0 && !is_lazy && line_is_local(m->server)) {
		struct files_uses_results uses = {};
		(void)files_on_uses(&proc_server, 0,
				    &(struct files_uses_args){ .world = mount_key(w, m) },
				    &uses); /* never fails */
		r->outcome = uses.open > 0 ? -EBUSY : 0;
	}
	if (r->outcome != 0)
		return OK;
	struct ending *e = calloc(1, sizeof(*e));
	enum err kept = e ? fut_reply_keep(&e->reply) : ERR_NO_MEMORY;
	if (kept != OK) {
		free(e);
		return kept;
	}
	e->errand.run = ending_run;
	e->errand.done = ending_done;
	e->world = w;
	e->key = mount_key(w, m);
	e->keeps = !is_lazy;
	e->gone = m;
	m->is_ending = true;
	if (is_lazy) {
		e->gone = nullptr;
		detach(w, m, &e->gone);
	}
	errand_send(&e->errand);
	return KEPT;
}

/* --- Changing --- */

struct changing {
	struct errand errand;
	fut_handle reply;
	struct posix_world *world;
	const char *server;
	uint64_t key;
	uint32_t number, flags;
	int32_t outcome;
};

static void changing_run(struct errand *errand)
{
	struct changing *c = (struct changing *)errand;
	struct remote *server = line_is_local(c->server) ? nullptr : server_find(c->server);

	if (server != nullptr && files_change(server, c->key, c->flags, &c->outcome) != OK)
		c->outcome = -EIO;
}

static void changing_done(struct errand *errand)
{
	struct changing *c = (struct changing *)errand;
	struct mount *m = mount_by_number(c->world, c->number);
	struct files_change_results change = {};

	if (c->outcome == 0 && line_is_local(c->server)) {
		(void)files_on_change(&proc_server, 0,
				      &(struct files_change_args){ c->key, c->flags },
				      &change); /* never fails */
		c->outcome = change.outcome;
	}
	if (c->outcome == 0 && m != nullptr)
		m->flags = c->flags;
	(void)posix_remount_answer(c->reply, OK,
				   &(struct posix_remount_results){ c->outcome }); /* the same */
	free(c);
}

enum err posix_on_remount(void *self, uint64_t badge, const struct posix_remount_args *a,
			  struct posix_remount_results *r)
{
	struct process *p = self;
	struct mount *m = mount_by_number(world_of(p), a->number);

	(void)badge;
	r->outcome = !capable(p->who, CAP_SYS_ADMIN) ? -EPERM : m == nullptr ? -EINVAL : 0;
	if (r->outcome != 0)
		return OK;
	struct changing *c = calloc(1, sizeof(*c));
	enum err e = c ? fut_reply_keep(&c->reply) : ERR_NO_MEMORY;
	if (e != OK) {
		free(c);
		return e;
	}
	c->errand.run = changing_run;
	c->errand.done = changing_done;
	c->world = world_of(p);
	c->server = m->server;
	c->key = mount_key(c->world, m);
	c->number = m->number;
	c->flags = options_of(a->flags);
	errand_send(&c->errand);
	return KEPT;
}

/* --- Roots --- */

struct rooting {
	struct asking a;
	struct mount *made;
};

static void rooting_done(struct line_errand *line)
{
	struct rooting *t = (struct rooting *)line;
	struct process *p = process_of_badge(t->a.badge);
	struct posix_root_results r = { .outcome = line->outcome };

	if (r.outcome == 0)
		r.outcome = line_give(line->root, &r.root);
	if (r.outcome == 0 && p != nullptr) {
		t->made->next = t->a.world->roots;
		t->a.world->roots = t->made;
		p->root = t->made;
		roots_trim(t->a.world); /* what it had before */
	} else {
		mount_free(t->made);
	}
	(void)posix_root_answer(t->a.reply, OK, &r); /* the process may be gone */
	asking_free(&t->a);
}

enum err posix_on_root(void *self, uint64_t badge, const struct posix_root_args *args,
		       struct posix_root_results *r)
{
	struct process *p = self;
	struct posix_world *w = world_of(p);
	const struct mount *root = root_of(p), *lies_in = mount_by_number(w, args->mount);
	fut_handle given[] = { args->directory };
	char at[8000];

	r->outcome = !capable(p->who, CAP_SYS_CHROOT) ? -EPERM : lies_in == nullptr ? -EINVAL : 0;
	if (r->outcome != 0)
		return handles_close(given, 1, OK);
	snprintf(at, sizeof(at), "%s%s", strcmp(root->at, "/") == 0 ? "" : root->at,
		 strcmp(args->at, "/") == 0 && root->at[1] != '\0' ? "" : args->at);
	struct mount *m = mount_create(at, lies_in->kind, lies_in->server, "", "");
	struct rooting *t = m ? calloc(1, sizeof(*t)) : nullptr;
	if (t == nullptr) {
		if (m != nullptr)
			mount_free(m);
		return handles_close(given, 1, ERR_NO_MEMORY);
	}
	m->is_root = true;
	m->parent = lies_in->number;
	m->number = w->next_mount++;
	m->start = args->directory;
	t->made = m;
	t->a.world = w;
	t->a.badge = badge;
	line_prepare(&t->a.line, p->who, m);
	t->a.line.then = rooting_done;
	enum err e = asking_send(&t->a);
	if (e != KEPT) {
		mount_free(m);
		free(t);
	}
	return e;
}
