/* SPDX-License-Identifier: MPL-2.0 */
/* Renaming: one operation, so that after a power cut either name is there, never both or none. */
#include "futurafs/dir.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

struct rename {
	uint64_t from, to; /* directories */
	const char *new_name;
	size_t new_len;
	struct entry_ref old, target; /* target.ino: 0 if the new name is free */
	enum fs_rename_flags flags;
};

/* Would directory `ino` be moved below itself? */
static enum fs_err rename_check_loop(struct fs *fs, uint64_t ino, uint64_t to)
{
	struct inode *d;

	/* A damaged volume may have a loop of parents. */
	for (unsigned depth = 0; depth < 1u << 16; depth++) {
		if (to == ino)
			return FS_LOOP;
		if (to == FS_ROOT)
			return FS_OK;
		TRY(inode_get_dir(fs, to, &d));
		to = d->parent;
		cache_trim(fs);
	}
	return FS_CORRUPT;
}

/* A new directory entry `ino` gets a new parent, or an inode loses its name: may it be replaced? */
static enum fs_err rename_check_target(struct fs *fs, const struct rename *r)
{
	struct inode *old, *target;

	TRY(inode_get(fs, r->old.ino, &old));
	bool is_dir = old->attr.type == FS_DIR;
	TRY(inode_get(fs, r->target.ino, &target));
	if (target->attr.nlink == 0)
		return FS_CORRUPT;
	if (is_dir && target->attr.type != FS_DIR)
		return FS_NOT_DIR;
	if (!is_dir && target->attr.type == FS_DIR)
		return FS_IS_DIR;
	return is_dir ? dir_is_empty(fs, target) : FS_OK;
}

static enum fs_err rename_check(struct fs *fs, const struct rename *r)
{
	struct inode *i;
	bool exchange = r->flags & FS_RENAME_EXCHANGE;

	TRY(inode_get(fs, r->old.ino, &i));
	if (i->attr.type == FS_DIR)
		TRY(rename_check_loop(fs, r->old.ino, r->to));
	if (r->target.ino == 0)
		return exchange ? FS_NOT_FOUND : FS_OK;
	if (r->flags & FS_RENAME_NO_REPLACE)
		return FS_EXISTS;
	if (!exchange)
		return r->target.ino == r->old.ino ? FS_OK : rename_check_target(fs, r);
	TRY(inode_get(fs, r->target.ino, &i));
	return i->attr.type == FS_DIR ? rename_check_loop(fs, r->target.ino, r->from) : FS_OK;
}

/* Directory i moves: count it where it is. */
static void rename_move(struct fs *fs, struct inode *i, struct inode *from, struct inode *to)
{
	i->attr.ctime = time_now(fs);
	if (i->attr.type == FS_DIR && from != to) {
		i->parent = to->ino;
		from->attr.nlink--;
		to->attr.nlink++;
	}
	inode_touch(fs, i);
}

static enum fs_err rename_exchange(struct fs *fs, const struct rename *r)
{
	struct inode *from, *to, *a, *b;

	TRY(inode_get_dir(fs, r->from, &from));
	TRY(inode_get_dir(fs, r->to, &to));
	TRY(inode_get(fs, r->old.ino, &a));
	TRY(inode_get(fs, r->target.ino, &b));
	TRY(dir_replace(fs, from, &r->old, b));
	TRY(dir_replace(fs, to, &r->target, a));
	rename_move(fs, a, from, to);
	rename_move(fs, b, to, from);
	return FS_OK;
}

static enum fs_err rename_in_op(struct fs *fs, const struct rename *r)
{
	struct inode *from, *to, *i, *gone;

	TRY(inode_get_dir(fs, r->from, &from));
	TRY(inode_get_dir(fs, r->to, &to));
	TRY(inode_get(fs, r->old.ino, &i));
	TRY(dir_remove(fs, from, &r->old));
	rename_move(fs, i, from, to);
	if (r->target.ino == 0)
		return dir_add(fs, to, r->new_name, r->new_len, i);
	TRY(dir_replace(fs, to, &r->target, i));
	TRY(inode_get(fs, r->target.ino, &gone));
	gone->attr.ctime = i->attr.ctime;
	gone->attr.nlink = gone->attr.type == FS_DIR ? 0 : gone->attr.nlink - 1;
	if (gone->attr.type == FS_DIR)
		to->attr.nlink--;
	inode_touch(fs, gone);
	return gone->attr.nlink == 0 ? inode_orphan(fs, gone) : FS_OK;
}

static enum fs_err rename_find(struct fs *fs, struct rename *r, const char *name, size_t len)
{
	struct inode *from, *to;

	TRY(name_check(name, len));
	TRY(name_check(r->new_name, r->new_len));
	TRY(inode_get_dir(fs, r->from, &from));
	TRY(inode_get_dir(fs, r->to, &to));
	if (to->attr.nlink == 0)
		return FS_NOT_FOUND;
	TRY(dir_find(fs, r->from, name, len, &r->old));
	enum fs_err e = dir_find(fs, r->to, r->new_name, r->new_len, &r->target);
	if (e == FS_NOT_FOUND)
		r->target = (struct entry_ref){};
	else
		TRY(e);
	return FS_OK;
}

enum fs_err fs_rename(struct fs *fs, uint64_t from, const char *name, size_t len, uint64_t to,
		      const char *new_name, size_t new_len, enum fs_rename_flags flags)
{
	struct rename r = {
		.from = from, .to = to, .new_name = new_name, .new_len = new_len, .flags = flags
	};

	cache_trim(fs);
	if ((flags & FS_RENAME_NO_REPLACE) && (flags & FS_RENAME_EXCHANGE))
		return FS_BAD_ARGUMENT;
	TRY(rename_find(fs, &r, name, len));
	TRY(rename_check(fs, &r));
	if (r.old.ino == r.target.ino) /* two names of one file: nothing to do, says POSIX */
		return FS_OK;
	TRY(op_begin(fs, 0, 0, r.target.ino != 0));
	if (flags & FS_RENAME_EXCHANGE)
		return op_end(fs, rename_exchange(fs, &r));
	TRY(op_end(fs, rename_in_op(fs, &r)));
	struct inode *gone;
	if (r.target.ino == 0 || inode_get(fs, r.target.ino, &gone) != FS_OK ||
	    gone->attr.nlink > 0 || gone->pins > 0)
		return FS_OK;
	return trim_finish(fs, r.target.ino);
}
