/* SPDX-License-Identifier: MPL-2.0 */
/* Calls that change the tree: new names, names removed, names moved. */
#include "lib/files/internal.h"

static int make_check(const struct files_line *l, const struct files_walk *w, uint32_t mode)
{
	bool is_device = S_ISCHR(mode) || S_ISBLK(mode);

	if (w->last != LAST_NAME || w->node != nullptr)
		return -EEXIST;
	if (w->slash && !S_ISDIR(mode))
		return -ENOENT;
	if (is_device && !(l->who.flags & FILES_CAPABILITY_DEVICE))
		return -EPERM;
	return is_device || S_ISDIR(mode) || S_ISREG(mode) || S_ISFIFO(mode) || S_ISSOCK(mode) ||
			       S_ISLNK(mode)
		       ? 0
		       : -EINVAL;
}

static int make(struct files_session *s, const char *path, size_t len, struct files_new *new,
		struct files_walk *w)
{
	struct files_node *made = nullptr;

	*w = (struct files_walk){ .stay = true };
	int e = walk(w, s->line, s->node, path, len);
	if (e == 0)
		e = make_check(s->line, w, new->mode);
	if (e == 0)
		e = file_create(w, new, &made);
	if (made != nullptr)
		files_node_put(made);
	return e;
}

/* A link's target, copied to the room. */
static int make_target(struct files_server *server, const struct lent *from, struct files_new *new)
{
	struct files_room *room = room_get(server);

	if (room == nullptr)
		return -ENOMEM;
	if (from->size == 0)
		return -ENOENT;
	if (from->size >= FILES_PATH)
		return -ENAMETOOLONG;
	new->target = room->list; /* walks need the others */
	new->target_len = from->size;
	return files_take(from, 0, room->list, from->size) < 0 ? -EFAULT : 0;
}

enum err on_make(void *self, uint64_t badge, const struct file_make_args *a,
		 struct file_make_results *r)
{
	SESSION(s);
	struct files_new new = { .mode = a->mode & (S_IFMT | 07777), .rdev = a->rdev };
	struct files_walk w = {};
	int e = S_ISLNK(new.mode) ? make_target(self, &a->target, &new) : 0;

	if (S_ISLNK(new.mode))
		new.mode = S_IFLNK | 0777;
	if (e == 0) {
		e = make(s, a->path, a->path_len, &new, &w);
		e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
		walk_end(&w);
	}
	r->outcome = e;
	return OK;
}

enum err on_bind(void *self, uint64_t badge, const struct file_bind_args *a,
		 struct file_bind_results *r)
{
	SESSION(s);
	struct files_new new = { .mode = S_IFSOCK | (a->mode & 07777), .door = a->door };
	struct files_walk w = {};
	int e = make(s, a->path, a->path_len, &new, &w);

	e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
	walk_end(&w);
	if (e != 0)
		(void)fut_handle_close(a->door); /* nobody took it */
	r->outcome = e == -EEXIST ? -EADDRINUSE : e;
	return OK;
}

/* --- Removal --- */

static int remove_check(const struct files_walk *w, bool directory)
{
	if (w->last == LAST_DOT)
		return directory ? -EINVAL : -EISDIR;
	if (w->last == LAST_UP)
		return directory ? -ENOTEMPTY : -EISDIR;
	if (w->last == LAST_NONE)
		return directory ? -EBUSY : -EISDIR;
	if (w->node == nullptr)
		return -ENOENT;
	if (!directory && w->slash)
		return S_ISDIR(w->node->mode) ? -EISDIR : -ENOTDIR;
	int e = access_remove(w->line, w->dir, w->node);
	if (e != 0)
		return e;
	if (directory != (bool)S_ISDIR(w->node->mode))
		return directory ? -ENOTDIR : -EISDIR;
	return w->node->mounts != nullptr ? -EBUSY : 0;
}

enum err on_remove(void *self, uint64_t badge, const struct file_remove_args *a,
		   struct file_remove_results *r)
{
	SESSION(s);
	struct files_walk w = { .flags = a->flags & ~FILE_REMOVE_DIRECTORY, .stay = true };
	int e = walk(&w, s->line, s->node, a->path, a->path_len);

