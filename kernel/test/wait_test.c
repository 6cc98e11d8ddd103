/* SPDX-License-Identifier: MPL-2.0 */
/* Waiting on many things: waitsets; on memory: futexes; on time. */
#include "abi/info.h"
#include "kernel/test/help.h"

static enum err wait_set(uint32_t set, unsigned n, uint64_t deadline)
{
	return CALL4(WAITSET_WAIT, set, SCRATCH, n * sizeof(struct watch_event), deadline);
}

static struct watch_event reported(unsigned i)
{
	struct watch_event e;

	get(&e, SCRATCH + i * sizeof(e), sizeof(e));
	return e;
}

TEST(waitset, what_is_ready_is_reported_until_it_is_not)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE)), set = made(CALL0(WAITSET_CREATE));
	uint32_t watch = made(CALL5(WATCH_CREATE, set, e, 6, 0, 42));

	CHECK(wait_set(set, 4, 0) == ERR_WOULD_BLOCK);
	CHECK(CALL3(EVENT_SIGNAL, e, 3, 0) == OK);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(wait_set(set, 4, 0) == OK && word(0) == 1);
		CHECK(reported(0).cookie == 42 && reported(0).signals == 2);
	}
	CHECK(CALL4(WAIT, set, SIGNAL_READY, 0, 0) == OK);
	CHECK(CALL3(EVENT_SIGNAL, e, 0, 3) == OK);
	CHECK(wait_set(set, 4, 0) == ERR_WOULD_BLOCK);
	closed(watch);
	CHECK(CALL3(EVENT_SIGNAL, e, 2, 0) == OK);
	CHECK(wait_set(set, 4, 0) == ERR_WOULD_BLOCK);
	closed(set);
	closed(e);
	balanced(&b);
}

TEST(waitset, edges_and_once_report_once)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE)), set = made(CALL0(WAITSET_CREATE));
	uint32_t edge = made(CALL5(WATCH_CREATE, set, e, 1, WATCH_EDGE, 1));
	uint32_t once = made(CALL5(WATCH_CREATE, set, e, 2, WATCH_ONCE, 2));

	CHECK(CALL3(EVENT_SIGNAL, e, 3, 0) == OK);
	CHECK(wait_set(set, 4, 0) == OK && word(0) == 2);
	CHECK(wait_set(set, 4, 0) == ERR_WOULD_BLOCK);
	CHECK(CALL3(EVENT_SIGNAL, e, 3, 0) == OK);
	CHECK(wait_set(set, 4, 0) == OK && word(0) == 1 && reported(0).cookie == 1);
	CHECK(CALL4(WATCH_ARM, once, 2, WATCH_ONCE, 7) == OK);
	CHECK(wait_set(set, 4, 0) == OK && word(0) == 1 && reported(0).cookie == 7);
	CHECK(CALL4(WATCH_ARM, once, 2, 8, 7) == ERR_BAD_ARGUMENT);
	closed(edge);
	closed(once);
	closed(set);
	closed(e);
	balanced(&b);
}

TEST(waitset, ready_things_take_turns_where_room_is_short)
{
	struct books b = begin();
	uint32_t set = made(CALL0(WAITSET_CREATE)), e[3], watch[3];
	unsigned seen[3] = {};

	for (unsigned i = 0; i < 3; i++) {
		e[i] = made(CALL0(EVENT_CREATE));
		CHECK(CALL3(EVENT_SIGNAL, e[i], 1, 0) == OK);
		watch[i] = made(CALL5(WATCH_CREATE, set, e[i], 1, 0, i));
	}
	for (unsigned i = 0; i < 9; i++) {
		CHECK(wait_set(set, 1, 0) == OK && word(0) == 1);
		seen[reported(0).cookie % 3]++;
	}
	for (unsigned i = 0; i < 3; i++) {
		CHECK(seen[i] == 3);
		closed(watch[i]);
		closed(e[i]);
	}
	closed(set);
	balanced(&b);
}

TEST(waitset, what_is_ready_no_more_does_not_hide_what_is)
{
	struct books b = begin();
	uint32_t set = made(CALL0(WAITSET_CREATE)), e[2], watch[2];

	for (unsigned i = 0; i < 2; i++) {
		e[i] = made(CALL0(EVENT_CREATE));
		watch[i] = made(CALL5(WATCH_CREATE, set, e[i], 1, 0, i));
		CHECK(CALL3(EVENT_SIGNAL, e[i], 1, 0) == OK);
	}
	CHECK(CALL3(EVENT_SIGNAL, e[0], 0, 1) == OK);
	CHECK(wait_set(set, 1, TIME_NEVER) == OK && word(0) == 1 && reported(0).cookie == 1);
	for (unsigned i = 0; i < 2; i++) {
		closed(watch[i]);
		closed(e[i]);
	}
	closed(set);
	balanced(&b);
}

