/* SPDX-License-Identifier: MPL-2.0 */
/* Calls that look at a file, or change what is said of it. */
#include <string.h>
#include "lib/files/internal.h"

static void stat_fill(struct files_node *n, struct file_stat_results *r)
{
	r->node = n->number;
	r->device = n->system->device;
	r->rdev = n->rdev;
	r->mode = n->mode;
	r->nlink = 1;
	r->uid = n->uid;
	r->gid = n->gid;
	r->block_size = 4096;
	r->size = n->size;
	if (n->system->ops->stat != nullptr)
		n->system->ops->stat(n, r);
}

enum err on_stat(void *self, uint64_t badge, const struct file_stat_args *a,
		 struct file_stat_results *r)
{
	SESSION(s);
	struct files_walk w = { .flags = a->flags };
	int e = walk_found(&w, s, a->path, a->path_len);

	if (e == 0)
		stat_fill(w.node, r);
	else
		e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
	if (e == 0 && w.node->system->ops->unsteady != nullptr &&
	    w.node->system->ops->unsteady(w.node))
		files_changed(self, FILES_CHANGES_FILE); /* this answer is not to be kept */
	walk_end(&w);
	r->outcome = e;
	return OK;
}

enum err on_readlink(void *self, uint64_t badge, const struct file_readlink_args *a,
		     struct file_readlink_results *r)
{
	SESSION(s);
	struct files_room *room = room_get(self);
	struct files_walk w = { .flags = FILE_NO_FOLLOW };
	int e = room ? walk_found(&w, s, a->path, a->path_len) : -ENOMEM;

	if (e == 0 && S_ISLNK(w.node->mode)) {
		struct files_target t = { .room = room->target };
		e = w.node->system->ops->target(w.line, w.node, &t);
		if (t.session != 0)
			(void)fut_handle_close(t.session); /* only the text is wanted */
		if (e >= 0) {
			/* A target of 4095 bytes is cut, as it is by a caller's small buffer. */
			r->text_len = t.len < 4000 ? (uint32_t)t.len : 4000;
			memcpy(r->text, t.text, r->text_len);
		}
		if (e > 0)
			r->node = t.number | FILE_LAST;
	} else if (e == 0) {
		e = -EINVAL;
	} else {
		e = walk_told(&w, e, &r->node, r->text, &r->text_len);
	}
	if (room != nullptr)
		walk_end(&w);
	r->outcome = e;
	return OK;
}

enum err on_access(void *self, uint64_t badge, const struct file_access_args *a,
		   struct file_access_results *r)
{
	SESSION(s);
	struct files_walk w = { .flags = a->flags };
	int e = walk_found(&w, s, a->path, a->path_len);

	if (e == 0) {
		struct files_line real = *s->line;
		if (a->flags & FILE_REAL_IDS) {
			real.who.uid = real.who.real_uid;
			real.who.gid = real.who.real_gid;
			real.who.flags /= FILES_CAPABILITY_REAL; /* of the rest nothing is asked */
		}
		if (!files_may(&real, w.node, a->wanted & 7))
			e = -EACCES;
		else if ((a->wanted & 2) && files_read_only(s->line, w.node))
			e = -EROFS;
	} else {
		e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
	}
	walk_end(&w);
	r->outcome = e;
	return OK;
}

enum err on_door(void *self, uint64_t badge, const struct file_door_args *a,
		 struct file_door_results *r)
{
	SESSION(s);
	struct files_walk w = {};
	int e = walk_found(&w, s, a->path, a->path_len);

	if (e == 0 && !files_may(s->line, w.node, 2))
		e = -EACCES;
	else if (e == 0)
		e = S_ISSOCK(w.node->mode) && w.node->system->ops->door != nullptr
			    ? w.node->system->ops->door(w.node, &r->door)
			    : -ECONNREFUSED;
	else
		e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
	walk_end(&w);
	r->outcome = e;
	return OK;
}

/* The path from the line's root, written from its end. */
static int place_write(struct files_session *s, char *path, uint32_t *len)
{
	char *end = s->line->server->rooms->path[0] + FILES_PATH - 1, *at = end;
	struct files_node *n = s->node;
	struct files_name name;
	int e = 0;

	while (n != s->line->root && n != n->system->root) {
		e = n->system->ops->name ? n->system->ops->name(n, &n, &name) : -ENOENT;
		if (e != 0)
			return e;
		if ((size_t)(at - s->line->server->rooms->path[0]) < name.len + 1)
			return -ENAMETOOLONG;
		at -= name.len;
		memcpy(at, name.text, name.len);
		*--at = '/';
	}
	if (at == end)
		*--at = '/';
	*len = (uint32_t)(end - at);
	memcpy(path, at, *len);
	return 0;
}

enum err on_place(void *self, uint64_t badge, struct file_place_results *r)
{
	SESSION(s);
	r->outcome = room_get(self) ? place_write(s, r->path, &r->path_len) : -ENOMEM;
	return OK;
}

