/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/ipc/shared.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/memory.h"

int64_t shared_import(const struct description_ops *ops, uint32_t kind, uint64_t size,
		      fut_handle memory, fut_handle event, struct description **to)
{
	struct description *d = description_new(ops);
	uint64_t real = 0, pages;
	uint32_t flags;
	void *at;
	enum err e = d != nullptr ? fut_vmo_info(memory, &real, &pages, &flags) : ERR_NO_MEMORY;

	if (e == OK && real < size)
		e = ERR_BAD_ARGUMENT;
	if (e == OK)
		e = window_map(memory, 0, size, MAP_READ | MAP_WRITE | INHERIT_SHARE, &at);
	if (e != OK) {
		(void)fut_handle_close(memory); /* ours */
		(void)fut_handle_close(event);
		heap_free(d);
		return call_error(e);
	}
	d->a = memory;
	d->b = event;
	d->own = at;
	d->kind = kind;
	d->access = 3;
	d->mode = 0600;
	*to = d;
	return 0;
}

int64_t shared_new(const struct description_ops *ops, uint32_t kind, uint64_t size,
		   struct description **to)
{
	fut_handle memory, event;
	enum err e = fut_vmo_create(size, 0, &memory);

	if (e != OK)
		return call_error(e);
	e = fut_event_create(&event);
	if (e != OK) {
		(void)fut_handle_close(memory); /* ours */
		return call_error(e);
	}
	return shared_import(ops, kind, size, memory, event, to);
}

void shared_unmap(struct description *d, uint64_t size)
{
	window_unmap(d->own, size);
}