TEST(waitset, wrong_arguments_are_refused)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE)), set = made(CALL0(WAITSET_CREATE));
	uint32_t budget = made(CALL2(BUDGET_CREATE, 1000000, 1000));
	uint32_t watch = made(CALL5(WATCH_CREATE, set, e, 1, 0, 1));

	CHECK(CALL5(WATCH_CREATE, set, e, 1, 4, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(WATCH_CREATE, set, set, 1, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(WATCH_CREATE, set, budget, 1, 0, 0) != OK);
	CHECK(CALL5(WATCH_CREATE, e, e, 1, 0, 0) == ERR_WRONG_TYPE);
	CHECK(wait_set(set, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	CHECK(CALL4(WAITSET_WAIT, set, USER_START, 64, 0) == ERR_BAD_ADDRESS);
	CHECK(wait_set(set, 4, 0) == OK);
	closed(watch);
	closed(budget);
	closed(set);
	closed(e);
	balanced(&b);
}

TEST(waitset, nests_four_deep_and_never_in_a_circle)
{
	struct books b = begin();
	uint32_t sets[6], watches[6] = {}, e = made(CALL0(EVENT_CREATE));
	unsigned deep = 0;

	for (unsigned i = 0; i < 6; i++)
		sets[i] = made(CALL0(WAITSET_CREATE));
	uint32_t watch = made(CALL5(WATCH_CREATE, sets[0], e, 1, 0, 0));

	for (unsigned i = 1; i < 6; i++) {
		enum err error = CALL5(WATCH_CREATE, sets[i], sets[i - 1], SIGNAL_READY, 0, i);

		CHECK(error == OK || error == ERR_UNSUPPORTED);
		if (error != OK)
			break;
		watches[i] = (uint32_t)word(0);
		deep = i;
	}
	CHECK(deep >= 2 && deep < 5);
	CHECK(CALL5(WATCH_CREATE, sets[0], sets[deep], SIGNAL_READY, 0, 0) == ERR_UNSUPPORTED);
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	CHECK(wait_set(sets[deep], 1, 0) == OK && reported(0).cookie == deep);
	for (unsigned i = 1; i <= deep; i++)
		closed(watches[i]);
	for (unsigned i = 0; i < 6; i++)
		closed(sets[i]);
	closed(watch);
	closed(e);
	balanced(&b);
}

TEST(waitset, a_waiting_thread_is_woken_timed_out_or_left_with_the_set)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t e = made(CALL0(EVENT_CREATE)), set = made(CALL0(WAITSET_CREATE));
	uint32_t watch = made(CALL5(WATCH_CREATE, set, e, 1, WATCH_EDGE, 5));
	uint32_t there = given(&a, copy_of(set, RIGHTS_ALL));

	as(a.thread_object);
	CHECK(wait_set(there, 2, TIME_NEVER) == CALL_WAITS);
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	as(a.thread_object);
	CHECK(result(a.thread_object) == OK && a.thread_object->context.words[0] == 1);
	CHECK(reported(0).cookie == 5);
	CHECK(wait_set(there, 2, machine.ticks + 1000) == CALL_WAITS);
	machine_advance(5000);
	CHECK(result(a.thread_object) == ERR_TIMED_OUT);
	as(a.thread_object);
	CHECK(wait_set(there, 2, TIME_NEVER) == CALL_WAITS);
	closed(set);
	gone(&a);
	closed(watch);
	closed(e);
	balanced(&b);
}

TEST(waitset, a_closed_set_ends_its_watches)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE)), set = made(CALL0(WAITSET_CREATE));
	uint32_t watch = made(CALL5(WATCH_CREATE, set, e, 1, 0, 1));

	closed(set);
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	CHECK(CALL4(WATCH_ARM, watch, 1, 0, 0) == ERR_BAD_STATE || CALL1(NULL, watch) == OK);
	closed(watch);
	closed(e);
	balanced(&b);
}

TEST(waitset, creation_survives_every_failing_allocation)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));

	SURVIVES(CALL0(WAITSET_CREATE));
	uint32_t set = (uint32_t)word(0);

	SURVIVES(CALL5(WATCH_CREATE, set, e, 1, 0, 1));
	closed((uint32_t)word(0));
	closed(set);
	closed(e);
	balanced(&b);
}