/* --- Changes --- */

void privileges_drop(struct files_line *l, struct files_node *n)
{
	uint32_t drop = n->mode & S_ISUID;

	if ((n->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		drop |= S_ISGID;
	if (drop == 0 || !S_ISREG(n->mode) || (l->who.flags & FILES_CAPABILITY_SET_ID) ||
	    n->system->ops->change == nullptr)
		return;
	(void)n->system->ops->change(n, &(struct files_change){ .which = FILE_CHANGE_MODE,
								.mode = n->mode & ~drop & 07777 });
}

static int change_mode(const struct files_line *l, const struct files_node *n,
		       struct files_change *c)
{
	if (!files_owns(l, n))
		return -EPERM;
	if (S_ISLNK(n->mode))
		return -EOPNOTSUPP;
	c->mode &= 07777;
	if (!files_in_group(l, n->gid) && !(l->who.flags & FILES_CAPABILITY_SET_ID))
		c->mode &= ~(uint32_t)S_ISGID;
	return 0;
}

/* A program given away is no longer setuid, whoever gives it. */
static int change_owner(const struct files_line *l, const struct files_node *n,
			struct files_change *c)
{
	bool may = l->who.flags & FILES_CAPABILITY_CHOWN;

	if ((c->which & FILE_CHANGE_UID) && !may && !(l->who.uid == n->uid && c->uid == n->uid))
		return -EPERM;
	if ((c->which & FILE_CHANGE_GID) && !may &&
	    !(l->who.uid == n->uid && (c->gid == n->gid || files_in_group(l, c->gid))))
		return -EPERM;
	if (!S_ISDIR(n->mode) && !(c->which & FILE_CHANGE_MODE)) {
		c->mode = n->mode & 07777 & ~(uint32_t)S_ISUID;
		if (n->mode & S_IXGRP)
			c->mode &= ~(uint32_t)S_ISGID;
		if (c->mode != (n->mode & 07777))
			c->which |= FILE_CHANGE_MODE;
	}
	return 0;
}

static int change_times(const struct files_line *l, const struct files_node *n,
			struct files_change *c)
{
	if (c->which & FILE_CHANGE_NOW) {
		c->atime = c->mtime = files_now();
		return files_owns(l, n) ? 0 : files_may(l, n, 2) ? 0 : -EACCES;
	}
	return files_owns(l, n) ? 0 : -EPERM;
}

/* By path it needs permission now; an open file needs to have been opened for writing. */
static int change_size(const struct files_session *s, const struct files_node *n, bool is_open,
		       const struct files_change *c)
{
	if (S_ISDIR(n->mode))
		return -EISDIR;
	if (!S_ISREG(n->mode) || c->size > INT64_MAX)
		return -EINVAL;
	if (is_open && !(s->flags & FILE_PATH))
		return s->flags & FILE_OPEN_WRITE ? 0 : -EINVAL;
	if (!files_may(s->line, n, 2))
		return -EACCES;
	return n->busy < 0 ? -ETXTBSY : 0;
}

static int change_check(struct files_session *s, struct files_node *n, bool is_open,
			struct files_change *c)
{
	int e = files_read_only(s->line, n) ? -EROFS : 0;

	if (e == 0 && (c->which & FILE_CHANGE_SIZE))
		e = change_size(s, n, is_open, c);
	if (e == 0 && (c->which & FILE_CHANGE_MODE))
		e = change_mode(s->line, n, c);
	if (e == 0 && (c->which & (FILE_CHANGE_UID | FILE_CHANGE_GID)))
		e = change_owner(s->line, n, c);
	if (e == 0 && (c->which & (FILE_CHANGE_ATIME | FILE_CHANGE_MTIME)))
		e = change_times(s->line, n, c);
	if (e == 0 && (c->which & FILE_CHANGE_SIZE) && !(c->which & FILE_CHANGE_MTIME)) {
		c->which |= FILE_CHANGE_MTIME;
		c->mtime = files_now();
	}
	return e;
}

enum err on_change(void *self, uint64_t badge, const struct file_change_args *a,
		   struct file_change_results *r)
{
	SESSION(s);
	struct files_walk w = { .flags = a->flags };
	struct files_change c = { .which = a->which & 127,
				  .mode = a->mode,
				  .uid = a->uid,
				  .gid = a->gid,
				  .size = a->size,
				  .atime = a->atime,
				  .mtime = a->mtime };
	int e = walk_found(&w, s, a->path, a->path_len);

	if (e == 0)
		e = change_check(s, w.node, a->path_len == 0, &c);
	else
		e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
	if (e == 0 && (c.which & FILE_CHANGE_SIZE))
		privileges_drop(s->line, w.node);
	if (e == 0)
		e = w.node->system->ops->change ? w.node->system->ops->change(w.node, &c) : -EPERM;
	walk_end(&w);
	r->outcome = e;
	return OK;
}
