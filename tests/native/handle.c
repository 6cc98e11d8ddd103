/* SPDX-License-Identifier: MPL-2.0 */
/* Handles and leases: rights only shrink, closed ones stay dead, leases end everything under them.
 */
#include "tests/native/test.h"

TEST(handle, a_closed_handle_is_dead)
{
	fut_handle h = make_event();

	close_handle(h);
	FAILS(fut_event_signal(h, 1, 0), ERR_BAD_HANDLE);
	FAILS(fut_handle_close(h), ERR_BAD_HANDLE);
}

TEST(handle, a_closed_handle_stays_dead_when_its_slot_is_reused)
{
	fut_handle h = make_event();

	close_handle(h);
	fut_handle again = make_event();
	CHECK(again != h);
	FAILS(fut_event_signal(h, 1, 0), ERR_BAD_HANDLE);
	close_handle(again);
}

TEST(handle, cannot_be_guessed)
{
	fut_handle h = make_event();
	unsigned found = 0;

	for (uint32_t n = 0; n < 100000; n++) {
		uint32_t type, rights;
		uint64_t id;
		found += fut_handle_info(n * 2654435761u, &type, &rights, &id) == OK;
	}
	/* At most the few that are really ours. */
	CHECK(found < 10);
	FAILS(fut_null(0), ERR_BAD_HANDLE);
	FAILS(fut_null(UINT32_MAX), ERR_BAD_HANDLE);
	close_handle(h);
}

TEST(handle, info_tells_type_rights_and_number)
{
	fut_handle a = make_event(), b = duplicate(a, RIGHT_READ | RIGHT_WAIT);
	uint32_t type, rights;
	uint64_t id, other;

	OKAY(fut_handle_info(a, &type, &rights, &id));
	EQUAL(type, OBJECT_EVENT);
	EQUAL(rights, RIGHTS_EVENT);
	OKAY(fut_handle_info(b, &type, &rights, &other));
	EQUAL(rights, RIGHT_READ | RIGHT_WAIT);
	EQUAL(id, other);
	close_handle(a);
	close_handle(b);
}

