/* SPDX-License-Identifier: MPL-2.0 */
/* The tree of files: a table, and in caps/ a file for each service that runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "services/controld/control.h"

constexpr uint64_t DEVICE = 9;         /* st_dev: no other file server's */
constexpr uint32_t MAGIC = 0x43545246; /* statfs: "FRTC", nobody else's */
constexpr size_t LINE = 128;           /* bytes of an order, more than any has */

static const struct control_entry entries[] = {
	{ "caps", S_IFDIR | 0500, nullptr, nullptr, nullptr },
	{ "devices", S_IFREG | 0644, devices_fill, nullptr, devices_write },
	{ "log", S_IFREG | 0400, log_fill, nullptr, nullptr },
	{ "services", S_IFREG | 0644, services_fill, nullptr, services_write },
	{ "tasks", S_IFREG | 0444, tasks_fill, nullptr, nullptr },
	{ "trace", S_IFREG | 0600, nullptr, trace_read, trace_write },
};
constexpr unsigned ENTRIES = sizeof(entries) / sizeof(*entries);
static const struct control_entry caps_entry = { "", S_IFREG | 0400, caps_fill, nullptr, nullptr };

struct control_node {
	struct files_node node;            /* first */
	const struct control_entry *entry; /* nullptr: the root */
	char name[32];                     /* of a file in caps/ */
};

static struct files_system tree;
static struct control_node root, nodes[ENTRIES]; /* in the order of `entries` */
static struct control_node *const caps = &nodes[0];

static struct control_node *node_of(struct files_node *n)
{
	return (struct control_node *)n;
}

static bool is_fixed(const struct control_node *n)
{
	return n->entry != &caps_entry;
}

static bool is(struct files_name name, const char *text)
{
	return name.len == strlen(text) && memcmp(name.text, text, name.len) == 0;
}

static void on_release(struct files_node *node)
{
	if (!is_fixed(node_of(node)))
		free(node);
}

/* Names do not move, so a file's number is made of its name (FNV-1a); the table has the low ones.
 */
static uint64_t name_number(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 0x100000001b3;
	return hash | 1ull << 32;
}

static int caps_lookup(struct files_name name, struct files_node **child)
{
	char text[32];
	fut_handle task;

	if (name.len >= sizeof(text))
		return -ENOENT;
	memcpy(text, name.text, name.len);
	text[name.len] = '\0';
	if (service_task(text, &task) != 0)
		return -ENOENT;
	(void)fut_handle_close(task); /* it was there */
	struct control_node *n = calloc(1, sizeof(*n));
	if (n == nullptr)
		return -ENOMEM;
	*n = (struct control_node){
		.node = { .system = &tree, .mode = caps_entry.mode, .refs = 1 },
		.entry = &caps_entry,
	};
	memcpy(n->name, text, sizeof(text));
	n->node.number = name_number(text);
	*child = &n->node;
	return 0;
}

static int on_lookup(struct files_line *, struct files_node *dir, struct files_name name,
		     struct files_node **child)
{
	if (dir == &caps->node)
		return caps_lookup(name, child);
	for (unsigned i = 0; i < ENTRIES; i++)
		if (is(name, entries[i].name)) {
			*child = files_node_get(&nodes[i].node);
			return 0;
		}
	return -ENOENT;
}

static struct files_node *on_parent(struct files_node *)
{
	return files_node_get(&root.node); /* of caps, the only directory below it */
}

static int caps_list(uint64_t after, struct files_list *list)
{
	constexpr uint64_t FIRST = 3;
	uint32_t at = after >= FIRST ? (uint32_t)(after - FIRST) : 0;
	char name[32];

	while (service_next(&at, name))
		if (!files_list_add(list, (struct files_name){ name, strlen(name) },
				    name_number(name), caps_entry.mode, at + FIRST))
			return 0;
	return 0;
}

