/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/vmo.h"
#include "kernel/assert.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/hardware.h"
#include "kernel/mapping.h"
#include "kernel/port.h"
#include "kernel/ptab.h"
#include "kernel/quota.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/tlb.h"
#include "kernel/user.h"

/* Pages that one call handles before it returns, or lets others run and goes on. */
constexpr unsigned WORK_MAX = 1024;

struct vmo *vmo_create(struct quota *quota, uint64_t size)
{
	struct vmo *vmo = (struct vmo *)object_create(OBJECT_VMO, quota);

	if (vmo == nullptr)
		return nullptr;
	vmo->size = size;
	list_init(&vmo->mappings);
	list_init(&vmo->windows);
	list_init(&vmo->behind_link);
	list_init(&vmo->fronts);
	return vmo;
}

void vmo_release(void *object)
{
	struct vmo *vmo = object;

	assert(list_is_empty(&vmo->mappings) && list_is_empty(&vmo->fronts));
	node_put(vmo->root);
	list_remove(&vmo->behind_link);
	object_put(vmo->behind);
	object_put(vmo->port);
}

enum err vmo_clone(struct vmo *vmo, uint64_t offset, uint64_t size, struct quota *quota,
		   struct vmo **clone)
{
	if (!vmo_may_copy(vmo))
		return ERR_UNSUPPORTED;
	struct vmo *new = vmo_create(quota, size);
	uint64_t first = offset >> PAGE_SHIFT, n = size >> PAGE_SHIFT;

	if (new == nullptr)
		return ERR_NO_MEMORY;
	if (vmo->kind == VMO_PAGER) {
		new->behind = object_get(vmo);
		new->behind_start = first;
		new->behind_end = n;
	} else {
		new->start = vmo->start + first;
		new->height = vmo->height;
		new->root = vmo->root;
		if (new->root != nullptr)
			new->root->refs++;
		if (vmo->behind != nullptr) {
			new->behind = object_get(vmo->behind);
			new->behind_start = vmo->behind_start + first;
			new->behind_end = vmo->behind_end > first ? vmo->behind_end - first : 0;
			if (new->behind_end > n)
				new->behind_end = n;
		}
		vmo_protect_pages(vmo, 0, vmo->size >> PAGE_SHIFT);
	}
	if (new->behind != nullptr)
		list_append(&new->behind->fronts, &new->behind_link);
	*clone = new;
	return OK;
}

/* --- Mappings of an object --- */

/* The part of a mapping that shows pages [index, index + n) of its object. */
static bool mapping_part(const struct mapping *m, uint64_t index, uint64_t n, vaddr *va,
			 uint64_t *size)
{
	uint64_t first = m->offset >> PAGE_SHIFT, end = first + (m->size >> PAGE_SHIFT);
	uint64_t from = index > first ? index : first;
	uint64_t to = index + n < end ? index + n : end;

	if (from >= to)
		return false;
	*va = m->address + ((from - first) << PAGE_SHIFT);
	*size = (to - from) << PAGE_SHIFT;
	return true;
}

static void mappings_unmap(struct vmo *vmo, uint64_t index, uint64_t n, const struct mapping *but)
{
	LIST_EACH(at, &vmo->mappings) {
		struct mapping *m = container_of(at, struct mapping, link);
		unsigned work = UINT32_MAX;
		uint64_t size;
		vaddr va;

		if ((but == nullptr || m != but) && mapping_part(m, index, n, &va, &size))
			mapping_unmap_pages(m, va, size, &work);
	}
}

/* Clones that look behind themselves at this object show its pages too. */
static void fronts_unmap(struct vmo *vmo, uint64_t index, uint64_t n)
{
	LIST_EACH(at, &vmo->fronts) {
		struct vmo *front = container_of(at, struct vmo, behind_link);
		uint64_t start = front->behind_start;
		uint64_t from = index > start ? index - start : 0;

		if (index + n > start)
			mappings_unmap(front, from, index + n - start - from, nullptr);
	}
}

void vmo_unmap_pages(struct vmo *vmo, uint64_t index, uint64_t n)
{
	mappings_unmap(vmo, index, n, nullptr);
	fronts_unmap(vmo, index, n);
}

void vmo_unmap_pages_but(struct vmo *vmo, uint64_t index, const struct mapping *but)
{
	/* Nearly always the one mapping is all there is. */
	if (vmo->mappings.next != &but->link || vmo->mappings.prev != &but->link)
		mappings_unmap(vmo, index, 1, but);
	fronts_unmap(vmo, index, 1);
}

