/* SPDX-License-Identifier: MPL-2.0 */
/* Finding, adding, removing and listing directory entries. */
#include "futurafs/dir.h"
#include "futurafs/inode.h"
#include "futurafs/tree.h"

/*
 * Multiply and fold, eight bytes at a time, from a seed of the volume's own: whoever chooses names
 * cannot choose collisions without having read the volume.
 */
static uint64_t hash_step(uint64_t h, uint64_t word)
{
	unsigned __int128 m = (unsigned __int128)(h ^ word) * 0xd6e8feb86659fd93u;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t name_hash(const struct fs *fs, const char *name, size_t len)
{
	uint64_t h = hash_step(fs->hash_seed, len);

	for (; len >= 8; name += 8, len -= 8) {
		le64 word;

		bytes_copy(&word, name, 8);
		h = hash_step(h, get64(word));
	}
	le64 last = {};
	bytes_copy(&last, name, len);
	h = hash_step(h, get64(last));
	h = hash_step(h, fs->hash_seed);
	return (h >> 16) * HASH_SLOTS;
}

enum fs_err name_check(const char *name, size_t len)
{
	if (len > FS_NAME_MAX)
		return FS_NAME_TOO_LONG;
	if (len == 0 || (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'))))
		return FS_BAD_ARGUMENT;
	for (size_t i = 0; i < len; i++)
		if (name[i] == '/' || name[i] == 0)
			return FS_BAD_ARGUMENT;
	return FS_OK;
}

static enum fs_err dirent_decode(struct fs *fs, const struct path *p, const struct d_dirent **d,
				 uint32_t *name_len)
{
	uint32_t len;

	*d = path_value(p, &len);
	if (len <= sizeof(**d) || len > sizeof(**d) + FS_NAME_MAX) {
		report(fs, "directory entry makes no sense", path_key(p).ino, len);
		return FS_CORRUPT;
	}
	*name_len = len - (uint32_t)sizeof(**d);
	return FS_OK;
}

/* Look for the name; `free_off` is a slot it could have. */
static enum fs_err dir_probe(struct fs *fs, uint64_t dir, const char *name, size_t len,
			     struct entry_ref *ref, uint64_t *free_off)
{
	uint64_t hash = name_hash(fs, name, len), next = hash;
	const struct d_dirent *d;
	uint32_t have;
	struct path p;
	enum fs_err e = tree_seek_ge(fs, key_make(dir, ITEM_DIRENT, hash), &p);

	*free_off = UINT64_MAX;
	for (; e == FS_OK; e = tree_next(fs, &p)) {
		struct key k = path_key(&p);

		if (k.ino != dir || key_type(k) != ITEM_DIRENT || key_off(k) >= hash + HASH_SLOTS)
			break;
		TRY(dirent_decode(fs, &p, &d, &have));
		if (have == len && bytes_compare(d->name, name, len) == 0) {
			*ref = (struct entry_ref){ key_off(k), get64(d->ino),
						   (enum fs_type)d->type };
			return FS_OK;
		}
		if (key_off(k) > next && *free_off == UINT64_MAX)
			*free_off = next;
		next = key_off(k) + 1;
	}
	if (*free_off == UINT64_MAX && next < hash + HASH_SLOTS)
		*free_off = next;
	return e == FS_OK ? FS_NOT_FOUND : e;
}

enum fs_err dir_find(struct fs *fs, uint64_t dir, const char *name, size_t len,
		     struct entry_ref *ref)
{
	uint64_t free_off;

	return dir_probe(fs, dir, name, len, ref, &free_off);
}

static enum fs_err dirent_put(struct fs *fs, uint64_t dir, uint64_t off, const char *name,
			      size_t len, const struct inode *i)
{
	struct d_dirent *d = (struct d_dirent *)fs->value;

	d->ino = put64(i->ino);
	d->type = (uint8_t)i->attr.type;
	bytes_copy(d->name, name, len);
	return item_put(fs, key_make(dir, ITEM_DIRENT, off), d, (uint32_t)(sizeof(*d) + len));
}

static void dir_touch(struct fs *fs, struct inode *dir)
{
	dir->attr.mtime = dir->attr.ctime = time_now(fs);
	inode_touch(fs, dir);
}

enum fs_err dir_add(struct fs *fs, struct inode *dir, const char *name, size_t len,
		    const struct inode *i)
{
	struct entry_ref ref;
	uint64_t off;
	enum fs_err e = dir_probe(fs, dir->ino, name, len, &ref, &off);

	if (e == FS_OK)
		return FS_EXISTS;
	if (e != FS_NOT_FOUND)
		return e;
	if (off == UINT64_MAX)
		return FS_NO_SPACE;
	TRY(dirent_put(fs, dir->ino, off, name, len, i));
	dir->attr.size++;
	dir_touch(fs, dir);
	return FS_OK;
}

enum fs_err dir_remove(struct fs *fs, struct inode *dir, const struct entry_ref *ref)
{
	TRY(item_del(fs, key_make(dir->ino, ITEM_DIRENT, ref->off)));
	if (dir->attr.size > 0)
		dir->attr.size--;
	dir_touch(fs, dir);
	return FS_OK;
}

enum fs_err dir_replace(struct fs *fs, struct inode *dir, const struct entry_ref *ref,
			const struct inode *i)
{
	struct key k = key_make(dir->ino, ITEM_DIRENT, ref->off);
	struct d_dirent *d = (struct d_dirent *)fs->value;
	const void *val;
	uint32_t len;

	TRY(tree_get(fs, k, &val, &len));
	bytes_copy(d, val, len);
	d->ino = put64(i->ino);
	d->type = (uint8_t)i->attr.type;
	TRY(item_put(fs, k, d, len));
	dir_touch(fs, dir);
	return FS_OK;
}

enum fs_err dir_is_empty(struct fs *fs, const struct inode *dir)
{
	struct path p;
	enum fs_err e = tree_seek_ge(fs, key_make(dir->ino, ITEM_DIRENT, 0), &p);

	if (e == FS_NOT_FOUND)
		return FS_OK;
	TRY(e);
	struct key k = path_key(&p);
	return k.ino == dir->ino && key_type(k) == ITEM_DIRENT ? FS_NOT_EMPTY : FS_OK;
}

enum fs_err fs_lookup(struct fs *fs, uint64_t dir, const char *name, size_t len, uint64_t *ino)
{
	struct entry_ref ref;
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get_dir(fs, dir, &i));
	if (len > FS_NAME_MAX)
		return FS_NAME_TOO_LONG;
	TRY(dir_find(fs, dir, name, len, &ref));
	*ino = ref.ino;
	return FS_OK;
}

enum fs_err fs_readdir(struct fs *fs, uint64_t dir, uint64_t *cookie, struct fs_dirent *entry)
{
	const struct d_dirent *d;
	uint32_t len;
	struct path p;
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get_dir(fs, dir, &i));
	if (*cookie > KEY_OFF_MAX)
		return FS_NOT_FOUND;
	TRY(tree_seek_ge(fs, key_make(dir, ITEM_DIRENT, *cookie), &p));
	struct key k = path_key(&p);
	if (k.ino != dir || key_type(k) != ITEM_DIRENT)
		return FS_NOT_FOUND;
	TRY(dirent_decode(fs, &p, &d, &len));
	entry->ino = get64(d->ino);
	entry->type = (enum fs_type)d->type;
	entry->len = len;
	bytes_copy(entry->name, d->name, len);
	entry->name[len] = 0;
	*cookie = key_off(k) + 1;
	return FS_OK;
}
