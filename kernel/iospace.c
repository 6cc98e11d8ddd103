/* SPDX-License-Identifier: MPL-2.0 */
/* I/O ports, and DMA windows. Without an IOMMU a window is pinned memory's physical address. */
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/hardware.h"
#include "kernel/pool.h"
#include "kernel/resource.h"

POOL(windows, struct window);

enum err sys_ioport_create(struct thread *self, struct resource *resource, uint32_t base,
			   uint32_t count, struct ioport **ioport)
{
	enum err e = resource_check(resource, RESOURCE_IOPORT);

	if (e != OK)
		return e;
	if (arch_ioports() == 0)
		return ERR_UNSUPPORTED;
	if (count == 0 || !resource_covers(resource, base, count))
		return ERR_BAD_ARGUMENT;
	*ioport = (struct ioport *)object_create(OBJECT_IOPORT, self->task->object.quota);
	if (*ioport == nullptr)
		return ERR_NO_MEMORY;
	(*ioport)->base = base;
	(*ioport)->count = count;
	return OK;
}

static bool access_is_inside(const struct ioport *io, uint32_t port, uint32_t width)
{
	return (width == 1 || width == 2 || width == 4) && port < io->count &&
	       width <= io->count - port;
}

enum err sys_ioport_read(struct thread *self, struct ioport *io, uint32_t port, uint32_t width,
			 uint32_t *value)
{
	(void)self;
	if (!access_is_inside(io, port, width))
		return ERR_BAD_ARGUMENT;
	return arch_ioport_read((uint16_t)(io->base + port), width, value);
}

enum err sys_ioport_write(struct thread *self, struct ioport *io, uint32_t port, uint32_t width,
			  uint32_t value)
{
	(void)self;
	if (!access_is_inside(io, port, width))
		return ERR_BAD_ARGUMENT;
	return arch_ioport_write((uint16_t)(io->base + port), width, value);
}

enum err sys_iospace_create(struct thread *self, struct resource *resource, uint32_t device,
			    struct iospace **iospace)
{
	enum err e = resource_check(resource, RESOURCE_IOSPACE);

	if (e != OK)
		return e;
	if (!resource_covers(resource, device, 1))
		return ERR_BAD_ARGUMENT;
	*iospace = (struct iospace *)object_create(OBJECT_IOSPACE, self->task->object.quota);
	if (*iospace == nullptr)
		return ERR_NO_MEMORY;
	(*iospace)->device = device;
	list_init(&(*iospace)->windows);
	return OK;
}

bool vmo_is_pinned(const struct vmo *vmo, uint64_t index, uint64_t n)
{
	LIST_EACH(at, &vmo->windows) {
		struct window *w = container_of(at, struct window, of_vmo);

		if (w->index < index + n && index < w->index + w->n)
			return true;
	}
	return false;
}

static void window_destroy(struct iospace *io, struct window *w)
{
	list_remove(&w->link);
	list_remove(&w->of_vmo);
	object_put(w->vmo);
	pool_give(&windows, io->object.quota, w);
}

void iospace_release(void *object)
{
	struct iospace *io = object;

	while (!list_is_empty(&io->windows))
		window_destroy(io, container_of(io->windows.next, struct window, link));
}

/* Make the pages of a range that follow each other in memory: how many, and where. */
static uint64_t run_make(struct vmo *vmo, uint64_t index, uint64_t n, paddr *first)
{
	uint64_t i;

	for (i = 0; i < n; i++) {
		struct page_ref ref;

		if (vmo_page_write(vmo, index + i, &ref) != PAGE_FOUND)
			break;
		if (ref.changed)
			vmo_unmap_pages(vmo, index + i, 1);
		if (i == 0)
			*first = ref.page;
		else if (ref.page.raw != first->raw + (i << PAGE_SHIFT))
			break;
	}
	return i;
}

enum err sys_iospace_map(struct thread *self, struct iospace *io, struct vmo *vmo, uint64_t offset,
			 uint64_t size, uint64_t *address, uint64_t *mapped)
{
	uint64_t index = offset >> PAGE_SHIFT, n = size >> PAGE_SHIFT;
	paddr first;

	(void)self;
	if (((offset | size) & (PAGE_SIZE - 1)) != 0 || size == 0 || offset > vmo->size ||
	    size > vmo->size - offset)
		return ERR_BAD_ARGUMENT;
	if (vmo->kind == VMO_PHYSICAL || vmo->kind == VMO_PAGER || vmo->behind != nullptr)
		return ERR_UNSUPPORTED;
	struct window *w = pool_take(&windows, io->object.quota);

	if (w == nullptr)
		return ERR_NO_MEMORY;
	n = run_make(vmo, index, n < 1024 ? n : 1024, &first);
	if (n == 0) {
		pool_give(&windows, io->object.quota, w);
		return ERR_NO_MEMORY;
	}
	*w = (struct window){
		.vmo = object_get(vmo), .index = index, .n = n, .address = first.raw
	};
	list_append(&io->windows, &w->link);
	list_append(&vmo->windows, &w->of_vmo);
	*address = first.raw;
	*mapped = n << PAGE_SHIFT;
	return OK;
}

enum err sys_iospace_unmap(struct thread *self, struct iospace *io, uint64_t address)
{
	(void)self;
	LIST_EACH(at, &io->windows) {
		struct window *w = container_of(at, struct window, link);

		if (w->address == address) {
			window_destroy(io, w);
			return OK;
		}
	}
	return ERR_NOT_FOUND;
}