void vmo_protect_pages(struct vmo *vmo, uint64_t index, uint64_t n)
{
	LIST_EACH(at, &vmo->mappings) {
		struct mapping *m = container_of(at, struct mapping, link);
		uint64_t size;
		vaddr va;

		/* In a space that is being cloned all is protected at the top, at the end. */
		if (m->space->cloning)
			continue;
		if (mapping_part(m, index, n, &va, &size) && ptab_protect(m->space, va, size))
			tlb_shoot(m->space, va, size >> PAGE_SHIFT);
	}
}

/* --- Calls: making --- */

static bool size_is_good(uint64_t *size)
{
	if (*size == 0 || *size > VMO_SIZE_MAX)
		return false;
	*size = bytes_to_pages(*size) << PAGE_SHIFT;
	return true;
}

/* Fill a new object with one run of physical memory; a run of 2^order pages gives back its tail. */
static enum err run_fill(struct vmo *vmo)
{
	uint64_t n = vmo->size >> PAGE_SHIFT;
	unsigned order = n == 1 ? 0 : 64u - (unsigned)__builtin_clzll(n - 1);
	paddr first;

	if (!frame_alloc_run(vmo->object.quota, FRAME_USER, order, &first))
		return ERR_NO_MEMORY;
	for (uint64_t i = 1ull << order; i-- > n;)
		frame_free(paddr_add(first, i << PAGE_SHIFT));
	vmo->base = first;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t *slot = slot_make(vmo, i);

		if (slot == nullptr) {
			for (; i < n; i++)
				frame_free(paddr_add(first, i << PAGE_SHIFT));
			return ERR_NO_MEMORY;
		}
		*slot = paddr_add(first, i << PAGE_SHIFT).raw;
		page_zero(direct(slot_page(*slot)));
	}
	vmo->kind = VMO_RUN;
	return OK;
}

enum err sys_vmo_create(struct thread *self, uint64_t size, uint32_t flags, struct vmo **vmo)
{
	if (!size_is_good(&size) || (flags & ~VMO_CONTIGUOUS) != 0)
		return ERR_BAD_ARGUMENT;
	if ((flags & VMO_CONTIGUOUS) != 0 && size > PAGE_SIZE << ORDER_MAX)
		return ERR_BAD_ARGUMENT;
	*vmo = vmo_create(self->task->object.quota, size);
	if (*vmo == nullptr)
		return ERR_NO_MEMORY;
	enum err e = (flags & VMO_CONTIGUOUS) != 0 ? run_fill(*vmo) : OK;

	if (e != OK)
		object_put(*vmo);
	return e;
}

enum err sys_vmo_create_pager(struct thread *self, struct port *port, uint64_t badge, uint64_t size,
			      struct vmo **vmo)
{
	if (!size_is_good(&size))
		return ERR_BAD_ARGUMENT;
	*vmo = vmo_create(self->task->object.quota, size);
	if (*vmo == nullptr)
		return ERR_NO_MEMORY;
	(*vmo)->kind = VMO_PAGER;
	(*vmo)->port = object_get(port);
	(*vmo)->badge = badge;
	return OK;
}

enum err sys_vmo_create_physical(struct thread *self, struct resource *resource, uint64_t base,
				 uint64_t size, uint32_t flags, struct vmo **vmo)
{
	enum err e = resource_check(resource, RESOURCE_PHYSICAL);

	if (e != OK)
		return e;
	if (flags > PHYSICAL_CACHED || ((base | size) & (PAGE_SIZE - 1)) != 0 || size == 0 ||
	    size > VMO_SIZE_MAX || !resource_covers(resource, base, size) ||
	    frame_is_ram(base, size))
		return ERR_BAD_ARGUMENT;
	*vmo = vmo_create(self->task->object.quota, size);
	if (*vmo == nullptr)
		return ERR_NO_MEMORY;
	(*vmo)->kind = VMO_PHYSICAL;
	(*vmo)->base = (paddr){ base };
	(*vmo)->caching = flags == PHYSICAL_UNCACHED          ? PAGE_UNCACHED
			  : flags == PHYSICAL_WRITE_COMBINING ? PAGE_COMBINING
							      : 0;
	return OK;
}

