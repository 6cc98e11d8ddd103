/* SPDX-License-Identifier: MPL-2.0 */
/* Names and variables: storage, assignment, scopes. */
#include "apps/sh/var.h"
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/builtin.h"
#include "apps/sh/chars.h"
#include "apps/sh/dynvar.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/funcenv.h"
#include "apps/sh/mem.h"
#include "apps/sh/sh.h"

#include <ctype.h>
#include <stdlib.h>

constexpr size_t TABLE_SIZE = 1024; /* a power of two */

static struct sym *table[TABLE_SIZE];
static struct arena names; /* every struct sym lives for ever */

struct frame *frame_top;

struct saved {
	struct saved *next;
	struct sym *s;
	uint32_t flags;
	char *val;
	size_t len, cap;
	struct array *arr;
};

static void value_free(const struct sym *s)
{
	if (s->cap > 0) /* else it lies in the environment we were given */
		free(s->val);
}

static uint32_t name_hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h;
}

struct sym *sym_find(const char *name, size_t len)
{
	uint32_t h = name_hash(name, len);

	for (struct sym *s = table[h & (TABLE_SIZE - 1)]; s != nullptr; s = s->next)
		if (s->hash == h && memcmp(s->name, name, len) == 0 && s->name[len] == '\0')
			return s;
	return nullptr;
}

struct sym *sym_intern(const char *name, size_t len)
{
	struct sym *s = sym_find(name, len);

	if (s != nullptr)
		return s;
	uint32_t h = name_hash(name, len);
	struct sym **bucket = &table[h & (TABLE_SIZE - 1)];
	s = arena_alloc(&names, sizeof(*s) + len + 1);
	memset(s, 0, sizeof(*s));
	memcpy(s->name, name, len);
	s->name[len] = '\0';
	s->hash = h;
	s->builtin = builtin_find(s->name, len);
	s->next = *bucket;
	*bucket = s;
	return s;
}

void sym_each(void (*fn)(struct sym *s, void *arg), void *arg)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		for (struct sym *s = table[i]; s != nullptr; s = s->next)
			fn(s, arg);
}

static int sym_compare(const void *a, const void *b)
{
	return strcmp((*(struct sym *const *)a)->name, (*(struct sym *const *)b)->name);
}

struct sym **sym_sorted(bool (*want)(const struct sym *s), size_t *n)
{
	struct sym **list = nullptr;
	size_t count = 0;

	for (int pass = 0; pass < 2; pass++) {
		count = 0;
		for (size_t i = 0; i < TABLE_SIZE; i++)
			for (struct sym *s = table[i]; s != nullptr; s = s->next)
				if (want(s)) {
					if (pass == 1)
						list[count] = s;
					count++;
				}
		if (pass == 0)
			list = arena_alloc(&scratch, (count + 1) * sizeof(*list));
	}
	qsort(list, count, sizeof(*list), sym_compare);
	list[count] = nullptr;
	*n = count;
	return list;
}

size_t name_length(const char *s)
{
	size_t n = 0;

	if (!is_class((unsigned char)s[0], CC_START))
		return 0;
	while (is_class((unsigned char)s[n], CC_NAME))
		n++;
	return n;
}

bool name_is_valid(const char *s, size_t len)
{
	return len > 0 && name_length(s) >= len;
}

struct sym *var_deref(struct sym *s)
{
	for (int hops = 0; (s->flags & VAR_REF) != 0 && s->val != nullptr && s->val[0] != '\0';) {
		if (++hops > 100) {
			warn("%s: circular name reference", s->name);
			break;
		}
		s = sym_intern(s->val, s->len);
	}
	return s;
}

const char *var_value_slow(struct sym *s)
{
	if (s->flags & VAR_REF)
		s = var_deref(s);
	if (s->flags & VAR_DYNAMIC)
		dynvar_refresh(s);
	if ((s->flags & VAR_ARRAY) == 0)
		return s->val;
	if (s->arr == nullptr)
		return nullptr;
	struct element *e = array_find(s->arr, 0, "0");
	return e != nullptr ? e->val : nullptr;
}

const char *var_get(const char *name)
{
	struct sym *s = sym_find(name, strlen(name));

	return s != nullptr ? var_value(s) : nullptr;
}

