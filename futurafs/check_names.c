/* SPDX-License-Identifier: MPL-2.0 */
/* Checks that names and inodes fit together, and that everything hangs below the root. */
#include "futurafs/checker.h"
#include "futurafs/tree.h"

struct check_inode *check_find(struct checker *k, uint64_t ino)
{
	size_t low = 0, high = k->ninodes;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (k->inode[mid].ino < ino)
			low = mid + 1;
		else
			high = mid;
	}
	return low < k->ninodes && k->inode[low].ino == ino ? &k->inode[low] : nullptr;
}

static void check_name(struct checker *k, struct check_inode *dir, struct key key,
		       const struct d_dirent *d)
{
	struct check_inode *to = check_find(k, get64(d->ino));

	if (to == nullptr || to->ino == FS_ROOT) {
		check_report(k, FS_PROBLEM_DANGLING, key, get64(d->ino), 0);
		return;
	}
	if (to->type == FS_DIR && to->refs > 0) {
		check_report(k, FS_PROBLEM_SECOND_NAME, key, to->ino, 0);
		return;
	}
	to->refs++;
	if (d->type != to->type)
		check_report(k, FS_PROBLEM_ENTRY_TYPE, key, to->type, d->type);
	if (to->type != FS_DIR)
		return;
	dir->subdirs++;
	if (to->parent != dir->ino) {
		check_report(k, FS_PROBLEM_PARENT, key_make(to->ino, ITEM_INODE, 0), dir->ino,
			     to->parent);
		to->parent = dir->ino;
	}
}

static enum fs_err check_dir(struct checker *k, struct check_inode *dir)
{
	struct path p;
	enum fs_err e = tree_seek_ge(k->fs, key_make(dir->ino, ITEM_DIRENT, 0), &p);

	for (; e == FS_OK; e = tree_next(k->fs, &p)) {
		struct key key = path_key(&p);
		uint32_t len;
		const void *val = path_value(&p, &len);

		if (key.ino != dir->ino || key_type(key) != ITEM_DIRENT)
			break;
		if (len > sizeof(struct d_dirent))
			check_name(k, dir, key, val);
	}
	/* A lost leaf ends the listing here; it was reported by the walk. */
	return e == FS_NO_MEMORY ? e : FS_OK;
}

/* Do the directory and its parents go in a circle? Those below a nameless one are told with it. */
static bool check_is_loop(struct checker *k, struct check_inode *i)
{
	struct check_inode *at = i;

	while (at != nullptr && !at->reached && !at->visiting && at->refs > 0) {
		at->visiting = true;
		at = check_find(k, at->parent);
	}
	bool loop = at != nullptr && at->visiting;
	for (at = i; at != nullptr && at->visiting; at = check_find(k, at->parent)) {
		at->visiting = false;
		at->reached = true; /* one report a loop */
	}
	return loop;
}

static void check_links(struct checker *k, struct check_inode *i)
{
	struct key key = key_make(i->ino, ITEM_INODE, 0);
	uint32_t links = i->type == FS_DIR ? 2 + i->subdirs : i->refs;

	if (i->refs == 0 && i->ino != FS_ROOT) {
		if (!i->orphan)
			check_report(k, FS_PROBLEM_UNREACHABLE, key, i->nlink, 0);
		else if (i->nlink != 0)
			check_report(k, FS_PROBLEM_LINKS, key, 0, i->nlink);
		return;
	}
	if (i->type == FS_DIR && check_is_loop(k, i)) {
		check_report(k, FS_PROBLEM_UNREACHABLE, key, i->nlink, 1);
		return;
	}
	if (i->nlink != links)
		check_report(k, FS_PROBLEM_LINKS, key, links, i->nlink);
}

static void check_orphans(struct checker *k)
{
	for (size_t i = 0; i < k->norphans; i++)
		if (check_find(k, k->orphan[i]) == nullptr)
			check_report(k, FS_PROBLEM_ORPHAN,
				     key_make(ORPHANS_INO, ITEM_ORPHAN, k->orphan[i]), 0, 0);
}

enum fs_err check_names(struct checker *k)
{
	struct check_inode *root = check_find(k, FS_ROOT);

	if (root == nullptr || root->type != FS_DIR) {
		check_report(k, FS_PROBLEM_ROOT, key_make(FS_ROOT, ITEM_INODE, 0), 0, 0);
		return FS_OK;
	}
	root->reached = true;
	for (size_t i = 0; i < k->ninodes; i++) {
		cache_trim(k->fs);
		if (k->inode[i].type == FS_DIR)
			TRY(check_dir(k, &k->inode[i]));
	}
	for (size_t i = 0; i < k->ninodes; i++)
		check_links(k, &k->inode[i]);
	check_orphans(k);
	return FS_OK;
}
