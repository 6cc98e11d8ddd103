/* SPDX-License-Identifier: MPL-2.0 */
/* Nodes in memory: found by number, kept for a while when nobody uses them. */
#include <stdlib.h>
#include <string.h>
#include "services/fsd/fsd.h"

constexpr unsigned HASH_SIZE = sizeof(fsd.hash) / sizeof(*fsd.hash);

static struct fsd_node **bucket(uint64_t ino)
{
	return &fsd.hash[ino * 0x9e3779b97f4a7c15 >> 52 & (HASH_SIZE - 1)];
}

struct fsd_node *node_find(uint64_t ino)
{
	struct fsd_node *n = *bucket(ino);

	while (n != nullptr && n->node.number != ino)
		n = n->hash_next;
	return n;
}

/* --- Unused ones, the newest first --- */

static void unused_put(struct fsd_node *n, bool is_gone)
{
	n->is_unused = true;
	n->is_gone = is_gone;
	fsd.ngone += is_gone;
	n->newer = nullptr;
	n->older = fsd.newest;
	*(fsd.newest ? &fsd.newest->newer : &fsd.oldest) = n;
	fsd.newest = n;
	fsd.nunused++;
}

static void unused_take(struct fsd_node *n)
{
	*(n->newer ? &n->newer->older : &fsd.newest) = n->older;
	*(n->older ? &n->older->newer : &fsd.oldest) = n->newer;
	n->is_unused = false;
	fsd.ngone -= n->is_gone;
	fsd.nunused--;
}

/* --- Making and freeing --- */

uint32_t mode_of(const struct fs_attr *a)
{
	static const uint32_t types[] = { 0,       S_IFREG, S_IFDIR, S_IFLNK,
					  S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK };

	return a->mode | types[a->type < 8 ? a->type : 0];
}

int node_get(uint64_t ino, struct fsd_node **found)
{
	struct fsd_node *n = node_find(ino);
	struct fs_attr a;

	if (n != nullptr) {
		if (n->is_unused)
			unused_take(n);
		n->node.refs++;
		*found = n;
		return 0;
	}
	enum fs_err e = fs_getattr(fsd.fs, ino, &a);
	if (e == FS_OK)
		e = fs_pin(fsd.fs, ino);
	if (e != FS_OK)
		return error_of(e);
	n = calloc(1, sizeof(*n));
	if (n == nullptr) {
		(void)fs_unpin(fsd.fs, ino, 1); /* pinned just now */
		return -ENOMEM;
	}
	n->node = (struct files_node){ .system = &fsd.system,
				       .number = ino,
				       .size = a.size,
				       .rdev = a.rdev,
				       .mode = mode_of(&a),
				       .uid = a.uid,
				       .gid = a.gid,
				       .refs = 1 };
	n->attr = fs_pinned_attr(fsd.fs, ino);
	n->hash_next = *bucket(ino);
	*bucket(ino) = n;
	*found = n;
	return 0;
}

bool node_has_names(const struct fsd_node *n)
{
	return n->attr->nlink > 0;
}

/* Its contents were flushed, or nobody wants them. */
static void node_free(struct fsd_node *n)
{
	struct fsd_node **at = bucket(n->node.number);

	while (*at != n)
		at = &(*at)->hash_next;
	*at = n->hash_next;
	data_fini(n);
	node_unnamed(n);
	if (n->door)
		(void)fut_handle_close(n->door); /* ours */
	/* What fails here is mended at the next mount: a file without names is known there. */
	(void)fs_unpin(fsd.fs, n->node.number, 1);
	free(n);
}

void node_release(struct files_node *files)
{
	struct fsd_node *n = node_of(files);
	bool is_gone = !node_has_names(n);

	if (is_gone && !data_is_shared(n))
		node_free(n);
	else
		unused_put(n, is_gone);
}

/* A socket's door is only here, and mapped memory has us as its pager. */
static bool is_needed(const struct fsd_node *n)
{
	return n->door != 0 || data_is_shared(n);
}

static bool is_too_much(void)
{
	return fsd.nunused > fsd.most_unused || fsd.npages > fsd.most_pages;
}

void nodes_trim(void)
{
	if (fsd.ngone == 0 && !is_too_much())
		return;
	for (struct fsd_node *n = fsd.oldest, *newer; n != nullptr; n = newer) {
		newer = n->newer;
		if (!n->is_gone && !is_too_much())
			continue;
		if (is_needed(n) || (!n->is_gone && data_flush(n) != 0))
			continue;
		unused_take(n);
		node_free(n);
	}
}

/* --- Names --- */

void node_unnamed(struct fsd_node *n)
{
	struct fsd_node *dir = n->dir;

	free(n->name);
	n->name = nullptr;
	n->dir = nullptr;
	if (dir != nullptr)
		files_node_put(&dir->node);
}

void node_named(struct fsd_node *n, struct fsd_node *dir, struct files_name name)
{
	if (n->dir == dir && n->name_len == name.len && memcmp(n->name, name.text, name.len) == 0)
		return;
	char *copy = malloc(name.len);
	if (copy == nullptr)
		return; /* it is not known under this name, then */
	memcpy(copy, name.text, name.len);
	files_node_get(&dir->node);
	node_unnamed(n);
	n->dir = dir;
	n->name = copy;
	n->name_len = name.len;
}
