/* SPDX-License-Identifier: MPL-2.0 */
/* Changing the mappings of an address space, beneath the space_ calls. */
#pragma once
#include "kernel/space.h"

struct mapping *mapping_create(struct space *s, vaddr address, uint64_t size, struct vmo *vmo,
			       uint64_t offset, uint32_t flags);
/* Take it out of its space and free it; its pages must be unmapped already. */
void mapping_destroy(struct mapping *m);
/* Make a boundary at va, if a mapping spans it. */
enum err mapping_split(struct space *s, vaddr va);
/* Undo mapped pages of [va, va + size) of one mapping, about *work: where it stopped. */
vaddr mapping_unmap_pages(struct mapping *m, vaddr va, uint64_t size, unsigned *work);
enum page_flags mapping_page_flags(const struct mapping *m);
void mapping_lease(struct mapping *m, struct leased *leased);

static inline vaddr mapping_end(const struct mapping *m)
{
	return m->address + m->size;
}

/* The page index in its vmo that is mapped at va. */
static inline uint64_t mapping_index(const struct mapping *m, vaddr va)
{
	return (m->offset + (va - m->address)) >> PAGE_SHIFT;
}

static inline struct mapping *mapping_of(struct tree_node *n)
{
	return container_of(n, struct mapping, node);
}