static int on_list(struct files_session *s, uint64_t after, struct files_list *list)
{
	constexpr uint64_t FIRST = 3;

	if (s->node == &caps->node)
		return caps_list(after, list);
	for (uint64_t i = after >= FIRST ? after - FIRST + 1 : 0; i < ENTRIES; i++)
		if (!files_list_add(list,
				    (struct files_name){ entries[i].name, strlen(entries[i].name) },
				    nodes[i].node.number, entries[i].mode, i + FIRST))
			return 0;
	return 0;
}

static int on_name(struct files_node *node, struct files_node **dir, struct files_name *name)
{
	const struct control_node *n = node_of(node);
	const char *text = is_fixed(n) ? n->entry->name : n->name;

	*dir = is_fixed(n) ? &root.node : &caps->node;
	*name = (struct files_name){ text, strlen(text) };
	return 0;
}

static void on_close(struct files_session *s)
{
	struct text *t = s->own;

	if (t != nullptr)
		free(t->at);
	free(t);
	s->own = nullptr;
}

static int show(struct files_session *s)
{
	const struct control_node *n = node_of(s->node);
	struct text *t = s->own;

	if (t == nullptr)
		t = s->own = calloc(1, sizeof(*t));
	if (t == nullptr)
		return -ENOMEM;
	t->len = 0;
	t->failed = false;
	int e = n->entry->fill(t, n->name);
	return e == 0 && t->failed ? -ENOMEM : e;
}

/* What an open file shows stays the same from its first byte on, but for the trace. */
static int64_t on_read(struct files_session *s, uint64_t offset, const struct lent *to, size_t n)
{
	const struct control_entry *entry = node_of(s->node)->entry;

	if (entry->read != nullptr)
		return entry->read(offset, to, n);
	int e = offset == 0 || s->own == nullptr ? show(s) : 0;
	if (e != 0)
		return e;
	const struct text *t = s->own;
	return files_read_text(to, n, offset, t->at, t->len);
}

static int64_t on_write(struct files_session *s, uint64_t, const struct lent *from,
			const void *data, size_t n)
{
	const struct control_entry *entry = node_of(s->node)->entry;
	char text[LINE];

	if (entry->write == nullptr)
		return -EINVAL;
	int64_t taken = files_take_text(from, data, n, text, sizeof(text));
	if (taken < 0)
		return taken;
	text[strcspn(text, "\n")] = '\0';
	int e = entry->write(text);
	return e < 0 ? e : (int64_t)n;
}

static void on_stat(struct files_node *node, struct file_stat_results *r)
{
	r->nlink = S_ISDIR(node->mode) ? 2 : 1;
	r->block_size = 4096;
	r->atime = r->mtime = r->ctime = files_now();
}

static void on_statfs(struct files_system *, struct file_statfs_results *r)
{
	r->type = MAGIC;
	r->block_size = 4096;
	r->name_max = sizeof(root.name) - 1;
}

static int on_change(struct files_node *, const struct files_change *c)
{
	/* Opening with O_TRUNC, as a shell does before it writes, changes nothing. */
	return c->which & FILE_CHANGE_SIZE ? 0 : -EPERM;
}

struct files_node *tree_root(void)
{
	return &root.node;
}

void tree_init(void)
{
	static const struct files_node_ops ops = {
		.release = on_release,
		.lookup = on_lookup,
		.parent = on_parent,
		.list = on_list,
		.name = on_name,
		.stat = on_stat,
		.change = on_change,
		.close = on_close,
		.read = on_read,
		.write = on_write,
		.statfs = on_statfs,
	};

	tree = (struct files_system){
		.ops = &ops, .root = &root.node, .device = DEVICE, .unsized = true
	};
	root.node = (struct files_node){
		.system = &tree, .number = 1, .mode = S_IFDIR | 0555, .refs = 1
	};
	for (unsigned i = 0; i < ENTRIES; i++) {
		nodes[i].entry = &entries[i];
		nodes[i].node = (struct files_node){
			.system = &tree, .number = i + 2, .mode = entries[i].mode, .refs = 1
		};
	}
}
