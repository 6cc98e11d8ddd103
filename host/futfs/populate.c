/* SPDX-License-Identifier: MPL-2.0 */
/* Walks a directory tree and makes the same in a volume: types, modes, owners, times, links. */
#include "host/futfs/populate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Files with several names that were seen, to link the next name to. */
struct seen {
	dev_t dev;
	ino_t from;
	uint64_t to;
};

struct copy {
	struct fs *fs;
	struct seen *seen;
	size_t nseen, room;
};

static int complain(const char *path, const char *why)
{
	fprintf(stderr, "mkfutfs: %s: %s\n", path, why);
	return -1;
}

static enum fs_type type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return FS_DIR;
	case S_IFLNK:
		return FS_SYMLINK;
	case S_IFCHR:
		return FS_CHAR;
	case S_IFBLK:
		return FS_BLOCK;
	case S_IFIFO:
		return FS_FIFO;
	case S_IFSOCK:
		return FS_SOCKET;
	default:
		return FS_FILE;
	}
}

static int64_t ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int copy_data(struct copy *c, int fd, uint64_t ino, const char *path)
{
	static char buf[1 << 20];
	uint64_t off = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		size_t done;
		enum fs_err e = fs_write(c->fs, ino, off, buf, (size_t)n, &done);

		if (e != FS_OK)
			return complain(path, fs_err_text(e));
		off += (uint64_t)n;
	}
	return n < 0 ? complain(path, strerror(errno)) : 0;
}

static void copy_xattrs(struct copy *c, const char *path, uint64_t ino)
{
	char list[65536], value[65536];
	ssize_t len = llistxattr(path, list, sizeof(list));

	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(list + at) + 1) {
		ssize_t n = lgetxattr(path, list + at, value, sizeof(value));

		if (n >= 0 && fs_xattr_set(c->fs, ino, list + at, value, (size_t)n, 0) != FS_OK)
			(void)complain(path, "attribute too long, left out"); /* go on */
	}
}

static struct seen *seen_find(struct copy *c, const struct stat *st)
{
	for (size_t i = 0; i < c->nseen; i++)
		if (c->seen[i].dev == st->st_dev && c->seen[i].from == st->st_ino)
			return &c->seen[i];
	return nullptr;
}

static void seen_add(struct copy *c, const struct stat *st, uint64_t ino)
{
	if (c->nseen == c->room) {
		c->room = c->room * 2 + 64;
		c->seen = realloc(c->seen, c->room * sizeof(c->seen[0]));
		if (c->seen == nullptr)
			abort();
	}
	c->seen[c->nseen++] = (struct seen){ st->st_dev, st->st_ino, ino };
}

static int copy_dir(struct copy *c, const char *path, uint64_t dir);

/* Make the inode under its name, without its data. */
static enum fs_err copy_create(struct copy *c, const char *path, const char *name, uint64_t dir,
			       const struct stat *st, uint64_t *ino)
{
	struct fs_attr attr = { .type = type_of(st->st_mode),
				.mode = st->st_mode & 07777,
				.uid = st->st_uid,
				.gid = st->st_gid,
				.rdev = st->st_rdev };

	if (attr.type != FS_SYMLINK)
		return fs_create(c->fs, dir, name, strlen(name), &attr, ino);
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return FS_IO;
	return fs_symlink(c->fs, dir, name, strlen(name), &attr, target, (size_t)n, ino);
}

static int copy_content(struct copy *c, const char *path, const struct stat *st, uint64_t ino)
{
	int r = 0;

	if (S_ISDIR(st->st_mode))
		return copy_dir(c, path, ino);
	if (S_ISREG(st->st_mode)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return complain(path, strerror(errno));
		r = copy_data(c, fd, ino, path);
		close(fd);
	}
	return r;
}

static int copy_one(struct copy *c, const char *path, const char *name, uint64_t dir)
{
	struct stat st;
	uint64_t ino;
	enum fs_err e;

	if (lstat(path, &st) != 0)
		return complain(path, strerror(errno));
	struct seen *seen = st.st_nlink > 1 && !S_ISDIR(st.st_mode) ? seen_find(c, &st) : nullptr;
	if (seen != nullptr) {
		e = fs_link(c->fs, seen->to, dir, name, strlen(name));
		return e == FS_OK ? 0 : complain(path, fs_err_text(e));
	}
	e = copy_create(c, path, name, dir, &st, &ino);
	if (e != FS_OK)
		return complain(path, fs_err_text(e));
	if (st.st_nlink > 1 && !S_ISDIR(st.st_mode))
		seen_add(c, &st, ino);
	copy_xattrs(c, path, ino);
	int r = copy_content(c, path, &st, ino);
	struct fs_attr times = { .mtime = ns(st.st_mtim), .atime = ns(st.st_atim) };
	e = fs_setattr(c->fs, ino, FS_SET_MTIME | FS_SET_ATIME, &times);
	return r != 0 ? r : e == FS_OK ? 0 : complain(path, fs_err_text(e));
}

static int copy_dir(struct copy *c, const char *path, uint64_t dir)
{
	struct dirent **names;
	int n = scandir(path, &names, nullptr, alphasort), r = 0;

	if (n < 0)
		return complain(path, strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		char *sub;

		if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			if (asprintf(&sub, "%s/%s", path, name) < 0)
				abort();
			r = copy_one(c, sub, name, dir);
			free(sub);
		}
		free(names[i]);
	}
	free(names);
	return r;
}

int populate(struct fs *fs, const char *dir)
{
	struct copy c = { .fs = fs };
	int r = copy_dir(&c, dir, FS_ROOT);

	free(c.seen);
	return r;
}
