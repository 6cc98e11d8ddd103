/* SPDX-License-Identifier: MPL-2.0 */
/* Events, their timers and peers, and waiting on one object. */
#include "kernel/test/help.h"

TEST(event, a_signal_that_is_set_ends_a_wait_at_once)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));

	CHECK(CALL4(WAIT, e, 5, 0, 0) == ERR_WOULD_BLOCK);
	CHECK(CALL3(EVENT_SIGNAL, e, 6, 0) == OK);
	CHECK(CALL4(WAIT, e, 5, 0, TIME_NEVER) == OK && word(0) == 4);
	closed(e);
	balanced(&b);
}

TEST(event, a_wait_clears_what_it_was_asked_to)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));

	CHECK(CALL3(EVENT_SIGNAL, e, 3, 0) == OK);
	CHECK(CALL4(WAIT, e, 3, 1, 0) == OK && word(0) == 3);
	CHECK(CALL4(WAIT, e, 3, 0, 0) == OK && word(0) == 2);
	CHECK(CALL3(EVENT_SIGNAL, e, 0, 2) == OK);
	CHECK(CALL4(WAIT, e, 3, 0, 0) == ERR_WOULD_BLOCK);
	closed(e);
	balanced(&b);
}

TEST(event, wrong_masks_and_rights_are_refused)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));
	uint32_t deaf = copy_of(e, RIGHT_WAIT);
	uint32_t vmo = made_vmo(1);

	CHECK(CALL3(EVENT_SIGNAL, e, SIGNAL_READY, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(EVENT_SIGNAL, e, 0, SIGNAL_READY) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(EVENT_SIGNAL, e, 0, SIGNAL_TIMER) == OK);
	CHECK(CALL3(EVENT_SIGNAL, deaf, 1, 0) == ERR_NO_RIGHT);
	CHECK(CALL3(EVENT_SIGNAL, vmo, 1, 0) == ERR_WRONG_TYPE);
	CHECK(CALL3(EVENT_SIGNAL_PEER, e, 1, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(WAIT, e, 0, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(WAIT, e, 1, 2, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(WAIT, e, SIGNAL_READY, SIGNAL_READY, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(WAIT, deaf, 1, 1, 0) == ERR_NO_RIGHT);
	CHECK(CALL4(WAIT, vmo, 1, 0, 0) == ERR_NO_RIGHT ||
	      CALL4(WAIT, vmo, 1, 0, 0) == ERR_WRONG_TYPE);
	CHECK(CALL4(WAIT, 0, 1, 0, 0) == ERR_BAD_HANDLE);
	CHECK(CALL3(EVENT_TIMER, e, 5, 999) == ERR_BAD_ARGUMENT);
	closed(e);
	closed(deaf);
	closed(vmo);
	balanced(&b);
}

TEST(event, a_waiting_thread_is_woken_by_a_signal)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t e = made(CALL0(EVENT_CREATE)), there = given(&a, copy_of(e, RIGHTS_ALL));

	as(a.thread_object);
	CHECK(CALL4(WAIT, there, 2, 2, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	CHECK(result(a.thread_object) == CALL_WAITS);
	CHECK(CALL3(EVENT_SIGNAL, e, 2, 0) == OK);
	CHECK(result(a.thread_object) == OK && a.thread_object->context.words[0] == 2);
	CHECK(CALL4(WAIT, e, 3, 0, 0) == OK && word(0) == 1);
	closed(e);
	gone(&a);
	balanced(&b);
}

TEST(event, a_wait_ends_at_its_deadline)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t there = given(&a, made(CALL0(EVENT_CREATE)));

	as(a.thread_object);
	CHECK(CALL4(WAIT, there, 1, 0, machine.ticks + 1000000) == CALL_WAITS);
	machine_advance(900000);
	CHECK(result(a.thread_object) == CALL_WAITS);
	machine_advance(200000);
	CHECK(result(a.thread_object) == ERR_TIMED_OUT);
	gone(&a);
	balanced(&b);
}

TEST(event, a_killed_task_leaves_its_wait)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t e = made(CALL0(EVENT_CREATE)), there = given(&a, copy_of(e, RIGHTS_ALL));

	as(a.thread_object);
	CHECK(CALL4(WAIT, there, 1, 0, TIME_NEVER) == CALL_WAITS);
	gone(&a);
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	closed(e);
	balanced(&b);
}

TEST(event, a_timer_fires_once_or_at_every_interval)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));

	CHECK(CALL3(EVENT_TIMER, e, machine.ticks + 10000, 0) == OK);
	CHECK(CALL4(WAIT, e, SIGNAL_TIMER, SIGNAL_TIMER, 0) == ERR_WOULD_BLOCK);
	machine_advance(20000);
	CHECK(CALL4(WAIT, e, SIGNAL_TIMER, SIGNAL_TIMER, 0) == OK);
	machine_advance(20000);
	CHECK(CALL4(WAIT, e, SIGNAL_TIMER, SIGNAL_TIMER, 0) == ERR_WOULD_BLOCK);
	CHECK(CALL3(EVENT_TIMER, e, machine.ticks + 10000, 10000) == OK);
	for (unsigned i = 0; i < 5; i++) {
		machine_advance(15000);
		CHECK(CALL4(WAIT, e, SIGNAL_TIMER, SIGNAL_TIMER, 0) == OK);
	}
	CHECK(CALL3(EVENT_TIMER, e, TIME_NEVER, 0) == OK);
	machine_advance(50000);
	CHECK(CALL4(WAIT, e, SIGNAL_TIMER, 0, 0) == ERR_WOULD_BLOCK);
	/* One that is still to come ends with the event. */
	CHECK(CALL3(EVENT_TIMER, e, machine.ticks + 10000, 10000) == OK);
	closed(e);
	machine_advance(50000);
	balanced(&b);
}

TEST(event, peers_signal_each_other_and_see_the_other_close)
{
	struct books b = begin();
	uint32_t left = made(CALL0(EVENT_CREATE_PAIR)), right = (uint32_t)word(1);

	CHECK(CALL3(EVENT_SIGNAL_PEER, left, 4, 0) == OK);
	CHECK(CALL4(WAIT, left, 4, 0, 0) == ERR_WOULD_BLOCK);
	CHECK(CALL4(WAIT, right, 4, 0, 0) == OK);
	CHECK(CALL3(EVENT_SIGNAL_PEER, left, SIGNAL_READY, 0) == ERR_BAD_ARGUMENT);
	closed(left);
	CHECK(CALL4(WAIT, right, SIGNAL_PEER_CLOSED, 0, 0) == OK);
	CHECK(CALL3(EVENT_SIGNAL_PEER, right, 4, 0) == ERR_PEER_CLOSED);
	closed(right);
	balanced(&b);
}

TEST(event, creation_survives_every_failing_allocation)
{
	struct books b = begin();

	SURVIVES(CALL0(EVENT_CREATE));
	closed((uint32_t)word(0));
	SURVIVES(CALL0(EVENT_CREATE_PAIR));
	uint32_t left = (uint32_t)word(0), right = (uint32_t)word(1);

	closed(left);
	closed(right);
	balanced(&b);
}
