/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/locks.h"
#include "posix/core/memory.h"
#include <string.h>
#include "abi/info.h"
#include "abi/user.h"
#include "lib/futura/heap.h"
#include "lib/futura/lock.h"
#include "posix/core/layout.h"

struct mutex heap_lock, window_lock;
static uint64_t heap_next = HEAP_BASE, window_next = WINDOWS_BASE;

/* Windows that were given back, by the number of pages: few sizes come again and again. */
constexpr unsigned WINDOW_SIZES = 8, WINDOW_KEPT = 64;
static struct {
	uint64_t size;
	unsigned n;
	uint64_t at[WINDOW_KEPT];
} holes[WINDOW_SIZES];

static void *heap_pages(size_t size)
{
	uint64_t at = heap_next;

	if (size > HEAP_END - at ||
	    fut_space_map(0, 0, at, 0, size, MAP_READ | MAP_WRITE | MAP_FIXED | INHERIT_PRIVATE,
			  &at) != OK)
		return nullptr;
	heap_next = (at + size + SLAB_SIZE - 1) & ~(uint64_t)(SLAB_SIZE - 1);
	return (void *)at;
}

static void heap_unpages(void *at, size_t size)
{
	(void)fut_space_unmap(0, (uint64_t)at, size); /* what stays mapped is only memory */
}

static struct heap heap = { .get = heap_pages, .put = heap_unpages };

void *heap_new(size_t size)
{
	mutex_lock(&heap_lock);
	void *p = heap_take(&heap, size);
	mutex_unlock(&heap_lock);
	if (p != nullptr)
		memset(p, 0, size);
	return p;
}

void heap_free(void *p)
{
	if (p == nullptr)
		return;
	mutex_lock(&heap_lock);
	heap_give(&heap, p);
	mutex_unlock(&heap_lock);
}

void *heap_resize(void *p, size_t size)
{
	void *new = heap_new(size);

	if (new != nullptr &&p != nullptr) {
		size_t old = heap_size(p);
		memcpy(new, p, old < size ? old : size);
		heap_free(p);
	}
	return new;
}

static uint64_t hole_take(uint64_t size)
{
	for (unsigned i = 0; i < WINDOW_SIZES; i++)
		if (holes[i].size == size && holes[i].n > 0)
			return holes[i].at[--holes[i].n];
	return 0;
}

static void hole_give(uint64_t at, uint64_t size)
{
	for (unsigned i = 0; i < WINDOW_SIZES; i++) {
		if (holes[i].n == 0)
			holes[i].size = size;
		if (holes[i].size == size && holes[i].n < WINDOW_KEPT) {
			holes[i].at[holes[i].n++] = at;
			return;
		}
	}
}

enum err window_map(fut_handle vmo, uint64_t offset, uint64_t size, uint32_t flags, void **at)
{
	uint64_t address;

	mutex_lock(&window_lock);
	address = hole_take(size);
	if (address == 0 && size <= WINDOWS_END - window_next) {
		address = window_next;
		window_next += size;
	}
	enum err e = address == 0 ? ERR_FULL
				  : fut_space_map(0, vmo, address, offset, size, flags | MAP_FIXED,
						  &address);
	if (e != OK && address != 0)
		hole_give(address, size);
	mutex_unlock(&window_lock);
	*at = (void *)address;
	return e;
}

void window_unmap(void *at, uint64_t size)
{
	if (fut_space_unmap(0, (uint64_t)at, size) != OK)
		return; /* still mapped: not to be used again */
	mutex_lock(&window_lock);
	hole_give((uint64_t)at, size);
	mutex_unlock(&window_lock);
}

void memory_init(void)
{
	struct mapping_info m;

	for (uint64_t at = GUEST_END; fut_space_find(0, at, &m, sizeof(m)) == OK;
	     at = m.address + m.size)
		if (m.kind != MAPPING_AREA && m.kind != MAPPING_CLOCK)
			(void)fut_space_inherit(0, m.address, m.size,
						INHERIT_PRIVATE); /* mapped: just found */
}
