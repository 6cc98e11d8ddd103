/* SPDX-License-Identifier: MPL-2.0 */
/* Directories: looking up, making, removing, renaming, listing; and what is said of a node. */
#include <string.h>
#include "services/fsd/fsd.h"

constexpr uint32_t MAGIC = 0x46757446; /* "FuTF": statfs's type; nobody else's */
constexpr uint64_t DOTS = 2;           /* cookies of "." and ".." come before ours */

static int fsd_lookup(struct files_line *, struct files_node *dir, struct files_name name,
		      struct files_node **child)
{
	struct fsd_node *n;
	uint64_t ino;
	enum fs_err e = fs_lookup(fsd.fs, dir->number, name.text, name.len, &ino);

	if (e != FS_OK)
		return error_of(e);
	int error = node_get(ino, &n);
	if (error != 0)
		return error;
	node_named(n, node_of(dir), name);
	*child = &n->node;
	return 0;
}

static struct files_node *fsd_parent(struct files_node *dir)
{
	struct fsd_node *n = node_of(dir), *up;
	uint64_t ino;

	if (n->dir != nullptr)
		return files_node_get(&n->dir->node);
	if (fs_parent(fsd.fs, dir->number, &ino) == FS_OK && node_get(ino, &up) == 0)
		return &up->node;
	return files_node_get(dir);
}

/* A directory that was not come to by its name: its parent knows it. */
static int name_search(struct fsd_node *n)
{
	struct fsd_node *up = node_of(fsd_parent(&n->node));
	struct fs_dirent entry;
	uint64_t cookie = 0;

	while (n->dir == nullptr && fs_readdir(fsd.fs, up->node.number, &cookie, &entry) == FS_OK)
		if (entry.ino == n->node.number)
			node_named(n, up, (struct files_name){ entry.name, entry.len });
	files_node_put(&up->node);
	return n->dir ? 0 : -ENOENT;
}

static int fsd_name(struct files_node *node, struct files_node **dir, struct files_name *name)
{
	struct fsd_node *n = node_of(node);

	if (n->dir == nullptr && (!S_ISDIR(node->mode) || name_search(n) != 0))
		return -ENOENT;
	if (S_ISDIR(node->mode) && !node_has_names(n))
		return -ENOENT;
	*dir = &n->dir->node;
	*name = (struct files_name){ n->name, n->name_len };
	return 0;
}

static int fsd_list(struct files_session *s, uint64_t after, struct files_list *list)
{
	uint64_t cookie = after > DOTS ? after - DOTS : 0;
	struct fs_dirent entry;
	enum fs_err e;

	while ((e = fs_readdir(fsd.fs, s->node->number, &cookie, &entry)) == FS_OK) {
		struct fs_attr a = { .type = entry.type };
		if (!files_list_add(list, (struct files_name){ entry.name, entry.len }, entry.ino,
				    mode_of(&a), cookie + DOTS))
			return 0;
	}
	return e == FS_NOT_FOUND ? 0 : error_of(e);
}

static enum fs_type type_of(uint32_t mode)
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

static enum fs_err make(uint64_t dir, struct files_name name, const struct files_new *new,
			uint64_t *ino)
{
	struct fs_attr a = { .type = type_of(new->mode),
			     .mode = new->mode & 07777,
			     .uid = new->uid,
			     .gid = new->gid,
			     .rdev = new->rdev };

	if (name.len == 0)
		return fs_create_unnamed(fsd.fs, &a, ino);
	if (S_ISLNK(new->mode))
		return fs_symlink(fsd.fs, dir, name.text, name.len, &a, new->target,
				  new->target_len, ino);
	return fs_create(fsd.fs, dir, name.text, name.len, &a, ino);
}

static int fsd_create(struct files_line *, struct files_node *dir, struct files_name name,
		      const struct files_new *new, struct files_node **made)
{
	struct fsd_node *n;
	uint64_t ino;
	enum fs_err e = make(dir->number, name, new, &ino);

	if (e != FS_OK)
		return error_of(e);
	int error = node_get(ino, &n);
	if (name.len == 0)
		(void)fs_unpin(fsd.fs, ino, 1); /* the node has its own pin, or there is none */
	if (error != 0)
		return error;
	if (name.len != 0)
		node_named(n, node_of(dir), name);
	n->door = new->door;
	*made = &n->node;
	return 0;
}

static int fsd_link(struct files_node *dir, struct files_name name, struct files_node *n)
{
	enum fs_err e = fs_link(fsd.fs, n->number, dir->number, name.text, name.len);

	if (e == FS_OK && node_of(n)->dir == nullptr)
		node_named(node_of(n), node_of(dir), name);
	return error_of(e);
}

static bool is_name(const struct fsd_node *n, const struct files_node *dir, struct files_name name)
{
	return n->dir == node_of((struct files_node *)dir) && n->name_len == name.len &&
	       memcmp(n->name, name.text, name.len) == 0;
}

/* A removed directory still knows what was above it: nothing else would. */
static void name_gone(struct files_node *dir, struct files_name name, struct fsd_node *n)
{
	if (is_name(n, dir, name) && !S_ISDIR(n->node.mode))
		node_unnamed(n);
}

static int fsd_remove(struct files_node *dir, struct files_name name, struct files_node *n)
{
	enum fs_err e = S_ISDIR(n->mode) ? fs_rmdir(fsd.fs, dir->number, name.text, name.len)
					 : fs_unlink(fsd.fs, dir->number, name.text, name.len);

	if (e == FS_OK)
		name_gone(dir, name, node_of(n));
	return error_of(e);
}

