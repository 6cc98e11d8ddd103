/* SPDX-License-Identifier: MPL-2.0 */
/* A tree walk with an explicit stack: one level a directory that we are inside of. */
#include "apps/applet/tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/applet/mem.h"

/* Directories deeper than this above the current one are closed, and reopened by "..". */
constexpr int TREE_OPEN_LEVELS = 24;

struct level {
	int fd; /* -1: closed for now */
	struct tree_entry dir;
	char *names; /* the names in it, each ending with a NUL, in the order of `order` */
	char **order;
	size_t count, next;
	size_t path_len; /* of the directory itself */
};

struct tree {
	unsigned flags;
	struct level *levels;
	size_t depth, capacity;
	struct text path;
	struct tree_entry entry;
	bool started, enter; /* enter: the entry is a directory to go into at the next call */
	bool pending_end;    /* the entry's TREE_DIR_END is due without going in */
};

struct tree *tree_open(const char *path, unsigned flags)
{
	struct tree *t = mem_zero(1, sizeof *t);

	t->flags = flags;
	text_add_string(&t->path, path);
	return t;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads all names, so that the directory may change while we work on what is in it. */
static int level_read(struct level *l, unsigned flags)
{
	struct text names = {};
	int copy = dup(l->fd);
	DIR *d = copy < 0 ? nullptr : fdopendir(copy);

	if (d == nullptr) {
		int error = errno;
		if (copy >= 0)
			close(copy);
		return error;
	}
	struct dirent *e;
	while (errno = 0, (e = readdir(d)) != nullptr) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		text_add(&names, e->d_name, strlen(e->d_name) + 1);
		l->count++;
	}
	int error = errno;
	closedir(d);
	l->names = names.bytes;
	l->order = mem_alloc(l->count * sizeof *l->order);
	char *p = names.bytes;
	/* NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg): text_add made room */
	for (size_t i = 0; i < l->count; i++, p += strlen(p) + 1)
		l->order[i] = p;
	if (flags & TREE_SORTED)
		qsort(l->order, l->count, sizeof *l->order, name_compare);
	return error;
}

static bool is_inside(struct tree *t, const struct stat *st)
{
	for (size_t i = 0; i < t->depth; i++) {
		const struct stat *up = &t->levels[i].dir.st;
		if (up->st_ino == st->st_ino && up->st_dev == st->st_dev)
			return true;
	}
	return false;
}

/* Fills t->entry for the path that stands in t->path. */
static void entry_look(struct tree *t, int dirfd, const char *name)
{
	bool follow = (t->flags & TREE_FOLLOW) || (t->depth == 0 && (t->flags & TREE_FOLLOW_ARGS));
	struct tree_entry *e = &t->entry;

	*e = (struct tree_entry){
		.path = t->path.bytes, .name = name, .dirfd = dirfd, .depth = (int)t->depth
	};
	if (fstatat(dirfd, name, &e->st, AT_SYMLINK_NOFOLLOW) != 0) {
		e->kind = TREE_NO_STAT;
		e->error = errno;
		return;
	}
	if (follow && S_ISLNK(e->st.st_mode)) {
		struct stat target;
		if (fstatat(dirfd, name, &target, 0) == 0) {
			e->st = target;
			e->was_link = true;
		} /* a dangling link is reported as itself */
	}
	if (!S_ISDIR(e->st.st_mode))
		return;
	e->kind = TREE_DIR;
	if (e->was_link && is_inside(t, &e->st)) {
		e->kind = TREE_LOOP;
		return;
	}
	t->enter = true;
	if ((t->flags & TREE_ONE_DEVICE) && t->depth != 0 &&
	    e->st.st_dev != t->levels[0].dir.st.st_dev) {
		t->enter = false;
		t->pending_end = true;
	}
}

static struct tree_entry *dir_unreadable(struct tree *t, int error)
{
	t->entry.kind = TREE_UNREADABLE;
	t->entry.error = error;
	t->pending_end = true;
	return &t->entry;
}