	if (e == 0)
		e = remove_check(&w, a->flags & FILE_REMOVE_DIRECTORY);
	else
		e = walk_told(&w, e, &r->node, r->rest, &r->rest_len);
	if (e == 0)
		e = w.dir->system->ops->remove ? w.dir->system->ops->remove(w.dir, w.name, w.node)
					       : -EPERM;
	if (e == 0)
		sessions_reclaim(w.node);
	walk_end(&w);
	r->outcome = e;
	return OK;
}

/* --- Two paths --- */

struct pair {
	struct files_walk from, to;
	uint32_t which; /* of the two, that a jump is about */
};

/* Where the second path starts: the directory of the session `target`. nullptr: not one of ours, or
 * come to through another mount. */
static struct files_node *pair_start(struct files_session *s, fut_handle target)
{
	struct files_session *other = target ? files_session_of(s->line->server, target) : s;

	return other && other->line->who.world == s->line->who.world ? other->node : nullptr;
}

static void pair_end(struct pair *p)
{
	walk_end(&p->from);
	walk_end(&p->to);
}

/* The second path is walked as the caller's line may, whosever `target` is. */
static int pair_walk(struct pair *p, struct files_line *line, struct files_node *start,
		     const char *path, size_t len)
{
	if (start == nullptr)
		return -EXDEV; /* which the first path did not reach */
	p->which = 1;
	p->to = (struct files_walk){ .stay = true, .room = 1 };
	return walk(&p->to, line, start, path, len);
}

/* Is `n` the directory `dir`, or above it? */
static bool is_within(struct files_node *dir, const struct files_node *n)
{
	bool found = false;

	files_node_get(dir);
	while (!(found = dir == n) && dir != dir->system->root) {
		struct files_node *up = dir->system->ops->parent(dir);
		files_node_put(dir);
		dir = up;
	}
	files_node_put(dir);
	return found;
}

/* May `n` lose its name, to stand in `to`? */
static int move_check(const struct files_walk *w, struct files_node *n, struct files_node *to)
{
	int e = access_remove(w->line, w->dir, n);

	if (e != 0)
		return e;
	/* Its ".." is to change. */
	if (S_ISDIR(n->mode) && w->dir != to && !files_may(w->line, n, 2))
		return -EACCES;
	return n->mounts != nullptr ? -EBUSY : 0;
}

/* May what has the new name be replaced by `n`? */
static int replace_check(const struct files_walk *w, const struct files_node *n)
{
	const struct files_node *there = w->node;
	int e = access_remove(w->line, w->dir, there);

	if (e != 0)
		return e;
	if (S_ISDIR(n->mode) != S_ISDIR(there->mode))
		return S_ISDIR(n->mode) ? -ENOTDIR : -EISDIR;
	return there->mounts != nullptr ? -EBUSY : 0;
}

/* The names themselves, whoever asks. */
static int rename_names(const struct pair *p, uint32_t flags)
{
	const struct files_node *n = p->from.node, *there = p->to.node;

	if (p->from.last != LAST_NAME)
		return -EBUSY;
	if (p->to.last != LAST_NAME)
		return flags & FILE_NO_REPLACE ? -EEXIST : -EBUSY;
	if (n == nullptr)
		return -ENOENT;
	if (there != nullptr && (flags & FILE_NO_REPLACE))
		return -EEXIST;
	if (there == nullptr && (flags & FILE_EXCHANGE))
		return -ENOENT;
	if ((flags & FILE_EXCHANGE) && p->to.slash && !S_ISDIR(there->mode))
		return -ENOTDIR;
	if (!S_ISDIR(n->mode) && (p->from.slash || (p->to.slash && !(flags & FILE_EXCHANGE))))
		return -ENOTDIR;
	return 0;
}

