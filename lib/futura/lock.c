/* SPDX-License-Identifier: MPL-2.0 */
/* Mutex, condition and once over futexes; the mutex is the third of Drepper, "Futexes Are Tricky".
 */
#include "lib/futura/lock.h"
#include <stddef.h>
#include "abi/user.h"

enum mutex_state : uint32_t { FREE = 0, HELD = 1, WAITED = 2 };
enum once_state : uint32_t { NEW = 0, RUNNING = 1, RUNNING_WAITED = 2, DONE = 3 };

static void sleep_on(_Atomic uint32_t *word, uint32_t expected)
{
	/* Every reason to stop waiting leads back to looking at the word. */
	(void)fut_futex_wait((uint64_t)word, expected, UINT32_MAX, FUTEX_PRIVATE, TIME_NEVER);
}

static void wake(_Atomic uint32_t *word, uint32_t count)
{
	uint32_t woken;

	/* Our own word: it cannot fail. */
	(void)fut_futex_wake((uint64_t)word, count, UINT32_MAX, FUTEX_PRIVATE, &woken);
}

bool mutex_try_lock(struct mutex *m)
{
	uint32_t state = FREE;

	return atomic_compare_exchange_strong_explicit(&m->state, &state, HELD,
						       memory_order_acquire, memory_order_relaxed);
}

/* Whoever may have company takes the lock as WAITED, and so wakes one when done with it. */
static void lock_waiting(struct mutex *m)
{
	while (atomic_exchange_explicit(&m->state, WAITED, memory_order_acquire) != FREE)
		sleep_on(&m->state, WAITED);
}

void mutex_lock(struct mutex *m)
{
	if (!mutex_try_lock(m))
		lock_waiting(m);
}

void mutex_unlock(struct mutex *m)
{
	if (atomic_exchange_explicit(&m->state, FREE, memory_order_release) == WAITED)
		wake(&m->state, 1);
}

enum err cond_wait_until(struct cond *c, struct mutex *m, uint64_t deadline)
{
	uint32_t turn = atomic_load_explicit(&c->turn, memory_order_relaxed);

	mutex_unlock(m);
	/* A signal from here on changes `turn`, and the wait does not begin. */
	enum err e = fut_futex_wait((uint64_t)&c->turn, turn, UINT32_MAX, FUTEX_PRIVATE, deadline);
	lock_waiting(m);
	return e == ERR_TIMED_OUT ? e : OK;
}

void cond_wait(struct cond *c, struct mutex *m)
{
	(void)cond_wait_until(c, m, TIME_NEVER); /* that time never comes */
}

void cond_signal(struct cond *c)
{
	atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed);
	wake(&c->turn, 1);
}

void cond_broadcast(struct cond *c)
{
	atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed);
	wake(&c->turn, UINT32_MAX);
}

void once_run(struct once *o, void (*act)(void))
{
	uint32_t state = NEW;

	if (atomic_compare_exchange_strong(&o->state, &state, RUNNING)) {
		act();
		if (atomic_exchange(&o->state, DONE) == RUNNING_WAITED)
			wake(&o->state, UINT32_MAX);
		return;
	}
	while (state != DONE) {
		if (state == RUNNING_WAITED ||
		    atomic_compare_exchange_strong(&o->state, &state, RUNNING_WAITED))
			sleep_on(&o->state, RUNNING_WAITED);
		state = atomic_load(&o->state);
	}
}
