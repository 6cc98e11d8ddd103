/* SPDX-License-Identifier: MPL-2.0 */
/* Path walks: from directory to directory, through links, up to where another server takes over. */
#include <string.h>
#include "lib/files/internal.h"

static struct files_name path_skip(struct files_name p)
{
	while (p.len > 0 && *p.text == '/')
		p.text++, p.len--;
	return p;
}

/* The name that `rest` begins with; `rest` moves on behind it. */
static struct files_name path_take(struct files_name *rest)
{
	const char *at = rest->text, *end = at + rest->len;

	while (at < end && *at != '/')
		at++;
	struct files_name name = { rest->text, (size_t)(at - rest->text) };
	rest->text = at;
	rest->len -= name.len;
	return name;
}

static void walk_to(struct files_walk *w, struct files_node *n)
{
	files_node_put(w->node);
	w->node = n;
}

static int walk_jump(struct files_walk *w, int jump, struct files_name rest)
{
	w->rest = path_skip(rest);
	return jump;
}

/* Arrived at a node: is something mounted on it? */
static int walk_cross(struct files_walk *w, struct files_name rest)
{
	if (w->node->mounts == nullptr) [[clang::likely]]
		return 0;
	if (w->stay && path_skip(rest).len == 0)
		return 0;
	w->number = mount_find(w->line, w->node);
	if (w->number == 0)
		return 0;
	return w->flags & FILE_NO_CROSS ? -EXDEV : walk_jump(w, FILE_JUMP_MOUNT, rest);
}

/* `rest` is what follows the "..". */
static int walk_up(struct files_walk *w, struct files_name rest)
{
	struct files_node *n = w->node;

	if ((w->flags & FILE_BENEATH) && n == w->start)
		return -EXDEV;
	if ((w->flags & FILE_IN_ROOT) && n == w->start)
		return 0;
	if (n == w->line->root && (w->line->who.flags & FILES_LINE_MOUNT)) {
		w->rest = (struct files_name){ rest.text - 2, rest.len + 2 };
		w->number = (uint32_t)w->line->who.world; /* which mount it is */
		return FILE_JUMP_UP;
	}
	if (n == w->line->root || n == n->system->root)
		return 0;
	walk_to(w, n->system->ops->parent(n));
	return walk_cross(w, rest);
}

static int walk_to_root(struct files_walk *w)
{
	if (w->flags & FILE_BENEATH)
		return -EXDEV;
	walk_to(w, files_node_get(w->flags & FILE_IN_ROOT ? w->start : w->line->root));
	return 0;
}

/* Put a link's text in front of `rest`, at the end of the walk's room, where `rest` may stand. */
static int path_join(struct files_walk *w, const struct files_target *t, struct files_name *rest)
{
	char *end = w->line->server->rooms->path[w->room] + FILES_ROOM;

	if (t->len == 0)
		return -ENOENT;
	if (t->len + rest->len > FILES_ROOM)
		return -ENAMETOOLONG;
	memmove(end - rest->len, rest->text, rest->len);
	memcpy(end - rest->len - t->len, t->text, t->len);
	rest->len += t->len;
	rest->text = end - rest->len;
	return 0;
}

/* Go on where the link leads. w->node is the directory that has it. */
static int walk_follow(struct files_walk *w, struct files_node *link, struct files_name *rest)
{
	struct files_room *room = room_get(w->line->server);
	struct files_target t = {};

	if (room == nullptr)
		return -ENOMEM;
	if ((w->flags & FILE_NO_LINKS) || (w->line->who.flags & FILES_LINE_NO_LINKS) ||
	    ++w->links > FILES_LINKS)
		return -ELOOP;
	t.room = room->target;
	int e = link->system->ops->target ? link->system->ops->target(w->line, link, &t) : -EINVAL;
	w->number = t.number;
	w->session = t.session;
	if (e > 0)
		return walk_jump(w, e, *rest);
	if (e == 0)
		e = path_join(w, &t, rest);
	if (e != 0 || *rest->text != '/')
		return e;
	if ((w->line->who.flags & FILES_LINE_MOUNT) && !(w->flags & FILE_IN_ROOT))
		return w->flags & FILE_BENEATH ? -EXDEV : walk_jump(w, FILE_JUMP_ROOT, *rest);
	return walk_to_root(w);
}