/* Neither may come to stand below itself. */
static int rename_circles(const struct pair *p, uint32_t flags)
{
	if (S_ISDIR(p->from.node->mode) && is_within(p->to.dir, p->from.node))
		return -EINVAL;
	if (p->to.node != nullptr && S_ISDIR(p->to.node->mode) &&
	    is_within(p->from.dir, p->to.node))
		return flags & FILE_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* In Linux's order, so that of several errors the same one is told. */
static int rename_check(const struct pair *p, uint32_t flags)
{
	int e = 0;

	if (p->from.dir != p->to.dir)
		e = rename_circles(p, flags);
	if (e != 0 || p->from.node == p->to.node)
		return e;
	e = move_check(&p->from, p->from.node, p->to.dir);
	if (e != 0)
		return e;
	if (p->to.node == nullptr)
		return access_change(p->to.line, p->to.dir);
	return flags & FILE_EXCHANGE ? move_check(&p->to, p->to.node, p->from.dir)
				     : replace_check(&p->to, p->from.node);
}

static int rename_pair(struct pair *p, uint32_t flags)
{
	int e = rename_names(p, flags);

	if (e != 0)
		return e;
	if (p->from.dir->system != p->to.dir->system)
		return -EXDEV;
	const struct files_node_ops *ops = p->from.dir->system->ops;
	e = rename_check(p, flags);
	/* Two names of one file: nothing is to be done. */
	if (e != 0 || p->from.node == p->to.node)
		return e;
	if (ops->rename == nullptr)
		return -EPERM;
	e = ops->rename(p->from.dir, p->from.name, p->from.node, p->to.dir, p->to.name, p->to.node,
			flags & FILE_EXCHANGE);
	if (e == 0 && p->to.node != nullptr)
		sessions_reclaim(p->to.node);
	return e;
}

static int rename_walk(struct pair *p, struct files_session *s, struct files_node *start,
		       const struct file_rename_args *a)
{
	p->from.stay = true;
	int e = walk(&p->from, s->line, s->node, a->path, a->path_len);
	return e == 0 ? pair_walk(p, s->line, start, a->to, a->to_len) : e;
}

enum err on_rename(void *self, uint64_t badge, const struct file_rename_args *a,
		   struct file_rename_results *r)
{
	SESSION(s);
	struct files_node *start = pair_start(s, a->target);
	struct pair p = {};

	int e = rename_walk(&p, s, start, a);
	if (e == 0)
		e = rename_pair(&p, a->flags);
	else
		e = walk_told(p.which ? &p.to : &p.from, e, &r->node, r->rest, &r->rest_len);
	pair_end(&p);
	if (a->target != 0)
		(void)fut_handle_close(a->target); /* it has told us which directory */
	r->which = p.which;
	r->outcome = e;
	return OK;
}

static int link_pair(struct pair *p)
{
	const struct files_node *n = p->from.node;
	int e;

	if (p->to.node != nullptr || p->to.last != LAST_NAME)
		return -EEXIST;
	if (p->to.slash)
		return -ENOENT;
	if (n->system != p->to.dir->system)
		return -EXDEV;
	e = access_change(p->to.line, p->to.dir);
	if (e != 0)
		return e;
	if (S_ISDIR(n->mode) || n->system->ops->link == nullptr)
		return -EPERM;
	return n->system->ops->link(p->to.dir, p->to.name, p->from.node);
}

enum err on_link(void *self, uint64_t badge, const struct file_link_args *a,
		 struct file_link_results *r)
{
	SESSION(s);
	struct files_node *start = pair_start(s, a->target);
	struct pair p = { .from.flags = a->flags };

	int e = walk_found(&p.from, s, a->path, a->path_len);
	if (e == 0)
		e = pair_walk(&p, s->line, start, a->to, a->to_len);
	if (e == 0)
		e = link_pair(&p);
	else
		e = walk_told(p.which ? &p.to : &p.from, e, &r->node, r->rest, &r->rest_len);
	pair_end(&p);
	if (a->target != 0)
		(void)fut_handle_close(a->target); /* ours, and open */
	r->which = p.which;
	r->outcome = e;
	return OK;
}
