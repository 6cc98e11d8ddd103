/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/mapping.h"
#include "kernel/pool.h"
#include "kernel/ptab.h"
#include "kernel/tlb.h"
#include "kernel/vmo.h"

POOL(mappings, struct mapping);

/* The lease that it was made under has ended: its pages and its object go, the range stays as a
 * guard, so that nothing else appears where the task believes its memory to be. */
static void lease_ended(struct lease_use *use)
{
	struct mapping *m = container_of(use, struct mapping, use);
	unsigned work = UINT32_MAX;

	mapping_unmap_pages(m, m->address, m->size, &work);
	list_remove(&m->link);
	object_put(m->vmo);
	m->vmo = nullptr;
	m->kind = MAPPING_GUARD;
	m->flags |= MAP_GUARD;
}

struct mapping *mapping_create(struct space *s, vaddr address, uint64_t size, struct vmo *vmo,
			       uint64_t offset, uint32_t flags)
{
	struct mapping *m = pool_take(&mappings, s->quota);

	if (m == nullptr)
		return nullptr;
	m->space = s;
	m->address = address;
	m->size = size;
	m->offset = offset;
	m->flags = flags;
	m->allowed = flags & (MAP_READ | MAP_WRITE | MAP_EXEC);
	m->kind = vmo == nullptr ? MAPPING_GUARD : vmo->fresh ? MAPPING_FRESH : MAPPING_VMO;
	list_init(&m->link);
	if (vmo != nullptr) {
		m->vmo = object_get(vmo);
		list_append(&vmo->mappings, &m->link);
	}
	lease_use(&m->use, nullptr, nullptr);
	tree_insert(&s->mappings, &m->node, address);
	s->last = m;
	s->mapped += size;
	return m;
}

void mapping_destroy(struct mapping *m)
{
	struct space *s = m->space;

	if (s->last == m)
		s->last = nullptr;
	s->mapped -= m->size;
	tree_remove(&s->mappings, &m->node);
	list_remove(&m->link);
	lease_unuse(&m->use);
	object_put(m->vmo);
	pool_give(&mappings, s->quota, m);
}

enum err mapping_split(struct space *s, vaddr va)
{
	struct mapping *m = space_find(s, va);

	if (m == nullptr || m->address == va)
		return OK;
	if (m->kind == MAPPING_AREA || m->kind == MAPPING_CLOCK)
		return ERR_BAD_STATE;
	uint64_t head = va - m->address;
	struct mapping *tail =
		mapping_create(s, va, m->size - head, m->vmo, m->offset + head, m->flags);

	if (tail == nullptr)
		return ERR_NO_MEMORY;
	s->mapped -= tail->size;
	tail->allowed = m->allowed;
	tail->kind = m->kind;
	lease_use(&tail->use, m->use.leased, lease_ended);
	m->size = head;
	return OK;
}

void mapping_lease(struct mapping *m, struct leased *leased)
{
	lease_use(&m->use, leased, lease_ended);
}

vaddr mapping_unmap_pages(struct mapping *m, vaddr va, uint64_t size, unsigned *work)
{
	bool any = false;
	vaddr stop = ptab_unmap(m->space, va, size, work, &any);

	if (any)
		tlb_shoot(m->space, va, (stop - va) >> PAGE_SHIFT);
	return stop;
}

enum page_flags mapping_page_flags(const struct mapping *m)
{
	enum page_flags f = 0;

	if ((m->flags & MAP_READ) != 0)
		f |= PAGE_READ;
	if ((m->flags & MAP_WRITE) != 0)
		f |= PAGE_READ | PAGE_WRITE;
	if ((m->flags & MAP_EXEC) != 0)
		f |= PAGE_READ | PAGE_EXEC;
	if (m->vmo != nullptr)
		f |= m->vmo->caching;
	return f;
}
