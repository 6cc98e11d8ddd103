/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Quotas: how much memory may be used. Pages and kernel objects are charged where they are made and
 * refunded where they are freed, however long they outlive their task; a quota ends when its last
 * handle is gone and all is refunded, and its limit then goes back to its parent.
 */
#pragma once
#include "kernel/arch.h"
#include "kernel/object.h"

struct quota {
	struct object object;
	struct quota *parent;
	uint64_t limit, used; /* bytes */
	uint64_t pages;       /* of `used`, in whole pages */
	/* A quota that may borrow: its limit moves from `own` to `most`. Else both are the limit.
	 */
	uint64_t own, most;
	uint64_t leave; /* bytes that the parent keeps */
	uint64_t spare; /* with more than this unused some goes back; UINT64_MAX: nothing is
			   borrowed */
	uint16_t depth; /* of parents */
	uint16_t index; /* in the table; 0 is the kernel's own, without a limit */
};

constexpr unsigned QUOTAS_MAX = 4096;
constexpr unsigned QUOTA_DEPTH_MAX = 16; /* ending one may end its parents, each a call deeper */

/* The first quota, with all memory that is free now. */
struct quota *quota_root(void);
enum err quota_create(struct quota *parent, uint64_t bytes, struct quota **new);
void quota_release(void *quota); /* no references left */
struct quota *quota_of(uint16_t index);
/* What could be charged now, with what can be borrowed. */
uint64_t quota_room(const struct quota *q);
/* Borrow what is missing for that many bytes; false: the parent has not so much. */
[[clang::preserve_most]] bool quota_borrow(struct quota *q, uint64_t bytes);
[[clang::preserve_most]] void quota_repay(struct quota *q);

static inline uint16_t quota_index(const struct quota *q)
{
	return q == nullptr ? 0 : q->index;
}

static inline bool quota_charge(struct quota *q, uint64_t bytes)
{
	if (q == nullptr)
		return true;
	if (bytes > q->limit - q->used && !quota_borrow(q, bytes)) [[clang::unlikely]]
		return false;
	if (q->used == 0 && bytes != 0)
		object_get(q); /* as long as anything is charged to it */
	q->used += bytes;
	return true;
}

static inline void quota_refund(struct quota *q, uint64_t bytes)
{
	if (q == nullptr || bytes == 0)
		return;
	q->used -= bytes;
	if (q->limit - q->used > q->spare) [[clang::unlikely]]
		quota_repay(q);
	if (q->used == 0)
		object_put(q);
}

static inline bool quota_charge_pages(struct quota *q, uint64_t n)
{
	if (!quota_charge(q, n << PAGE_SHIFT))
		return false;
	if (q != nullptr)
		q->pages += n;
	return true;
}

static inline void quota_refund_pages(struct quota *q, uint64_t n)
{
	if (q != nullptr)
		q->pages -= n;
	quota_refund(q, n << PAGE_SHIFT);
}
