/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/pool.h"
#include "kernel/fail.h"
#include "kernel/forbid.h"
#include "kernel/frame.h"
#include "kernel/string.h"

uint64_t fail_countdown, fail_seen;

/* The head of a page; the pieces follow. */
struct slab {
	struct list link;
	void *free; /* pieces, each pointing to the next */
	size_t taken;
	size_t fresh; /* offset of the first piece never taken */
};

constexpr size_t SLAB_HEAD = (sizeof(struct slab) + 15) & ~(size_t)15;

/* Rare: kept off the usual way. */
[[gnu::noinline]] static struct slab *slab_create(struct pool *pool)
{
	paddr page;

	if (!frame_alloc(nullptr, FRAME_OBJECT, &page))
		return nullptr;
	struct slab *s = direct(page);

	*s = (struct slab){ .fresh = SLAB_HEAD };
	list_prepend(&pool->partial, &s->link);
	pool->nempty++;
	return s;
}

static bool slab_is_full(const struct pool *pool, const struct slab *s)
{
	return s->free == nullptr && s->fresh + pool->size > PAGE_SIZE;
}

static void *slab_take(struct pool *pool, struct slab *s)
{
	void *piece = s->free;

	if (piece != nullptr) {
		memory_allow(piece, pool->size);
		s->free = *(void **)piece;
	} else {
		piece = (char *)s + s->fresh;
		s->fresh += pool->size;
	}
	if (s->taken++ == 0)
		pool->nempty--;
	if (slab_is_full(pool, s))
		list_remove(&s->link);
	return piece;
}

void *pool_take(struct pool *pool, struct quota *quota)
{
	struct slab *s = container_of(pool->partial.next, struct slab, link);

	if (fail_now() || !quota_charge(quota, pool->size))
		return nullptr;
	if (list_is_empty(&pool->partial) && (s = slab_create(pool)) == nullptr) {
		quota_refund(quota, pool->size);
		return nullptr;
	}
	void *piece = slab_take(pool, s);

	memset(piece, 0, pool->size);
	pool->taken++;
	return piece;
}

void pool_give(struct pool *pool, struct quota *quota, void *piece)
{
	struct slab *s = (struct slab *)((uintptr_t)piece & ~(PAGE_SIZE - 1));

	if (slab_is_full(pool, s))
		list_prepend(&pool->partial, &s->link);
	*(void **)piece = s->free;
	s->free = piece;
	memory_forbid(piece, pool->size);
	pool->taken--;
	quota_refund(quota, pool->size);
	if (--s->taken == 0 && pool->nempty++ > 0) {
		pool->nempty--;
		list_remove(&s->link);
		memory_allow(s, PAGE_SIZE);
		frame_free(direct_paddr(s));
	}
}
