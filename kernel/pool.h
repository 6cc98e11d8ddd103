/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pools: storage of one size each, cut from single pages that go back when empty. What is taken is
 * zeroed, and charged to a quota by its size.
 */
#pragma once
#include <stddef.h>
#include "kernel/list.h"
#include "kernel/quota.h"

struct pool {
	const char *name;
	size_t size;         /* of a piece, at most a page less the slab's head */
	struct list partial; /* slabs with a free piece */
	size_t taken;
	unsigned nempty; /* slabs among them with no piece taken; one is kept */
};

#define POOL(pool_name, type)                                                                      \
	static struct pool pool_name = {                                                           \
		.name = #type,                                                                     \
		.size = (sizeof(type) + 15) & ~(size_t)15,                                         \
		.partial = { &pool_name.partial, &pool_name.partial },                             \
	}

/* nullptr: the quota or the machine has no memory. */
void *pool_take(struct pool *pool, struct quota *quota);
void pool_give(struct pool *pool, struct quota *quota, void *piece);
