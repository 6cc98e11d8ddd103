/* SPDX-License-Identifier: MPL-2.0 */
/* The allocator over pages that this machine's own allocator gives. */
#include "lib/futura/heap.h"
#include <stdlib.h>
#include <string.h>
#include "lib/test/test.h"

static size_t pages; /* bytes that the heap holds */
static size_t limit = SIZE_MAX;

static void *get(size_t size)
{
	if (pages + size > limit)
		return nullptr;
	pages += size;
	void *p = aligned_alloc(SLAB_SIZE, (size + SLAB_SIZE - 1) & ~(SLAB_SIZE - 1));
	memset(p, 0, size);
	return p;
}

static void put(void *at, size_t size)
{
	pages -= size;
	free(at);
}

static struct heap setup(void)
{
	pages = 0;
	limit = SIZE_MAX;
	return (struct heap){ .get = get, .put = put };
}

/* Only spare slabs may remain. */
static void teardown(struct heap *h)
{
	CHECK(h->in_use == 0);
	CHECK(h->nspare <= HEAP_SPARE);
	while (h->nspare > 0)
		put(h->spare[--h->nspare], SLAB_SIZE);
	CHECK(pages == 0);
}

static size_t may_make; /* bytes */

static bool make(void *at, size_t size)
{
	if (size > may_make)
		return false;
	may_make -= size;
	memset(at, 0xff, size);
	return true;
}

TEST(heap, refuses_what_cannot_be_made)
{
	struct heap h = setup();
	void *p[64] = {};
	size_t n = 0;

	h.make = make;
	may_make = 4 * 4096;
	CHECK(heap_take(&h, 100'000) == nullptr);
	CHECK(pages == 0 && may_make == 4 * 4096);
	while (n < 64 && (p[n] = heap_take(&h, 1000)) != nullptr)
		memset(p[n++], 1, 1000);
	CHECK(n >= 12 && n < 16);
	CHECK(heap_take(&h, 1000) == nullptr);
	heap_give(&h, p[0]);
	CHECK(heap_take(&h, 1000) == p[0]); /* that is there */
	for (size_t i = 0; i < n; i++)
		heap_give(&h, p[i]);
	teardown(&h);
}

TEST(heap, gives_every_size_room_and_alignment)
{
	struct heap h = setup();

	for (size_t size = 0; size < 40000; size += size < 600 ? 1 : 97) {
		char *p = heap_take(&h, size);
		CHECK(p && (uintptr_t)p % HEAP_ALIGN == 0 && heap_size(p) >= size);
		CHECK(size < 64 || size > 16384 || heap_size(p) <= size + size / 4 + 16);
		memset(p, 1, heap_size(p));
		heap_give(&h, p);
	}
	teardown(&h);
}

TEST(heap, keeps_objects_apart)
{
	struct heap h = setup();
	enum { N = 2000 };
	static unsigned char *p[N];
	static size_t size[N];
	unsigned x = 1, damaged = 0;

	for (unsigned round = 0; round < 40000; round++) {
		x = x * 1664525 + 1013904223;
		unsigned i = (x >> 8) % N;
		if (p[i]) {
			for (size_t k = 0; k < size[i]; k += 61)
				damaged += p[i][k] != (unsigned char)i;
			heap_give(&h, p[i]);
			p[i] = nullptr;
		} else {
			size[i] = (x >> 3) % ((x & 31) == 0 ? 100000 : 900);
			p[i] = heap_take(&h, size[i]);
			memset(p[i], (int)i, size[i]);
		}
	}
	CHECK(damaged == 0);
	for (unsigned i = 0; i < N; i++) {
		heap_give(&h, p[i]);
		p[i] = nullptr;
	}
	teardown(&h);
}

TEST(heap, aligns_as_asked)
{
	struct heap h = setup();

	for (size_t align = 16; align <= SLAB_SIZE / 2; align *= 2)
		for (size_t size = 1; size < 50000; size = size * 3 + 1) {
			void *p = heap_take_aligned(&h, align, size);
			CHECK(p && (uintptr_t)p % align == 0 && heap_size(p) >= size);
			memset(p, 1, size);
			heap_give(&h, p);
		}
	CHECK(heap_take_aligned(&h, SLAB_SIZE, 1) == nullptr);
	teardown(&h);
}

TEST(heap, gives_nothing_when_there_are_no_pages)
{
	struct heap h = setup();

	limit = SLAB_SIZE;
	CHECK(heap_take(&h, 100000) == nullptr);
	CHECK(heap_take(&h, SIZE_MAX) == nullptr);
	CHECK(heap_take(&h, SIZE_MAX - 100) == nullptr);
	void *first = heap_take(&h, 16384);
	CHECK(first);
	CHECK(heap_take(&h, 16) == nullptr);
	heap_give(&h, first);
	heap_give(&h, nullptr);
	teardown(&h);
}

TEST(heap, takes_objects_of_a_few_lone_sizes_again_without_new_pages)
{
	struct heap h = setup();
	void *p[HEAP_SPARE];

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < HEAP_SPARE; i++)
			p[i] = heap_take(&h, 16u << i);
		limit = pages; /* the first round's have to do */
		for (unsigned i = 0; i < HEAP_SPARE; i++) {
			CHECK(p[i]);
			heap_give(&h, p[i]);
		}
	}
	CHECK(pages == HEAP_SPARE * SLAB_SIZE);
	teardown(&h);
}
