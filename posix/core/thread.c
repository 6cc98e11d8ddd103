/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/thread.h"
#include <string.h>
#include "abi/user.h"
#include "posix/core/frame.h"
#include "posix/core/guest.h"
#include "posix/core/leave.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/thread/robust.h"

constexpr uint32_t PRIORITY = 16;
constexpr unsigned SLOTS = (THREADS_END - THREADS_BASE) / THREAD_SLOT;

static unsigned slots_used; /* above it no slot was ever used */

static uint64_t slot_stack_top(unsigned slot)
{
	return THREADS_BASE + slot * THREAD_SLOT + PAGE + THREAD_STACK;
}

static void words_init(struct thread *t, uint64_t stack_top)
{
	t->words = (struct words *)t->control->user;
	t->words->thread = t;
	t->words->stack = stack_top;
	t->control->masked = 1;
}

static void enlist(struct thread *t)
{
	t->next = process.threads;
	process.threads = t;
	process.nthreads++;
}

static void delist(struct thread *t)
{
	struct thread **p = &process.threads;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	process.nthreads--;
}

void thread_init_first(struct thread *t, uint64_t stack_top)
{
	t->control = control();
	t->slot = SLOTS;
	signal_queue_init(&t->signals.queue);
	words_init(t, stack_top);
	enlist(t);
}

/* The new thread's first code, on its own stack. */
[[noreturn]] static void thread_main(struct thread *t)
{
	t->control = control();
	words_init(t, slot_stack_top(t->slot));
	leave_with(call_frame());
}

/* A slot that no living thread has. Its stack may still be mapped from the last one. */
static unsigned slot_take(bool *is_new)
{
	for (unsigned slot = 0; slot < slots_used; slot++) {
		struct thread *t = process.threads;

		while (t != nullptr && t->slot != slot)
			t = t->next;
		if (t == nullptr) {
			*is_new = false;
			return slot;
		}
	}
	*is_new = true;
	return slots_used < SLOTS ? slots_used++ : SLOTS;
}

static enum err slot_map(unsigned slot, bool is_new)
{
	uint64_t at;

	if (!is_new)
		return OK;
	return fut_space_map(0, 0, slot_stack_top(slot) - THREAD_STACK, 0, THREAD_STACK,
			     MAP_READ | MAP_WRITE | MAP_FIXED | MAP_REPLACE | INHERIT_PRIVATE, &at);
}

/* A thread that ended may still be on its way out of its area: then the kernel says `exists`. */
static enum err create(struct thread *t, uint64_t top)
{
	enum err e;

	while ((e = fut_thread_create(0, top, (uint64_t)thread_main, top - FRAME_ROOM, (uint64_t)t,
				      PRIORITY, &t->handle)) == ERR_EXISTS)
		(void)fut_thread_yield(); /* never fails */
	return e;
}

enum err thread_new(struct thread **to, const struct registers *frame)
{
	struct thread *t = heap_new(sizeof(*t));
	bool is_new;

	if (t == nullptr)
		return ERR_NO_MEMORY;
	signal_queue_init(&t->signals.queue);
	mutex_lock(&process.locks.threads);
	t->slot = slot_take(&is_new);
	enum err e = t->slot < SLOTS ? slot_map(t->slot, is_new) : ERR_FULL;
	if (e == OK) {
		uint64_t top = slot_stack_top(t->slot);
		*(struct registers *)(top - FRAME_ROOM) = *frame;
		e = create(t, top);
	}
	if (e == OK)
		enlist(t);
	mutex_unlock(&process.locks.threads);
	if (e != OK)
		heap_free(t);
	*to = t;
	return e;
}

enum err thread_start(struct thread *t)
{
	return fut_thread_resume(t->handle);
}

void thread_drop(struct thread *t)
{
	mutex_lock(&process.locks.threads);
	delist(t);
	mutex_unlock(&process.locks.threads);
	(void)fut_handle_close(t->handle); /* never ran */
	heap_free(t);
}

void thread_end(void)
{
	struct thread *t = self();
	uint64_t clear = t->clear_tid;

	robust_release(t);
	mutex_lock(&process.locks.threads);
	delist(t);
	signal_queue_drop(&t->signals.queue, ~0ull);
	(void)fut_handle_close(t->handle); /* ours */
	heap_free(t);
	/* From here on a new thread may get this slot: it waits until the kernel unmapped the area,
	 * and it does not use the stack before. */
	mutex_unlock(&process.locks.threads);
	for (;;)
		(void)fut_thread_exit(clear != 0 && guest_ok(clear, 4)
					      ? clear
					      : 0); /* nothing else is to be done */
}
