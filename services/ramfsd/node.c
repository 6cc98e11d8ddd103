/* SPDX-License-Identifier: MPL-2.0 */
/* Nodes: made, named, moved, described, changed, and freed with their last name and user. */
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include "services/ramfsd/ram.h"

constexpr uint64_t NODE_LIMIT = 1ull << 32;

static uint64_t last_device = 15; /* of the numbers of devices that are none */

/* --- Making and freeing --- */

static int node_fill(struct ram_node *n, const struct files_new *new)
{
	if (S_ISLNK(new->mode)) {
		n->link.text = malloc(new->target_len + 1);
		if (n->link.text == nullptr)
			return -ENOSPC;
		memcpy(n->link.text, new->target, new->target_len);
		n->link.text[new->target_len] = '\0';
		n->link.len = n->node.size = new->target_len;
	} else if (S_ISSOCK(new->mode)) {
		n->door = new->door;
	} else if (S_ISREG(new->mode)) {
		seals_init(&n->data, new->sealable);
	}
	return 0;
}

int ram_node_create(struct ram_system *fs, const struct files_new *new, struct ram_node **made)
{
	if (fs->nodes >= (fs->most_nodes ? fs->most_nodes : NODE_LIMIT))
		return -ENOSPC;
	struct ram_node *n = calloc(1, sizeof(*n));
	if (n == nullptr)
		return -ENOSPC;
	n->fs = fs;
	n->node = (struct files_node){ .system = &fs->files,
				       .number = ++fs->last_number,
				       .rdev = new->rdev,
				       .mode = new->mode,
				       .uid = new->uid,
				       .gid = new->gid,
				       .refs = 1 };
	n->atime = n->mtime = n->ctime = n->btime = files_now();
	int e = node_fill(n, new);
	if (e != 0) {
		free(n);
		return e;
	}
	fs->nodes++;
	*made = n;
	return 0;
}

/* --- File systems --- */

static void system_put(struct ram_system *fs)
{
	if (--fs->nodes == 0)
		free(fs);
}

/* All names of a file system that nobody can reach any more. */
static void tree_clear(struct ram_node *root)
{
	for (struct ram_node *dir = root;;) {
		struct ram_entry *e = dir_last(&dir->dir);
		if (e == nullptr && dir == root)
			return;
		if (e == nullptr) {
			e = dir->entry;
			dir->dir.parent = nullptr;
			dir = e->dir;
		} else if (S_ISDIR(e->node->node.mode)) {
			dir = e->node;
			continue;
		}
		dir_remove(e);
	}
}

static void ram_release(struct files_node *node)
{
	struct ram_node *n = ram_of(node);

	if (node == n->fs->files.root)
		tree_clear(n);
	if (S_ISREG(node->mode))
		data_fini(n);
	else if (S_ISDIR(node->mode))
		dir_fini(n);
	else if (S_ISLNK(node->mode))
		free(n->link.text);
	else if (S_ISSOCK(node->mode) && n->door != 0)
		(void)fut_handle_close(n->door); /* ours */
	system_put(n->fs);
	free(n);
}

struct ram_system *ram_system_create(uint32_t mode, uint32_t uid, uint32_t gid)
{
	struct ram_system *fs = calloc(1, sizeof(*fs));
	const struct files_new new = { .mode = S_IFDIR | (mode & 07777), .uid = uid, .gid = gid };
	struct ram_node *root;

	if (fs == nullptr)
		return nullptr;
	fs->files.ops = &ram_ops;
	fs->files.device = files_anonymous(++last_device);
	if (ram_node_create(fs, &new, &root) != 0) {
		free(fs);
		return nullptr;
	}
	root->nlink = 1;
	fs->files.root = &root->node;
	return fs;
}

void ram_touch(struct ram_node *n)
{
	n->mtime = n->ctime = files_now();
}

/* --- Names --- */

static int ram_lookup(struct files_line *line, struct files_node *dir, struct files_name name,
		      struct files_node **child)
{
	const struct ram_entry *e = dir_find(ram_of(dir), name);

	(void)line;
	if (e == nullptr)
		return -ENOENT;
	*child = files_node_get(&e->node->node);
	return 0;
}

static struct files_node *ram_parent(struct files_node *dir)
{
	struct ram_node *up = ram_of(dir)->dir.parent;

	return files_node_get(up ? &up->node : dir);
}

static int ram_name(struct files_node *n, struct files_node **dir, struct files_name *name)
{
	const struct ram_entry *e = ram_of(n)->entry;

	if (e == nullptr)
		return -ENOENT;
	*dir = &e->dir->node;
	*name = (struct files_name){ e->name, e->len };
	return 0;
}

