/* SPDX-License-Identifier: MPL-2.0 */
/* The C library's allocation functions over one heap, whose pages are fresh mappings. */
#include <errno.h>
#include <stdckdint.h>
#include <stdlib.h>
#include <string.h>
#include "abi/user.h"
#include "lib/futura/heap.h"
#include "lib/futura/lock.h"

static void *pages_get(size_t size);
static void pages_put(void *at, size_t size);
static bool pages_make(void *at, size_t size);

static struct mutex lock; /* guards the heap */
static struct heap heap = { .get = pages_get, .put = pages_put, .make = pages_make };
static uint64_t next_hint; /* where the last mapping ended: the next one there is aligned already */

static enum err map(uint64_t hint, size_t size, uint64_t *at)
{
	return fut_space_map(0, 0, hint, 0, size, MAP_READ | MAP_WRITE | INHERIT_COPY, at);
}

static void *pages_get(size_t size)
{
	uint64_t at, aligned;

	if (map(next_hint, size, &at) != OK)
		return nullptr;
	if (at % SLAB_SIZE != 0) {
		pages_put((void *)at, size);
		if (map(0, size + SLAB_SIZE, &at) != OK)
			return nullptr;
		aligned = (at + SLAB_SIZE - 1) & ~(uint64_t)(SLAB_SIZE - 1);
		if (aligned > at)
			pages_put((void *)at, aligned - at);
		if (at + SLAB_SIZE > aligned)
			pages_put((void *)(aligned + size), at + SLAB_SIZE - aligned);
		at = aligned;
	}
	next_hint = (at + size + SLAB_SIZE - 1) & ~(uint64_t)(SLAB_SIZE - 1);
	return (void *)at;
}

static void pages_put(void *at, size_t size)
{
	/* If a mapping cannot be split for lack of memory, the range stays mapped, and unused. */
	(void)fut_space_unmap(0, (uint64_t)at, size);
}

/* What the kernel writes to is there then, or it gives an error; and it costs less than a fault. */
static bool pages_make(void *at, size_t size)
{
	constexpr size_t PAGE = 4096;

	for (char *page = at; page < (char *)at + size; page += PAGE)
		if (fut_space_present((uint64_t)at & ~(PAGE - 1), PAGE, page, 1) != OK)
			return false;
	return true;
}

static void *checked(void *p)
{
	if (p == nullptr)
		errno = ENOMEM;
	return p;
}

void *malloc(size_t size)
{
	mutex_lock(&lock);
	void *p = heap_take(&heap, size);
	mutex_unlock(&lock);
	return checked(p);
}

void *aligned_alloc(size_t align, size_t size)
{
	mutex_lock(&lock);
	void *p = heap_take_aligned(&heap, align, size);
	mutex_unlock(&lock);
	return checked(p);
}

void free(void *p)
{
	mutex_lock(&lock);
	heap_give(&heap, p);
	mutex_unlock(&lock);
}

void *calloc(size_t n, size_t size)
{
	size_t whole;
	void *p = ckd_mul(&whole, n, size) ? checked(nullptr) : malloc(whole);

	if (p)
		memset(p, 0, whole);
	return p;
}

void *realloc(void *old, size_t size)
{
	if (old && size <= heap_size(old) && size >= heap_size(old) / 2)
		return old;
	void *p = malloc(size);
	if (p && old) {
		size_t had = heap_size(old);
		memcpy(p, old, had < size ? had : size);
		free(old);
	}
	return p;
}