static int fsd_rename(struct files_node *dir, struct files_name name, struct files_node *n,
		      struct files_node *to, struct files_name new_name, struct files_node *there,
		      bool exchange)
{
	enum fs_err e = fs_rename(fsd.fs, dir->number, name.text, name.len, to->number,
				  new_name.text, new_name.len, exchange ? FS_RENAME_EXCHANGE : 0);

	if (e != FS_OK)
		return error_of(e);
	if (there != nullptr && exchange)
		node_named(node_of(there), node_of(dir), name);
	else if (there != nullptr)
		name_gone(to, new_name, node_of(there));
	node_named(node_of(n), node_of(to), new_name);
	return 0;
}

static int fsd_target(struct files_line *, struct files_node *n, struct files_target *t)
{
	size_t done = 0;

	if (!S_ISLNK(n->mode))
		return -EINVAL;
	enum fs_err e = fs_read(fsd.fs, n->number, 0, t->room, FILES_PATH, &done);
	t->text = t->room;
	t->len = done;
	return error_of(e);
}

static void fsd_stat(struct files_node *node, struct file_stat_results *r)
{
	const struct fsd_node *n = node_of(node);
	const struct fs_attr *a = n->attr;

	r->nlink = a->nlink;
	r->blocks = a->blocks * (fsd.block_size / 512);
	r->atime = a->atime;
	r->mtime = n->has_mtime ? n->mtime : a->mtime;
	r->ctime = n->has_mtime ? n->mtime : a->ctime;
	r->btime = a->btime;
	if (S_ISDIR(node->mode))
		r->size = fsd.block_size;
}

static int fsd_change(struct files_node *node, const struct files_change *c)
{
	struct fsd_node *n = node_of(node);
	struct fs_attr a = { .mode = c->mode,
			     .uid = c->uid,
			     .gid = c->gid,
			     .atime = c->atime,
			     .mtime = c->mtime,
			     .ctime = files_now() };
	enum fs_set which = FS_SET_CTIME;
	int error = c->which & FILE_CHANGE_SIZE ? data_resize(n, c->size) : 0;

	if (error != 0)
		return error;
	which |= c->which & FILE_CHANGE_MODE ? FS_SET_MODE : 0;
	which |= c->which & FILE_CHANGE_UID ? FS_SET_UID : 0;
	which |= c->which & FILE_CHANGE_GID ? FS_SET_GID : 0;
	which |= c->which & FILE_CHANGE_ATIME ? FS_SET_ATIME : 0;
	which |= c->which & FILE_CHANGE_MTIME ? FS_SET_MTIME : 0;
	/* What was written before must not bring an older time later. */
	if (c->which & FILE_CHANGE_MTIME && (error = data_flush(n)) != 0)
		return error;
	enum fs_err e = fs_setattr(fsd.fs, node->number, which, &a);
	if (e != FS_OK)
		return error_of(e);
	if (c->which & FILE_CHANGE_MODE)
		node->mode = (node->mode & S_IFMT) | c->mode;
	if (c->which & FILE_CHANGE_UID)
		node->uid = c->uid;
	if (c->which & FILE_CHANGE_GID)
		node->gid = c->gid;
	return 0;
}

static int fsd_sync(struct files_session *s, bool)
{
	int error = data_flush(node_of(s->node));

	volume_clean(false);
	return error != 0 ? error : error_of(fs_fsync(fsd.fs, s->node->number));
}

int fsd_sync_all(struct files_system *)
{
	int error = data_flush_all(), synced = error_of(fs_sync(fsd.fs));

	nodes_trim();
	volume_clean(!fsd.is_busy);
	fsd.is_busy = false;
	return error != 0 ? error : synced;
}

static void fsd_statfs(struct files_system *, struct file_statfs_results *r)
{
	struct fs_stat s;

	fs_statfs(fsd.fs, &s);
	r->type = MAGIC;
	r->block_size = (uint32_t)s.block_size;
	r->blocks = s.blocks;
	r->blocks_free = r->blocks_available = s.blocks_free;
	r->nodes = s.max_inodes ? s.max_inodes : s.inodes + s.blocks_free;
	r->nodes_free = r->nodes - s.inodes;
}

static int fsd_door(struct files_node *n, fut_handle *door)
{
	fut_handle ours = node_of(n)->door;

	if (ours == 0 ||
	    fut_handle_duplicate(ours, RIGHT_SEND | RIGHT_DUPLICATE | RIGHT_TRANSFER, door) != OK)
		return -ECONNREFUSED; /* whoever listened did so in an earlier life */
	return 0;
}

const struct files_node_ops fsd_ops = {
	.release = node_release,
	.lookup = fsd_lookup,
	.parent = fsd_parent,
	.list = fsd_list,
	.name = fsd_name,
	.create = fsd_create,
	.link = fsd_link,
	.remove = fsd_remove,
	.rename = fsd_rename,
	.target = fsd_target,
	.stat = fsd_stat,
	.change = fsd_change,
	.read = fsd_read,
	.write = fsd_write,
	.seek = fsd_seek,
	.contents = fsd_contents,
	.size_page = fsd_size_page,
	.allocate = fsd_allocate,
	.sync = fsd_sync,
	.sync_all = fsd_sync_all,
	.statfs = fsd_statfs,
	.door = fsd_door,
};
