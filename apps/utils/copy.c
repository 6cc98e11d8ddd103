/* SPDX-License-Identifier: MPL-2.0 */
/* Copying one file, link, device or tree, with what is kept of its attributes. */
#include "apps/utils/copy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/tree.h"

struct copy_link {
	dev_t dev;
	ino_t ino;
	char *to;
};

char *copy_target(const char *dir, const char *path)
{
	char *base = path_base(path);
	char *to = mem_path(dir, base);

	mem_free(base);
	return to;
}

static char *backup_name(const struct copy *c, const char *path)
{
	struct stat st;

	if (c->backup == 'n' || c->backup == 'e') {
		char *name = mem_format("%s.~1~", path);
		bool numbered = c->backup == 'n' || lstat(name, &st) == 0;
		for (unsigned n = 2; numbered && lstat(name, &st) == 0; n++) {
			mem_free(name);
			name = mem_format("%s.~%u~", path, n);
		}
		if (numbered)
			return name;
		mem_free(name);
	}
	return mem_format("%s%s", path, c->suffix != nullptr ? c->suffix : "~");
}

bool copy_backup(const struct copy *c, const char *path)
{
	char *name = backup_name(c, path);
	bool ok = rename(path, name) == 0 || errno == ENOENT;

	if (!ok)
		err_warn_errno("cannot backup '%s'", path);
	mem_free(name);
	return ok;
}

/* Gives `to` the attributes of `st` that are to be kept. */
static bool attributes_keep(const struct copy *c, const struct stat *st, const char *to)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };
	mode_t mode = st->st_mode & 07777;
	bool link = S_ISLNK(st->st_mode);
	bool ok = true;

	if (c->keep_owner && lchown(to, st->st_uid, st->st_gid) != 0) {
		mode &= 01777; /* not ours to give the right of another */
		if (errno != EPERM) {
			err_warn_errno("failed to preserve ownership for '%s'", to);
			ok = false;
		}
	}
	if (c->keep_mode && !link && chmod(to, mode) != 0) {
		err_warn_errno("preserving permissions for '%s'", to);
		ok = false;
	}
	if (c->keep_times && utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW) != 0) {
		err_warn_errno("preserving times for '%s'", to);
		ok = false;
	}
	return ok;
}

static bool contents_copy(int in, int out, const char *from, const char *to)
{
	constexpr size_t SIZE = 128 * 1024;
	char *buf = mem_alloc(SIZE);
	ssize_t n;

	while ((n = read(in, buf, SIZE)) > 0) {
		if (!out_write_fully(out, buf, (size_t)n)) {
			err_warn_errno("error writing '%s'", to);
			mem_free(buf);
			return false;
		}
	}
	mem_free(buf);
	if (n < 0)
		err_warn_errno("error reading '%s'", from);
	return n == 0;
}

static int destination_open(const struct copy *c, const char *to, mode_t mode, bool exists)
{
	int fd = -1;

	if (exists && !c->remove_destination)
		fd = open(to, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 && exists && (c->force || c->remove_destination) && unlink(to) == 0)
		exists = false;
	if (fd < 0 && !exists)
		fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	return fd;
}

/* -l and -s: another name for the file instead of a copy. */
static bool file_link(const struct copy *c, const char *from, const char *to, bool exists)
{
	bool here = strchr(to, '/') == nullptr || strncmp(to, "./", 2) == 0;
	if (c->symbolic_link && from[0] != '/' && !here) {
		err_warn("%s: can make relative symbolic links only in current directory", to);
		return false;
	}
	if (exists && (c->force || c->remove_destination))
		(void)unlink(to); /* the link below tells */
	int follow = c->follow == FOLLOW_NEVER ? 0 : AT_SYMLINK_FOLLOW;
	if (c->hard_link && linkat(AT_FDCWD, from, AT_FDCWD, to, follow) == 0)
		return true;
	if (!c->hard_link && symlink(from, to) == 0)
		return true;
	err_warn_errno("cannot create link '%s' to '%s'", to, from);
	return false;
}

static bool file_copy(struct copy *c, const char *from, const char *to, const struct stat *st,
		      bool exists)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0) {
		err_warn_errno("cannot open '%s' for reading", from);
		return false;
	}
	/* Until the owner is right, nobody else may look into what is private. */
	mode_t mode = st->st_mode & 0777 & ~(c->keep_owner ? (mode_t)077 : 0);
	int out = destination_open(c, to, mode, exists);
	if (out < 0) {
		err_warn_errno("cannot create regular file '%s'", to);
		close(in);
		return false;
	}
	bool ok = c->attributes_only || contents_copy(in, out, from, to);
	close(in);
	if (close(out) != 0 && ok) {
		err_warn_errno("error writing '%s'", to);
		ok = false;
	}
	return attributes_keep(c, st, to) && ok;
}

