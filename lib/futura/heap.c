/* SPDX-License-Identifier: MPL-2.0 */
/* Size classes in slabs; see the header for the picture. */
#include "lib/futura/heap.h"
#include <stdckdint.h>

constexpr size_t PAGE = 4096;
constexpr uint32_t SLAB_MAGIC = 0x42414c53;  /* "SLAB": objects of a class */
constexpr uint32_t LARGE_MAGIC = 0x4752414c; /* "LARG": one object */
constexpr size_t SMALL_MAX = 16384;

struct free_object {
	struct free_object *next;
};

struct slab {
	uint32_t magic;
	uint16_t class;
	uint16_t nused;            /* objects handed out */
	size_t size;               /* of an object; for a large one of the whole mapping */
	char *fresh;               /* objects from here on were never handed out */
	char *made;                /* pages from here on may not be there */
	struct free_object *free;  /* those that came back */
	struct slab *next, **link; /* in the heap's `usable`; `link` is null if not there */
	uint32_t skip;             /* from the header to the first object */
};

static_assert(sizeof(struct slab) <= 64);

/* Up to 128 in steps of 16, then four steps to each doubling: at most a fifth is lost. */
static unsigned class_of(size_t size)
{
	if (size <= 128)
		return size == 0 ? 0 : (unsigned)((size - 1) / 16);
	unsigned log = 63 - (unsigned)__builtin_clzll(size - 1); /* 2^log <= size - 1, log >= 7 */
	return 8 + (log - 7) * 4 + (unsigned)((size - 1) >> (log - 2) & 3);
}

static size_t class_size(unsigned class)
{
	if (class < 8)
		return (class + 1) * 16;
	unsigned log = 7 + (class - 8) / 4;
	return ((size_t)1 << log) + ((size_t)((class - 8) % 4 + 1) << (log - 2));
}

static struct slab *slab_of(const void *p)
{
	return (struct slab *)((uintptr_t)p & ~(uintptr_t)(SLAB_SIZE - 1));
}

static void list_add(struct heap *h, struct slab *s)
{
	s->link = &h->usable[s->class];
	s->next = *s->link;
	if (s->next)
		s->next->link = &s->next;
	*s->link = s;
}

static void list_remove(struct slab *s)
{
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	s->link = nullptr;
}

/* New pages, of which the first `size` bytes are there. */
static struct slab *pages_get(struct heap *h, size_t whole, size_t size)
{
	struct slab *s = h->get(whole);

	if (s == nullptr || h->make == nullptr || h->make(s, size))
		return s;
	h->put(s, whole);
	return nullptr;
}

static struct slab *slab_get(struct heap *h, unsigned class)
{
	struct slab *s = h->nspare > 0 ? h->spare[--h->nspare] : pages_get(h, SLAB_SIZE, PAGE);

	if (s == nullptr)
		return nullptr;
	*s = (struct slab){ .magic = SLAB_MAGIC, .class = (uint16_t)class, .skip = 64 };
	s->size = class_size(class);
	/* Powers of two, so that aligned requests find aligned objects. */
	while (s->skip < s->size && (s->size & (s->size - 1)) == 0)
		s->skip *= 2;
	s->fresh = (char *)s + s->skip;
	s->made = (char *)s + PAGE;
	list_add(h, s);
	return s;
}

static bool has_fresh(const struct slab *s)
{
	return s->fresh + s->size <= (const char *)s + SLAB_SIZE;
}

/* The next object that was never handed out, if there is memory for it. */
static void *take_fresh(struct heap *h, struct slab *s)
{
	char *p = s->fresh, *end = p + s->size;

	if (h->make != nullptr && end > s->made) {
		size_t n = ((size_t)(end - s->made) + PAGE - 1) & ~(PAGE - 1);
		if (!h->make(s->made, n))
			return nullptr;
		s->made += n;
	}
	s->fresh = end;
	return p;
}

static void *take_small(struct heap *h, unsigned class)
{
	struct slab *s = h->usable[class];
	void *p;

	if (s == nullptr && (s = slab_get(h, class)) == nullptr)
		return nullptr;
	if (s->free) {
		p = s->free;
		s->free = s->free->next;
	} else if ((p = take_fresh(h, s)) == nullptr) {
		return nullptr;
	}
	s->nused++;
	h->in_use += s->size;
	if (s->free == nullptr && !has_fresh(s))
		list_remove(s);
	return p;
}

static void *take_large(struct heap *h, size_t skip, size_t size)
{
	size_t whole;

	if (ckd_add(&whole, size, skip + PAGE - 1) || whole > SIZE_MAX / 2)
		return nullptr;
	whole &= ~(PAGE - 1);
	struct slab *s = pages_get(h, whole, whole);
	if (s == nullptr)
		return nullptr;
	*s = (struct slab){ .magic = LARGE_MAGIC, .size = whole, .skip = (uint32_t)skip };
	h->in_use += whole;
	return (char *)s + skip;
}

void *heap_take(struct heap *h, size_t size)
{
	return size <= SMALL_MAX ? take_small(h, class_of(size)) : take_large(h, 64, size);
}

void *heap_take_aligned(struct heap *h, size_t align, size_t size)
{
	if (align <= HEAP_ALIGN)
		return heap_take(h, size);
	if (align > SLAB_SIZE / 2)
		return nullptr;
	/* A class whose size is a power of two holds objects at multiples of it. */
	size_t room = align;
	while (room < size && room <= SMALL_MAX)
		room *= 2;
	if (room >= size && room <= SMALL_MAX)
		return take_small(h, class_of(room));
	return take_large(h, align > 64 ? align : 64, size);
}

static void give_small(struct heap *h, struct slab *s, void *p)
{
	struct free_object *o = p;

	if (s->nused == 0 || ((char *)p - (char *)s - s->skip) % s->size != 0)
		__builtin_trap();
	o->next = s->free;
	s->free = o;
	h->in_use -= s->size;
	if (s->link == nullptr)
		list_add(h, s);
	if (--s->nused > 0)
		return;
	list_remove(s);
	if (h->nspare < HEAP_SPARE)
		h->spare[h->nspare++] = s;
	else
		h->put(s, SLAB_SIZE);
}

void heap_give(struct heap *h, void *p)
{
	struct slab *s = slab_of(p);

	if (p == nullptr)
		return;
	if (s->magic == SLAB_MAGIC) {
		give_small(h, s, p);
	} else if (s->magic == LARGE_MAGIC) {
		h->in_use -= s->size;
		s->magic = 0;
		h->put(s, s->size);
	} else {
		__builtin_trap();
	}
}

size_t heap_size(const void *p)
{
	const struct slab *s = slab_of(p);

	return s->magic == SLAB_MAGIC ? s->size : s->size - s->skip;
}
