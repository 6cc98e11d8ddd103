/* SPDX-License-Identifier: MPL-2.0 */
/* Inodes in memory, and attributes. */
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

static struct inode **inode_bucket(struct fs *fs, uint64_t ino)
{
	return &fs->inode_hash[(ino * 0x9e3779b97f4a7c15) >> 40 & fs->inode_hash_mask];
}

enum fs_err inodes_init(struct fs *fs, uint32_t goal)
{
	uint32_t buckets = 64;

	fs->inode_goal = goal < 16 ? 16 : goal;
	while (buckets < fs->inode_goal)
		buckets *= 2;
	fs->inode_hash = mem_alloc(fs, buckets * sizeof(fs->inode_hash[0]));
	fs->inode_hash_mask = buckets - 1;
	return fs->inode_hash == nullptr ? FS_NO_MEMORY : FS_OK;
}

bool inode_decode(const void *val, uint32_t len, struct inode *i)
{
	const struct d_inode *d = val;

	if (len != sizeof(*d))
		return false;
	uint32_t mode = get32(d->mode), type = mode >> 16;
	i->attr = (struct fs_attr){ .ino = i->ino,
				    .size = get64(d->size),
				    .blocks = get64(d->blocks),
				    .atime = (int64_t)get64(d->atime),
				    .mtime = (int64_t)get64(d->mtime),
				    .ctime = (int64_t)get64(d->ctime),
				    .btime = (int64_t)get64(d->btime),
				    .rdev = get64(d->rdev),
				    .mode = mode & 07777,
				    .uid = get32(d->uid),
				    .gid = get32(d->gid),
				    .nlink = get32(d->nlink),
				    .flags = get32(d->flags),
				    .type = (enum fs_type)type };
	i->parent = get64(d->parent);
	i->state = get32(d->state);
	return type >= FS_FILE && type <= FS_SOCKET && i->attr.size <= FS_FILE_MAX;
}

void inode_encode(const struct inode *i, struct d_inode *d)
{
	const struct fs_attr *a = &i->attr;

	*d = (struct d_inode){ .mode = put32((uint32_t)a->type << 16 | (a->mode & 07777)),
			       .uid = put32(a->uid),
			       .gid = put32(a->gid),
			       .nlink = put32(a->nlink),
			       .size = put64(a->size),
			       .blocks = put64(a->blocks),
			       .atime = put64((uint64_t)a->atime),
			       .mtime = put64((uint64_t)a->mtime),
			       .ctime = put64((uint64_t)a->ctime),
			       .btime = put64((uint64_t)a->btime),
			       .rdev = put64(a->rdev),
			       .parent = put64(i->parent),
			       .flags = put32(a->flags),
			       .state = put32(i->state) };
}

static struct inode *inode_find(struct fs *fs, uint64_t ino)
{
	struct inode *i = *inode_bucket(fs, ino);

	while (i != nullptr && i->ino != ino)
		i = i->hash_next;
	return i;
}

static struct inode *inode_alloc(struct fs *fs, uint64_t ino)
{
	struct inode *i = mem_alloc(fs, sizeof(*i)), **bucket = inode_bucket(fs, ino);

	if (i == nullptr)
		return nullptr;
	i->ino = ino;
	i->used = true;
	i->hash_next = *bucket;
	*bucket = i;
	if (fs->inode_hand == nullptr) {
		i->prev = i->next = i;
		fs->inode_hand = i;
	} else {
		i->next = fs->inode_hand;
		i->prev = i->next->prev;
		i->prev->next = i->next->prev = i;
	}
	fs->ninodes++;
	return i;
}

static void inode_release(struct fs *fs, struct inode *i)
{
	struct inode **at = inode_bucket(fs, i->ino);

	while (*at != i)
		at = &(*at)->hash_next;
	*at = i->hash_next;
	if (fs->inode_hand == i)
		fs->inode_hand = i->next == i ? nullptr : i->next;
	i->prev->next = i->next;
	i->next->prev = i->prev;
	fs->ninodes--;
	mem_free(fs, i, sizeof(*i));
}

enum fs_err inode_get(struct fs *fs, uint64_t ino, struct inode **out)
{
	struct inode *i = inode_find(fs, ino);
	struct inode read = { .ino = ino };
	const void *val;
	uint32_t len;

	if (i != nullptr) {
		i->used = true;
		*out = i;
		return i->attr.type == 0 ? FS_NOT_FOUND : FS_OK; /* 0: deleted, not yet forgotten */
	}
	TRY(tree_get(fs, key_make(ino, ITEM_INODE, 0), &val, &len));
	if (!inode_decode(val, len, &read)) {
		report(fs, "inode makes no sense", ino, len);
		return FS_CORRUPT;
	}
	i = inode_alloc(fs, ino);
	if (i == nullptr)
		return FS_NO_MEMORY;
	i->attr = read.attr;
	i->parent = read.parent;
	i->state = read.state;
	*out = i;
	return FS_OK;
}

enum fs_err inode_get_dir(struct fs *fs, uint64_t ino, struct inode **i)
{
	TRY(inode_get(fs, ino, i));
	return (*i)->attr.type == FS_DIR ? FS_OK : FS_NOT_DIR;
}