TEST(futex, a_wake_wakes_the_oldest_of_those_with_a_common_bit)
{
	struct books b = begin();
	struct actor a = actor();
	struct thread *first = a.thread_object;
	uint32_t other = actor_thread(&a, 1, 1);
	struct thread *second = a.thread_object;

	as(first);
	put_word(SCRATCH, 7);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH, 8, 1, FUTEX_PRIVATE, TIME_NEVER) == ERR_WOULD_BLOCK);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH, 7, 1, FUTEX_PRIVATE, 0) == ERR_WOULD_BLOCK);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH, 7, 1, FUTEX_PRIVATE, TIME_NEVER) == CALL_WAITS);
	as(second);
	CHECK(CALL4(FUTEX_WAKE, SCRATCH, 1, 2, FUTEX_PRIVATE) == OK && word(0) == 0);
	CHECK(CALL4(FUTEX_WAKE, SCRATCH, 5, 3, FUTEX_PRIVATE) == OK && word(0) == 1);
	CHECK(result(first) == OK);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH, 7, 1, 0, machine.ticks + 1000) == CALL_WAITS);
	machine_advance(5000);
	CHECK(result(second) == ERR_TIMED_OUT);
	as_driver();
	closed(other);
	gone(&a);
	balanced(&b);
}

TEST(futex, wrong_words_and_flags_are_refused)
{
	struct books b = begin();

	CHECK(CALL5(FUTEX_WAIT, SCRATCH + 1, 0, 1, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH, 0, 0, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH, 0, 1, 8, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(FUTEX_WAIT, USER_START, 0, 1, 0, 0) == ERR_BAD_ADDRESS);
	CHECK(CALL5(FUTEX_WAIT, USER_END, 0, 1, FUTEX_PRIVATE, 0) == ERR_BAD_ADDRESS);
	CHECK(CALL4(FUTEX_WAKE, SCRATCH + 2, 1, 1, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(FUTEX_WAKE, SCRATCH, 1, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(FUTEX_WAKE, SCRATCH, 1, 1, 8) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(FUTEX_WAKE, USER_START, 1, 1, 0) == ERR_BAD_ADDRESS);
	CHECK(CALL5(FUTEX_REQUEUE, SCRATCH + 1, SCRATCH, 0, 1, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(FUTEX_REQUEUE, SCRATCH, SCRATCH + 8, 0, 1, 16) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(FUTEX_REQUEUE, SCRATCH, USER_START, 0, 1, 0) == ERR_BAD_ADDRESS);
	put_word(SCRATCH, 1);
	CHECK(CALL5(FUTEX_REQUEUE, SCRATCH, SCRATCH + 8, 0, 1, 0) == ERR_WOULD_BLOCK);
	CHECK(CALL5(FUTEX_REQUEUE, SCRATCH, SCRATCH + 8, 0, 1, FUTEX_ALWAYS) == OK);
	balanced(&b);
}

TEST(futex, requeue_wakes_some_and_moves_the_rest)
{
	struct books b = begin();
	struct actor a = actor();
	struct thread *threads[3] = { a.thread_object };
	uint32_t handles[3];

	for (unsigned i = 1; i < 3; i++) {
		handles[i] = actor_thread(&a, i, 1);
		threads[i] = a.thread_object;
	}
	uint32_t boss = actor_thread(&a, 3, 1);

	for (unsigned i = 0; i < 3; i++) {
		as(threads[i]);
		CHECK(CALL5(FUTEX_WAIT, SCRATCH, 0, 1, 0, TIME_NEVER) == CALL_WAITS);
	}
	as(a.thread_object);
	CHECK(CALL5(FUTEX_REQUEUE, SCRATCH, SCRATCH + 64, 0, 1 | 1ull << 32, 0) == OK);
	CHECK(word(0) == 1 && word(1) == 1);
	CHECK(result(threads[0]) == OK && result(threads[1]) == CALL_WAITS);
	CHECK(CALL4(FUTEX_WAKE, SCRATCH + 64, 9, 1, 0) == OK && word(0) == 1);
	CHECK(result(threads[1]) == OK && result(threads[2]) == CALL_WAITS);
	as_driver();
	closed(handles[1]);
	closed(handles[2]);
	closed(boss);
	gone(&a);
	balanced(&b);
}

TEST(futex, a_shared_word_is_known_by_its_memory_object)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t vmo = made_vmo(1), there = given(&a, copy_of(vmo, RIGHTS_ALL));

	CHECK(CALL6(SPACE_MAP, 0, vmo, 0, 0, PAGE_SIZE, MAP_READ | MAP_WRITE) == OK);
	vaddr here = word(0);

	as(a.thread_object);
	CHECK(CALL6(SPACE_MAP, 0, there, 0, 0, PAGE_SIZE, MAP_READ | MAP_WRITE) == OK);
	CHECK(CALL5(FUTEX_WAIT, word(0) + 16, 0, 1, 0, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(CALL4(FUTEX_WAKE, here + 16, 1, 1, 0) == OK && word(0) == 1);
	CHECK(result(a.thread_object) == OK);
	CHECK(CALL3(SPACE_UNMAP, 0, here, PAGE_SIZE) == OK);
	closed(vmo);
	gone(&a);
	balanced(&b);
}

TEST(futex, a_dying_owner_marks_its_robust_locks)
{
	struct books b = begin();
	struct actor a = actor();
	struct thread *waiter = a.thread_object;
	uint32_t owner = actor_thread(&a, 1, 1);

	as(a.thread_object);
	put_word(SCRATCH + 128, 99);
	a.thread_object->control->robust_count = 2;
	a.thread_object->control->robust_owner = 99;
	a.thread_object->control->robust[0] = SCRATCH + 128;
	a.thread_object->control->robust[1] = 3; /* nothing there */
	as(waiter);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH + 128, 99, 1, 0, TIME_NEVER) == CALL_WAITS);
	as(a.thread_object);
	(void)CALL1(THREAD_EXIT, SCRATCH + 256);
	CHECK(result(waiter) == OK);
	as(waiter);
	CHECK((get_word(SCRATCH + 128) & ROBUST_OWNER_DIED) != 0);
	as_driver();
	closed(owner);
	gone(&a);
	balanced(&b);
}

TEST(futex, a_dying_owner_marks_the_locks_of_its_list)
{
	constexpr vaddr HEAD = SCRATCH + 512, ONE = SCRATCH + 600, TWO = SCRATCH + 680;
	struct books b = begin();
	struct actor a = actor();
	uint32_t other = actor_thread(&a, 1, 1);
	const vaddr list[][2] = { { HEAD, ONE },     { HEAD + 8, 16 }, { HEAD + 16, TWO | 1 },
				  { ONE, ONE + 40 }, { ONE + 40, 3 }, /* nothing there */
				  { ONE + 16, 99 },  { ONE + 56, 98 }, { TWO + 16, 99 } };

	as(a.thread_object);
	for (unsigned i = 0; i < sizeof(list) / sizeof(*list); i++) {
		put_word(list[i][0], (uint32_t)list[i][1]);
		if (i < 5)
			put_word(list[i][0] + 4, (uint32_t)(list[i][1] >> 32));
	}
	a.thread_object->control->robust_owner = 99;
	a.thread_object->control->robust_list = HEAD;
	(void)CALL1(THREAD_EXIT, 0);
	as(container_of(a.task_object->threads.next, struct thread, link));
	CHECK(get_word(ONE + 16) == ROBUST_OWNER_DIED);
	CHECK(get_word(ONE + 56) == 98);
	CHECK(get_word(TWO + 16) == ROBUST_OWNER_DIED);
	as_driver();
	closed(other);
	gone(&a);
	balanced(&b);
}

TEST(time, a_sleep_ends_at_its_deadline_or_by_an_interrupt)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	CHECK(CALL1(THREAD_SLEEP, 0) == OK);
	CHECK(CALL1(THREAD_SLEEP, machine.ticks + 10000) == CALL_WAITS);
	machine_advance(20000);
	CHECK(result(a.thread_object) == OK);
	as(a.thread_object);
	CHECK(CALL1(THREAD_SLEEP, TIME_NEVER) == CALL_WAITS);
	CHECK(CALL1(THREAD_INTERRUPT, a.thread) == OK);
	CHECK(result(a.thread_object) == ERR_INTERRUPTED);
	as(a.thread_object);
	/* Still pending, for the task has no upcalls: nothing waits any more. */
	CHECK(CALL1(THREAD_SLEEP, TIME_NEVER) == ERR_INTERRUPTED);
	gone(&a);
	balanced(&b);
}

TEST(time, deadlines_fire_in_their_order)
{
	struct books b = begin();
	struct actor a = actor();
	struct thread *threads[4] = { a.thread_object };
	uint32_t handles[4];
	static const uint64_t after[4] = { 40000, 20000, 30000, 50000 };

	for (unsigned i = 1; i < 4; i++) {
		handles[i] = actor_thread(&a, i, 1);
		threads[i] = a.thread_object;
	}
	uint64_t start = machine.ticks + 10000;

	for (unsigned i = 0; i < 4; i++) {
		as(threads[i]);
		CHECK(CALL1(THREAD_SLEEP, start + after[i]) == CALL_WAITS);
	}
	for (uint64_t t = 20000; t <= 50000; t += 10000) {
		machine_advance(start + t + 1 - machine.ticks);
		for (unsigned i = 0; i < 4; i++)
			CHECK((result(threads[i]) == OK) == (after[i] <= t));
	}
	as_driver();
	for (unsigned i = 1; i < 4; i++)
		closed(handles[i]);
	gone(&a);
	balanced(&b);
}