void var_check_writable(const struct sym *s)
{
	if (s->flags & VAR_READONLY)
		fail(sh.posix ? 2 : 1, "%s: readonly variable", s->name);
}

static void value_store(struct sym *s, const char *val, size_t len)
{
	if (s->cap <= len) {
		size_t cap = len + len / 2 + 16;
		char *p = xmalloc(cap);
		memcpy(p, val, len);
		value_free(s);
		s->val = p;
		s->cap = cap;
	} else {
		memmove(s->val, val, len);
	}
	s->val[len] = '\0';
	s->len = len;
}

/* What the variable's attributes make of a value. */
static const char *value_convert(const struct sym *s, const char *val, size_t *len)
{
	if (s->flags & VAR_INTEGER) {
		char *digits = arena_alloc(&scratch, NUM_MAX);
		char *text = arena_strndup(&scratch, val, *len);
		val = num_format(arith_text(text), digits + NUM_MAX);
		*len = strlen(val);
	}
	if (s->flags & (VAR_LOWER | VAR_UPPER)) {
		char *copy = arena_strndup(&scratch, val, *len);
		for (char *p = copy; *p != '\0'; p++)
			*p = (char)((s->flags & VAR_LOWER) ? tolower((unsigned char)*p)
							   : toupper((unsigned char)*p));
		val = copy;
	}
	return val;
}

static void set_slow(struct sym *s, const char *val, size_t len)
{
	s = var_deref(s);
	var_check_writable(s);
	if ((s->flags & VAR_REF) == 0)
		val = value_convert(s, val, &len);
	if (s->flags & VAR_ARRAY) {
		array_put(var_array(s, (s->flags & VAR_ASSOC) != 0), 0, "0", val, len);
		return;
	}
	value_store(s, val, len);
	if (s->flags & (VAR_HOOK | VAR_DYNAMIC))
		dynvar_changed(s);
	if (sh.opt[OPT_ALLEXPORT])
		s->flags |= VAR_EXPORT;
}

void var_set(struct sym *s, const char *val, size_t len)
{
	if ((s->flags & VAR_SLOW) != 0) {
		set_slow(s, val, len);
		return;
	}
	value_store(s, val, len);
	if (sh.opt[OPT_ALLEXPORT])
		s->flags |= VAR_EXPORT;
}

void var_import(struct sym *s, char *val)
{
	if ((s->flags & VAR_SLOW) != 0 || s->val != nullptr) {
		var_set(s, val, strlen(val));
	} else {
		s->val = val;
		s->len = strlen(val);
		s->cap = 0;
	}
	s->flags |= VAR_EXPORT;
}

void var_append(struct sym *s, const char *val, size_t len)
{
	if ((s->flags & VAR_SLOW) == 0 && s->val != nullptr && s->cap > s->len + len &&
	    (val < s->val || val > s->val + s->len)) {
		memcpy(s->val + s->len, val, len);
		s->len += len;
		s->val[s->len] = '\0';
		return;
	}
	const char *old = var_value(s);
	struct buf b = {};
	if (old != nullptr)
		buf_puts(&b, old);
	if (var_deref(s)->flags & VAR_INTEGER)
		buf_byte(&b, '+');
	buf_add(&b, val, len);
	var_set(s, b.p, b.len);
}

void var_set_num(struct sym *s, long long n)
{
	char digits[NUM_MAX];
	char *p = num_format(n, digits + NUM_MAX);

	var_set(s, p, (size_t)(digits + NUM_MAX - 1 - p));
}

void var_put(const char *name, const char *val)
{
	var_set(sym_intern(name, strlen(name)), val, strlen(val));
}

struct array *var_array(struct sym *s, bool assoc)
{
	if (s->arr == nullptr) {
		s->arr = array_create(assoc);
		if (s->val != nullptr)
			array_put(s->arr, 0, "0", s->val, s->len);
		value_free(s);
		s->val = nullptr;
		s->len = s->cap = 0;
		s->flags |= assoc ? VAR_ASSOC : VAR_INDEXED;
	}
	return s->arr;
}

void var_set_element(struct sym *s, long long index, const char *key, const char *val, size_t len)
{
	s = var_deref(s);
	var_check_writable(s);
	val = value_convert(s, val, &len);
	array_put(var_array(s, (s->flags & VAR_ASSOC) != 0), index, key, val, len);
	if (s->flags & VAR_DYNAMIC)
		dynvar_changed(s);
}

