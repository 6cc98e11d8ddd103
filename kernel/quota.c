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

struct quota *quota_root(void)
{
	struct quota *q = (struct quota *)object_create(OBJECT_QUOTA, nullptr);

	if (q == nullptr || quota_register(q) != OK)
		panic("no memory for the first quota");
	q->limit = frame_count(FRAME_FREE) << PAGE_SHIFT;
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
	q->limit = bytes;
	*new = q;
	return OK;
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
	quota->limit = bytes;
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
	*limit = quota->limit;
	*used = quota->used;
	*pages = quota->pages;
	return OK;
}
