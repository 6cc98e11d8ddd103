/* SPDX-License-Identifier: MPL-2.0 */
/* What the tree has at first: the members of root.tar, and what every POSIX program expects. */
#include <string.h>
#include <sys/sysmacros.h>
#include "lib/futura/print.h"
#include "services/ramfsd/ram.h"
#include "services/ramfsd/tar.h"

/* --- Walking without links --- */

/* The next name of a path; false at its end. "." is left out. */
static bool name_take(const char **path, struct files_name *name)
{
	do {
		*path += strspn(*path, "/");
		*name = (struct files_name){ *path, strcspn(*path, "/") };
		*path += name->len;
	} while (name->len == 1 && *name->text == '.');
	return name->len > 0;
}

static bool name_is_good(struct files_name name)
{
	return name.len <= FILES_NAME && !(name.len == 2 && memcmp(name.text, "..", 2) == 0);
}

static int fill_make(struct ram_node *dir, struct files_name name, const struct files_new *new,
		     struct ram_node **made)
{
	struct files_node *n;
	int e = ram_ops.create(nullptr, &dir->node, name, new, &n);

	if (e == 0) {
		*made = ram_of(n);
		files_node_put(n); /* its name keeps it */
	}
	return e;
}

/* The directory for the path's last name, with those above it made if they are not there. */
static int fill_parent(struct ram_node *root, const char *path, struct ram_node **dir,
		       struct files_name *last)
{
	const struct files_new folder = { .mode = S_IFDIR | 0755 };
	struct files_name next;

	*dir = root;
	if (!name_take(&path, last))
		return -EEXIST; /* the root itself */
	for (; name_is_good(*last) && name_take(&path, &next); *last = next) {
		const struct ram_entry *e = dir_find(*dir, *last);
		int made = e ? 0 : fill_make(*dir, *last, &folder, dir);
		if (e != nullptr && !S_ISDIR(e->node->node.mode))
			return -ENOTDIR;
		if (e != nullptr)
			*dir = e->node;
		if (made != 0)
			return made;
	}
	return name_is_good(*last) ? 0 : -EINVAL;
}

static struct ram_node *fill_find(struct ram_node *root, const char *path)
{
	struct files_name name;
	const struct ram_entry *e;

	while (name_take(&path, &name)) {
		if (!S_ISDIR(root->node.mode) || !name_is_good(name) ||
		    (e = dir_find(root, name)) == nullptr)
			return nullptr;
		root = e->node;
	}
	return root;
}

/* --- root.tar --- */

static void member_describe(struct ram_node *n, const struct tar_member *m)
{
	n->node.mode = m->mode;
	n->node.uid = m->uid;
	n->node.gid = m->gid;
	n->mtime = n->atime = n->ctime = n->btime = m->mtime;
	if (S_ISREG(m->mode) && m->size > 0) {
		n->data.packed = m->data;
		n->data.packed_size = n->node.size = m->size;
	}
}

static int fill_link(struct ram_node *root, struct ram_node *dir, struct files_name name,
		     const struct tar_member *m)
{
	struct ram_node *n = fill_find(root, m->link);

	if (n == nullptr || S_ISDIR(n->node.mode))
		return -ENOENT;
	return dir_add(dir, name, n);
}

static int fill_member(struct ram_node *root, const struct tar_member *m)
{
	const struct files_new new = { .mode = m->mode,
				       .rdev = makedev(m->major, m->minor),
				       .target = m->link,
				       .target_len = strlen(m->link) };
	struct files_name name;
	struct ram_node *dir, *n;
	int e = fill_parent(root, m->path, &dir, &name);

	if (e == -EEXIST && S_ISDIR(m->mode)) {
		member_describe(root, m);
		return 0;
	}
	if (e != 0 || m->mode == 0)
		return e ? e : -EINVAL;
	struct ram_entry *there = dir_find(dir, name);
	if (there != nullptr && S_ISDIR(there->node->node.mode)) {
		if (!S_ISDIR(m->mode))
			return -EISDIR;
		member_describe(there->node, m);
		return 0;
	}
	if (there != nullptr)
		dir_remove(there); /* the later member counts */
	if (m->is_link)
		return fill_link(root, dir, name, m);
	if (S_ISLNK(m->mode) && (new.target_len == 0 || new.target_len >= FILES_PATH))
		return -EINVAL;
	e = fill_make(dir, name, &new, &n);
	if (e == 0)
		member_describe(n, m);
	return e;
}

void fill_tar(struct ram_system *fs, const char *at, size_t size)
{
	static struct tar tar; /* too large for the stack */
	struct tar_member m;
	enum err e;
	int left;

	tar = (struct tar){ .at = at, .size = size };
	while ((e = tar_next(&tar, &m)) == OK)
		if ((left = fill_member(ram_of(fs->files.root), &m)) != 0)
			print("root.tar: %s is left out: error %d\n", m.path, -left);
	if (e != ERR_NOT_FOUND)
		print("root.tar is damaged at byte %zu\n", tar.position);
}

/* --- What is there anyway --- */

struct standard {
	const char *path;
	uint32_t mode;
	uint32_t major, minor;
	const char *target;
};

#define FOLDER(path, mode)               { path, S_IFDIR | (mode), 0, 0, nullptr }
#define DEVICE(path, mode, major, minor) { path, S_IFCHR | (mode), major, minor, nullptr }
#define LINK(path, target)               { path, S_IFLNK | 0777, 0, 0, target }

/* Numbers: Linux, Documentation/admin-guide/devices.txt. */
static const struct standard standard[] = {
	FOLDER("dev", 0755),
	FOLDER("proc", 0555),
	FOLDER("sys", 0555),
	FOLDER("tmp", 01777),
	FOLDER("run", 0755),
	DEVICE("dev/null", 0666, 1, 3),
	DEVICE("dev/zero", 0666, 1, 5),
	DEVICE("dev/full", 0666, 1, 7),
	DEVICE("dev/random", 0666, 1, 8),
	DEVICE("dev/urandom", 0666, 1, 9),
	DEVICE("dev/kmsg", 0644, 1, 11),
	DEVICE("dev/tty", 0666, 5, 0),
	DEVICE("dev/console", 0600, 5, 1),
	DEVICE("dev/ptmx", 0666, 5, 2),
	FOLDER("dev/pts", 0755),
	FOLDER("dev/shm", 01777),
	LINK("dev/fd", "/proc/self/fd"),
	LINK("dev/stdin", "/proc/self/fd/0"),
	LINK("dev/stdout", "/proc/self/fd/1"),
	LINK("dev/stderr", "/proc/self/fd/2"),
};

void fill_standard(struct ram_system *fs)
{
	for (size_t i = 0; i < sizeof(standard) / sizeof(*standard); i++) {
		const struct standard *s = &standard[i];
		const struct files_new new = { .mode = s->mode,
					       .rdev = makedev(s->major, s->minor),
					       .target = s->target,
					       .target_len = s->target ? strlen(s->target) : 0 };
		struct files_name name;
		struct ram_node *dir, *n;

		int e = fill_parent(ram_of(fs->files.root), s->path, &dir, &name);
		if (e == 0 && dir_find(dir, name) == nullptr)
			e = fill_make(dir, name, &new, &n);
		if (e != 0)
			print("/%s is not made: error %d\n", s->path, -e);
	}
}
