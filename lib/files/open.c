/* SPDX-License-Identifier: MPL-2.0 */
/* Opening, and making what is to be opened. */
#include "lib/files/internal.h"

/* Walks take the flags that bound them from the call's. */
constexpr uint32_t OPEN_ACCESS = FILE_OPEN_READ | FILE_OPEN_WRITE | FILE_EXECUTE;

int file_create(struct files_walk *w, struct files_new *new, struct files_node **made)
{
	const struct files_node *dir = w->dir;
	int e = access_change(w->line, dir);

	if (e != 0)
		return e;
	new->uid = w->line->who.uid;
	new->gid = w->line->who.gid;
	if (dir->mode & S_ISGID) {
		new->gid = dir->gid;
		if (S_ISDIR(new->mode))
			new->mode |= S_ISGID;
		else if ((new->mode &S_IXGRP) && !files_in_group(w->line, new->gid) &&
			 !(w->line->who.flags & FILES_CAPABILITY_OWNER))
			new->mode &= ~(uint32_t)S_ISGID;
	}
	return dir->system->ops->create
		       ? dir->system->ops->create(w->line, w->dir, w->name, new, made)
		       : -EROFS;
}

static int open_create(struct files_walk *w, const struct file_open_args *a)
{
	struct files_new new = { .mode = S_IFREG | (a->permissions & 07777) };

	return a->flags & FILE_CREATE ? file_create(w, &new, &w->node) : -ENOENT;
}

/* A file without a name in the directory that the walk has found. */
static int open_temporary(struct files_walk *w, const struct file_open_args *a)
{
	struct files_new new = { .mode = S_IFREG | (a->permissions & 07777),
				 .sealable = a->flags & FILE_SEALABLE };
	struct files_node *n = nullptr;

	if (w->node == nullptr)
		return -ENOENT;
	if (!S_ISDIR(w->node->mode))
		return -ENOTDIR;
	if (!(a->flags & FILE_OPEN_WRITE))
		return -EINVAL;
	if (w->dir != nullptr)
		files_node_put(w->dir);
	w->dir = w->node;
	w->name = (struct files_name){};
	w->node = nullptr;
	int e = file_create(w, &new, &n);
	w->node = n;
	return e;
}

static uint32_t open_wanted(uint32_t flags)
{
	return (flags & FILE_OPEN_READ ? 4 : 0) |
	       (flags & (FILE_OPEN_WRITE | FILE_TRUNCATE) ? 2 : 0) | (flags & FILE_EXECUTE ? 1 : 0);
}

/* May it be opened so? Its type first, as Linux does. */
static int open_check(const struct files_line *l, const struct files_node *n, uint32_t flags)
{
	uint32_t wanted = open_wanted(flags);

	if ((flags & FILE_DIRECTORY) && !S_ISDIR(n->mode))
		return -ENOTDIR;
	if (flags & FILE_PATH)
		return 0;
	if (S_ISLNK(n->mode))
		return -ELOOP;
	if (S_ISDIR(n->mode) && ((wanted & 2) || (flags & FILE_CREATE)))
		return -EISDIR;
	if ((flags & FILE_EXECUTE) && !S_ISREG(n->mode))
		return -EACCES;
	if (!files_may(l, n, wanted))
		return -EACCES;
	if ((wanted & 1) && (l->who.flags & FILES_LINE_NO_EXECUTE))
		return -EACCES;
	if ((S_ISCHR(n->mode) || S_ISBLK(n->mode)) && (l->who.flags & FILES_LINE_NO_DEVICES))
		return -EACCES;
	if ((wanted & 2) && S_ISREG(n->mode) && files_read_only(l, n))
		return -EROFS;
	return ((wanted & 2) && n->busy < 0) || ((wanted & 1) && n->busy > 0) ? -ETXTBSY : 0;
}

static int open_truncate(struct files_line *l, struct files_node *n)
{
	int64_t now = files_now();
	const struct files_change c = { .which = FILE_CHANGE_SIZE | FILE_CHANGE_MTIME,
					.mtime = now };

	if (!S_ISREG(n->mode))
		return 0;
	privileges_drop(l, n);
	return n->system->ops->change ? n->system->ops->change(n, &c) : -EPERM;
}

static int open_session(struct files_line *l, struct files_node *n, uint32_t flags,
			struct file_open_results *r)
{
	uint32_t open = OPEN_ACCESS | FILE_APPEND | (S_ISBLK(n->mode) ? FILE_EXCLUSIVE : 0);
	uint32_t kept = flags & (flags & FILE_PATH ? FILE_PATH : open);
	struct files_session *s;
	int e = files_session_create(l, n, kept, &r->session, &s);

	if (e != 0)
		return e;
	if (!(flags & FILE_PATH) && n->system->ops->open != nullptr &&
	    (e = n->system->ops->open(s)) != 0) {
		s->flags = FILE_PATH; /* was never open: `close` is not for it */
		(void)fut_handle_close(r->session);
		r->session = 0;
		return e;
	}
	r->slot = s->slot;
	return 0;
}

static int open_found(struct files_walk *w, const struct file_open_args *a)
{
	if (a->flags & FILE_TEMPORARY)
		return open_temporary(w, a);
	if (w->node == nullptr)
		return open_create(w, a);
	if ((a->flags & (FILE_CREATE | FILE_EXCLUSIVE)) == (FILE_CREATE | FILE_EXCLUSIVE))
		return -EEXIST;
	if ((a->flags & FILE_CREATE) && w->last != LAST_NAME && a->path_len > 0)
		return -EISDIR;
	int e = open_check(w->line, w->node, a->flags);
	if (e == 0 && (a->flags & FILE_TRUNCATE) && !(a->flags & FILE_PATH))
		e = open_truncate(w->line, w->node);
	return e;
}

enum err on_open(void *self, uint64_t badge, const struct file_open_args *a,
		 struct file_open_results *r)
{
	SESSION(s);
	struct files_walk w = { .flags = a->flags };

	if ((a->flags & FILE_CREATE) && (a->flags & FILE_EXCLUSIVE))
		w.flags |= FILE_NO_FOLLOW;
	int e = walk(&w, s->line, s->node, a->path, a->path_len);
	if (e == 0)
		e = open_found(&w, a);
	if (e == 0)
		e = open_session(w.line, w.node, a->flags, r);
	if (e == 0) {
		r->node = w.node->number;
		r->size = S_ISCHR(w.node->mode) || S_ISBLK(w.node->mode) ? w.node->rdev
									 : w.node->size;
		r->mode = w.node->mode;
	} else if (e > 0) {
		e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
		r->session = w.session;
		w.session = 0;
	}
	walk_end(&w);
	r->outcome = e;
	return OK;
}
