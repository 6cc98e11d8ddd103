/* SPDX-License-Identifier: MPL-2.0 */
/* Events, timers, pairs, waits and waitsets. */
#include "tests/native/test.h"

TEST(event, signals_are_levels)
{
	fut_handle e = make_event();
	uint64_t signals = 0;

	FAILS(fut_wait(e, 3, 0, 0, &signals), ERR_WOULD_BLOCK);
	OKAY(fut_event_signal(e, 5, 0));
	OKAY(fut_wait(e, 3, 0, 0, &signals));
	EQUAL(signals, 1);
	OKAY(fut_wait(e, 7, 1, TIME_NEVER, &signals));
	EQUAL(signals, 5);
	OKAY(fut_wait(e, 7, 0, 0, &signals));
	EQUAL(signals, 4);
	OKAY(fut_event_signal(e, 8, 4));
	FAILS(fut_wait(e, 7, 0, 0, &signals), ERR_WOULD_BLOCK);
	OKAY(fut_event_signal(e, 2, 2)); /* clears first, then sets */
	OKAY(fut_wait(e, 2, 0, 0, &signals));
}

TEST(event, the_kernels_signals_cannot_be_set)
{
	fut_handle e = make_event();

	FAILS(fut_event_signal(e, SIGNAL_DEAD, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_event_signal(e, SIGNAL_TIMER, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_event_signal(e, 0, SIGNAL_PEER_CLOSED), ERR_BAD_ARGUMENT);
	OKAY(fut_event_signal(e, SIGNAL_USER_MASK, SIGNAL_TIMER));
}

TEST(event, wait_checks_its_arguments)
{
	fut_handle e = make_event(), deaf = duplicate(e, RIGHT_WAIT), vmo = make_vmo(4096);
	uint64_t signals;

	FAILS(fut_wait(e, 0, 0, 0, &signals), ERR_BAD_ARGUMENT);
	FAILS(fut_wait(e, 1, 2, 0, &signals), ERR_BAD_ARGUMENT);
	FAILS(fut_wait(e, SIGNAL_DEAD, SIGNAL_DEAD, 0, &signals), ERR_BAD_ARGUMENT);
	FAILS(fut_wait(vmo, 1, 0, 0, &signals), ERR_NO_RIGHT); /* no vmo has `wait` */
	OKAY(fut_event_signal(e, 1, 0));
	FAILS(fut_wait(deaf, 1, 1, 0, &signals), ERR_NO_RIGHT);
	OKAY(fut_wait(deaf, 1, 0, 0, &signals));
	FAILS(fut_wait(duplicate(e, RIGHT_SIGNAL), 1, 0, 0, &signals), ERR_NO_RIGHT);
}

TEST(event, a_deadline_ends_a_wait)
{
	fut_handle e = make_event();
	uint64_t signals, start = clock_now();

	FAILS(fut_wait(e, 1, 0, clock_after(5 * MILLISECOND), &signals), ERR_TIMED_OUT);
	CHECK(clock_now() - start >= 5 * MILLISECOND);
	FAILS(fut_wait(e, 1, 0, 1, &signals), ERR_TIMED_OUT); /* long past */
}

static int signal_soon(void *argument)
{
	(void)fut_thread_sleep(clock_after(2 * MILLISECOND)); /* if shorter, the test is the same */
	return fut_event_signal(*(fut_handle *)argument, 4, 0);
}

TEST(event, a_signal_wakes_every_waiter_it_concerns)
{
	fut_handle e = make_event();
	struct thread *t = run_thread(signal_soon, &e);
	uint64_t signals = 0;

	OKAY(fut_wait(e, 12, 4, limit(), &signals));
	EQUAL(signals, 4);
	EQUAL(thread_join(t), OK);
}

TEST(event, the_other_end_of_a_pair_is_told)
{
	fut_handle left = 0, right = 0, lone = make_event();
	uint64_t signals = 0;

	OKAY(fut_event_create_pair(&left, &right));
	OKAY(fut_event_signal_peer(left, 6, 0));
	OKAY(fut_wait(right, 6, 0, 0, &signals));
	EQUAL(signals, 6);
	FAILS(fut_event_signal_peer(lone, 1, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_event_signal_peer(left, SIGNAL_DEAD, 0), ERR_BAD_ARGUMENT);
	fut_handle copy = duplicate(left, RIGHT_WAIT);
	close_handle(left);
	FAILS(fut_wait(right, SIGNAL_PEER_CLOSED, 0, 0, &signals), ERR_WOULD_BLOCK);
	close_handle(copy);
	OKAY(fut_wait(right, SIGNAL_PEER_CLOSED, 0, 0, &signals));
	FAILS(fut_event_signal_peer(right, 1, 0), ERR_PEER_CLOSED);
}

ROLE(sleeps)
{
	for (;;)
		(void)fut_thread_sleep(TIME_NEVER); /* until killed */
}

TEST(event, a_peer_closes_when_its_task_dies)
{
	fut_handle left = 0, right = 0;
	uint64_t signals;

	OKAY(fut_event_create_pair(&left, &right));
	struct startup_cap caps[] = { named("end", left) };
	fut_handle task = peer_start("sleeps", 0, 1, caps);
	FAILS(fut_wait(right, SIGNAL_PEER_CLOSED, 0, 0, &signals), ERR_WOULD_BLOCK);
	OKAY(fut_task_kill(task, 0));
	OKAY(fut_wait(right, SIGNAL_PEER_CLOSED, 0, limit(), &signals));
	(void)peer_end(task);
}

TEST(event, a_timer_fires_once_or_again_and_again)
{
	fut_handle e = make_event();
	uint64_t signals, start = clock_now();

	OKAY(fut_event_timer(e, start + 3 * MILLISECOND, 0));
	OKAY(fut_wait(e, SIGNAL_TIMER, SIGNAL_TIMER, limit(), &signals));
	CHECK(clock_now() >= start + 3 * MILLISECOND);
	FAILS(fut_wait(e, SIGNAL_TIMER, 0, clock_after(5 * MILLISECOND), &signals), ERR_TIMED_OUT);
	start = clock_now();
	OKAY(fut_event_timer(e, start + MILLISECOND, MILLISECOND));
	for (unsigned i = 0; i < 5; i++)
		OKAY(fut_wait(e, SIGNAL_TIMER, SIGNAL_TIMER, limit(), &signals));
	CHECK(clock_now() >= start + 5 * MILLISECOND);
	OKAY(fut_event_timer(e, TIME_NEVER, 0));
	FAILS(fut_wait(e, SIGNAL_TIMER, 0, clock_after(3 * MILLISECOND), &signals), ERR_TIMED_OUT);
	OKAY(fut_event_timer(e, 1, 0)); /* past: due at once */
	OKAY(fut_wait(e, SIGNAL_TIMER, 0, limit(), &signals));
	OKAY(fut_event_timer(e, TIME_NEVER, 0)); /* setting it clears the signal */
	FAILS(fut_wait(e, SIGNAL_TIMER, 0, 0, &signals), ERR_WOULD_BLOCK);
	FAILS(fut_event_timer(e, 1, 999), ERR_BAD_ARGUMENT);
}

TEST(event, a_closed_event_takes_its_timer_with_it)
{
	fut_handle e = make_event();

	OKAY(fut_event_timer(e, clock_after(MILLISECOND), MILLISECOND));
	close_handle(e);
	OKAY(fut_thread_sleep(clock_after(4 * MILLISECOND)));
}

static uint32_t collect(fut_handle set, struct watch_event *events, unsigned n)
{
	uint32_t count = 0;
	enum err e = fut_waitset_wait(set, events, n * sizeof(*events), 0, &count);

	CHECK(e == OK || e == ERR_WOULD_BLOCK);
	return e == OK ? count : 0;
}

TEST(waitset, reports_what_is_ready)
{
	fut_handle set = 0, e[3], watch[3] = {};
	struct watch_event events[8];

	OKAY(fut_waitset_create(&set));
	for (unsigned i = 0; i < 3; i++) {
		e[i] = make_event();
		OKAY(fut_watch_create(set, e[i], 3, 0, 100 + i, &watch[i]));
	}
	EQUAL(collect(set, events, 8), 0);
	OKAY(fut_event_signal(e[1], 2, 0));
	EQUAL(collect(set, events, 8), 1);
	EQUAL(events[0].cookie, 101);
	EQUAL(events[0].signals, 2);
	EQUAL(collect(set, events, 8), 1);  /* a level stays */
	OKAY(fut_event_signal(e[2], 4, 0)); /* not in the mask */
	EQUAL(collect(set, events, 8), 1);
	OKAY(fut_event_signal(e[0], 1, 0));
	EQUAL(collect(set, events, 8), 2);
	OKAY(fut_event_signal(e[1], 0, 2));
	EQUAL(collect(set, events, 8), 1);
	EQUAL(events[0].cookie, 100);
	close_handle(watch[0]);
	EQUAL(collect(set, events, 8), 0);
}

TEST(waitset, takes_turns)
{
	fut_handle set = 0, watch;
	struct watch_event event;
	unsigned seen = 0;

	OKAY(fut_waitset_create(&set));
	for (unsigned i = 0; i < 4; i++) {
		fut_handle e = make_event();
		OKAY(fut_event_signal(e, 1, 0));
		OKAY(fut_watch_create(set, e, 1, 0, i, &watch));
	}
	for (unsigned i = 0; i < 4; i++) {
		EQUAL(collect(set, &event, 1), 1);
		seen |= 1u << event.cookie;
	}
	EQUAL(seen, 15);
}

TEST(waitset, what_is_ready_no_more_does_not_hide_what_is)
{
	fut_handle set = 0, e[2], watch;
	struct watch_event event;

	OKAY(fut_waitset_create(&set));
	for (unsigned i = 0; i < 2; i++) {
		e[i] = make_event();
		OKAY(fut_watch_create(set, e[i], 1, 0, i, &watch));
		OKAY(fut_event_signal(e[i], 1, 0));
	}
	OKAY(fut_event_signal(e[0], 0, 1));
	EQUAL(collect(set, &event, 1), 1);
	EQUAL(event.cookie, 1);
}

TEST(waitset, edges_are_told_once)
{
	fut_handle set = 0, e = make_event(), watch = 0;
	struct watch_event event;

	OKAY(fut_waitset_create(&set));
	OKAY(fut_watch_create(set, e, 1, WATCH_EDGE, 7, &watch));
	OKAY(fut_event_signal(e, 1, 0));
	EQUAL(collect(set, &event, 1), 1);
	EQUAL(collect(set, &event, 1), 0);
	OKAY(fut_event_signal(e, 1, 0)); /* set again: another edge */
	EQUAL(collect(set, &event, 1), 1);
	OKAY(fut_event_signal(e, 0, 1));
	EQUAL(collect(set, &event, 1), 0);
}

TEST(waitset, once_rests_until_armed)
{
	fut_handle set = 0, e = make_event(), watch = 0;
	struct watch_event event;

	OKAY(fut_waitset_create(&set));
	OKAY(fut_watch_create(set, e, 1, WATCH_ONCE, 7, &watch));
	OKAY(fut_event_signal(e, 1, 0));
	EQUAL(collect(set, &event, 1), 1);
	OKAY(fut_event_signal(e, 1, 0));
	EQUAL(collect(set, &event, 1), 0);
	OKAY(fut_watch_arm(watch, 1, WATCH_ONCE, 8));
	EQUAL(collect(set, &event, 1), 1);
	EQUAL(event.cookie, 8);
	FAILS(fut_watch_arm(watch, 1, 4, 8), ERR_BAD_ARGUMENT);
	close_handle(set);
	FAILS(fut_watch_arm(watch, 1, 0, 8), ERR_BAD_STATE);
}

TEST(waitset, nests_four_deep_and_never_in_a_circle)
{
	fut_handle set[6], watch, e = make_event();
	struct watch_event event;

	for (unsigned i = 0; i < 6; i++)
		OKAY(fut_waitset_create(&set[i]));
	OKAY(fut_watch_create(set[0], e, 1, 0, 0, &watch));
	for (unsigned i = 1; i < 5; i++)
		OKAY(fut_watch_create(set[i], set[i - 1], SIGNAL_READY, 0, i, &watch));
	FAILS(fut_watch_create(set[0], set[0], SIGNAL_READY, 0, 0, &watch), ERR_BAD_ARGUMENT);
	FAILS(fut_watch_create(set[0], set[2], SIGNAL_READY, 0, 0, &watch), ERR_UNSUPPORTED);
	FAILS(fut_watch_create(set[5], set[4], SIGNAL_READY, 0, 0, &watch), ERR_UNSUPPORTED);
	EQUAL(collect(set[4], &event, 1), 0);
	OKAY(fut_event_signal(e, 1, 0));
	EQUAL(collect(set[4], &event, 1), 1);
	EQUAL(event.cookie, 4);
}

TEST(waitset, checks_its_arguments)
{
	fut_handle set = 0, e = make_event(), watch, vmo = make_vmo(4096);
	struct watch_event event;
	uint32_t n;

	OKAY(fut_waitset_create(&set));
	FAILS(fut_watch_create(set, vmo, 1, 0, 0, &watch), ERR_NO_RIGHT); /* no vmo has `wait` */
	FAILS(fut_watch_create(set, e, 1, 4, 0, &watch), ERR_BAD_ARGUMENT);
	FAILS(fut_watch_create(e, e, 1, 0, 0, &watch), ERR_WRONG_TYPE);
	FAILS(fut_waitset_wait(set, &event, 8, 0, &n), ERR_BAD_ARGUMENT);
	FAILS(fut_waitset_wait(set, &event, sizeof(event), 0, &n), ERR_WOULD_BLOCK);
	FAILS(fut_waitset_wait(set, &event, sizeof(event), clock_after(MILLISECOND), &n),
	      ERR_TIMED_OUT);
	OKAY(fut_event_signal(e, 1, 0));
	OKAY(fut_watch_create(set, e, 1, 0, 0, &watch));
	FAILS(fut_waitset_wait(set, (void *)hole(), sizeof(event), 0, &n), ERR_BAD_ADDRESS);
}

TEST(waitset, a_watch_ends_with_the_lease)
{
	fut_handle set = 0, e = make_event(), leased, lease, watch;
	struct watch_event event;

	OKAY(fut_waitset_create(&set));
	OKAY(fut_lease_create(e, RIGHTS_ALL, &leased, &lease));
	OKAY(fut_watch_create(set, leased, 1, 0, 0, &watch));
	close_handle(lease);
	OKAY(fut_event_signal(e, 1, 0));
	EQUAL(collect(set, &event, 1), 0);
	FAILS(fut_watch_arm(watch, 1, 0, 0), ERR_BAD_STATE);
}

TEST(waitset, wakes_a_waiting_thread)
{
	fut_handle set = 0, e = make_event(), watch;
	struct watch_event event;
	uint32_t n = 0;

	OKAY(fut_waitset_create(&set));
	OKAY(fut_watch_create(set, e, 4, 0, 9, &watch));
	struct thread *t = run_thread(signal_soon, &e);
	OKAY(fut_waitset_wait(set, &event, sizeof(event), limit(), &n));
	EQUAL(n, 1);
	EQUAL(event.cookie, 9);
	EQUAL(thread_join(t), OK);
}
