/* SPDX-License-Identifier: MPL-2.0 */
/* tree: directories as a drawing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/utf8.h"

enum { OPT_NO_REPORT = 256, OPT_DIRS_FIRST };

static const struct opt tree_opts[] = {
	{ 'a', nullptr, nullptr, "also what starts with a dot" },
	{ 'd', nullptr, nullptr, "only directories" },
	{ 'f', nullptr, nullptr, "whole paths" },
	{ 'F', nullptr, nullptr, "a character that tells the kind behind each name" },
	{ 'h', nullptr, nullptr, "sizes such as 1.5K" },
	{ 'i', nullptr, nullptr, "no lines" },
	{ 'I', nullptr, "GLOB", "leave out what matches" },
	{ 'l', nullptr, nullptr, "follow links to directories" },
	{ 'L', nullptr, "LEVEL", "no deeper than LEVEL" },
	{ 'J', nullptr, nullptr, "as JSON" },
	{ 'N', nullptr, nullptr, "names as they are, whatever bytes they have" },
	{ 'p', nullptr, nullptr, "with modes" },
	{ 'P', nullptr, "GLOB", "only files that match" },
	{ 'Q', nullptr, nullptr, "names in double quotes" },
	{ 's', nullptr, nullptr, "with sizes" },
	{ 'x', nullptr, nullptr, "stay on one file system" },
	{ 'r', nullptr, nullptr, "in reverse order" },
	{ OPT_DIRS_FIRST, "dirsfirst", nullptr, "directories before files" },
	{ OPT_NO_REPORT, "noreport", nullptr, "no counts at the end" },
	{},
};

struct tree_view {
	bool all, dirs_only, full, marks, human, bare, follow, modes, sizes, one_device, reverse,
		dirs_first, json, literal, quoted, utf8;
	const char *only, *without;
	uint64_t depth;
	unsigned long dirs, files;
	dev_t device;
	struct text lead; /* the lines in front */
	const char *branch, *last_branch, *trunk;
	int status;
};

struct node {
	char *name;
	struct stat st;
	bool is_dir, link_to_dir;
};

static const struct tree_view *sorting; /* qsort() passes no context; one tree runs at a time */

static int node_compare(const void *p, const void *q)
{
	const struct node *a = p, *b = q;
	bool x = a->is_dir || a->link_to_dir, y = b->is_dir || b->link_to_dir;

	if (sorting->dirs_first && x != y)
		return x ? -1 : 1;
	return sorting->reverse ? strcmp(b->name, a->name) : strcmp(a->name, b->name);
}

static void details_put(const struct tree_view *v, const struct stat *st)
{
	char mode[11], size[NUM_HUMAN_SIZE];

	if (!v->modes && !v->sizes && !v->human)
		return;
	put_char('[');
	if (v->modes) {
		mode_string(st->st_mode, mode);
		put_string(mode);
	}
	if (v->human)
		put_format("%s%4s", v->modes ? " " : "",
			   num_human(size, (uint64_t)st->st_size, 1024));
	else if (v->sizes)
		put_format("%s%11lld", v->modes ? " " : "", (long long)st->st_size);
	put_string("]  ");
}

static char mark_of(mode_t mode)
{
	return S_ISDIR(mode)                    ? '/'
	       : S_ISFIFO(mode)                 ? '|'
	       : S_ISSOCK(mode)                 ? '='
	       : S_ISREG(mode) && (mode & 0111) ? '*'
						: '\0';
}

/* A byte that the terminal or a reader could misunderstand, as an escape. */
static void byte_put(const struct tree_view *v, unsigned char b)
{
	static const char letters[] = "abtnvfr"; /* in the order of their values */

	if (!v->utf8 && b >= '\a' && b <= '\r')
		put_format("\\%c", letters[b - '\a']);
	else
		put_format("\\%03o", b);
}

static void name_put(const struct tree_view *v, const char *name)
{
	if (v->quoted)
		put_char('"');
	for (const char *p = name; *p != '\0'; p++) {
		unsigned char b = (unsigned char)*p;
		if (!v->literal && (b < ' ' || b == 0x7f || (b > 0x7f && !v->utf8)))
			byte_put(v, b);
		else if (v->quoted ? b == '"' || b == '\\' : b == ' ' && !v->utf8 && !v->literal)
			put_format("\\%c", b);
		else
			put_char(b);
	}
	if (v->quoted)
		put_char('"');
}

/* Where a link leads; new memory. */
static char *target_read(const char *path)
{
	char target[4097];
	ssize_t len = readlink(path, target, sizeof target);

	return mem_dup_bytes(target, len > 0 ? (size_t)len : 0);
}