/* What a directory's `..` and links count, when `n` comes into it. */
static void dir_adopt(struct ram_node *dir, struct ram_node *n)
{
	if (S_ISDIR(n->node.mode)) {
		n->dir.parent = dir;
		dir->dir.nsubdirs++;
	}
}

static int ram_create(struct files_line *line, struct files_node *node, struct files_name name,
		      const struct files_new *new, struct files_node **made)
{
	struct ram_node *dir = ram_of(node), *n;

	(void)line;
	if (dir->nlink == 0)
		return -ENOENT;
	int e = ram_node_create(dir->fs, new, &n);
	if (e != 0)
		return e;
	if (name.len == 0) {
		n->is_temporary = true;
	} else {
		e = dir_add(dir, name, n);
		if (e != 0) {
			if (S_ISSOCK(new->mode))
				n->door = 0; /* stays the caller's */
			files_node_put(&n->node);
			return e;
		}
		dir_adopt(dir, n);
		dir->mtime = dir->ctime = n->btime;
	}
	*made = &n->node;
	return 0;
}

static int ram_link(struct files_node *node, struct files_name name, struct files_node *target)
{
	struct ram_node *dir = ram_of(node), *n = ram_of(target);

	if (n->nlink == 0 && !n->is_temporary)
		return -ENOENT;
	int e = dir_add(dir, name, n);
	if (e == 0) {
		ram_touch(dir);
		n->ctime = dir->ctime;
	}
	return e;
}

/* A name and what goes with it. A removed directory still knows what was above it. */
static void name_remove(struct ram_entry *e, int64_t now)
{
	struct ram_node *dir = e->dir, *n = e->node;

	if (S_ISDIR(n->node.mode)) {
		dir->dir.nsubdirs--;
		files_node_get(&dir->node);
	}
	n->ctime = dir->mtime = dir->ctime = now;
	dir_remove(e);
}

static int ram_remove(struct files_node *dir, struct files_name name, struct files_node *n)
{
	if (S_ISDIR(n->mode) && ram_of(n)->dir.count > 0)
		return -ENOTEMPTY;
	name_remove(dir_find(ram_of(dir), name), files_now());
	return 0;
}

/* The two entries change what they name. */
static void rename_exchange(struct ram_entry *a, struct ram_entry *b)
{
	struct ram_node *n = a->node, *there = b->node;

	if (S_ISDIR(n->node.mode))
		a->dir->dir.nsubdirs--;
	if (S_ISDIR(there->node.mode))
		b->dir->dir.nsubdirs--;
	a->node = there;
	b->node = n;
	n->entry = b;
	there->entry = a;
	dir_adopt(b->dir, n);
	dir_adopt(a->dir, there);
}

/* The name `to` is `old`'s node's from now on, and no longer that of what it named. */
static void rename_replace(struct ram_entry *old, struct ram_entry *to, int64_t now)
{
	struct ram_node *n = old->node, *there = to->node;

	to->node = n;
	n->nlink++;
	dir_remove(old);
	n->entry = to;
	there->entry = nullptr;
	there->ctime = now;
	if (S_ISDIR(there->node.mode)) {
		to->dir->dir.nsubdirs--;
		files_node_get(&to->dir->node); /* a removed directory's `..` */
	}
	if (--there->nlink == 0)
		files_node_put(&there->node);
}

static int rename_move(struct ram_entry *old, struct ram_node *to, struct files_name name)
{
	int e = dir_add(to, name, old->node);

	if (e == 0)
		dir_remove(old);
	return e;
}

static int ram_rename(struct files_node *from_dir, struct files_name name, struct files_node *n,
		      struct files_node *to_dir, struct files_name new_name,
		      struct files_node *there, bool exchange)
{
	struct ram_node *from = ram_of(from_dir), *to = ram_of(to_dir), *moved = ram_of(n);
	struct ram_entry *old = dir_find(from, name);
	int64_t now = files_now();
	int e = 0;

	if (exchange) {
		ram_of(there)->ctime = now;
		rename_exchange(old, dir_find(to, new_name));
	} else {
		if (there != nullptr && S_ISDIR(there->mode) && ram_of(there)->dir.count > 0)
			return -ENOTEMPTY;
		if (there != nullptr)
			rename_replace(old, dir_find(to, new_name), now);
		else
			e = rename_move(old, to, new_name);
		if (e != 0)
			return e;
		if (S_ISDIR(n->mode))
			from->dir.nsubdirs--;
		dir_adopt(to, moved);
	}
	moved->ctime = now;
	from->mtime = from->ctime = to->mtime = to->ctime = now;
	return 0;
}

