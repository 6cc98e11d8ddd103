/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The calling thread's memory. Absent pages are faulted in as if the thread had touched them. Where
 * a page has to come from a pager, CALL_WAITS is returned: the thread asks the pager, and then
 * makes its whole call again, so a handler copies in before it changes anything.
 */
#pragma once
#include "kernel/arch.h"
#include "kernel/object.h"

struct thread;

/* Memory that a caller claims to own: inside user memory, and no more is known of it. */
struct user_in {
	vaddr address;
	size_t size;
};

struct user_out {
	vaddr address;
	size_t size;
};

enum err user_read(struct thread *self, void *to, vaddr from, size_t n);
enum err user_write(struct thread *self, vaddr to, const void *from, size_t n);
enum err user_zero(struct thread *self, vaddr to, size_t n);
/* A fixed-size description: too_big if the buffer is smaller. */
enum err user_put(struct thread *self, struct user_out to, const void *from, size_t n);
enum err user_read_word(struct thread *self, vaddr from, uint32_t *value);
