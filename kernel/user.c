/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/user.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"

/* A copy stopped at va: make its page present. OK: go on. */
static enum err fault_in(struct thread *self, vaddr va, enum fault_access access)
{
	switch (space_fault(&self->task->space, va, access)) {
	case FAULT_NONE:
		return OK;
	case FAULT_PAGER:
		if (self->pager_failed) {
			self->pager_failed = false;
			return ERR_BAD_ADDRESS;
		}
		context_rewind(&self->context);
		(void)space_ask_pager(self, va, access); /* waits, or is to be tried again */
		return CALL_WAITS;
	case FAULT_NO_MEMORY:
		return ERR_NO_MEMORY;
	default:
		return ERR_BAD_ADDRESS;
	}
}

enum err user_read(struct thread *self, void *to, vaddr from, size_t n)
{
	if (!user_range_ok(from, n))
		return ERR_BAD_ADDRESS;
	for (size_t done = 0;;) {
		done += user_copy_in((char *)to + done, from + done, n - done);
		if (done == n)
			return OK;
		enum err e = fault_in(self, from + done, ACCESS_READ);

		if (e != OK)
			return e;
	}
}

enum err user_write(struct thread *self, vaddr to, const void *from, size_t n)
{
	if (!user_range_ok(to, n))
		return ERR_BAD_ADDRESS;
	for (size_t done = 0;;) {
		done += user_copy_out(to + done, (const char *)from + done, n - done);
		if (done == n)
			return OK;
		enum err e = fault_in(self, to + done, ACCESS_WRITE);

		if (e != OK)
			return e;
	}
}

enum err user_zero(struct thread *self, vaddr to, size_t n)
{
	static const char zeros[256];
	enum err e = OK;

	for (size_t done = 0, part; done < n && e == OK; done += part) {
		part = n - done < sizeof(zeros) ? n - done : sizeof(zeros);
		e = user_write(self, to + done, zeros, part);
	}
	return e;
}

enum err user_put(struct thread *self, struct user_out to, const void *from, size_t n)
{
	return to.size < n ? ERR_TOO_BIG : user_write(self, to.address, from, n);
}

enum err user_read_word(struct thread *self, vaddr from, uint32_t *value)
{
	if (!user_range_ok(from, sizeof(*value)))
		return ERR_BAD_ADDRESS;
	while (!user_load(from, value)) {
		enum err e = fault_in(self, from, ACCESS_READ);

		if (e != OK)
			return e;
	}
	return OK;
}
