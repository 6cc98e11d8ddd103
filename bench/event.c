/* SPDX-License-Identifier: MPL-2.0 */
/* Waking threads of another task: by an event, and through a word in shared memory. */
#include "bench/bench.h"
#include "abi/startup.h"

/* Shared with a helper. */
struct shared {
	_Atomic uint64_t woken; /* tick at which the waiter went on */
	_Atomic uint32_t turn;  /* 1: the partner's */
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

static void turn_pass(struct shared *s, uint32_t to)
{
	uint32_t woken;

	s->turn = to;
	need(fut_futex_wake((uint64_t)&s->turn, 1, 1, 0, &woken), "wake");
}

static void turn_await(struct shared *s, uint32_t of)
{
	while (s->turn != of)
		(void)fut_futex_wait((uint64_t)&s->turn, !of, 1, 0, TIME_NEVER); /* we look again */
}

ROLE(partner)
{
	struct shared *s = shared_map(cap_need("shared"));

	for (;;) {
		turn_await(s, 1);
		turn_pass(s, 0);
	}
}

static fut_handle copy(fut_handle h)
{
	fut_handle c;

	need(fut_handle_duplicate(h, RIGHTS_ALL, &c), "duplicate");
	return c;
}

static bool setup(const char *role, uint32_t priority)
{
	fut_handle vmo;

	need(fut_event_create(&event), "event");
	need(fut_vmo_create(4096, 0, &vmo), "vmo");
	shared = shared_map(vmo);
	shared->woken = 0;
	struct startup_cap caps[] = { named("event", copy(event)), named("shared", vmo) };
	task = helper_start(role, priority, 2, caps);
	return true;
}

/* Its priority is higher: it runs as soon as it is woken. */
static bool signal_setup(void)
{
	return setup("waiter", 40);
}

static bool turns_setup(void)
{
	return setup("partner", 32);
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

static uint64_t turns(void)
{
	turn_pass(shared, 1);
	turn_await(shared, 0);
	return 0;
}

BENCH(event, signal) = { "event.signal",
			 "signal to a waiting thread of another task",
			 500,
			 signal_setup,
			 signal,
			 .is_span = true,
			 .done = done };
BENCH(futex, turns) = { "futex.ping_pong",
			"two tasks wake each other through a shared word, there and back",
			2000,
			turns_setup,
			turns,
			.done = done };