TEST(handle, a_duplicate_gains_no_right)
{
	fut_handle a = make_event(), weak = duplicate(a, RIGHT_READ | RIGHT_DUPLICATE);
	fut_handle again = duplicate(weak, RIGHTS_ALL), mute = duplicate(a, RIGHT_WAIT), none = 0;
	uint32_t type, rights;
	uint64_t id;

	OKAY(fut_handle_info(again, &type, &rights, &id));
	EQUAL(rights, RIGHT_READ | RIGHT_DUPLICATE);
	FAILS(fut_event_signal(again, 1, 0), ERR_NO_RIGHT);
	FAILS(fut_handle_duplicate(mute, RIGHTS_ALL, &none), ERR_NO_RIGHT);
	FAILS(fut_handle_duplicate(a, RIGHTS_ALL + 1, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_handle_duplicate(0, RIGHTS_ALL, &none), ERR_BAD_HANDLE);
	close_handle(a);
	close_handle(weak);
	close_handle(again);
	close_handle(mute);
}

TEST(handle, the_wrong_type_is_told)
{
	fut_handle port = make_port(), event = make_event(), made = 0;
	uint64_t n;

	FAILS(fut_event_signal(port, 1, 0), ERR_WRONG_TYPE);
	FAILS(fut_session_create(event, 0, &made), ERR_WRONG_TYPE);
	FAILS(fut_vmo_commit(event, 0, 4096, &n), ERR_WRONG_TYPE);
	close_handle(port);
	close_handle(event);
}

TEST(handle, the_table_fills_and_says_so)
{
	fut_handle first = make_event(), h = 0;
	enum err e = OK;
	unsigned n = 0;

	while (n < 2000000 && (e = fut_handle_duplicate(first, RIGHTS_ALL, &h)) == OK)
		n++;
	CHECK(e == ERR_FULL || e == ERR_NO_MEMORY);
	CHECK(n > 100);
	close_handle(h);
	OKAY(fut_handle_duplicate(first, RIGHTS_ALL, &h));
}

ROLE(holds_a_gift)
{
	uint64_t signals;

	/* The parent gives us an event, and tells its number through the one we know. */
	if (fut_wait(cap_need("told"), SIGNAL_USER_MASK, 0, TIME_NEVER, &signals) != OK)
		return 1;
	return fut_event_signal((fut_handle)signals, 1, 0) == OK ? 0 : 2;
}

TEST(handle, give_moves_a_handle_to_another_task)
{
	fut_handle told = make_event(), gift = make_event(), kept = duplicate(gift, RIGHTS_ALL);
	struct startup_cap caps[] = { named("told", duplicate(told, RIGHTS_ALL)) };
	fut_handle task = peer_start("holds_a_gift", 0, 1, caps);
	uint64_t signals;
	uint32_t there;

	OKAY(fut_handle_give(task, gift, &there));
	FAILS(fut_event_signal(gift, 1, 0), ERR_BAD_HANDLE);
	OKAY(fut_event_signal(told, there, 0));
	OKAY(fut_wait(kept, 1, 0, limit(), &signals));
	EQUAL(peer_join(task), 0);
	close_handle(told);
	close_handle(kept);
}

TEST(handle, give_refuses_what_may_not_be_moved)
{
	fut_handle event = make_event(), stuck = duplicate(event, RIGHT_READ);
	struct startup_cap caps[] = { named("told", duplicate(event, RIGHTS_ALL)) };
	fut_handle task = peer_start("holds_a_gift", 0, 1, caps);
	uint32_t there;

	FAILS(fut_handle_give(task, stuck, &there), ERR_NO_RIGHT);
	FAILS(fut_handle_give(task, 0, &there), ERR_BAD_HANDLE);
	FAILS(fut_handle_give(event, event, &there), ERR_WRONG_TYPE);
	OKAY(fut_task_kill(task, 3));
	EQUAL(peer_end(task).exit_code, 3);
	FAILS(fut_handle_give(task, event, &there), ERR_BAD_STATE);
	OKAY(fut_event_signal(event, 1, 0)); /* still ours */
	close_handle(task);
}

TEST(handle, find_walks_a_tasks_handles_and_copy_takes_one)
{
	fut_handle event = make_event();
	struct startup_cap caps[] = { named("told", duplicate(event, RIGHTS_ALL)) };
	fut_handle task = peer_start("holds_a_gift", 0, 1, caps), copy = 0;
	struct handle_info info = {};
	uint32_t found, at = 0, type, rights;
	uint64_t id;
	unsigned nevents = 0;

	OKAY(fut_handle_info(event, &type, &rights, &id));
	while (fut_handle_find(task, at, &info, sizeof(info), &found) == OK) {
		at = info.handle;
		if (info.id == id) {
			nevents++;
			EQUAL(info.type, OBJECT_EVENT);
			OKAY(fut_handle_copy(task, info.handle, RIGHTS_ALL, &copy));
		}
	}
	EQUAL(nevents, 1);
	FAILS(fut_handle_find(task, at, &info, 8, &found), ERR_NOT_FOUND);
	FAILS(fut_handle_find(task, 0, &info, 8, &found), ERR_TOO_BIG);
	FAILS(fut_handle_find(task, 0, (void *)hole(), sizeof(info), &found), ERR_BAD_ADDRESS);
	FAILS(fut_handle_copy(task, 0x7fffffff, RIGHTS_ALL, &found), ERR_BAD_ARGUMENT);
	OKAY(fut_event_signal(copy, 2, 0));
	OKAY(fut_wait(event, 2, 0, 0, &id));
	OKAY(fut_task_kill(task, 0));
	(void)peer_end(task);
}

TEST(lease, ends_every_copy_at_once)
{
	fut_handle event = make_event(), leased = 0, lease = 0, none;

	OKAY(fut_lease_create(event, RIGHTS_ALL, &leased, &lease));
	fut_handle copy = duplicate(leased, RIGHTS_ALL);
	OKAY(fut_event_signal(leased, 1, 0));
	OKAY(fut_event_signal(copy, 2, 0));
	close_handle(lease);
	FAILS(fut_event_signal(leased, 4, 0), ERR_REVOKED);
	FAILS(fut_event_signal(copy, 4, 0), ERR_REVOKED);
	FAILS(fut_handle_duplicate(copy, RIGHTS_ALL, &none), ERR_REVOKED);
	FAILS(fut_lease_create(copy, RIGHTS_ALL, &none, &none), ERR_REVOKED);
	OKAY(fut_event_signal(event, 4, 0));
	close_handle(copy);
	close_handle(leased);
	close_handle(event);
}

TEST(lease, gains_no_right)
{
	fut_handle event = make_event(), weak = duplicate(event, RIGHT_WAIT | RIGHT_DUPLICATE);
	fut_handle leased = 0, lease = 0, none;

	OKAY(fut_lease_create(weak, RIGHTS_ALL, &leased, &lease));
	FAILS(fut_event_signal(leased, 1, 0), ERR_NO_RIGHT);
	FAILS(fut_lease_create(event, RIGHTS_ALL + 1, &none, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_lease_create(0, RIGHTS_ALL, &none, &none), ERR_BAD_HANDLE);
	fut_handle mute = duplicate(event, RIGHT_WAIT);
	FAILS(fut_lease_create(mute, RIGHTS_ALL, &none, &none), ERR_NO_RIGHT);
}

TEST(lease, a_lease_of_a_lease_ends_with_either)
{
	fut_handle event = make_event(), h[3] = { event }, lease[3] = {};

	for (unsigned i = 1; i < 3; i++)
		OKAY(fut_lease_create(h[i - 1], RIGHTS_ALL, &h[i], &lease[i]));
	OKAY(fut_event_signal(h[2], 1, 0));
	close_handle(lease[1]);
	FAILS(fut_event_signal(h[2], 1, 0), ERR_REVOKED);
	FAILS(fut_event_signal(h[1], 1, 0), ERR_REVOKED);
}

TEST(lease, nests_eight_deep_and_no_deeper)
{
	fut_handle h = make_event(), lease, next = 0;

	for (unsigned i = 0; i < 8; i++) {
		OKAY(fut_lease_create(h, RIGHTS_ALL, &next, &lease));
		h = next;
	}
	FAILS(fut_lease_create(h, RIGHTS_ALL, &next, &lease), ERR_UNSUPPORTED);
	OKAY(fut_event_signal(h, 1, 0));
}

TEST(lease, ends_mappings_made_through_it)
{
	fut_handle vmo = make_vmo(4096), leased = 0, lease = 0;
	char byte = 0;
	uint64_t at = 0, count;

	OKAY(fut_lease_create(vmo, RIGHTS_ALL, &leased, &lease));
	OKAY(fut_space_map(0, leased, 0, 0, 4096, MAP_READ | MAP_WRITE, &at));
	*(volatile char *)at = 7;
	close_handle(lease);
	FAILS(fut_space_read(cap_need("task"), at, &byte, 1, &count), ERR_BAD_ADDRESS);
	OKAY(fut_vmo_read(vmo, 0, &byte, 1));
	EQUAL(byte, 7);
	FAILS(fut_vmo_read(leased, 0, &byte, 1), ERR_REVOKED);
	FAILS(fut_space_map(0, leased, 0, 0, 4096, MAP_READ, &at), ERR_REVOKED);
}

static int wait_leased(void *argument)
{
	uint64_t signals;

	return fut_wait(*(fut_handle *)argument, 1, 0, limit(), &signals);
}

TEST(lease, ends_waits_through_it)
{
	fut_handle event = make_event(), leased = 0, lease = 0;

	OKAY(fut_lease_create(event, RIGHTS_ALL, &leased, &lease));
	struct thread *t = run_thread(wait_leased, &leased);
	(void)fut_thread_sleep(
		clock_after(SOON)); /* let it begin to wait: either way it must end */
	close_handle(lease);
	EQUAL(thread_join(t), ERR_REVOKED);
}
