/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/quota.h"
#include "kernel/assert.h"
#include "kernel/calls.h"
#include "kernel/frame.h"
#include "kernel/task.h"

/* By the index that frames carry. A quota stays here until all it paid for is freed. */
static struct quota *quotas[QUOTAS_MAX];

struct quota *quota_of(uint16_t index)
{
	return quotas[index];
}

static enum err quota_register(struct quota *q)
{
	for (unsigned i = 1; i < QUOTAS_MAX; i++) {
		if (quotas[i] == nullptr) {
			quotas[i] = q;
			q->index = (uint16_t)i;
			return OK;
		}
	}
	return ERR_FULL;
}

static void limit_set(struct quota *q, uint64_t bytes)
{
	q->limit = q->own = q->most = bytes;
	q->leave = 0;
	q->spare = UINT64_MAX;
}

struct quota *quota_root(void)
{
	struct quota *q = (struct quota *)object_create(OBJECT_QUOTA, nullptr);

	if (q == nullptr || quota_register(q) != OK)
		panic("no memory for the first quota");
	limit_set(q, frame_count(FRAME_FREE) << PAGE_SHIFT);
	return q;
}

enum err quota_create(struct quota *parent, uint64_t bytes, struct quota **new)
{
	if (parent->depth == QUOTA_DEPTH_MAX)
		return ERR_FULL;
	/* The object itself is the parent's, or its own charge would keep it alive. */
	struct quota *q = (struct quota *)object_create(OBJECT_QUOTA, parent);

	if (q == nullptr)
		return ERR_NO_MEMORY;
	if (!quota_charge(parent, bytes)) {
		object_put(q);
		return ERR_NO_MEMORY;
	}
	enum err e = quota_register(q);

	if (e != OK) {
		quota_refund(parent, bytes);
		object_put(q);
		return e;
	}
	q->parent = object_get(parent);
	q->depth = parent->depth + 1;
	limit_set(q, bytes);
	*new = q;
	return OK;
}

/* --- Borrowing --- */

/* Borrowed and given back in pieces, so that most charges look at one quota only. */
constexpr uint64_t PIECE = 1 << 20;

/* What the parent may lend it. */
static uint64_t to_borrow(const struct quota *q)
{
	if (q->most == q->limit)
		return 0;
	uint64_t room = quota_room(q->parent), most = q->most - q->limit;

	room = room > q->leave ? room - q->leave : 0;
	return room < most ? room : most;
}

uint64_t quota_room(const struct quota *q)
{
	return q->limit - q->used + to_borrow(q);
}

bool quota_borrow(struct quota *q, uint64_t bytes)
{
	uint64_t most = to_borrow(q), need = bytes - (q->limit - q->used);

	if (need > most)
		return false;
	if (need < PIECE)
		need = PIECE < most ? PIECE : most;
	if (!quota_charge(q->parent, need))
		return false;
	q->limit += need;
	q->spare = 2 * PIECE;
	return true;
}

/* One piece stays at hand. */
void quota_repay(struct quota *q)
{
	uint64_t unused = q->limit - q->used - PIECE, borrowed = q->limit - q->own;
	uint64_t back = unused < borrowed ? unused : borrowed;

	q->limit -= back;
	if (q->limit == q->own)
		q->spare = UINT64_MAX;
	quota_refund(q->parent, back);
}

void quota_release(void *object)
{
	struct quota *q = object;

	if (q->index == 0)
		return;
	quotas[q->index] = nullptr;
	quota_refund(q->parent, q->limit);
	object_put(q->parent);
}

enum err sys_quota_create(struct thread *self, struct quota *quota, uint64_t bytes,
			  struct quota **new)
{
	(void)self;
	return quota_create(quota, bytes, new);
}

enum err sys_quota_resize(struct thread *self, struct quota *quota, struct quota *parent,
			  uint64_t bytes)
{
	(void)self;
	if (quota->parent != parent)
		return ERR_BAD_ARGUMENT;
	if (bytes < quota->used)
		return ERR_NO_MEMORY;
	if (bytes > quota->limit) {
		if (!quota_charge(parent, bytes - quota->limit))
			return ERR_NO_MEMORY;
	} else {
		quota_refund(parent, quota->limit - bytes);
	}
	limit_set(quota, bytes);
	return OK;
}

enum err sys_quota_lend(struct thread *self, struct quota *quota, struct quota *parent,
			uint64_t most, uint64_t leave)
{
	(void)self;
	if (quota->parent != parent || most < quota->limit)
		return ERR_BAD_ARGUMENT;
	quota->own = quota->limit;
	quota->most = most;
	quota->leave = leave;
	return OK;
}

enum err sys_quota_room(struct thread *self, struct quota *quota, uint64_t *bytes)
{
	(void)self;
	*bytes = quota_room(quota);
	return OK;
}

enum err sys_quota_end(struct thread *self, struct quota *quota)
{
	(void)self;
	tasks_kill(quota);
	return OK;
}

enum err sys_quota_info(struct thread *self, struct quota *quota, uint64_t *limit, uint64_t *used,
			uint64_t *pages)
{
	(void)self;
	*limit = quota->most;
	*used = quota->used;
	*pages = quota->pages;
	return OK;
}