/* To the name in the directory w->node. */
static int walk_down(struct files_walk *w, struct files_name name, struct files_name *rest)
{
	const struct files_node_ops *ops = w->node->system->ops;
	bool is_last = path_skip(*rest).len == 0;
	struct files_node *n = nullptr;

	if (name.len > FILES_NAME)
		return -ENAMETOOLONG;
	if (is_last && rest->len > 0 && (w->flags & FILE_CREATE))
		return -EISDIR; /* whether it is there or not */
	int e = ops->lookup ? ops->lookup(w->line, w->node, name, &n) : -ENOTDIR;
	if (e != 0 && (e != -ENOENT || !is_last))
		return e;
	if (n != nullptr && S_ISLNK(n->mode) &&
	    !(is_last && (w->stay || ((w->flags & FILE_NO_FOLLOW) && rest->len == 0)))) {
		e = walk_follow(w, n, rest);
		files_node_put(n);
		return e;
	}
	if (is_last) {
		w->last = LAST_NAME;
		w->name = name;
		w->dir = w->node;
		w->node = n;
	} else {
		walk_to(w, n);
	}
	return n != nullptr ? walk_cross(w, *rest) : 0;
}

/* One name of the path. */
static int walk_step(struct files_walk *w, struct files_name *rest)
{
	struct files_name name = path_take(rest);

	if (!S_ISDIR(w->node->mode))
		return -ENOTDIR;
	if (!files_may(w->line, w->node, 1))
		return -EACCES;
	if (name.len == 1 && name.text[0] == '.') {
		w->last = LAST_DOT;
		return 0;
	}
	if (name.len == 2 && name.text[0] == '.' && name.text[1] == '.') {
		w->last = LAST_UP;
		return walk_up(w, *rest);
	}
	return walk_down(w, name, rest);
}

int walk(struct files_walk *w, struct files_line *line, struct files_node *start, const char *path,
	 size_t len)
{
	struct files_name rest = { path, len };
	int e = 0;

	w->line = line;
	w->start = start;
	w->node = files_node_get(start);
	for (;;) {
		if (rest.len > 0 && *rest.text == '/') {
			/* At the start, or of a link's text: walk_follow went to the root. */
			w->slash = true;
			if (rest.text == path)
				e = walk_to_root(w);
			rest = path_skip(rest);
		}
		if (e != 0 || rest.len == 0)
			break;
		w->slash = false;
		e = walk_step(w, &rest);
		if (e != 0 || w->dir != nullptr) {
			w->slash = rest.len > 0;
			break;
		}
	}
	if (e == 0 && w->slash && !w->stay && w->node != nullptr && !S_ISDIR(w->node->mode))
		return -ENOTDIR;
	return e;
}

int walk_found(struct files_walk *w, struct files_session *s, const char *path, size_t len)
{
	int e = walk(w, s->line, s->node, path, len);

	return e == 0 && w->node == nullptr ? -ENOENT : e;
}

void walk_end(struct files_walk *w)
{
	if (w->node != nullptr)
		files_node_put(w->node);
	if (w->dir != nullptr)
		files_node_put(w->dir);
	if (w->session != 0)
		(void)fut_handle_close(w->session); /* an object that nobody asked to open */
}

int walk_told(struct files_walk *w, int outcome, uint64_t *number, char *rest, uint32_t *rest_len)
{
	if (outcome <= 0)
		return outcome;
	if (w->rest.len > 3900)
		return -ENAMETOOLONG;
	memcpy(rest, w->rest.text, w->rest.len);
	*rest_len = (uint32_t)w->rest.len;
	*number = w->number;
	return outcome;
}
