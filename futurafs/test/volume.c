/* SPDX-License-Identifier: MPL-2.0 */
/* The steps of the oracle done on a volume, and the volume's canonical text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/test/model.h"

/* Walk to the directory of the last name. */
static enum fs_err volume_split(struct fs *fs, const char *path, uint64_t *dir, const char **last)
{
	const char *slash;

	*dir = FS_ROOT;
	while ((slash = strchr(path, '/')) != nullptr) {
		struct fs_attr attr;
		enum fs_err e = fs_lookup(fs, *dir, path, (size_t)(slash - path), dir);

		if (e == FS_OK)
			e = fs_getattr(fs, *dir, &attr);
		if (e != FS_OK)
			return e;
		if (attr.type != FS_DIR)
			return FS_NOT_DIR;
		path = slash + 1;
	}
	*last = path;
	return FS_OK;
}

static enum fs_err volume_find(struct fs *fs, const char *path, uint64_t *ino)
{
	const char *last;
	uint64_t dir;
	enum fs_err e = volume_split(fs, path, &dir, &last);

	return e != FS_OK ? e : fs_lookup(fs, dir, last, strlen(last), ino);
}

static enum fs_err volume_write(struct fs *fs, uint64_t ino, const struct step *s)
{
	uint8_t *buf = malloc(s->b + 1);
	size_t done;

	for (uint64_t i = 0; i < s->b; i++)
		buf[i] = step_byte(s->c, s->a + i);
	enum fs_err e = fs_write(fs, ino, s->a, buf, s->b, &done);
	free(buf);
	return e;
}

static enum fs_err volume_xattr(struct fs *fs, uint64_t ino, const struct step *s)
{
	uint8_t buf[512];

	if (s->act == ACT_DELXATTR)
		return fs_xattr_remove(fs, ino, s->path2);
	for (size_t i = 0; i < s->b; i++)
		buf[i] = step_byte(s->c, i);
	return fs_xattr_set(fs, ino, s->path2, buf, s->b, 0);
}

static enum fs_err volume_name(struct fs *fs, const struct step *s)
{
	struct fs_attr attr = { .mode = 0644, .type = s->act == ACT_MKDIR ? FS_DIR : FS_FILE };
	const char *last;
	uint64_t dir, ino;
	enum fs_err e = volume_split(fs, s->path, &dir, &last);
	size_t len;

	if (e != FS_OK)
		return e;
	len = strlen(last);
	switch (s->act) {
	case ACT_SYMLINK:
		return fs_symlink(fs, dir, last, len, &attr, s->path2, strlen(s->path2), &ino);
	case ACT_UNLINK:
		return fs_unlink(fs, dir, last, len);
	case ACT_RMDIR:
		return fs_rmdir(fs, dir, last, len);
	default:
		return fs_create(fs, dir, last, len, &attr, &ino);
	}
}

static enum fs_err volume_two_names(struct fs *fs, const struct step *s)
{
	const char *last, *last2;
	uint64_t dir, dir2, ino;
	enum fs_err e = FS_OK;

	if (s->act == ACT_LINK)
		e = volume_find(fs, s->path, &ino);
	else
		e = volume_split(fs, s->path, &dir, &last);
	if (e == FS_OK)
		e = volume_split(fs, s->path2, &dir2, &last2);
	if (e != FS_OK)
		return e;
	if (s->act == ACT_LINK)
		return fs_link(fs, ino, dir2, last2, strlen(last2));
	return fs_rename(fs, dir, last, strlen(last), dir2, last2, strlen(last2),
			 (enum fs_rename_flags)s->b);
}

static enum fs_err volume_inode(struct fs *fs, const struct step *s)
{
	struct fs_attr attr = { .mode = (uint32_t)s->a };
	uint64_t ino;
	enum fs_err e = volume_find(fs, s->path, &ino);

	if (e != FS_OK)
		return e;
	switch (s->act) {
	case ACT_WRITE:
		return volume_write(fs, ino, s);
	case ACT_TRUNCATE:
		return fs_truncate(fs, ino, s->a);
	case ACT_PUNCH:
		return fs_punch(fs, ino, s->a, s->b);
	case ACT_ALLOCATE:
		return fs_allocate(fs, ino, s->a, s->b, s->c);
	case ACT_CHMOD:
		return fs_setattr(fs, ino, FS_SET_MODE, &attr);
	case ACT_FSYNC:
		return fs_fsync(fs, ino);
	default:
		return volume_xattr(fs, ino, s);
	}
}

static enum fs_err volume_snapshot(struct fs *fs)
{
	enum fs_err e = fs_snapshot_delete(fs, "s");

	return e == FS_NOT_FOUND ? fs_snapshot_create(fs, "s") : e;
}

enum fs_err volume_do(struct fs *fs, const struct step *s)
{
	uint32_t done;

