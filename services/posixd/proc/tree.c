/* SPDX-License-Identifier: MPL-2.0 */
/* Entries as files: lib/files over the tables. A node is made when it is looked up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "services/posixd/core/credentials.h"
#include "services/posixd/proc/proc.h"
#include "services/posixd/proc/shown.h"

constexpr uint32_t PROC_MAGIC = 0x9fa0, SYSFS_MAGIC = 0x62656572; /* linux/magic.h */
constexpr uint64_t DEVICE = PROC_DEVICE; /* st_dev: minor numbers as anonymous devices have */

struct proc_node {
	struct files_node node; /* first */
	const struct proc_entry *entry;
	struct proc_node *parent;  /* a reference; nullptr: the root */
	struct posix_world *world; /* of a process */
	uint32_t pid, serial;      /* 0: of the system */
	uint32_t number;
};

static struct proc_system {
	struct files_system files; /* first */
	struct proc_node root;
	uint32_t magic;
} systems[PROC_KINDS];

struct files_server proc_server;

static struct proc_node *proc_of(struct files_node *n)
{
	return (struct proc_node *)n;
}

static struct posix_world *world_of_line(const struct files_line *line)
{
	uint64_t serial = line->who.world >> 32; /* mount_key */

	for (unsigned i = 0; i < WORLDS; i++)
		if (posixd.worlds[i] != nullptr && posixd.worlds[i]->serial == serial)
			return posixd.worlds[i];
	return nullptr;
}

/* False: it is about a process that is no more. */
static bool subject_of(const struct proc_node *n, struct posix_world *w, struct subject *s)
{
	*s = (struct subject){ .world = w, .number = n->number };
	if (w == nullptr)
		return false;
	if (n->pid == 0)
		return true;
	s->world = n->world;
	s->p = process_find(&n->world->core, n->pid);
	return s->p != nullptr && s->p->serial == n->serial;
}

/* A number for each entry about each subject: not kept anywhere, so made of what they are. */
static uint64_t node_number(const struct proc_node *n)
{
	uint64_t hash = (uint64_t)(uintptr_t)n->entry;

	return hash << 40 ^ (uint64_t)n->pid << 20 ^ n->number ^ (hash >> 4 & 0xfff);
}

static int node_create(struct proc_node *dir, const struct proc_entry *entry,
		       const struct subject *s, struct files_node **child)
{
	struct proc_node *n = calloc(1, sizeof(*n));

	if (n == nullptr)
		return -ENOMEM;
	*n = (struct proc_node){
		.node = { .system = dir->node.system, .mode = entry->mode, .refs = 1 },
		.entry = entry,
		.parent = dir,
		.world = s->world,
		.pid = s->p ? s->p->pid : 0,
		.serial = s->p ? s->p->serial : 0,
		.number = s->number,
	};
	n->node.uid = s->p ? s->p->who->euid : 0;
	n->node.gid = s->p ? s->p->who->egid : 0;
	n->node.number = node_number(n);
	files_node_get(&dir->node);
	*child = &n->node;
	return 0;
}

static void on_release(struct files_node *node)
{
	struct proc_node *n = proc_of(node);
	struct proc_node *parent = n->parent;

	if (parent == nullptr)
		return; /* the root stays */
	free(n);
	files_node_put(&parent->node);
}

static int on_lookup(struct files_line *line, struct files_node *node, struct files_name name,
		     struct files_node **child)
{
	struct proc_node *dir = proc_of(node);
	const struct proc_entry *e = dir->entry->children;
	struct subject s;
	char text[FILES_NAME + 1];

	if (!subject_of(dir, world_of_line(line), &s))
		return -ENOENT;
	memcpy(text, name.text, name.len);
	text[name.len] = '\0';
	while (e != nullptr && e->name != nullptr && strcmp(e->name, text) != 0)
		e++;
	if ((e == nullptr || e->name == nullptr) && dir->entry->names != nullptr)
		e = dir->entry->names->find(&s, text);
	else if (e != nullptr && e->name == nullptr)
		e = nullptr;
	return e != nullptr ? node_create(dir, e, &s, child) : -ENOENT;
}

static struct files_node *on_parent(struct files_node *dir)
{
	return files_node_get(&proc_of(dir)->parent->node);
}

static struct files_name number_name(const struct proc_names *names, uint32_t n, char *text,
				     size_t size)
{
	if (names->name != nullptr)
		snprintf(text, size, "%s", names->name(n));
	else
		snprintf(text, size, "%s%u", names->prefix, n - names->offset);
	return (struct files_name){ text, strlen(text) };
}

/* Cookies: 3 and up for the table, then numbers far above. */
static int on_list(struct files_session *s, uint64_t after, struct files_list *list)
{
	constexpr uint64_t FIRST = 3, NUMBERS = 1u << 16;
	struct proc_node *dir = proc_of(s->node);
	const struct proc_entry *e = dir->entry->children;
	const struct proc_names *names = dir->entry->names;
	struct subject subject;
	char text[24];

	if (!subject_of(dir, world_of_line(s->line), &subject))
		return -ENOENT;
	for (uint64_t cookie = FIRST; e != nullptr && e->name != nullptr; e++, cookie++)
		if (cookie > after &&
		    !files_list_add(list, (struct files_name){ e->name, strlen(e->name) }, cookie,
				    e->mode, cookie))
			return 0;
	if (names == nullptr)
		return 0;
	uint32_t n = after > NUMBERS ? (uint32_t)(after - NUMBERS) : 0;
	while ((n = names->next(&subject, n)) != 0) {
		if (!files_list_add(list, number_name(names, n, text, sizeof(text)), NUMBERS + n,
				    names->type, NUMBERS + n))
			return 0;
	}
	return 0;
}

