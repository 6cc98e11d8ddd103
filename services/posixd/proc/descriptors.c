/* SPDX-License-Identifier: MPL-2.0 */
/* A process's descriptors and places, as its memory shows them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/futura/clock.h"
#include "posix/abi/descriptor.h"
#include "posix/abi/state.h"
#include "protocol/posix.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/memory.h"

constexpr uint32_t FDS_MOST = 1048576;
constexpr uint64_t PATIENCE = 100 * MILLISECOND;

/* The address of the description behind a descriptor; 0: there is none. */
static uint64_t description_at(const struct process *p, const struct process_view *v, uint32_t fd)
{
	uint64_t table, description = 0;
	uint32_t room;

	if (!memory_read(p, v->fds_room, &room, sizeof(room)) || fd >= room ||
	    !memory_read(p, v->fds, &table, sizeof(table)) ||
	    !memory_read(p, table + (uint64_t)fd * v->fd.size + v->fd.description, &description,
			 sizeof(description)))
		return 0;
	return description;
}

/* The next open descriptor; as names count, from 1. */
static uint32_t fd_after(const struct subject *s, uint32_t after)
{
	struct process_view v;
	uint64_t table;
	uint32_t room;

	if (!view_read(s->p, &v) || !memory_read(s->p, v.fds_room, &room, sizeof(room)) ||
	    !memory_read(s->p, v.fds, &table, sizeof(table)) || v.fd.size < 8)
		return 0;
	for (uint32_t fd = after; fd < room && fd < FDS_MOST; fd++) {
		uint64_t description;
		if (!memory_read(s->p, table + (uint64_t)fd * v.fd.size + v.fd.description,
				 &description, sizeof(description)))
			return 0;
		if (description != 0)
			return fd + 1;
	}
	return 0;
}

static const struct proc_entry *number_find(struct subject *s, const char *name,
					    const struct proc_entry *entry)
{
	struct process_view v;
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	if (*end != '\0' || name[0] < '0' || name[0] > '9' || n >= FDS_MOST ||
	    !view_read(s->p, &v) || description_at(s->p, &v, (uint32_t)n) == 0)
		return nullptr;
	s->number = (uint32_t)n + 1;
	return entry;
}

static const struct mount *mount_of(const struct subject *s, const struct process_view *v,
				    uint64_t description)
{
	uint32_t number;

	return memory_read(s->p, description + v->description.mount, &number, sizeof(number))
		       ? mount_by_number(s->world, number)
		       : nullptr;
}

/*
 * The path of a file, asked of its server through the process's own session. Servers that may wait
 * for us in turn are not asked for long, and ourselves never.
 */
static int place_text(const struct subject *s, const struct process_view *v, uint64_t description,
		      struct files_target *t)
{
	struct remote r = { .deadline = clock_after(PATIENCE) };
	uint32_t there;
	int32_t outcome = -ENOENT;
	size_t n = 0;

	if (!memory_read(s->p, description + v->description.handle, &there, sizeof(there)) ||
	    fut_handle_copy(s->p->native.task, there, RIGHT_SEND, &r.session) != OK)
		return -ENOENT;
	const struct mount *m = mount_of(s, v, description);
	const char *before = m && m->number != 0 ? m->at : "";
	size_t len = strlen(before);
	if (m && strcmp(m->server, SERVER_PROC) != 0 && strcmp(m->server, SERVER_SYS) != 0 &&
	    len < FILES_PATH / 2 &&
	    file_place(&r, &outcome, t->room + len, FILES_PATH - 1 - len, &n) != OK)
		outcome = -EIO;
	(void)fut_handle_close(r.session); /* ours, and open */
	if (outcome < 0)
		return outcome;
	memcpy(t->room, before, len);
	t->text = t->room;
	t->len = len > 0 && n == 1 ? len : len + n;
	return 0;
}

/* What a description is called that has no path: "pipe:[7]", "anon_inode:[eventpoll]". */
static int kind_text(const struct process *p, const struct process_view *v, uint64_t description,
		     struct files_target *t)
{
	uint64_t ops, name, node;
	char kind[64];

	if (!memory_read(p, description + v->description.ops, &ops, sizeof(ops)) ||
	    !memory_read(p, ops + v->description.kind_name, &name, sizeof(name)) ||
	    !memory_text(p, name, kind, sizeof(kind)) ||
	    !memory_read(p, description + v->description.node, &node, sizeof(node)))
		return -ENOENT;
	const char *form = strchr(kind, ':') || kind[0] == '/' ? "%s" : "%s:[%llu]";
	t->text = t->room;
	t->len = (size_t)snprintf(t->room, FILES_PATH, form, kind, (unsigned long long)node);
	return 0;
}