	switch (s->act) {
	case ACT_CREATE:
	case ACT_MKDIR:
	case ACT_SYMLINK:
	case ACT_UNLINK:
	case ACT_RMDIR:
		return volume_name(fs, s);
	case ACT_LINK:
	case ACT_RENAME:
		return volume_two_names(fs, s);
	case ACT_SYNC:
		return fs_sync(fs);
	case ACT_CHECKPOINT:
		return fs_checkpoint(fs);
	case ACT_CLEAN:
		return fs_clean(fs, 4, &done);
	case ACT_SNAPSHOT:
		return volume_snapshot(fs);
	default:
		return volume_inode(fs, s);
	}
}

/* The numbers that inodes have in the text, by order of first sight. */
struct ids {
	uint64_t ino[512];
	uint32_t n;
};

static uint32_t id_of(struct ids *ids, uint64_t ino)
{
	for (uint32_t i = 0; i < ids->n; i++)
		if (ids->ino[i] == ino)
			return i + 1;
	ids->ino[ids->n++] = ino;
	return ids->n;
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void dump_data(struct fs *fs, struct text *t, const struct fs_attr *attr)
{
	uint8_t *buf = malloc(attr->size + 1);
	size_t done = 0;
	enum fs_err e = fs_read(fs, attr->ino, 0, buf, attr->size, &done);

	if (e != FS_OK || done != attr->size)
		text_add(t, " read failed: %s", fs_err_text(e));
	else
		text_add(t, " data %llx", (unsigned long long)text_hash(buf, done));
	free(buf);
}

static void dump_xattrs(struct fs *fs, struct text *t, uint64_t ino)
{
	char list[4096], *name[64];
	size_t len = sizeof(list), n = 0;

	if (fs_xattr_list(fs, ino, list, &len) != FS_OK) {
		text_add(t, " attributes failed");
		return;
	}
	for (size_t at = 0; at < len && n < 64; at += strlen(list + at) + 1)
		name[n++] = list + at;
	qsort(name, n, sizeof(name[0]), text_order);
	for (size_t i = 0; i < n; i++) {
		uint8_t buf[1024];
		size_t have = sizeof(buf);

		if (fs_xattr_get(fs, ino, name[i], buf, &have) != FS_OK)
			text_add(t, " %s failed", name[i]);
		else
			text_add(t, " %s=%zu:%llx", name[i], have,
				 (unsigned long long)text_hash(buf, have));
	}
}

static void inode_dump(struct fs *fs, struct text *t, struct ids *ids, const char *path,
		       uint64_t ino);

static void dir_dump(struct fs *fs, struct text *t, struct ids *ids, const char *path, uint64_t dir)
{
	char *name[256];
	struct fs_dirent d;
	uint64_t cookie = 0;
	size_t n = 0;

	while (n < 256 && fs_readdir(fs, dir, &cookie, &d) == FS_OK)
		name[n++] = strdup(d.name);
	qsort(name, n, sizeof(name[0]), text_order);
	for (size_t i = 0; i < n; i++) {
		char sub[200];
		uint64_t ino;

		snprintf(sub, sizeof(sub), "%s/%s", path, name[i]);
		if (fs_lookup(fs, dir, name[i], strlen(name[i]), &ino) != FS_OK)
			text_add(t, "%s lookup failed\n", sub);
		else
			inode_dump(fs, t, ids, sub, ino);
		free(name[i]);
	}
}

static void inode_dump(struct fs *fs, struct text *t, struct ids *ids, const char *path,
		       uint64_t ino)
{
	struct fs_attr a;

	if (fs_getattr(fs, ino, &a) != FS_OK) {
		text_add(t, "%s getattr failed\n", path);
		return;
	}
	text_add(t, "%s #%u type %u mode %o nlink %u size %llu", path, id_of(ids, ino), a.type,
		 a.mode, a.nlink, (unsigned long long)a.size);
	if (a.type != FS_DIR)
		dump_data(fs, t, &a);
	dump_xattrs(fs, t, ino);
	text_add(t, "\n");
	if (a.type == FS_DIR)
		dir_dump(fs, t, ids, path, ino);
}

char *volume_dump(struct fs *fs)
{
	struct text t = {};
	struct ids ids = {};

	inode_dump(fs, &t, &ids, "", FS_ROOT);
	return t.s;
}

void step_print(const struct step *s)
{
	static const char *const text[] = { "create",     "mkdir",    "symlink",  "link",
					    "unlink",     "rmdir",    "rename",   "write",
					    "truncate",   "punch",    "allocate", "chmod",
					    "setxattr",   "delxattr", "sync",     "fsync",
					    "checkpoint", "clean",    "snapshot" };

	printf("%s %s %s %llu %llu %llu\n", text[s->act], s->path, s->path2,
	       (unsigned long long)s->a, (unsigned long long)s->b, (unsigned long long)s->c);
}
