/* SPDX-License-Identifier: MPL-2.0 */
/* Extended attributes: items keyed by a hash of the name, as directory entries are. */
#include "futurafs/dir.h"
#include "futurafs/inode.h"
#include "futurafs/segment.h"
#include "futurafs/tree.h"

struct xattr_ref {
	uint64_t off; /* of the key */
	const uint8_t *value;
	uint32_t len;
};

static enum fs_err xattr_decode(struct fs *fs, const struct path *p, const struct d_xattr **x,
				uint32_t *value_len)
{
	uint32_t len;

	*x = path_value(p, &len);
	if (len < sizeof(**x) || (*x)->name_len == 0 || len < sizeof(**x) + (*x)->name_len) {
		report(fs, "attribute makes no sense", path_key(p).ino, len);
		return FS_CORRUPT;
	}
	*value_len = len - (uint32_t)sizeof(**x) - (*x)->name_len;
	return FS_OK;
}

static enum fs_err xattr_probe(struct fs *fs, uint64_t ino, const char *name, struct xattr_ref *ref,
			       uint64_t *free_off)
{
	size_t name_len = text_len(name);
	uint64_t hash = name_hash(fs, name, name_len), next = hash;
	const struct d_xattr *x;
	uint32_t len;
	struct path p;
	enum fs_err e = tree_seek_ge(fs, key_make(ino, ITEM_XATTR, hash), &p);

	*free_off = UINT64_MAX;
	for (; e == FS_OK; e = tree_next(fs, &p)) {
		struct key k = path_key(&p);

		if (k.ino != ino || key_type(k) != ITEM_XATTR || key_off(k) >= hash + HASH_SLOTS)
			break;
		TRY(xattr_decode(fs, &p, &x, &len));
		if (x->name_len == name_len && bytes_compare(x->name, name, name_len) == 0) {
			*ref = (struct xattr_ref){ key_off(k), (const uint8_t *)x->name + name_len,
						   len };
			return FS_OK;
		}
		if (key_off(k) > next && *free_off == UINT64_MAX)
			*free_off = next;
		next = key_off(k) + 1;
	}
	if (*free_off == UINT64_MAX && next < hash + HASH_SLOTS)
		*free_off = next;
	return e == FS_OK || e == FS_NOT_FOUND ? FS_NO_ATTRIBUTE : e;
}

static enum fs_err xattr_name_check(const char *name)
{
	size_t len = text_len(name);

	if (len == 0)
		return FS_BAD_ARGUMENT;
	return len > FS_NAME_MAX ? FS_NAME_TOO_LONG : FS_OK;
}

enum fs_err fs_xattr_get(struct fs *fs, uint64_t ino, const char *name, void *buf, size_t *len)
{
	struct xattr_ref ref;
	uint64_t free_off;
	struct inode *i;
	size_t room = *len;

	cache_trim(fs);
	TRY(xattr_name_check(name));
	TRY(inode_get(fs, ino, &i));
	TRY(xattr_probe(fs, ino, name, &ref, &free_off));
	*len = ref.len;
	if (room == 0)
		return FS_OK;
	if (ref.len > room)
		return FS_RANGE;
	bytes_copy(buf, ref.value, ref.len);
	return FS_OK;
}

static enum fs_err xattr_put(struct fs *fs, uint64_t ino, uint64_t off, const char *name,
			     const void *buf, size_t len)
{
	struct d_xattr *x = (struct d_xattr *)fs->value;
	size_t name_len = text_len(name);
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	*x = (struct d_xattr){ .name_len = (uint8_t)name_len };
	bytes_copy(x->name, name, name_len);
	bytes_copy(x->name + name_len, buf, len);
	TRY(item_put(fs, key_make(ino, ITEM_XATTR, off), x,
		     (uint32_t)(sizeof(*x) + name_len + len)));
	i->attr.ctime = time_now(fs);
	inode_touch(fs, i);
	return FS_OK;
}

enum fs_err fs_xattr_set(struct fs *fs, uint64_t ino, const char *name, const void *buf, size_t len,
			 enum fs_xattr_flags flags)
{
	struct xattr_ref ref = {};
	uint64_t off;
	struct inode *i;

	cache_trim(fs);
	TRY(xattr_name_check(name));
	if (len > fs->item_max - sizeof(struct d_xattr) - text_len(name))
		return FS_NO_SPACE;
	TRY(inode_get(fs, ino, &i));
	enum fs_err e = xattr_probe(fs, ino, name, &ref, &off);
	if (e == FS_OK && flags & FS_XATTR_CREATE)
		return FS_EXISTS;
	if (e == FS_NO_ATTRIBUTE && flags & FS_XATTR_REPLACE)
		return FS_NO_ATTRIBUTE;
	if (e != FS_OK && e != FS_NO_ATTRIBUTE)
		return e;
	if (e == FS_OK)
		off = ref.off;
	if (off == UINT64_MAX)
		return FS_NO_SPACE;
	TRY(op_begin(fs, 0, 0, false));
	return op_end(fs, xattr_put(fs, ino, off, name, buf, len));
}

static enum fs_err xattr_del(struct fs *fs, uint64_t ino, uint64_t off)
{
	struct inode *i;

	TRY(inode_get(fs, ino, &i));
	TRY(item_del(fs, key_make(ino, ITEM_XATTR, off)));
	i->attr.ctime = time_now(fs);
	inode_touch(fs, i);
	return FS_OK;
}

enum fs_err fs_xattr_remove(struct fs *fs, uint64_t ino, const char *name)
{
	struct xattr_ref ref;
	uint64_t free_off;
	struct inode *i;

	cache_trim(fs);
	TRY(xattr_name_check(name));
	TRY(inode_get(fs, ino, &i));
	TRY(xattr_probe(fs, ino, name, &ref, &free_off));
	TRY(op_begin(fs, 0, 0, true));
	return op_end(fs, xattr_del(fs, ino, ref.off));
}

enum fs_err fs_xattr_list(struct fs *fs, uint64_t ino, char *buf, size_t *len)
{
	size_t room = *len, need = 0;
	const struct d_xattr *x;
	uint32_t value_len;
	struct path p;
	struct inode *i;

	cache_trim(fs);
	TRY(inode_get(fs, ino, &i));
	enum fs_err e = tree_seek_ge(fs, key_make(ino, ITEM_XATTR, 0), &p);
	for (; e == FS_OK; e = tree_next(fs, &p)) {
		struct key k = path_key(&p);

		if (k.ino != ino || key_type(k) != ITEM_XATTR)
			break;
		TRY(xattr_decode(fs, &p, &x, &value_len));
		if (need + x->name_len + 1 <= room) {
			bytes_copy(buf + need, x->name, x->name_len);
			buf[need + x->name_len] = 0;
		}
		need += x->name_len + 1u;
	}
	*len = need;
	if (e != FS_OK && e != FS_NOT_FOUND)
		return e;
	return room > 0 && need > room ? FS_RANGE : FS_OK;
}
