/* SPDX-License-Identifier: MPL-2.0 */
/* From what wakes a thread of another task to that thread's first instruction. */
#include "bench/bench.h"
#include "abi/startup.h"

/* Shared with the helper, whose priority is higher: it runs as soon as it is woken. */
struct shared {
	_Atomic uint64_t woken; /* tick at which the helper went on */
};

static struct shared *shared;
static fut_handle event, task;

static struct shared *shared_map(fut_handle vmo)
{
	uint64_t at = 0;

	need(fut_space_map(0, vmo, 0, 0, 4096, MAP_READ | MAP_WRITE, &at), "map");
	return (struct shared *)at;
}

ROLE(waiter)
{
	struct shared *s = shared_map(cap_need("shared"));
	fut_handle e = cap_need("event");
	uint64_t signals;

	while (fut_wait(e, 1, 1, TIME_NEVER, &signals) == OK)
		s->woken = measure();
	return 1;
}

static fut_handle copy(fut_handle h)
{
	fut_handle c;

	need(fut_handle_duplicate(h, RIGHTS_ALL, &c), "duplicate");
	return c;
}

static bool setup(void)
{
	fut_handle vmo;

	need(fut_event_create(&event), "event");
	need(fut_vmo_create(4096, 0, &vmo), "vmo");
	shared = shared_map(vmo);
	shared->woken = 0;
	struct startup_cap caps[] = { named("event", copy(event)), named("shared", vmo) };
	task = helper_start("waiter", 40, 2, caps);
	return true;
}

static void done(void)
{
	need(fut_handle_close(task), "close");
	need(fut_handle_close(event), "close");
	need(fut_space_unmap(0, (uint64_t)shared, 4096), "unmap");
}

static uint64_t signal(void)
{
	uint64_t start = measure();

	need(fut_event_signal(event, 1, 0), "signal");
	return shared->woken - start;
}

BENCH(event, signal) = { "event.signal",
			 "signal to a waiting thread of another task",
			 500,
			 setup,
			 signal,
			 .is_span = true,
			 .done = done };