static void node_put(const struct tree_view *v, const struct node *n, const char *path)
{
	mode_t mode = n->link_to_dir ? S_IFDIR : n->st.st_mode;

	details_put(v, &n->st);
	name_put(v, v->full ? path : n->name);
	if (S_ISLNK(n->st.st_mode)) {
		char *target = target_read(path);
		put_string(" -> ");
		name_put(v, target);
		mem_free(target);
	}
	char mark = v->marks ? mark_of(mode) : '\0';
	if (mark != '\0')
		put_char(mark);
}

/* -- JSON -- */

static void json_text_put(const char *s)
{
	static const char letters[] = "btn.fr";

	put_char('"');
	for (; *s != '\0'; s++) {
		unsigned char b = (unsigned char)*s;
		if (b == '"' || b == '\\')
			put_format("\\%c", b);
		else if (b >= '\b' && b <= '\r' && b != '\v')
			put_format("\\%c", letters[b - '\b']);
		else if (b < ' ')
			put_format("\\u%04x", b);
		else
			put_char(b);
	}
	put_char('"');
}

static const char *json_kind(mode_t mode)
{
	return S_ISDIR(mode)    ? "directory"
	       : S_ISLNK(mode)  ? "link"
	       : S_ISFIFO(mode) ? "fifo"
	       : S_ISSOCK(mode) ? "socket"
	       : S_ISCHR(mode)  ? "char"
	       : S_ISBLK(mode)  ? "block"
				: "file";
}

static void json_details_put(const struct tree_view *v, const struct stat *st)
{
	char mode[11], size[NUM_HUMAN_SIZE];

	if (v->modes) {
		mode_string(st->st_mode, mode);
		put_format(",\"mode\":\"%04o\",\"prot\":\"%s\"", st->st_mode & 07777, mode);
	}
	if (v->human)
		put_format(",\"size\":\"%s\"", num_human(size, (uint64_t)st->st_size, 1024));
	else if (v->sizes)
		put_format(",\"size\":%lld", (long long)st->st_size);
}

static void json_indent(const struct tree_view *v, uint64_t depth)
{
	for (uint64_t i = 0; i <= depth && !v->bare; i++)
		put_string("  ");
}

static void json_node_put(const struct tree_view *v, const struct node *n, const char *path,
			  uint64_t depth)
{
	json_indent(v, depth);
	put_format("{\"type\":\"%s\",\"name\":", json_kind(n->st.st_mode));
	json_text_put(v->full ? path : n->name);
	if (S_ISLNK(n->st.st_mode)) {
		char *target = target_read(path);
		put_string(",\"target\":");
		json_text_put(target);
		mem_free(target);
	}
	json_details_put(v, &n->st);
}

static void newline_put(const struct tree_view *v)
{
	if (!v->json || !v->bare)
		put_char('\n');
}

/* -- the walk -- */

static bool is_wanted(const struct tree_view *v, const struct node *n)
{
	if (v->dirs_only && !n->is_dir && !n->link_to_dir)
		return false;
	if (v->without != nullptr && fnmatch(v->without, n->name, 0) == 0)
		return false;
	return v->only == nullptr || n->is_dir || fnmatch(v->only, n->name, 0) == 0;
}

static struct node *nodes_read(struct tree_view *v, const char *path, size_t *count)
{
	struct node *nodes = nullptr;
	size_t capacity = 0;
	DIR *d = opendir(path);