/* What a description leads to: the path it remembers, what its server says, or its kind. */
static int description_text(const struct subject *s, const struct process_view *v,
			    uint64_t description, struct files_target *t)
{
	uint64_t path = 0;
	uint32_t kind = 0;

	(void)memory_read(s->p, description + v->description.path, &path,
			  sizeof(path)); /* else it has none */
	if (path != 0 && memory_text(s->p, path, t->room, FILES_PATH)) {
		t->text = t->room;
		t->len = strlen(t->room);
		return 0;
	}
	(void)memory_read(s->p, description + v->description.kind, &kind,
			  sizeof(kind)); /* else it is no file */
	if (descriptor_is_servers(kind) && kind != DESCRIPTOR_TERMINAL)
		return place_text(s, v, description, t);
	return kind_text(s->p, v, description, t);
}

/* The caller itself knows better; others get the text. */
static int own_jump(const struct subject *s, uint32_t fd, int e, struct files_target *t)
{
	t->number = (uint64_t)s->p->pid << 32 | fd;
	if (e != 0)
		t->len = 0;
	return FILE_JUMP_DESCRIPTOR;
}

static int fd_target(const struct subject *s, struct files_target *t)
{
	struct process_view v;
	uint64_t description = view_read(s->p, &v) ? description_at(s->p, &v, s->number - 1) : 0;

	if (description == 0)
		return -ENOENT;
	return own_jump(s, s->number - 1, description_text(s, &v, description, t), t);
}

static int place_target(const struct subject *s, uint64_t variable, const struct process_view *v,
			uint32_t fd, struct files_target *t)
{
	uint64_t description;

	if (!memory_read(s->p, variable, &description, sizeof(description)))
		return -ENOENT;
	return own_jump(s, fd, description_text(s, v, description, t), t);
}

int cwd_target(const struct subject *s, struct files_target *t)
{
	struct process_view v;

	return view_read(s->p, &v) ? place_target(s, v.cwd, &v, VIEW_CWD, t) : -ENOENT;
}

int root_target(const struct subject *s, struct files_target *t)
{
	struct process_view v;

	return view_read(s->p, &v) ? place_target(s, v.root, &v, VIEW_ROOT, t) : -ENOENT;
}

/* The file that runs, whatever has become of its name. */
int exe_target(const struct subject *s, struct files_target *t)
{
	if (s->p->path == nullptr || s->p->path[0] == '\0')
		return -ENOENT;
	t->text = s->p->path;
	t->len = strlen(s->p->path);
	return own_jump(s, VIEW_PROGRAM, 0, t);
}

/* The address of the description that a descriptor or a place leads to; 0: there is none. */
static uint64_t description_of(const struct process *p, const struct process_view *v, uint32_t fd)
{
	uint64_t description = 0;

	uint64_t at = fd == VIEW_CWD       ? v->cwd
		      : fd == VIEW_ROOT    ? v->root
		      : fd == VIEW_PROGRAM ? v->program
					   : 0;

	if (at == 0)
		return description_at(p, v, fd);
	return memory_read(p, at, &description, sizeof(description)) ? description : 0;
}

/* What the process's memory says is checked by the server that the session leads to. */
static int describe(const struct process *p, const struct process_view *v, uint64_t description,
		    struct posix_opened_results *r)
{
	uint32_t kind, there;

	if (!memory_read(p, description + v->description.kind, &kind, sizeof(kind)) ||
	    !memory_read(p, description + v->description.mode, &r->mode, sizeof(r->mode)) ||
	    !memory_read(p, description + v->description.node, &r->node, sizeof(r->node)) ||
	    !memory_read(p, description + v->description.mount, &r->mount, sizeof(r->mount)) ||
	    !memory_read(p, description + v->description.handle, &there, sizeof(there)))
		return -ENOENT;
	if (!descriptor_is_servers(kind))
		return 0;
	return fut_handle_copy(p->native.task, there, RIGHT_SEND | RIGHT_TRANSFER, &r->session) ==
			       OK
		       ? 0
		       : -ENOENT;
}

enum err posix_on_opened(void *self, uint64_t badge, const struct posix_opened_args *a,
			 struct posix_opened_results *r)
{
	struct process *caller = self, *p = process_find(caller->world, a->pid);
	struct process_view v;

	(void)badge;
	r->outcome = -ENOENT;
	if (p == nullptr || p->native.task == 0 || !view_read(p, &v))
		return OK;
	uint64_t description = description_of(p, &v, a->fd);
	if (!process_may_reach(caller, p))
		r->outcome = -EACCES;
	else if (description != 0)
		r->outcome = describe(p, &v, description, r);
	return OK;
}

/* A duplicate of the handle whose number stands in the process's memory; 0 if it has none there. */
static enum err handle_taken(const struct process *p, uint64_t at, fut_handle *to)
{
	uint32_t there = 0;

	*to = 0;
	if (!memory_read(p, at, &there, sizeof(there)))
		return ERR_BAD_ARGUMENT;
	return there != 0 ? fut_handle_copy(p->native.task, there, RIGHTS_ALL, to) : OK;
}

