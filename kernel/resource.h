/* SPDX-License-Identifier: MPL-2.0 */
/* Resources: authority over hardware and the system, in ranges of one kind. */
#pragma once
#include "kernel/object.h"

struct resource {
	struct object object;
	uint32_t kind; /* RESOURCE_... */
	uint64_t base, size;
};

struct resource *resource_create(uint32_t kind, uint64_t base, uint64_t size, struct quota *quota);

static inline enum err resource_check(const struct resource *r, uint32_t kind)
{
	return r->kind == kind ? OK : ERR_WRONG_TYPE;
}

static inline bool resource_covers(const struct resource *r, uint64_t base, uint64_t size)
{
	return size <= r->size && base >= r->base && base - r->base <= r->size - size;
}