static bool link_copy(const struct copy *c, const char *from, const char *to, const struct stat *st,
		      bool exists)
{
	size_t size = (size_t)st->st_size + 2;

	for (;; size *= 2) {
		char *text = mem_alloc(size);
		ssize_t n = readlink(from, text, size);
		if (n >= 0 && (size_t)n == size) {
			mem_free(text);
			continue;
		}
		if (n < 0) {
			err_warn_errno("cannot read symbolic link '%s'", from);
			return false;
		}
		text[n] = '\0';
		if (exists)
			(void)unlink(to); /* symlink() tells */
		bool ok = symlink(text, to) == 0;
		if (!ok)
			err_warn_errno("cannot create symbolic link '%s'", to);
		mem_free(text);
		return ok && attributes_keep(c, st, to);
	}
}

static bool special_copy(const struct copy *c, const char *from, const char *to,
			 const struct stat *st, bool exists)
{
	if (exists && unlink(to) != 0) {
		err_warn_errno("cannot remove '%s'", to);
		return false;
	}
	if (mknod(to, st->st_mode, st->st_rdev) != 0) {
		err_warn_errno("cannot create special file '%s'", to);
		return false;
	}
	(void)from;
	return attributes_keep(c, st, to);
}

/* A file with several names that was copied already is linked. 1: linked, 0: not, -1: error. */
static int link_find(struct copy *c, const char *to, const struct stat *st, bool exists)
{
	if (!c->keep_links || st->st_nlink < 2)
		return 0;
	for (size_t i = 0; i < c->link_count; i++) {
		struct copy_link *l = &c->links[i];
		if (l->ino != st->st_ino || l->dev != st->st_dev)
			continue;
		if (exists && unlink(to) != 0) {
			err_warn_errno("cannot remove '%s'", to);
			return -1;
		}
		if (link(l->to, to) == 0)
			return 1;
		err_warn_errno("cannot create hard link '%s' to '%s'", to, l->to);
		return -1;
	}
	c->links = mem_room(c->links, c->link_count, &c->link_capacity, sizeof *c->links);
	c->links[c->link_count++] = (struct copy_link){ st->st_dev, st->st_ino, mem_dup(to) };
	return 0;
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
						      : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* May `to`, which exists, be written over? *ok is cleared when not and it is an error. */
static bool may_replace(const struct copy *c, const char *from, const char *to,
			const struct stat *st, const struct stat *old, bool *ok)
{
	if (old->st_ino == st->st_ino && old->st_dev == st->st_dev) {
		struct stat l;
		bool same_name =
			lstat(to, &l) != 0 || !S_ISLNK(l.st_mode) || !c->remove_destination;
		if (same_name && !c->hard_link) {
			err_warn("'%s' and '%s' are the same file", from, to);
			*ok = false;
		}
		return !same_name;
	}
	if (S_ISDIR(old->st_mode) && !S_ISDIR(st->st_mode)) {
		err_warn("cannot overwrite directory '%s' with non-directory", to);
		*ok = false;
		return false;
	}
	if (c->no_clobber || (c->update && !is_newer(st, old)))
		return false;
	if (c->interactive && !ask("overwrite '%s'? ", to))
		return false;
	if (c->backup != 0)
		*ok = copy_backup(c, to);
	return *ok;
}

static void copy_tell(const struct copy *c, const char *from, const char *to)
{
	if (c->verbose)
		put_format("'%s' -> '%s'\n", from, to);
}

/* Anything but a directory. */
static bool entry_copy(struct copy *c, const char *from, const char *to, const struct stat *st)
{
	struct stat old;
	bool exists = lstat(to, &old) == 0, ok = true;

	if (exists && S_ISLNK(old.st_mode) && !S_ISLNK(st->st_mode)) {
		struct stat target;
		if (stat(to, &target) == 0) {
			old = target;
		} else if (!c->remove_destination && !c->force) {
			err_warn("not writing through dangling symlink '%s'", to);
			return false;
		}
	}
	if (exists && !may_replace(c, from, to, st, &old, &ok))
		return ok;
	exists = exists && lstat(to, &old) == 0;
	int linked = link_find(c, to, st, exists);
	if (linked == 0) {
		if (c->symbolic_link || c->hard_link)
			ok = file_link(c, from, to, exists);
		else if (S_ISLNK(st->st_mode))
			ok = link_copy(c, from, to, st, exists);
		else if (S_ISREG(st->st_mode) || !c->recursive || c->contents_of_specials)
			ok = file_copy(c, from, to, st, exists);
		else
			ok = special_copy(c, from, to, st, exists);
	}
	if (linked >= 0 && ok)
		copy_tell(c, from, to);
	return linked >= 0 && ok;
}

static bool dir_enter(struct copy *c, const char *from, const char *to, const struct stat *st)
{
	struct stat old;

	if (lstat(to, &old) == 0 && (S_ISDIR(old.st_mode) || path_is_dir(to)))
		return true;
	/* The owner must be able to fill it; what it is to be comes at its end. */
	if (mkdir(to, (st->st_mode & 0777) | S_IRWXU) == 0) {
		copy_tell(c, from, to);
		return true;
	}
	if (errno == EEXIST)
		err_warn("cannot overwrite non-directory '%s' with directory '%s'", to, from);
	else
		err_warn_errno("cannot create directory '%s'", to);
	return false;
}

/* The modes of a directory that we made: kept ones, or as if made with them from the start. */
static bool dir_leave(const struct copy *c, const struct stat *st, const char *to, bool made)
{
	if (made && !c->keep_mode && (st->st_mode & S_IRWXU) != S_IRWXU) {
		mode_t mask = umask(0);
		umask(mask);
		(void)chmod(to,
			    st->st_mode & 0777 & ~mask); /* it has more rights then, not fewer */
	}
	return attributes_keep(c, st, to);
}

static bool is_below(const char *to, const struct stat *dir)
{
	/* Copying a folder into itself would never end. */
	char *path = mem_dup(to);
	bool below = false;

	for (;;) {
		struct stat st;
		char *up = path_dir(path);
		if (stat(up, &st) == 0 && st.st_ino == dir->st_ino && st.st_dev == dir->st_dev)
			below = true;
		bool end = strcmp(up, path) == 0 || strcmp(up, ".") == 0;
		mem_free(path);
		path = up;
		if (end || below)
			break;
	}
	mem_free(path);
	return below;
}

static bool tree_copy(struct copy *c, const char *from, const char *to)
{
	unsigned flags = c->follow == FOLLOW_ALWAYS      ? TREE_FOLLOW
			 : c->follow == FOLLOW_ARGUMENTS ? TREE_FOLLOW_ARGS
							 : 0;
	struct tree *t = tree_open(from, flags | (c->one_device ? TREE_ONE_DEVICE : 0));
	size_t skip = strlen(from);
	struct tree_entry *e;
	bool ok = true;

	while ((e = tree_next(t)) != nullptr) {
		char *target = e->depth == 0
				       ? mem_dup(to)
				       : mem_path(to, e->path + skip + (e->path[skip] == '/'));
		struct stat st = e->st;
		switch (e->kind) {
		case TREE_DIR: {
			struct stat old;
			if (e->depth == 0 && is_below(to, &st)) {
				err_warn("cannot copy a directory, '%s', into itself, '%s'", from,
					 to);
				tree_skip(t);
				ok = false;
				break;
			}
			e->user = lstat(target, &old) != 0;
			if (!dir_enter(c, e->path, target, &st)) {
				tree_skip(t);
				ok = false;
			}
			break;
		}
		case TREE_DIR_END:
			ok &= dir_leave(c, &st, target, e->user);
			break;
		case TREE_FILE:
			if (S_ISLNK(st.st_mode) && c->follow == FOLLOW_ALWAYS) {
				errno = ENOENT;
				err_warn_errno("cannot stat '%s'", e->path);
				ok = false;
				break;
			}
			ok &= entry_copy(c, e->path, target, &st);
			break;
		case TREE_LOOP:
			err_warn("cannot copy cyclic symbolic link '%s'", e->path);
			ok = false;
			break;
		case TREE_NO_STAT:
			errno = e->error;
			err_warn_errno("cannot stat '%s'", e->path);
			ok = false;
			break;
		case TREE_UNREADABLE:
			errno = e->error;
			err_warn_errno("cannot access '%s'", e->path);
			ok = false;
			break;
		}
		mem_free(target);
	}
	tree_close(t);
	return ok;
}

bool copy_path(struct copy *c, const char *from, const char *to)
{
	bool follow = c->follow != FOLLOW_NEVER;
	struct stat st;

	if ((follow ? stat(from, &st) : lstat(from, &st)) != 0) {
		err_warn_errno("cannot stat '%s'", from);
		return false;
	}
	if (!S_ISDIR(st.st_mode))
		return entry_copy(c, from, to, &st);
	if (!c->recursive) {
		err_warn("-r not specified; omitting directory '%s'", from);
		return false;
	}
	return tree_copy(c, from, to);
}
