/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/memory.h"
#include <string.h>
#include "abi/info.h"
#include "abi/user.h"
#include "lib/futura/heap.h"
#include "lib/futura/lock.h"
#include "posix/core/layout.h"
#include "posix/core/process.h"

/* Mapped in multiples of so many bytes, for each mapping costs a fork its copy. */
constexpr uint64_t HEAP_PIECE = 1 << 20;
static uint64_t heap_next, heap_mapped, heap_end;
static uint64_t window_next;

/* Windows that were given back, by the number of pages: few sizes come again and again. */
constexpr unsigned WINDOW_SIZES = 8, WINDOW_KEPT = 64;
static struct {
	uint64_t size;
	unsigned n;
	uint64_t at[WINDOW_KEPT];
} holes[WINDOW_SIZES];

static enum err heap_map(uint64_t size)
{
	uint64_t at = heap_mapped;
	enum err e = fut_space_map(0, 0, at, 0, size,
				   MAP_READ | MAP_WRITE | MAP_FIXED | INHERIT_PRIVATE, &at);

	if (e == OK)
		heap_mapped += size;
	return e;
}

static void *heap_pages(size_t size)
{
	if (size > heap_end - heap_next && heap_end != HEAP_END) {
		heap_next = heap_mapped = HEAP_BASE;
		heap_end = HEAP_END;
	}
	uint64_t at = heap_next, room = heap_mapped - at;

	if (size > heap_end - at)
		return nullptr;
	if (size > room && heap_map((size - room + HEAP_PIECE - 1) & ~(HEAP_PIECE - 1)) != OK)
		return nullptr;
	heap_next = (at + size + SLAB_SIZE - 1) & ~(uint64_t)(SLAB_SIZE - 1);
	return (void *)at;
}

static void heap_unpages(void *at, size_t size)
{
	(void)fut_space_unmap(0, (uint64_t)at, size); /* what stays mapped is only memory */
}

/* In one page: of those that are written fork makes copies. */
alignas(1024) static struct heap heap = { .get = heap_pages, .put = heap_unpages };

void *heap_room(size_t size)
{
	mutex_lock(&process.locks.heap);
	void *p = heap_take(&heap, size);
	mutex_unlock(&process.locks.heap);
	return p;
}

void *heap_new(size_t size)
{
	void *p = heap_room(size);

	if (p != nullptr)
		memset(p, 0, size);
	return p;
}

char *heap_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *p = heap_room(size);

	return p != nullptr ? memcpy(p, text, size) : nullptr;
}

void heap_free(void *p)
{
	if (p == nullptr)
		return;
	mutex_lock(&process.locks.heap);
	heap_give(&heap, p);
	mutex_unlock(&process.locks.heap);
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

	mutex_lock(&process.locks.window);
	address = hole_take(size);
	if (address == 0 && size <= THREADS_BASE - window_next) {
		address = window_next;
		window_next += size;
	}
	enum err e = address == 0 ? ERR_FULL
				  : fut_space_map(0, vmo, address, offset, size, flags | MAP_FIXED,
						  &address);
	if (e != OK && address != 0)
		hole_give(address, size);
	mutex_unlock(&process.locks.window);
	*at = (void *)address;
	return e;
}

void window_unmap(void *at, uint64_t size)
{
	if (fut_space_unmap(0, (uint64_t)at, size) != OK)
		return; /* still mapped: not to be used again */
	mutex_lock(&process.locks.window);
	hole_give((uint64_t)at, size);
	mutex_unlock(&process.locks.window);
}

/* Nobody can write to read-only parts, so fork shares them. */
static uint32_t inherit_mode(const struct mapping_info *m)
{
	return (m->allowed & MAP_WRITE) != 0 ? INHERIT_PRIVATE : INHERIT_SHARE;
}

void memory_init(void)
{
	struct mapping_info m;
	uint64_t end = GUEST_END;

	for (uint64_t at = end; fut_space_find(0, at, &m, sizeof(m)) == OK;
	     at = m.address + m.size) {
		if (m.kind == MAPPING_CLOCK)
			continue;
		end = m.address + m.size;
		if (m.kind != MAPPING_AREA)
			(void)fut_space_inherit(0, m.address, m.size,
						inherit_mode(&m)); /* mapped: just found */
	}
	heap_next = heap_mapped = (end + SLAB_SIZE - 1) & ~(uint64_t)(SLAB_SIZE - 1);
	heap_end = window_next = heap_next + HEAP_PIECE;
}
