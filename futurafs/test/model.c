/* SPDX-License-Identifier: MPL-2.0 */
/* The oracle. Everything is a linear search; nothing is shared with the library but its errors. */
#include "futurafs/test/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object {
	enum fs_type type;
	uint32_t mode, nlink, id;
	uint64_t size;
	uint8_t *data;
	struct object *parent;
	struct name *names;   /* of a directory, sorted */
	struct value *values; /* extended attributes, sorted */
};

struct name {
	char name[40];
	struct object *o;
	struct name *next;
};

struct value {
	char name[40];
	uint8_t *data;
	size_t len;
	struct value *next;
};

struct model {
	struct object *root;
	uint32_t last_id;
};

void text_add(struct text *t, const char *format, ...)
{
	va_list ap;

	if (t->room - t->len < 512) {
		t->room = t->room * 2 + 4096;
		t->s = realloc(t->s, t->room);
	}
	va_start(ap, format);
	t->len += (size_t)vsnprintf(t->s + t->len, t->room - t->len, format, ap);
	va_end(ap);
}

uint64_t text_hash(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	return h;
}

uint8_t step_byte(uint64_t what, uint64_t at)
{
	return (uint8_t)((what + 1) * 0x9e3779b97f4a7c15 >> 32 ^ at * 167 ^ at >> 9);
}

static struct object *object_create(enum fs_type type, uint32_t mode)
{
	struct object *o = calloc(1, sizeof(*o));

	o->type = type;
	o->mode = mode;
	o->nlink = type == FS_DIR ? 2 : 1;
	return o;
}

static void object_free(struct object *o)
{
	while (o->values != nullptr) {
		struct value *v = o->values;

		o->values = v->next;
		free(v->data);
		free(v);
	}
	free(o->data);
	free(o);
}

static void object_put(struct object *o)
{
	if (o->nlink == 0)
		object_free(o);
}

struct model *model_create(void)
{
	struct model *m = calloc(1, sizeof(*m));

	m->root = object_create(FS_DIR, 0755);
	m->root->parent = m->root;
	return m;
}

static void tree_free(struct object *o)
{
	while (o->names != nullptr) {
		struct name *n = o->names;

		o->names = n->next;
		if (n->o->type == FS_DIR)
			tree_free(n->o);
		else if (--n->o->nlink == 0)
			object_free(n->o);
		free(n);
	}
	object_free(o);
}

void model_destroy(struct model *m)
{
	tree_free(m->root);
	free(m);
}

static struct name *name_find(struct object *dir, const char *name)
{
	for (struct name *n = dir->names; n != nullptr; n = n->next)
		if (strcmp(n->name, name) == 0)
			return n;
	return nullptr;
}

/* The directory that a path ends in, and the last name. */
static enum fs_err path_split(struct model *m, const char *path, struct object **dir,
			      const char **last)
{
	struct object *at = m->root;
	const char *slash;

	while ((slash = strchr(path, '/')) != nullptr) {
		char part[40] = {};

		memcpy(part, path, (size_t)(slash - path));
		struct name *n = name_find(at, part);
		if (n == nullptr)
			return FS_NOT_FOUND;
		at = n->o;
		if (at->type != FS_DIR)
			return FS_NOT_DIR;
		path = slash + 1;
	}
	*dir = at;
	*last = path;
	return FS_OK;
}

static enum fs_err path_find(struct model *m, const char *path, struct object **o)
{
	struct object *dir;
	const char *last;
	enum fs_err e = path_split(m, path, &dir, &last);

	if (e != FS_OK)
		return e;
	struct name *n = name_find(dir, last);
	if (n == nullptr)
		return FS_NOT_FOUND;
	*o = n->o;
	return FS_OK;
}