static int ram_target(struct files_line *line, struct files_node *n, struct files_target *t)
{
	(void)line;
	if (!S_ISLNK(n->mode))
		return -EINVAL;
	t->text = ram_of(n)->link.text;
	t->len = ram_of(n)->link.len;
	return 0;
}

/* --- What is said of a node --- */

static void ram_stat(struct files_node *node, struct file_stat_results *r)
{
	struct ram_node *n = ram_of(node);

	if (S_ISREG(node->mode))
		windows_tell(n, false);
	r->nlink = n->nlink;
	if (S_ISDIR(node->mode) && n->nlink > 0)
		r->nlink = 2 + n->dir.nsubdirs;
	if (S_ISDIR(node->mode))
		r->size = 20ull * (n->dir.count + 2); /* as tmpfs counts */
	if (S_ISREG(node->mode))
		r->blocks = data_pages(n) * (RAM_PAGE / 512);
	r->atime = n->atime;
	r->mtime = n->mtime;
	r->ctime = n->ctime;
	r->btime = n->btime;
}

static bool ram_unsteady(const struct files_node *node)
{
	return S_ISREG(node->mode) && data_unsteady(&((const struct ram_node *)node)->data);
}

static int ram_change(struct files_node *node, const struct files_change *c)
{
	struct ram_node *n = ram_of(node);
	int e = 0;

	if (c->which & FILE_CHANGE_SIZE)
		e = seals_check_size(n, c->size);
	if (e == 0 && (c->which & FILE_CHANGE_SIZE))
		e = data_resize(n, c->size);
	if (e != 0)
		return e;
	if (S_ISREG(node->mode))
		windows_tell(n, (c->which & FILE_CHANGE_MTIME) != 0);
	if (c->which & FILE_CHANGE_MODE)
		node->mode = (node->mode & S_IFMT) | c->mode;
	if (c->which & FILE_CHANGE_UID)
		node->uid = c->uid;
	if (c->which & FILE_CHANGE_GID)
		node->gid = c->gid;
	if (c->which & FILE_CHANGE_ATIME)
		n->atime = c->atime;
	if (c->which & FILE_CHANGE_MTIME)
		n->mtime = c->mtime;
	n->ctime = files_now();
	return 0;
}

static void ram_statfs(struct files_system *files, struct file_statfs_results *r)
{
	const struct ram_system *fs = (const struct ram_system *)files;

	r->type = TMPFS_MAGIC;
	r->blocks = fs->most_pages;
	r->blocks_free = fs->most_pages > fs->pages ? fs->most_pages - fs->pages : 0;
	r->blocks_available = r->blocks_free;
	r->nodes = fs->most_nodes ? fs->most_nodes : NODE_LIMIT;
	r->nodes_free = r->nodes > fs->nodes ? r->nodes - fs->nodes : 0;
}

static int ram_open(struct files_session *s)
{
	return S_ISFIFO(s->node->mode) ? fifo_open(s) : 0;
}

static void ram_close(struct files_session *s)
{
	if (S_ISFIFO(s->node->mode))
		fifo_close(s);
	else if (S_ISREG(s->node->mode))
		window_close(s);
}

static int ram_door(struct files_node *n, fut_handle *door)
{
	fut_handle ours = ram_of(n)->door;

	if (ours == 0)
		return -ECONNREFUSED; /* made by mknod: nobody listens */
	return fut_handle_duplicate(ours, RIGHT_SEND | RIGHT_DUPLICATE | RIGHT_TRANSFER, door) == OK
		       ? 0
		       : -ECONNREFUSED;
}

const struct files_node_ops ram_ops = {
	.release = ram_release,
	.lookup = ram_lookup,
	.parent = ram_parent,
	.list = ram_list,
	.name = ram_name,
	.create = ram_create,
	.link = ram_link,
	.remove = ram_remove,
	.rename = ram_rename,
	.target = ram_target,
	.stat = ram_stat,
	.unsteady = ram_unsteady,
	.change = ram_change,
	.open = ram_open,
	.close = ram_close,
	.read = ram_read,
	.write = ram_write,
	.seek = ram_seek,
	.contents = ram_contents,
	.lend = ram_lend,
	.use = ram_use,
	.size_page = ram_size_page,
	.window = ram_window,
	.seal = ram_seal,
	.seals = ram_seals,
	.allocate = ram_allocate,
	.statfs = ram_statfs,
	.door = ram_door,
	.pipe = ram_pipe,
};