	*count = 0;
	if (d == nullptr)
		return nullptr;
	for (struct dirent *e; (e = readdir(d)) != nullptr;) {
		struct stat target;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    (e->d_name[0] == '.' && !v->all))
			continue;
		struct node n = {};
		if (fstatat(dirfd(d), e->d_name, &n.st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		n.name = e->d_name;
		n.is_dir = S_ISDIR(n.st.st_mode);
		n.link_to_dir = S_ISLNK(n.st.st_mode) &&
				fstatat(dirfd(d), e->d_name, &target, 0) == 0 &&
				S_ISDIR(target.st_mode);
		if (!is_wanted(v, &n))
			continue;
		nodes = mem_room(nodes, *count, &capacity, sizeof *nodes);
		n.name = mem_dup(e->d_name);
		nodes[(*count)++] = n;
	}
	closedir(d);
	sorting = v;
	if (*count != 0)
		qsort(nodes, *count, sizeof *nodes, node_compare);
	return nodes;
}

static void folder_draw(struct tree_view *v, const char *path, struct node *nodes, size_t count,
			uint64_t depth);

/* What is below a folder, if it is to be shown. */
static void below_draw(struct tree_view *v, const char *path, const struct node *n, bool last,
		       uint64_t depth)
{
	bool enter = (n->is_dir || (n->link_to_dir && v->follow)) && depth < v->depth &&
		     !(v->one_device && n->st.st_dev != v->device);
	size_t count = 0, len = v->lead.len;
	struct node *nodes = enter ? nodes_read(v, path, &count) : nullptr;

	if (v->json && count > 0) {
		put_string(",\"contents\":[");
		newline_put(v);
	}
	text_add_string(&v->lead, last ? "    " : v->trunk);
	folder_draw(v, path, nodes, count, depth + 1);
	v->lead.len = len;
	if (v->json && count > 0) {
		json_indent(v, depth);
		put_char(']');
	}
	if (v->json) {
		put_string(last ? "}" : "},");
		newline_put(v);
	}
}

/* Shows the nodes of a folder, with what is below them, and frees them. */
static void folder_draw(struct tree_view *v, const char *path, struct node *nodes, size_t count,
			uint64_t depth)
{
	for (size_t i = 0; i < count; i++) {
		struct node *n = &nodes[i];
		char *below = mem_path(path, n->name);
		bool last = i + 1 == count;
		if (v->json) {
			json_node_put(v, n, below, depth);
		} else {
			if (!v->bare) {
				put_bytes(v->lead.bytes, v->lead.len);
				put_string(last ? v->last_branch : v->branch);
			}
			node_put(v, n, below);
			put_char('\n');
		}
		if (n->is_dir || n->link_to_dir)
			v->dirs++;
		else
			v->files++;
		below_draw(v, below, n, last, depth);
		mem_free(below);
		mem_free(n->name);
	}
	mem_free(nodes);
}

static void root_draw(struct tree_view *v, const char *path, bool last)
{
	struct stat st;
	size_t count;

	if (lstat(path, &st) != 0 || (!S_ISDIR(st.st_mode) && !path_is_dir(path))) {
		if (v->json)
			err_warn("%s: error opening dir", path);
		else
			put_format("%s  [error opening dir]\n", path);
		v->status = 2;
		return;
	}
	v->device = st.st_dev;
	v->dirs++;
	struct node *nodes = nodes_read(v, path, &count);
	if (!v->json) {
		details_put(v, &st);
		name_put(v, path);
		if (v->marks && S_ISDIR(st.st_mode))
			put_char('/');
		put_char('\n');
		folder_draw(v, path, nodes, count, 1);
		return;
	}
	json_node_put(v, &(struct node){ .name = (char *)path, .st = st }, path, 0);
	put_string(",\"contents\":[");
	newline_put(v);
	folder_draw(v, path, nodes, count, 1);
	json_indent(v, 0);
	put_string(last ? "]}" : "]},");
	newline_put(v);
}

static void report_put(const struct tree_view *v)
{
	if (v->json) {
		put_char(',');
		newline_put(v);
		json_indent(v, 0);
		put_format("{\"type\":\"report\",\"directories\":%lu", v->dirs);
		if (!v->dirs_only)
			put_format(",\"files\":%lu", v->files);
		put_char('}');
		newline_put(v);
		return;
	}
	put_format("\n%lu director%s", v->dirs, v->dirs == 1 ? "y" : "ies");
	if (!v->dirs_only)
		put_format(", %lu file%s", v->files, v->files == 1 ? "" : "s");
	put_char('\n');
}

static int tree_main(int argc, char **argv)
{
	struct tree_view v = { .depth = UINT64_MAX, .utf8 = utf8_is_locale() };
	bool report = true;
	struct opt_state s;
	int o;

	v.branch = v.utf8 ? "├── " : "|-- ";
	v.last_branch = v.utf8 ? "└── " : "`-- ";
	v.trunk = v.utf8 ? "│\u00a0\u00a0 " : "|   ";
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		v.all |= o == 'a';
		v.dirs_only |= o == 'd';
		v.full |= o == 'f';
		v.marks |= o == 'F';
		v.human |= o == 'h';
		v.bare |= o == 'i';
		v.json |= o == 'J';
		v.literal |= o == 'N';
		v.quoted |= o == 'Q';
		v.follow |= o == 'l';
		v.modes |= o == 'p';
		v.sizes |= o == 's' || o == 'h';
		v.one_device |= o == 'x';
		v.reverse |= o == 'r';
		v.dirs_first |= o == OPT_DIRS_FIRST;
		report &= o != OPT_NO_REPORT;
		if (o == 'L')
			v.depth = num_get(s.arg, 1, UINT32_MAX, "level");
		if (o == 'I')
			v.without = s.arg;
		if (o == 'P')
			v.only = s.arg;
	}
	text_add_string(&v.lead, "");
	if (v.json) {
		put_char('[');
		newline_put(&v);
	}
	if (s.index == argc)
		root_draw(&v, ".", true);
	for (int i = s.index; i < argc; i++)
		root_draw(&v, argv[i], i + 1 == argc);
	if (report)
		report_put(&v);
	if (v.json)
		put_string("]\n");
	return v.status;
}

APPLET(tree, .usage = "[OPTION]... [DIRECTORY]...", .summary = "Draw the trees below DIRECTORIES.",
       .opts = tree_opts);