static bool range_is_inside(const struct vmo *vmo, uint64_t offset, uint64_t size)
{
	return offset <= vmo->size && size <= vmo->size - offset;
}

static bool pages_are_inside(const struct vmo *vmo, uint64_t offset, uint64_t size)
{
	return ((offset | size) & (PAGE_SIZE - 1)) == 0 && range_is_inside(vmo, offset, size);
}

enum err sys_vmo_clone(struct thread *self, struct vmo *vmo, uint64_t offset, uint64_t size,
		       struct vmo **clone)
{
	if (size == 0 || !pages_are_inside(vmo, offset, size))
		return ERR_BAD_ARGUMENT;
	return vmo_clone(vmo, offset, size, self->task->object.quota, clone);
}

/* --- Calls: contents --- */

/* Find a page for the kernel to copy from or to. CALL_WAITS: the thread asks the pager, and
 * repeats. */
static enum err page_for_copy(struct thread *self, struct vmo *vmo, uint64_t index, bool write,
			      struct page_ref *ref)
{
	switch (write ? vmo_page_write(vmo, index, ref) : vmo_page_read(vmo, index, ref)) {
	case PAGE_FOUND:
		if (write && ref->changed)
			vmo_unmap_pages(vmo, index, 1);
		return OK;
	case PAGE_ZERO:
		ref->page = (paddr){};
		return OK;
	case PAGE_ABSENT:
		if (self->pager_failed) {
			self->pager_failed = false;
			return ERR_PEER_CLOSED;
		}
		context_rewind(&self->context);
		port_ask_pager(self, ref->asked, ref->asked_index << PAGE_SHIFT, write);
		return CALL_WAITS;
	case PAGE_OUTSIDE:
		return ERR_PEER_CLOSED;
	case PAGE_NO_MEMORY:
		return ERR_NO_MEMORY;
	}
	return ERR_BAD_STATE;
}

enum err sys_vmo_read(struct thread *self, struct vmo *vmo, uint64_t offset, struct user_out to)
{
	if (!range_is_inside(vmo, offset, to.size))
		return ERR_BAD_ARGUMENT;
	if (vmo->kind == VMO_PHYSICAL)
		return ERR_UNSUPPORTED;
	for (size_t done = 0, part; done < to.size; done += part) {
		size_t in_page = (offset + done) & (PAGE_SIZE - 1);
		struct page_ref ref;
		enum err e = page_for_copy(self, vmo, (offset + done) >> PAGE_SHIFT, false, &ref);

		part = PAGE_SIZE - in_page < to.size - done ? PAGE_SIZE - in_page : to.size - done;
		if (e == OK && ref.page.raw == 0)
			e = user_zero(self, to.address + done, part);
		else if (e == OK)
			e = user_write(self, to.address + done, (char *)direct(ref.page) + in_page,
				       part);
		if (e != OK)
			return e;
	}
	return OK;
}

/* A page that is not there yet is not zeroed to be overwritten. It is put in when it is filled:
 * what the frame held before is nobody's business, and the source may be a mapping of the place. */
static enum err page_write_new(struct thread *self, struct vmo *vmo, uint64_t index, vaddr from)
{
	paddr page;

	if (!frame_alloc(vmo->object.quota, FRAME_USER, &page))
		return ERR_NO_MEMORY;
	enum err e = user_read(self, direct(page), from, PAGE_SIZE);

	if (e == OK && !vmo_page_put(vmo, index, page))
		e = ERR_NO_MEMORY;
	if (e != OK) {
		frame_free(page);
		return e;
	}
	vmo_unmap_pages(vmo, index, 1); /* where it showed as zeros */
	return OK;
}

static enum err page_write_part(struct thread *self, struct vmo *vmo, uint64_t offset, vaddr from,
				size_t n)
{
	uint64_t index = offset >> PAGE_SHIFT;
	struct page_ref ref;

	if (n == PAGE_SIZE && vmo_page_read(vmo, index, &ref) == PAGE_ZERO)
		return page_write_new(self, vmo, index, from);
	enum err e = page_for_copy(self, vmo, index, true, &ref);

	if (e == OK)
		e = user_read(self, (char *)direct(ref.page) + (offset & (PAGE_SIZE - 1)), from, n);
	if (e == OK)
		frame_written(ref.page);
	return e;
}

