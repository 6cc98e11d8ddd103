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
#include "posix/time/timers.h"

constexpr uint32_t PRIORITY = 16;
constexpr unsigned SLOTS = (THREADS_END - THREADS_BASE) / THREAD_SLOT;

/* Which slots threads have, a bit each. Guarded by process.locks.threads. */
static struct {
	uint64_t *taken;
	unsigned nwords;
	unsigned full;   /* words before this one have no bit clear */
	unsigned mapped; /* slots before this one have their stacks mapped */
} slots;

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

constexpr uint64_t TIMER_SLACK = 50'000; /* ns, as Linux's first process has */

void thread_init_first(struct thread *t, uint64_t stack_top)
{
	t->control = control();
	t->slot = SLOTS;
	t->timer_slack = t->timer_slack_at_start = TIMER_SLACK;
	signal_queue_init(&t->signals.queue);
	words_init(t, stack_top);
	enlist(t);
}

/* The new thread's first code, on its own stack. */
[[noreturn]] static void thread_main(struct thread *)
{
	leave_with(call_frame());
}

static bool slots_grow(void)
{
	unsigned nwords = slots.nwords > 0 ? slots.nwords * 2 : 4;
	uint64_t *taken = heap_resize(slots.taken, nwords * sizeof(*taken));

	if (taken == nullptr)
		return false;
	slots.taken = taken;
	slots.nwords = nwords;
	return true;
}

/* The first slot that no living thread has; SLOTS: there is none. */
static unsigned slot_take(void)
{
	while (slots.full < slots.nwords && slots.taken[slots.full] == UINT64_MAX)
		slots.full++;
	if (slots.full * 64 >= SLOTS || (slots.full == slots.nwords && !slots_grow()))
		return SLOTS;
	unsigned bit = (unsigned)__builtin_ctzll(~slots.taken[slots.full]);
	slots.taken[slots.full] |= 1ull << bit;
	return slots.full * 64 + bit;
}

static void slot_give(unsigned slot)
{
	if (slot == SLOTS)
		return;
	slots.taken[slot / 64] &= ~(1ull << slot % 64);
	if (slot / 64 < slots.full)
		slots.full = slot / 64;
}

/* Slots are taken in order, so that there is at most one more to map. */
static enum err slot_map(unsigned slot)
{
	uint64_t at;

	if (slot < slots.mapped)
		return OK;
	enum err e = fut_space_map(0, 0, slot_stack_top(slot) - THREAD_STACK, 0, THREAD_STACK,
				   MAP_READ | MAP_WRITE | MAP_FIXED | MAP_REPLACE | INHERIT_PRIVATE,
				   &at);
	if (e == OK)
		slots.mapped = slot + 1;
	return e;
}

/* A thread that ended may still be on its way out of its area: then the kernel says `exists`. */
static enum err create(struct thread *t, uint64_t top)
{
	enum err e;

	while ((e = fut_thread_create(0, top, (uint64_t)thread_main, top - FRAME_ROOM, (uint64_t)t,
				      PRIORITY, &t->handle)) == ERR_EXISTS)
		(void)fut_thread_yield(); /* never fails */
	if (e == OK) {
		/* Others may interrupt it before it runs. */
		t->control = (struct control *)top;
		words_init(t, top);
	}
	return e;
}

enum err thread_new(struct thread **to, const struct registers *frame)
{
	struct thread *t = heap_new(sizeof(*t));

	if (t == nullptr)
		return ERR_NO_MEMORY;
	t->timer_slack = t->timer_slack_at_start = self()->timer_slack;
	signal_queue_init(&t->signals.queue);
	mutex_lock(&process.locks.threads);
	t->slot = slot_take();
	enum err e = t->slot < SLOTS ? slot_map(t->slot) : ERR_FULL;
	if (e == OK) {
		uint64_t top = slot_stack_top(t->slot);
		*(struct registers *)(top - FRAME_ROOM) = *frame;
		e = create(t, top);
	}
	if (e == OK)
		enlist(t);
	else
		slot_give(t->slot);
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
	slot_give(t->slot);
	mutex_unlock(&process.locks.threads);
	(void)fut_handle_close(t->handle); /* never ran */
	heap_free(t);
}

void thread_forget(struct thread *t)
{
	if (t->handle != 0)
		(void)fut_handle_close(t->handle);         /* the parent's thread */
	(void)signal_queue_drop(&t->signals.queue, ~0ull); /* their timers are the parent's */
	slot_give(t->slot);
	heap_free(t);
}

void thread_end(void)
{
	struct thread *t = self();
	uint64_t clear = t->clear_tid;

	robust_release(t);
	mutex_lock(&process.locks.threads);
	delist(t);
	slot_give(t->slot);
	timers_unseen(signal_queue_drop(&t->signals.queue, ~0ull));
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
