/* SPDX-License-Identifier: MPL-2.0 */
/* Grants: a caller's memory, lent to the server that works on its call. */
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/port.h"
#include "kernel/space.h"

/* The caller of a kept call, or with 0 of the call received last. */
static enum err caller_find(struct thread *self, uint32_t reply, uint32_t rights,
			    struct thread **caller)
{
	*caller = self->caller;
	if (reply != 0) {
		struct found f = handle_object(self, reply, OBJECT_REPLY, rights);

		if (f.error != OK)
			return f.error;
		*caller = ((struct reply *)f.object)->caller;
	}
	return *caller != nullptr && (*caller)->call == BY_CALL ? OK : ERR_BAD_STATE;
}

static enum err grant_copy(struct thread *self, uint32_t reply, uint32_t index, uint64_t offset,
			   vaddr mine, size_t size, enum copy_mode mode, uint64_t *count)
{
	enum grant_access access = mode == COPY_OUT_OF ? GRANT_READ : GRANT_WRITE;
	struct thread *caller;
	enum err e =
		caller_find(self, reply, mode == COPY_OUT_OF ? RIGHT_READ : RIGHT_WRITE, &caller);

	if (e != OK)
		return e;
	if (index >= caller->ngrants)
		return ERR_BAD_ARGUMENT;
	const struct grant *g = &caller->grants[index];
	uint64_t lent = g->size & ~(GRANT_READ | GRANT_WRITE);

	if ((g->size & access) == 0)
		return ERR_NO_RIGHT;
	if (offset > lent)
		return ERR_BAD_ARGUMENT;
	if (size > lent - offset)
		size = lent - offset;
	return space_copy(self, &caller->task->space, g->address + offset, mine, size, mode, count);
}

enum err sys_grant_read(struct thread *self, uint32_t reply, uint32_t index, uint64_t offset,
			struct user_out to, uint64_t *count)
{
	return grant_copy(self, reply, index, offset, to.address, to.size, COPY_OUT_OF, count);
}

enum err sys_grant_write(struct thread *self, uint32_t reply, uint32_t index, uint64_t offset,
			 struct user_in from, uint64_t *count)
{
	return grant_copy(self, reply, index, offset, from.address, from.size, COPY_INTO, count);
}