enum err sys_vmo_write(struct thread *self, struct vmo *vmo, uint64_t offset, struct user_in from)
{
	if (!range_is_inside(vmo, offset, from.size))
		return ERR_BAD_ARGUMENT;
	if (vmo->kind == VMO_PHYSICAL)
		return ERR_UNSUPPORTED;
	for (size_t done = 0, part; done < from.size; done += part) {
		size_t in_page = (offset + done) & (PAGE_SIZE - 1);

		part = PAGE_SIZE - in_page < from.size - done ? PAGE_SIZE - in_page
							      : from.size - done;
		enum err e = page_write_part(self, vmo, offset + done, from.address + done, part);

		if (e != OK)
			return e;
	}
	return OK;
}

static enum err pages_drop(struct thread *self, struct vmo *vmo, uint64_t index, uint64_t n)
{
	unsigned work = WORK_MAX;

	if (vmo_is_pinned(vmo, index, n))
		return ERR_BAD_STATE;
	vmo_unmap_pages(vmo, index, n);
	enum err e = vmo_drop_pages(vmo, index, n, &work);

	return e == ERR_AGAIN ? call_repeat(self) : e;
}

enum err sys_vmo_resize(struct thread *self, struct vmo *vmo, uint64_t size)
{
	if (size > VMO_SIZE_MAX)
		return ERR_BAD_ARGUMENT;
	if (vmo->kind == VMO_PHYSICAL || vmo->kind == VMO_RUN)
		return ERR_UNSUPPORTED;
	size = bytes_to_pages(size) << PAGE_SHIFT;
	/* Past the end of a clone stand pages of its origin: growing must not show them. */
	uint64_t from = size < vmo->size ? size : vmo->size;
	uint64_t to = size < vmo->size ? vmo->size : size;
	enum err e = pages_drop(self, vmo, from >> PAGE_SHIFT, (to - from) >> PAGE_SHIFT);

	if (e != OK)
		return e;
	vmo->size = size;
	if (vmo->behind_end > size >> PAGE_SHIFT)
		vmo->behind_end = size >> PAGE_SHIFT;
	return OK;
}

enum err sys_vmo_zero(struct thread *self, struct vmo *vmo, uint64_t offset, uint64_t size)
{
	if (!pages_are_inside(vmo, offset, size))
		return ERR_BAD_ARGUMENT;
	if (vmo->kind == VMO_PHYSICAL || vmo->kind == VMO_RUN)
		return ERR_UNSUPPORTED;
	return pages_drop(self, vmo, offset >> PAGE_SHIFT, size >> PAGE_SHIFT);
}

enum err sys_vmo_commit(struct thread *self, struct vmo *vmo, uint64_t offset, uint64_t size,
			uint64_t *done)
{
	uint64_t first = offset >> PAGE_SHIFT, n = size >> PAGE_SHIFT, i;

	(void)self;
	if (!pages_are_inside(vmo, offset, size))
		return ERR_BAD_ARGUMENT;
	if (vmo->kind == VMO_PHYSICAL || vmo->kind == VMO_PAGER || vmo->behind != nullptr)
		return ERR_UNSUPPORTED;
	for (i = 0; i < n && i < WORK_MAX; i++) {
		struct page_ref ref;

		if (vmo_page_write(vmo, first + i, &ref) != PAGE_FOUND)
			break;
		if (ref.changed)
			vmo_unmap_pages(vmo, first + i, 1);
	}
	*done = i << PAGE_SHIFT;
	return i > 0 || n == 0 ? OK : ERR_NO_MEMORY;
}

/* --- Calls: pagers --- */

/* Move one page; what the quotas are charged moves with it. */
static enum err page_supply(struct vmo *to, uint64_t to_index, struct vmo *from,
			    uint64_t from_index)
{
	struct page_ref ref;

	if (vmo_page_read(to, to_index, &ref) == PAGE_FOUND)
		return OK;
	if (vmo_is_pinned(from, from_index, 1))
		return ERR_BAD_STATE;
	enum page_result r = vmo_page_write(from, from_index, &ref);

	if (r != PAGE_FOUND)
		return r == PAGE_NO_MEMORY ? ERR_NO_MEMORY : ERR_BAD_ARGUMENT;
	uint64_t *source = slot_make(from, from_index);

	if (source == nullptr)
		return ERR_NO_MEMORY;
	if (from->object.quota != to->object.quota && !quota_charge_pages(to->object.quota, 1))
		return ERR_NO_MEMORY;
	uint64_t *target = slot_make(to, to_index);

	if (target == nullptr) {
		if (from->object.quota != to->object.quota)
			quota_refund_pages(to->object.quota, 1);
		return ERR_NO_MEMORY;
	}
	vmo_unmap_pages(from, from_index, 1);
	*target = slot_page(*source).raw;
	*source = 0;
	struct frame *f = frame_find(slot_page(*target));

	if (from->object.quota != to->object.quota)
		quota_refund_pages(quota_of(f->quota), 1);
	f->quota = quota_index(to->object.quota);
	vmo_unmap_pages(to, to_index, 1); /* nothing is mapped there, but clones may show zeros */
	return OK;
}