void var_drop(struct sym *s)
{
	value_free(s);
	array_destroy(s->arr);
	s->val = nullptr;
	s->len = s->cap = 0;
	s->arr = nullptr;
	s->flags &= VAR_HOOK | VAR_LOCAL;
	if (s->flags & VAR_HOOK)
		dynvar_changed(s);
}

bool var_unset(struct sym *s)
{
	if (s->flags & VAR_READONLY) {
		warn("unset: %s: readonly variable", s->name);
		return false;
	}
	var_drop(s);
	return true;
}

void var_export(struct sym *s)
{
	s->flags |= VAR_EXPORT;
}

void frame_push(struct frame *f, const char *function)
{
	*f = (struct frame){ .prev = frame_top, .name = function, .line = sh.line };
	frame_top = f;
}

void frame_save(struct frame *f, struct sym *s)
{
	struct saved *v = xmalloc(sizeof(*v));

	*v = (struct saved){ f->saved, s, s->flags, s->val, s->len, s->cap, s->arr };
	f->saved = v;
	s->val = s->val != nullptr ? xstrndup(s->val, s->len) : nullptr;
	s->cap = s->val != nullptr ? s->len + 1 : 0;
	s->arr = s->arr != nullptr ? array_copy(s->arr) : nullptr;
}

void frame_pop(struct frame *f)
{
	frame_top = f->prev;
	while (f->saved != nullptr) {
		struct saved *v = f->saved;
		struct sym *s = v->s;

		f->saved = v->next;
		value_free(s);
		array_destroy(s->arr);
		s->flags = v->flags;
		s->val = v->val;
		s->len = v->len;
		s->cap = v->cap;
		s->arr = v->arr;
		free(v);
		if (s->flags & VAR_HOOK)
			dynvar_changed(s);
	}
}

void frame_pop_to(struct frame *f)
{
	while (frame_top != f)
		frame_pop(frame_top);
}

void var_make_local(struct sym *s, bool inherit)
{
	struct frame *f = frame_top;

	while (f != nullptr && f->name == nullptr)
		f = f->prev;
	if (f == nullptr)
		return;
	for (struct saved *v = f->saved; v != nullptr; v = v->next)
		if (v->s == s)
			return;
	frame_save(f, s);
	s->flags |= VAR_LOCAL;
	if (inherit || (s->flags & VAR_READONLY))
		return;
	uint32_t keep = s->flags & (VAR_EXPORT | VAR_LOCAL | VAR_HOOK);
	/* A value given for just this call (v=1 f) is the local's first value, as in bash. */
	for (struct frame *t = frame_top; t != f; t = t->prev)
		for (struct saved *v = t->saved; v != nullptr; v = v->next)
			if (v->s == s)
				return;
	if (f->prev != nullptr && f->prev->name == nullptr)
		for (struct saved *v = f->prev->saved; v != nullptr; v = v->next)
			if (v->s == s)
				return;
	var_drop(s);
	s->flags = keep;
}

static bool env_wanted(const struct sym *s)
{
	return (s->flags & VAR_EXPORT) != 0 && s->val != nullptr;
}

static bool function_wanted(const struct sym *s)
{
	return s->func != nullptr && s->func->exported;
}

static char *variable_to_env(const struct sym *s)
{
	size_t len = strlen(s->name);
	char *e = arena_alloc(&scratch, len + s->len + 2);

	memcpy(e, s->name, len);
	e[len] = '=';
	memcpy(e + len + 1, s->val, s->len + 1);
	return e;
}

char **env_build(void)
{
	size_t n = 0;

	for (size_t i = 0; i < TABLE_SIZE; i++)
		for (struct sym *s = table[i]; s != nullptr; s = s->next)
			n += env_wanted(s) + function_wanted(s);
	char **env = arena_alloc(&scratch, (n + 1) * sizeof(*env));
	n = 0;
	for (size_t i = 0; i < TABLE_SIZE; i++)
		for (struct sym *s = table[i]; s != nullptr; s = s->next) {
			if (env_wanted(s))
				env[n++] = variable_to_env(s);
			if (function_wanted(s))
				env[n++] = function_to_env(s);
		}
	env[n] = nullptr;
	return env;
}