static enum err handles_taken(const struct process *p, const struct process_view *v,
			      uint64_t description, uint32_t kind,
			      struct posix_descriptor_results *r)
{
	enum err e = handle_taken(p, description + v->description.handle, &r->h0);

	if (e == OK && r->h0 == 0)
		e = fut_event_create(&r->h0);
	if (e == OK && descriptor_has_two(kind))
		e = handle_taken(p, description + v->description.second, &r->h1);
	if (e != OK)
		handle_drop(&r->h0);
	return e;
}

/* What is wrong in it whoever asked finds out. */
static enum err take(const struct process *p, const struct process_view *v, uint64_t description,
		     struct posix_descriptor_results *r)
{
	uint32_t kind = 0, size = v->description.size;
	uint64_t own = 0;

	if (size > VIEW_DESCRIPTION || !memory_read(p, description, r->description, size) ||
	    !memory_read(p, description + v->description.own, &own, sizeof(own)) ||
	    !memory_read(p, description + v->description.kind, &kind, sizeof(kind)))
		return ERR_BAD_ARGUMENT;
	if (own != 0 && !memory_read(p, own, (char *)r->description + size, VIEW_OWN))
		return ERR_BAD_ARGUMENT;
	r->description_len = size + (own != 0 ? VIEW_OWN : 0);
	return kind != 0 ? handles_taken(p, v, description, kind, r) : ERR_UNSUPPORTED;
}

enum err posix_on_descriptor(void *self, uint64_t badge, const struct posix_descriptor_args *a,
			     struct posix_descriptor_results *r)
{
	struct process *caller = self, *p = process_find(caller->world, a->pid);
	struct process_view v;

	(void)badge;
	if (p == nullptr || p->native.task == 0 || (a->serial != 0 && a->serial != p->serial) ||
	    !view_read(p, &v))
		return ERR_NOT_FOUND;
	if (!process_may_reach(caller, p))
		return ERR_DENIED;
	uint64_t description = description_at(p, &v, a->fd);
	return description != 0 ? take(p, &v, description, r) : ERR_BAD_ARGUMENT;
}

void fill_fdinfo(struct text *t, const struct subject *s)
{
	constexpr uint32_t FLAGS[] = { 02000,
				       04000 }; /* O_APPEND, O_NONBLOCK: asm-generic/fcntl.h */
	struct process_view v;
	struct file_state state = {};
	uint64_t at;
	uint32_t access = 0;
	uint64_t description = view_read(s->p, &v) ? description_at(s->p, &v, s->number - 1) : 0;

	if (description == 0)
		return;
	(void)memory_read(s->p, description + v.description.access, &access,
			  sizeof(access)); /* else it shows none */
	if (memory_read(s->p, description + v.description.state, &at, sizeof(at)))
		(void)memory_read(s->p, at, &state, sizeof(state)); /* else it shows nothing */
	uint32_t status = atomic_load(&state.status);
	uint32_t flags = access == 3 ? 2 : access == 2 ? 1 : 0;
	flags |= status & STATUS_APPEND ? FLAGS[0] : 0;
	flags |= status & STATUS_NONBLOCK ? FLAGS[1] : 0;
	text_add(t, "pos:\t%llu\nflags:\t0%o\nmnt_id:\t1\n",
		 (unsigned long long)atomic_load(&state.offset), flags);
}

/* The link's mode says how it is open: by `access`, 1 read, 2 written. */
static const struct proc_entry *fd_find(struct subject *s, const char *name)
{
	static const struct proc_entry fds[] = {
		{ .name = "", .mode = S_IFLNK, .target = fd_target },
		{ .name = "", .mode = S_IFLNK | 0500, .target = fd_target },
		{ .name = "", .mode = S_IFLNK | 0300, .target = fd_target },
		{ .name = "", .mode = S_IFLNK | 0700, .target = fd_target },
	};
	struct process_view v;
	uint32_t access = 0;

	if (number_find(s, name, fds) == nullptr || !view_read(s->p, &v))
		return nullptr;
	(void)memory_read(s->p, description_at(s->p, &v, s->number - 1) + v.description.access,
			  &access, sizeof(access)); /* else it shows none */
	return &fds[access & 3];
}

static const struct proc_entry *fdinfo_find(struct subject *s, const char *name)
{
	static const struct proc_entry info = { .name = "",
						.mode = S_IFREG | 0444,
						.fill = fill_fdinfo };

	return number_find(s, name, &info);
}

const struct proc_names fd_names = {
	.find = fd_find, .next = fd_after, .prefix = "", .offset = 1, .type = S_IFLNK
};
const struct proc_names fdinfo_names = {
	.find = fdinfo_find, .next = fd_after, .prefix = "", .offset = 1, .type = S_IFREG
};
