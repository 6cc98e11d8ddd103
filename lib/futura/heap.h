/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A memory allocator over a source of pages. malloc and its family (lib/futura/malloc.c) use one
 * whose source is the kernel. Not locked: the caller lets one thread in at a time.
 *
 * Small sizes are rounded up to a class; objects of a class fill 64 KiB slabs. Larger ones have a
 * mapping each. Both start with a header at an address divisible by SLAB_SIZE, so that an object's
 * address leads to its header.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

constexpr size_t SLAB_SIZE = 65536;
constexpr unsigned HEAP_CLASSES = 40;
constexpr size_t HEAP_ALIGN = 16; /* of every object */
/* A call that takes a few objects of sizes that nobody else uses needs a slab for each. */
constexpr unsigned HEAP_SPARE = 4;

struct slab;

struct heap {
	/* `size` zeroed bytes (whole pages) at a multiple of SLAB_SIZE; nullptr if there are none.
	 */
	void *(*get)(size_t size);
	void (*put)(void *at, size_t size);
	/*
	 * Make these pages of what was got, and maybe change what is in them: false if memory is
	 * short. So who cannot be given memory is told, and does not fault later. nullptr: pages
	 * come when they are touched.
	 */
	bool (*make)(void *at, size_t size);
	struct slab *usable[HEAP_CLASSES]; /* slabs with room, by class */
	struct slab *spare[HEAP_SPARE];    /* empty slabs, kept against flutter */
	unsigned nspare;
	size_t in_use; /* bytes handed out, rounded to classes */
};

/* nullptr if there is no memory, or the size is absurd. */
void *heap_take(struct heap *h, size_t size);
/* `align` is a power of two, at most SLAB_SIZE / 2. */
void *heap_take_aligned(struct heap *h, size_t align, size_t size);
/* `p` came from heap_take and was not given back; anything else ends the program where noticed. */
void heap_give(struct heap *h, void *p);
/* Bytes that can be used at `p`: at least what was asked for. */
size_t heap_size(const void *p);