void inode_touch(struct fs *fs, struct inode *i)
{
	fs->changed = fs->op_changed = true;
	i->change = fs->transaction + 1;
	if (i->dirty)
		return;
	/* In order, because new inodes have ascending numbers and the tree likes that. */
	i->dirty = true;
	i->dirty_next = nullptr;
	if (fs->inode_dirty == nullptr)
		fs->inode_dirty = i;
	else
		fs->inode_dirty_last->dirty_next = i;
	fs->inode_dirty_last = i;
	fs->ninodes_dirty++;
}

enum fs_err inodes_write(struct fs *fs)
{
	while (fs->inode_dirty != nullptr) {
		struct inode *i = fs->inode_dirty;
		struct d_inode d;

		if (i->attr.type != 0) {
			inode_encode(i, &d);
			TRY(item_put(fs, key_make(i->ino, ITEM_INODE, 0), &d, sizeof(d)));
		}
		fs->inode_dirty = i->dirty_next;
		fs->ninodes_dirty--;
		i->dirty = false;
	}
	return FS_OK;
}

static bool inode_is_idle(const struct inode *i)
{
	return !i->dirty && i->pins == 0 && i->reserved == 0;
}

void inodes_trim(struct fs *fs)
{
	for (unsigned n = 0; n < 64 && fs->ninodes > fs->inode_goal; n++) {
		struct inode *i = fs->inode_hand;

		fs->inode_hand = i->next;
		if (i->used)
			i->used = false;
		else if (inode_is_idle(i))
			inode_release(fs, i);
	}
}

void inodes_drop(struct fs *fs)
{
	for (uint32_t n = fs->ninodes; n > 0; n--) {
		struct inode *i = fs->inode_hand;

		fs->inode_hand = i->next;
		if (inode_is_idle(i))
			inode_release(fs, i);
	}
}

void inodes_forget(struct fs *fs)
{
	while (fs->inode_hand != nullptr)
		inode_release(fs, fs->inode_hand);
}

void inodes_fini(struct fs *fs)
{
	inodes_forget(fs);
	if (fs->inode_hash != nullptr)
		mem_free(fs, fs->inode_hash, (fs->inode_hash_mask + 1) * sizeof(fs->inode_hash[0]));
}

enum fs_err inode_create(struct fs *fs, const struct fs_attr *attr, uint64_t parent,
			 struct inode **out)
{
	if (attr->type < FS_FILE || attr->type > FS_SOCKET)
		return FS_BAD_ARGUMENT;
	if (fs->max_inodes != 0 && fs->inodes >= fs->max_inodes)
		return FS_NO_SPACE;
	struct inode *i = inode_alloc(fs, fs->next_ino);
	if (i == nullptr)
		return FS_NO_MEMORY;
	fs->next_ino++;
	fs->inodes++;
	int64_t now = time_now(fs);
	i->attr = (struct fs_attr){ .ino = i->ino,
				    .atime = now,
				    .mtime = now,
				    .ctime = now,
				    .btime = now,
				    .rdev = attr->rdev,
				    .mode = attr->mode & 07777,
				    .uid = attr->uid,
				    .gid = attr->gid,
				    .nlink = attr->type == FS_DIR ? 2 : 1,
				    .type = attr->type };
	i->parent = attr->type == FS_DIR ? parent : 0;
	inode_touch(fs, i);
	*out = i;
	return FS_OK;
}

enum fs_err fs_getattr(struct fs *fs, uint64_t ino, struct fs_attr *attr)
{
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	*attr = i->attr;
	return FS_OK;
}

static void attr_set(struct fs_attr *to, enum fs_set which, const struct fs_attr *from)
{
	if (which & FS_SET_MODE)
		to->mode = from->mode & 07777;
	if (which & FS_SET_UID)
		to->uid = from->uid;
	if (which & FS_SET_GID)
		to->gid = from->gid;
	if (which & FS_SET_ATIME)
		to->atime = from->atime;
	if (which & FS_SET_MTIME)
		to->mtime = from->mtime;
	if (which & FS_SET_CTIME)
		to->ctime = from->ctime;
	if (which & FS_SET_FLAGS)
		to->flags = from->flags;
}

enum fs_err fs_setattr(struct fs *fs, uint64_t ino, enum fs_set which, const struct fs_attr *attr)
{
	struct inode *i;

	TRY(op_begin(fs, 0, 0, true));
	TRY(inode_get(fs, ino, &i));
	attr_set(&i->attr, which, attr);
	if (!(which & FS_SET_CTIME))
		i->attr.ctime = time_now(fs);
	inode_touch(fs, i);
	return op_end(fs, FS_OK);
}

enum fs_err fs_pin(struct fs *fs, uint64_t ino)
{
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	i->pins++;
	return FS_OK;
}

const struct fs_attr *fs_pinned_attr(struct fs *fs, uint64_t ino)
{
	return &inode_find(fs, ino)->attr;
}

enum fs_err fs_unpin(struct fs *fs, uint64_t ino, uint64_t times)
{
	struct inode *i = inode_find(fs, ino);

	if (i == nullptr || i->pins < times)
		return FS_BAD_ARGUMENT;
	i->pins -= times;
	if (i->pins > 0 || i->attr.type == 0 || i->attr.nlink > 0 || fs->read_only || fs->broken)
		return FS_OK;
	return trim_finish(fs, ino);
}

enum fs_err fs_parent(struct fs *fs, uint64_t dir, uint64_t *parent)
{
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get_dir(fs, dir, &i));
	*parent = i->parent;
	return FS_OK;
}