static int on_name(struct files_node *node, struct files_node **dir, struct files_name *name)
{
	static char number[24];
	struct proc_node *n = proc_of(node);

	if (n->parent == nullptr)
		return -ENOENT;
	*dir = &n->parent->node;
	if (n->entry->name[0] != '\0') {
		*name = (struct files_name){ n->entry->name, strlen(n->entry->name) };
		return 0;
	}
	const struct proc_names *names = n->parent->entry->names;
	*name = number_name(names, n->number ? n->number : n->pid + names->offset, number,
			    sizeof(number));
	return 0;
}

static int on_target(struct files_line *line, struct files_node *node, struct files_target *t)
{
	struct proc_node *n = proc_of(node);
	struct subject s;

	if (!subject_of(n, world_of_line(line), &s))
		return -ENOENT;
	return n->entry->target ? n->entry->target(&s, t) : -EINVAL;
}

static void on_close(struct files_session *s)
{
	shown_destroy(s->own);
	s->own = nullptr;
}

static int64_t on_read(struct files_session *s, uint64_t offset, const struct lent *to, size_t n)
{
	struct proc_node *node = proc_of(s->node);
	struct subject subject;
	bool is_there = subject_of(node, world_of_line(s->line), &subject);

	if (s->own == nullptr)
		s->own = calloc(1, sizeof(struct shown));
	if (s->own == nullptr)
		return -ENOMEM;
	return shown_read(s->own, node->entry, is_there ? &subject : nullptr, offset, to, n);
}

static int64_t on_write(struct files_session *s, uint64_t offset, const struct lent *from,
			const void *data, size_t n)
{
	struct proc_node *node = proc_of(s->node);
	struct subject subject;
	char text[256];

	(void)offset;
	if (node->entry->write == nullptr)
		return -EINVAL;
	int64_t taken = files_take_text(from, data, n, text, sizeof(text));
	if (taken < 0)
		return taken;
	if (!subject_of(node, world_of_line(s->line), &subject))
		return -ESRCH;
	subject.by_root = s->line->who.uid == 0;
	int e = node->entry->write(&subject, text, n);
	return e < 0 ? e : (int64_t)n;
}

static void on_stat(struct files_node *node, struct file_stat_results *r)
{
	r->nlink = S_ISDIR(node->mode) ? 2 : 1;
	r->block_size = 1024;
	r->atime = r->mtime = r->ctime = files_now();
}

static void on_statfs(struct files_system *fs, struct file_statfs_results *r)
{
	r->type = ((struct proc_system *)fs)->magic;
	r->block_size = 4096;
	r->name_max = FILES_NAME;
}

static int on_change(struct files_node *n, const struct files_change *c)
{
	(void)n;
	/* Opening with O_TRUNC, as a shell does for a setting, changes nothing. */
	return c->which & FILE_CHANGE_SIZE ? 0 : -EPERM;
}

enum err proc_init(void)
{
	static const struct files_node_ops ops = {
		.release = on_release,
		.lookup = on_lookup,
		.parent = on_parent,
		.list = on_list,
		.name = on_name,
		.target = on_target,
		.stat = on_stat,
		.change = on_change,
		.close = on_close,
		.read = on_read,
		.write = on_write,
		.statfs = on_statfs,
	};
	static const struct proc_entry *const roots[] = { &proc_root, &sys_root };
	static const uint32_t magic[] = { PROC_MAGIC, SYSFS_MAGIC };

	proc_server.port = posixd.port;
	for (unsigned i = 0; i < PROC_KINDS; i++) {
		struct proc_system *fs = &systems[i];
		fs->files = (struct files_system){
			.ops = &ops,
			.root = &fs->root.node,
			.device = DEVICE + i,
			.unsized = true,
		};
		fs->magic = magic[i];
		fs->root.entry = roots[i];
		fs->root.node = (struct files_node){
			.system = &fs->files, .number = 1, .mode = S_IFDIR | 0555, .refs = 1
		};
	}
	return OK;
}

int proc_line(const struct credentials *who, enum proc_kind kind, uint32_t flags, uint64_t key,
	      fut_handle *root)
{
	struct files_node *node = &systems[kind].root.node;
	struct files_session *s;
	const struct files_credentials c = {
		.world = key,
		.uid = who->euid,
		.gid = who->egid,
		.real_uid = who->uid,
		.real_gid = who->gid,
		.flags = flags | (capable(who, CAP_DAC_READ_SEARCH) ? FILES_CAPABILITY_READ : 0),
		.ngroups = who->ngroups,
		.groups = who->groups,
	};
	struct files_line *line = files_line_create(&proc_server, &c, node);

	if (line == nullptr)
		return -ENOMEM;
	int e = files_session_create(line, node, FILE_PATH, root, &s);
	if (e != 0)
		files_line_drop(line);
	else
		s->is_way_in = true;
	return e;
}

bool proc_serve(const void *ops, void *self, struct message *m)
{
	(void)ops, (void)self;
	return file_dispatch(&files_ops_file, &proc_server, m);
}
