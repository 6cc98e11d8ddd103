/* SPDX-License-Identifier: MPL-2.0 */
/* Indexed arrays (sparse, sorted by index) and associative arrays (in order of insertion). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct element {
	long long index; /* of an indexed array */
	char *key;       /* of an associative one, else nullptr */
	char *val;
};

struct array {
	struct element *v;
	size_t n, cap;
	bool assoc;
	size_t *slots; /* hash table over keys: position + 1, or 0; nullptr while small */
	size_t nslots; /* a power of two */
};

struct array *array_create(bool assoc);
void array_destroy(struct array *a);
struct array *array_copy(const struct array *a);
void array_clear(struct array *a);

/* nullptr when there is no such element. A key is looked up by `key`, else by `index`. */
struct element *array_find(const struct array *a, long long index, const char *key);
void array_put(struct array *a, long long index, const char *key, const char *val, size_t len);
void array_remove(struct array *a, long long index, const char *key);
/* The index after the last; negative subscripts count from it. */
long long array_end(const struct array *a);