static void name_add(struct object *dir, const char *name, struct object *o)
{
	struct name **at = &dir->names, *n = calloc(1, sizeof(*n));

	while (*at != nullptr && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	snprintf(n->name, sizeof(n->name), "%s", name);
	n->o = o;
	n->next = *at;
	*at = n;
	dir->size++;
	if (o->type == FS_DIR) {
		dir->nlink++;
		o->parent = dir;
	}
}

static void name_drop(struct object *dir, const char *name)
{
	struct name **at = &dir->names;

	while (strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	struct name *n = *at;
	*at = n->next;
	dir->size--;
	if (n->o->type == FS_DIR)
		dir->nlink--;
	free(n);
}

static enum fs_err model_make(struct model *m, const struct step *s, enum fs_type type)
{
	struct object *dir;
	const char *last;
	enum fs_err e = path_split(m, s->path, &dir, &last);

	if (e != FS_OK)
		return e;
	if (name_find(dir, last) != nullptr)
		return FS_EXISTS;
	struct object *o = object_create(type, type == FS_SYMLINK ? 0777 : 0644);
	if (type == FS_SYMLINK) {
		o->size = strlen(s->path2);
		o->data = (uint8_t *)strdup(s->path2);
	}
	name_add(dir, last, o);
	return FS_OK;
}

static enum fs_err model_link(struct model *m, const struct step *s)
{
	struct object *dir, *o;
	const char *last;
	enum fs_err e = path_find(m, s->path, &o);

	if (e == FS_OK)
		e = path_split(m, s->path2, &dir, &last);
	if (e != FS_OK)
		return e;
	if (name_find(dir, last) != nullptr)
		return FS_EXISTS;
	if (o->type == FS_DIR)
		return FS_IS_DIR;
	name_add(dir, last, o);
	o->nlink++;
	return FS_OK;
}

static enum fs_err model_remove(struct model *m, const struct step *s, bool is_dir)
{
	struct object *dir;
	const char *last;
	enum fs_err e = path_split(m, s->path, &dir, &last);

	if (e != FS_OK)
		return e;
	struct name *n = name_find(dir, last);
	if (n == nullptr)
		return FS_NOT_FOUND;
	struct object *o = n->o;
	if (is_dir != (o->type == FS_DIR))
		return is_dir ? FS_NOT_DIR : FS_IS_DIR;
	if (is_dir && o->names != nullptr)
		return FS_NOT_EMPTY;
	name_drop(dir, last);
	o->nlink = is_dir ? 0 : o->nlink - 1;
	object_put(o);
	return FS_OK;
}

static bool is_below(const struct object *o, const struct object *top)
{
	for (; o != o->parent; o = o->parent)
		if (o == top)
			return true;
	return o == top;
}

static enum fs_err rename_check(struct object *old, struct object *target, struct object *from,
				struct object *to, uint64_t flags)
{
	if (old->type == FS_DIR && is_below(to, old))
		return FS_LOOP;
	if (target == nullptr)
		return flags & FS_RENAME_EXCHANGE ? FS_NOT_FOUND : FS_OK;
	if (flags & FS_RENAME_NO_REPLACE)
		return FS_EXISTS;
	if (flags & FS_RENAME_EXCHANGE)
		return target->type == FS_DIR && is_below(from, target) ? FS_LOOP : FS_OK;
	if (target == old)
		return FS_OK;
	if (old->type == FS_DIR && target->type != FS_DIR)
		return FS_NOT_DIR;
	if (old->type != FS_DIR && target->type == FS_DIR)
		return FS_IS_DIR;
	return target->names != nullptr && target->type == FS_DIR ? FS_NOT_EMPTY : FS_OK;
}

static enum fs_err model_rename(struct model *m, const struct step *s)
{
	struct object *from, *to;
	const char *a, *b;
	enum fs_err e = path_split(m, s->path, &from, &a);

	if (e == FS_OK)
		e = path_split(m, s->path2, &to, &b);
	if (e != FS_OK)
		return e;
	struct name *na = name_find(from, a), *nb = name_find(to, b);
	if (na == nullptr)
		return FS_NOT_FOUND;
	struct object *old = na->o, *target = nb != nullptr ? nb->o : nullptr;
	e = rename_check(old, target, from, to, s->b);
	if (e != FS_OK || old == target)
		return e;
	name_drop(from, a);
	if (target != nullptr)
		name_drop(to, b);
	name_add(to, b, old);
	if (target != nullptr && s->b & FS_RENAME_EXCHANGE) {
		name_add(from, a, target);
	} else if (target != nullptr) {
		target->nlink = target->type == FS_DIR ? 0 : target->nlink - 1;
		object_put(target);
	}
	return FS_OK;
}

static void object_resize(struct object *o, uint64_t size)
{
	o->data = realloc(o->data, size + 1);
	if (size > o->size)
		memset(o->data + o->size, 0, size - o->size);
	o->size = size;
}

static enum fs_err model_data(struct model *m, const struct step *s)
{
	struct object *o;
	enum fs_err e = path_find(m, s->path, &o);
	uint64_t end = s->a + s->b;

	if (e != FS_OK)
		return e;
	if (o->type != FS_FILE)
		return o->type == FS_DIR ? FS_IS_DIR : FS_BAD_ARGUMENT;
	switch (s->act) {
	case ACT_WRITE:
		if (s->b > 0 && end > o->size)
			object_resize(o, end);
		for (uint64_t i = 0; i < s->b; i++)
			o->data[s->a + i] = step_byte(s->c, s->a + i);
		break;
	case ACT_TRUNCATE:
		object_resize(o, s->a);
		break;
	case ACT_ALLOCATE:
		if (!s->c && end > o->size)
			object_resize(o, end);
		break;
	default:
		for (uint64_t i = s->a; i < end && i < o->size; i++)
			o->data[i] = 0;
	}
	return FS_OK;
}

static struct value **value_at(struct object *o, const char *name)
{
	struct value **at = &o->values;

	while (*at != nullptr && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	return at;
}

static enum fs_err model_xattr(struct model *m, const struct step *s)
{
	struct object *o;
	enum fs_err e = path_find(m, s->path, &o);

	if (e != FS_OK)
		return e;
	struct value **at = value_at(o, s->path2), *v = *at;
	bool there = v != nullptr && strcmp(v->name, s->path2) == 0;
	if (!there && s->act == ACT_DELXATTR)
		return FS_NO_ATTRIBUTE;
	if (there) {
		*at = v->next;
		free(v->data);
		free(v);
	}
	if (s->act == ACT_DELXATTR)
		return FS_OK;
	v = calloc(1, sizeof(*v));
	snprintf(v->name, sizeof(v->name), "%s", s->path2);
	v->len = s->b;
	v->data = malloc(s->b + 1);
	for (size_t i = 0; i < s->b; i++)
		v->data[i] = step_byte(s->c, i);
	v->next = *at;
	*at = v;
	return FS_OK;
}

static enum fs_err model_chmod(struct model *m, const struct step *s)
{
	struct object *o;
	enum fs_err e = path_find(m, s->path, &o);

	if (e == FS_OK)
		o->mode = (uint32_t)s->a;
	return e;
}

enum fs_err model_do(struct model *m, const struct step *s)
{
	struct object *o;

	switch (s->act) {
	case ACT_CREATE:
		return model_make(m, s, FS_FILE);
	case ACT_MKDIR:
		return model_make(m, s, FS_DIR);
	case ACT_SYMLINK:
		return model_make(m, s, FS_SYMLINK);
	case ACT_LINK:
		return model_link(m, s);
	case ACT_UNLINK:
		return model_remove(m, s, false);
	case ACT_RMDIR:
		return model_remove(m, s, true);
	case ACT_RENAME:
		return model_rename(m, s);
	case ACT_WRITE:
	case ACT_TRUNCATE:
	case ACT_PUNCH:
	case ACT_ALLOCATE:
		return model_data(m, s);
	case ACT_CHMOD:
		return model_chmod(m, s);
	case ACT_SETXATTR:
	case ACT_DELXATTR:
		return model_xattr(m, s);
	case ACT_FSYNC:
		return path_find(m, s->path, &o);
	default:
		return FS_OK;
	}
}

static void object_dump(struct model *m, struct text *t, const char *path, struct object *o)
{
	bool seen = o->id != 0;

	if (!seen)
		o->id = ++m->last_id;
	text_add(t, "%s #%u type %u mode %o nlink %u size %llu", path, o->id, o->type, o->mode,
		 o->nlink, (unsigned long long)o->size);
	if (o->type != FS_DIR)
		text_add(t, " data %llx", (unsigned long long)text_hash(o->data, o->size));
	for (struct value *v = o->values; v != nullptr; v = v->next)
		text_add(t, " %s=%zu:%llx", v->name, v->len,
			 (unsigned long long)text_hash(v->data, v->len));
	text_add(t, "\n");
	for (struct name *n = o->names; n != nullptr; n = n->next) {
		char sub[200];

		snprintf(sub, sizeof(sub), "%s/%s", path, n->name);
		object_dump(m, t, sub, n->o);
	}
}

static void ids_clear(struct object *o)
{
	o->id = 0;
	for (struct name *n = o->names; n != nullptr; n = n->next)
		ids_clear(n->o);
}

char *model_dump(struct model *m)
{
	struct text t = {};

	m->last_id = 0;
	ids_clear(m->root);
	object_dump(m, &t, "", m->root);
	return t.s;
}