enum err sys_vmo_supply(struct thread *self, struct vmo *vmo, uint64_t offset, uint64_t size,
			struct vmo *from, uint64_t from_offset, uint64_t *done)
{
	uint64_t n = size >> PAGE_SHIFT, i = 0;
	enum err e = OK;

	(void)self;
	if (vmo->kind != VMO_PAGER || from->kind != VMO_ANONYMOUS || from->behind != nullptr ||
	    !pages_are_inside(vmo, offset, size) || !pages_are_inside(from, from_offset, size))
		return ERR_BAD_ARGUMENT;
	for (; i < n && i < WORK_MAX && e == OK; i++)
		e = page_supply(vmo, (offset >> PAGE_SHIFT) + i, from,
				(from_offset >> PAGE_SHIFT) + i);
	if (e != OK && --i == 0)
		return e;
	*done = i << PAGE_SHIFT;
	return OK;
}

/* Drop a clean page, if nothing holds it. */
static bool page_let_go(struct vmo *vmo, uint64_t index)
{
	unsigned work = 1;

	if (vmo_is_pinned(vmo, index, 1))
		return false;
	vmo_unmap_pages(vmo, index, 1);
	return vmo_drop_pages(vmo, index, 1, &work) == OK;
}

enum err sys_vmo_dirty(struct thread *self, struct vmo *vmo, uint64_t offset, uint32_t flags,
		       struct user_out to, uint64_t *next, uint32_t *count)
{
	uint64_t index = offset >> PAGE_SHIFT, end = vmo->size >> PAGE_SHIFT;
	unsigned work = WORK_MAX;

	if (vmo->kind != VMO_PAGER || (offset & (PAGE_SIZE - 1)) != 0 ||
	    (flags != 0 && flags != DIRTY_CLEAN && flags != DIRTY_DROP))
		return ERR_BAD_ARGUMENT;
	*count = 0;
	/* Once `to` is full the next page is not looked for: it may be far. */
	for (; *count == 0 || (*count + 1) * sizeof(uint64_t) <= to.size; index++) {
		uint64_t *slot = slot_next(vmo, &index, end);
		uint64_t at = index << PAGE_SHIFT;

		if (slot == nullptr)
			index = end;
		if (slot == nullptr || work-- == 0 || to.size < sizeof(at))
			break;
		if ((*slot & SLOT_DIRTY) == 0 && (flags != DIRTY_DROP || page_let_go(vmo, index)))
			continue;
		enum err e = user_write(self, to.address + *count * sizeof(at), &at, sizeof(at));

		if (e != OK)
			return e;
		++*count;
		if (flags != DIRTY_CLEAN)
			continue;
		*slot &= ~SLOT_DIRTY;
		vmo_protect_pages(vmo, index, 1);
	}
	*next = index << PAGE_SHIFT;
	return OK;
}

enum err sys_vmo_info(struct thread *self, struct vmo *vmo, uint64_t *size, uint64_t *pages,
		      uint32_t *flags)
{
	(void)self;
	*size = vmo->size;
	uint64_t shared;

	*pages = vmo->kind == VMO_PHYSICAL
			 ? 0
			 : vmo_count_pages(vmo, 0, vmo->size >> PAGE_SHIFT, &shared);
	*flags = vmo->kind == VMO_RUN        ? VMO_INFO_CONTIGUOUS
		 : vmo->kind == VMO_PHYSICAL ? VMO_INFO_PHYSICAL
		 : vmo->kind == VMO_PAGER    ? VMO_INFO_PAGER
					     : 0;
	if (vmo->object.refs > 1)
		*flags |= VMO_INFO_SHARED;
	return OK;
}
