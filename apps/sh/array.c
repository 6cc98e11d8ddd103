/* SPDX-License-Identifier: MPL-2.0 */
/* Indexed and associative arrays. */
#include "apps/sh/array.h"
#include "apps/sh/mem.h"

#include <stdlib.h>

constexpr size_t HASH_FROM = 16; /* below this many keys a search is as quick */

struct array *array_create(bool assoc)
{
	struct array *a = xmalloc(sizeof(*a));

	*a = (struct array){ .assoc = assoc };
	return a;
}

void array_clear(struct array *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->v[i].key);
		free(a->v[i].val);
	}
	free(a->slots);
	a->slots = nullptr;
	a->nslots = 0;
	a->n = 0;
}

void array_destroy(struct array *a)
{
	if (a == nullptr)
		return;
	array_clear(a);
	free(a->v);
	free(a);
}

static size_t key_hash(const char *key)
{
	size_t h = 5381;

	for (; *key != '\0'; key++)
		h = h * 33 + (unsigned char)*key;
	return h;
}

static void slot_add(struct array *a, size_t at)
{
	size_t i = key_hash(a->v[at].key) & (a->nslots - 1);

	while (a->slots[i] != 0)
		i = (i + 1) & (a->nslots - 1);
	a->slots[i] = at + 1;
}

static void slots_rebuild(struct array *a)
{
	free(a->slots);
	a->slots = nullptr;
	a->nslots = 0;
	if (a->n < HASH_FROM)
		return;
	for (a->nslots = 64; a->nslots < a->n * 4; a->nslots *= 2)
		;
	a->slots = xmalloc(a->nslots * sizeof(*a->slots));
	memset(a->slots, 0, a->nslots * sizeof(*a->slots));
	for (size_t i = 0; i < a->n; i++)
		slot_add(a, i);
}

/* Where the index is, or where it belongs. */
static size_t index_place(const struct array *a, long long index)
{
	size_t low = 0, high = a->n;

	if (high > 0 && a->v[high - 1].index < index)
		return high;
	if (index >= 0 && (unsigned long long)index < high && a->v[index].index == index)
		return (size_t)index;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (a->v[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct element *key_find(const struct array *a, const char *key)
{
	if (a->slots == nullptr) {
		for (size_t i = 0; i < a->n; i++)
			if (strcmp(a->v[i].key, key) == 0)
				return &a->v[i];
		return nullptr;
	}
	for (size_t i = key_hash(key) & (a->nslots - 1); a->slots[i] != 0;
	     i = (i + 1) & (a->nslots - 1))
		if (strcmp(a->v[a->slots[i] - 1].key, key) == 0)
			return &a->v[a->slots[i] - 1];
	return nullptr;
}

struct element *array_find(const struct array *a, long long index, const char *key)
{
	if (a->assoc)
		return key_find(a, key);
	size_t at = index_place(a, index);
	return at < a->n && a->v[at].index == index ? &a->v[at] : nullptr;
}

static struct element *element_insert(struct array *a, size_t at)
{
	if (a->n == a->cap) {
		a->cap = a->cap * 2 + 8;
		a->v = xrealloc(a->v, a->cap * sizeof(*a->v));
	}
	memmove(a->v + at + 1, a->v + at, (a->n - at) * sizeof(*a->v));
	a->n++;
	return &a->v[at];
}

void array_put(struct array *a, long long index, const char *key, const char *val, size_t len)
{
	struct element *e = array_find(a, index, key);
	char *copy = xstrndup(val, len);

	if (e != nullptr) {
		free(e->val);
		e->val = copy;
		return;
	}
	e = element_insert(a, a->assoc ? a->n : index_place(a, index));
	*e = (struct element){ index, a->assoc ? xstrdup(key) : nullptr, copy };
	if (!a->assoc)
		return;
	if (a->slots != nullptr && a->n * 2 < a->nslots)
		slot_add(a, a->n - 1);
	else
		slots_rebuild(a);
}

void array_remove(struct array *a, long long index, const char *key)
{
	struct element *e = array_find(a, index, key);

	if (e == nullptr)
		return;
	free(e->key);
	free(e->val);
	a->n--;
	memmove(e, e + 1, (size_t)(a->v + a->n - e) * sizeof(*e));
	if (a->assoc)
		slots_rebuild(a);
}

struct array *array_copy(const struct array *a)
{
	struct array *b = array_create(a->assoc);

	for (size_t i = 0; i < a->n; i++)
		array_put(b, a->v[i].index, a->v[i].key, a->v[i].val, strlen(a->v[i].val));
	return b;
}

long long array_end(const struct array *a)
{
	return a->n > 0 && !a->assoc ? a->v[a->n - 1].index + 1 : 0;
}