/* Goes into the directory of t->entry; nullptr, or the entry that reports a failure. */
static struct tree_entry *level_push(struct tree *t)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (t->entry.was_link ? 0 : O_NOFOLLOW);
	if (t->depth == 0 && (t->flags & TREE_FOLLOW_ARGS))
		flags &= ~O_NOFOLLOW;
	int fd = openat(t->entry.dirfd, t->entry.name, flags);

	if (fd < 0)
		return dir_unreadable(t, errno);
	t->levels = mem_room(t->levels, t->depth, &t->capacity, sizeof *t->levels);
	struct level *l = &t->levels[t->depth++];
	*l = (struct level){ .fd = fd, .dir = t->entry, .path_len = t->path.len };
	int error = level_read(l, t->flags);
	if (t->depth > TREE_OPEN_LEVELS) {
		/* A level entered by a link cannot be found again by "..": its parent stays open.
		 */
		struct level *old = &t->levels[t->depth - 1 - TREE_OPEN_LEVELS];
		if (!(&old[1])->dir.was_link) {
			close(old->fd);
			old->fd = -1;
		}
	}
	if (error == 0)
		return nullptr;
	/* What could be read is still walked; the failure comes first. */
	t->entry.kind = TREE_UNREADABLE;
	t->entry.error = error;
	return &t->entry;
}

/* Makes sure that the descriptor of the level that we return to is open. */
static void level_reopen(struct tree *t, struct level *child)
{
	struct level *l = child - 1;
	struct stat st;

	if (t->depth < 2 || l->fd >= 0)
		return;
	l->fd = openat(child->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->fd < 0 || fstat(l->fd, &st) != 0)
		err_fatal_errno("%s: cannot return to its directory", t->path.bytes);
	if (st.st_ino != l->dir.st.st_ino || st.st_dev != l->dir.st.st_dev)
		err_fatal("%s: was moved while being walked", t->path.bytes);
}

static struct tree_entry *level_pop(struct tree *t)
{
	struct level *l = &t->levels[t->depth - 1];

	level_reopen(t, l);
	close(l->fd);
	mem_free(l->names);
	mem_free(l->order);
	t->path.len = l->path_len;
	t->path.bytes[t->path.len] = '\0';
	t->entry = l->dir;
	t->depth--;
	t->entry.kind = TREE_DIR_END;
	t->entry.path = t->path.bytes;
	if (t->depth != 0) {
		struct level *up = &t->levels[t->depth - 1];
		t->entry.dirfd = up->fd;
		t->entry.name = up->order[up->next - 1];
	}
	return &t->entry;
}

struct tree_entry *tree_next(struct tree *t)
{
	if (!t->started) {
		t->started = true;
		entry_look(t, AT_FDCWD, t->path.bytes);
		return &t->entry;
	}
	if (t->enter) {
		t->enter = false;
		struct tree_entry *problem = level_push(t);
		if (problem != nullptr)
			return problem;
	}
	if (t->pending_end) {
		t->pending_end = false;
		t->entry.kind = TREE_DIR_END;
		return &t->entry;
	}
	if (t->depth == 0)
		return nullptr;
	struct level *l = &t->levels[t->depth - 1];
	if (l->next == l->count)
		return level_pop(t);
	const char *name = l->order[l->next++];
	t->path.len = l->path_len;
	if (t->path.bytes[t->path.len - 1] != '/')
		text_add_char(&t->path, '/');
	text_add_string(&t->path, name);
	entry_look(t, l->fd, name);
	return &t->entry;
}

void tree_skip(struct tree *t)
{
	t->enter = false;
	t->pending_end = false;
}

struct tree_entry *tree_parent(struct tree *t)
{
	return t->depth == 0 ? nullptr : &t->levels[t->depth - 1].dir;
}

void tree_close(struct tree *t)
{
	while (t->depth != 0) {
		struct level *l = &t->levels[--t->depth];
		if (l->fd >= 0)
			close(l->fd);
		mem_free(l->names);
		mem_free(l->order);
	}
	mem_free(t->levels);
	mem_free(t->path.bytes);
	mem_free(t);
}
