/* SPDX-License-Identifier: MPL-2.0 */
/* Handles: numbers, rights, other tasks' tables; and leases. */
#include "abi/info.h"
#include "kernel/quota.h"
#include "kernel/test/help.h"

TEST(handle, a_closed_handle_stays_dead_when_its_slot_is_used_again)
{
	struct books b = begin();
	uint32_t old = made(CALL0(EVENT_CREATE));

	closed(old);
	CHECK(CALL1(HANDLE_CLOSE, old) == ERR_BAD_HANDLE);
	uint32_t new = made(CALL0(EVENT_CREATE));

	CHECK(new != old && (new &PLACE_MASK) == (old & PLACE_MASK));
	CHECK(CALL1(NULL, old) == ERR_BAD_HANDLE);
	CHECK(CALL1(NULL, new) == OK);
	closed(new);
	balanced(&b);
}

TEST(handle, no_number_names_a_free_slot)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	uint32_t first = made(CALL0(EVENT_CREATE)), second = made(CALL0(EVENT_CREATE));
	uint32_t age = first & ~PLACE_MASK;

	closed(second);
	closed(first);
	for (uint32_t place = 0; place < 2 * PLACE_FIRST; place++) {
		CHECK(CALL1(HANDLE_CLOSE, age | place) == ERR_BAD_HANDLE);
		CHECK(CALL1(NULL, age | place) == ERR_BAD_HANDLE);
		CHECK(CALL1(HANDLE_CLOSE, place) == ERR_BAD_HANDLE);
	}
	as_driver();
	gone(&a);
	balanced(&b);
}

TEST(handle, a_duplicate_names_the_same_object_with_no_more_rights)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));
	uint32_t less = copy_of(e, RIGHT_WAIT | RIGHT_DUPLICATE), none = copy_of(e, 0);

	CHECK(CALL1(HANDLE_INFO, e) == OK && word(0) == OBJECT_EVENT);
	uint64_t id = word(2);

	CHECK(CALL2(HANDLE_DUPLICATE, less, RIGHTS_ALL) == OK);
	uint32_t again = (uint32_t)word(0);

	CHECK(CALL1(HANDLE_INFO, again) == OK && word(1) == (RIGHT_WAIT | RIGHT_DUPLICATE) &&
	      word(2) == id);
	CHECK(CALL2(HANDLE_DUPLICATE, none, 0) == ERR_NO_RIGHT);
	CHECK(CALL2(HANDLE_DUPLICATE, e, ~0u) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(HANDLE_DUPLICATE, 0, 0) == ERR_BAD_HANDLE);
	CHECK(CALL1(HANDLE_INFO, 12345) == ERR_BAD_HANDLE);
	CHECK(CALL1(NULL, none) == ERR_NO_RIGHT);
	closed(e);
	closed(less);
	closed(none);
	closed(again);
	balanced(&b);
}

TEST(handle, a_table_grows_to_thousands_and_shrinks_when_its_task_ends)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	uint32_t first = made(CALL0(EVENT_CREATE));

	for (unsigned i = 0; i < 3000; i++)
		(void)copy_of(first, RIGHTS_ALL);
	for (unsigned i = 0; i < 3000; i++)
		CHECK(CALL1(NULL, first) == OK);
	gone(&a);
	balanced(&b);
}

TEST(handle, a_full_quota_refuses_more_handles_and_gives_back_all)
{
	struct books b = begin();
	uint32_t q = made(CALL2(QUOTA_CREATE, startup_handle("quota"), 256 << 10));
	struct actor a = actor_create(q, 1);
	enum err e;

	as(a.thread_object);
	uint32_t first = made(CALL0(EVENT_CREATE));

	while ((e = CALL2(HANDLE_DUPLICATE, first, RIGHTS_ALL)) == OK)
		;
	CHECK(e == ERR_NO_MEMORY);
	gone(&a);
	CHECK(CALL1(QUOTA_INFO, q) == OK && word(1) == 0);
	closed(q);
	balanced(&b);
}

TEST(handle, given_handles_move)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t e = made(CALL0(EVENT_CREATE));
	uint32_t stays = copy_of(e, RIGHT_READ), there = given(&a, e);

	CHECK(CALL1(NULL, e) == ERR_BAD_HANDLE);
	CHECK(CALL2(HANDLE_GIVE, a.task, stays) == ERR_NO_RIGHT);
	CHECK(CALL2(HANDLE_GIVE, a.task, e) == ERR_BAD_HANDLE);
	as(a.thread_object);
	CHECK(CALL1(NULL, there) == OK);
	as_driver();
	uint32_t more = made(CALL0(EVENT_CREATE));

	CHECK(CALL2(TASK_KILL, a.task, 0) == OK);
	CHECK(CALL2(HANDLE_GIVE, a.task, more) == ERR_BAD_STATE);
	closed(more);
	closed(stays);
	gone(&a);
	balanced(&b);
}

TEST(handle, a_task_manager_sees_and_copies_its_handles)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t there = given(&a, made(CALL0(EVENT_CREATE)));
	uint32_t mute = made(CALL0(EVENT_CREATE));
	struct handle_info info;

	CHECK(CALL4(HANDLE_FIND, a.task, 0, SCRATCH, sizeof(info)) == OK && word(0) == there);
	get(&info, SCRATCH, sizeof(info));
	CHECK(info.handle == there && info.type == OBJECT_EVENT && info.leased == 0);
	CHECK(CALL4(HANDLE_FIND, a.task, there, SCRATCH, sizeof(info)) == ERR_NOT_FOUND);
	CHECK(CALL4(HANDLE_FIND, a.task, 0, SCRATCH, 8) == ERR_TOO_BIG);
	CHECK(CALL4(HANDLE_FIND, a.task, 0, USER_START, sizeof(info)) == ERR_BAD_ADDRESS);
	uint32_t mine = made(CALL3(HANDLE_COPY, a.task, there, RIGHTS_ALL));

	CHECK(CALL3(EVENT_SIGNAL, mine, 1, 0) == OK);
	CHECK(CALL3(HANDLE_COPY, a.task, there + 1, RIGHTS_ALL) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(HANDLE_COPY, a.task, there, ~0u) == ERR_BAD_ARGUMENT);
	there = given(&a, copy_of(mute, RIGHT_TRANSFER));
	CHECK(CALL3(HANDLE_COPY, a.task, there, RIGHTS_ALL) == ERR_NO_RIGHT);
	closed(mine);
	closed(mute);
	gone(&a);
	balanced(&b);
}

TEST(handle, find_tells_what_each_kind_is_about)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t port = made(CALL0(PORT_CREATE));
	uint32_t irq = made(CALL3(IRQ_CREATE, startup_handle("irq"), 5, 0));
	struct handle_info info;
	uint32_t after = 0;
	const uint64_t details[] = { 77, 2 * PAGE_SIZE, (uint64_t)RESOURCE_LOG << 56, 5 };

	(void)given(&a, made(CALL2(SESSION_CREATE, port, 77)));
	(void)given(&a, made_vmo(2));
	(void)given(&a, copy_of(startup_handle("log"), RIGHTS_ALL));
	(void)given(&a, irq);
	for (unsigned i = 0; i < 4; i++) {
		CHECK(CALL4(HANDLE_FIND, a.task, after, SCRATCH, sizeof(info)) == OK);
		get(&info, SCRATCH, sizeof(info));
		CHECK(info.detail == details[i]);
		after = info.handle;
	}
	closed(port);
	gone(&a);
	balanced(&b);
}

TEST(handle, duplicating_and_giving_survive_failing_allocations)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t e = made(CALL0(EVENT_CREATE));

	SURVIVES(CALL2(HANDLE_GIVE, a.task, e));
	as(a.thread_object);
	uint32_t mine = made(CALL0(EVENT_CREATE));
	unsigned failed = 0;

	for (unsigned i = 0; i < 300; i++) {
		fail_countdown = 1;
		failed += CALL2(HANDLE_DUPLICATE, mine, RIGHTS_ALL) == ERR_NO_MEMORY;
		fail_countdown = 0;
		(void)copy_of(mine, RIGHTS_ALL);
	}
	CHECK(failed > 0);
	gone(&a);
	balanced(&b);
}

TEST(lease, closing_it_ends_every_copy)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));
	uint32_t leased = made(CALL2(LEASE_CREATE, e, RIGHTS_ALL)), lease = (uint32_t)word(1);
	uint32_t copy = copy_of(leased, RIGHTS_ALL);

	CHECK(CALL3(EVENT_SIGNAL, copy, 1, 0) == OK);
	CHECK(CALL4(WAIT, leased, 1, 0, 0) == OK);
	closed(lease);
	CHECK(CALL3(EVENT_SIGNAL, copy, 1, 0) == ERR_REVOKED);
	CHECK(CALL4(WAIT, leased, 1, 0, 0) == ERR_REVOKED);
	CHECK(CALL1(HANDLE_INFO, leased) == ERR_REVOKED);
	CHECK(CALL2(HANDLE_DUPLICATE, leased, RIGHTS_ALL) == ERR_REVOKED);
	CHECK(CALL2(LEASE_CREATE, leased, RIGHTS_ALL) == ERR_REVOKED);
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	closed(leased);
	closed(copy);
	closed(e);
	balanced(&b);
}

TEST(lease, leases_stand_upon_leases_up_to_eight_and_fall_with_the_first)
{
	struct books b = begin();
	uint32_t handles[10], leases[10];

	handles[0] = made(CALL0(EVENT_CREATE));
	for (unsigned i = 1; i <= 8; i++) {
		handles[i] = made(CALL2(LEASE_CREATE, handles[i - 1], RIGHTS_ALL));
		leases[i] = (uint32_t)word(1);
	}
	CHECK(CALL2(LEASE_CREATE, handles[8], RIGHTS_ALL) == ERR_UNSUPPORTED);
	CHECK(CALL3(EVENT_SIGNAL, handles[8], 1, 0) == OK);
	closed(leases[1]);
	CHECK(CALL3(EVENT_SIGNAL, handles[8], 1, 0) == ERR_REVOKED);
	for (unsigned i = 0; i <= 8; i++)
		closed(handles[i]);
	for (unsigned i = 2; i <= 8; i++)
		closed(leases[i]);
	balanced(&b);
}

TEST(lease, wrong_handles_and_rights_are_refused)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE)), mute = copy_of(e, RIGHT_READ);

	CHECK(CALL2(LEASE_CREATE, 0, 0) == ERR_BAD_HANDLE);
	CHECK(CALL2(LEASE_CREATE, mute, 0) == ERR_NO_RIGHT);
	CHECK(CALL2(LEASE_CREATE, e, ~0u) == ERR_BAD_ARGUMENT);
	uint32_t leased = made(CALL2(LEASE_CREATE, e, RIGHT_WAIT)), lease = (uint32_t)word(1);

	CHECK(CALL3(EVENT_SIGNAL, leased, 1, 0) == ERR_NO_RIGHT);
	closed(e);
	closed(mute);
	closed(leased);
	closed(lease);
	balanced(&b);
}

TEST(lease, its_end_wakes_waiters_unmaps_and_ends_watches)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t e = made(CALL0(EVENT_CREATE)), vmo = made_vmo(1);
	uint32_t leased = made(CALL2(LEASE_CREATE, e, RIGHTS_ALL)), lease = (uint32_t)word(1);
	uint32_t memory = made(CALL2(LEASE_CREATE, vmo, RIGHTS_ALL)), term = (uint32_t)word(1);
	uint32_t set = made(CALL0(WAITSET_CREATE));
	uint32_t watch = made(CALL5(WATCH_CREATE, set, leased, 1, 0, 9));
	vaddr at;

	CHECK(CALL6(SPACE_MAP, 0, memory, 0, 0, PAGE_SIZE, MAP_READ | MAP_WRITE) == OK);
	at = word(0);
	put(at, "x", 1);
	uint32_t there = given(&a, leased);

	as(a.thread_object);
	CHECK(CALL4(WAIT, there, 1, 0, TIME_NEVER) == CALL_WAITS);
	as_driver();
	closed(lease);
	CHECK(result(a.thread_object) == ERR_REVOKED);
	CHECK(CALL4(WATCH_ARM, watch, 1, 0, 9) == ERR_BAD_STATE);
	closed(term);
	CHECK(CALL4(VMO_READ, vmo, 0, at, 1) == ERR_BAD_ADDRESS);
	CHECK(CALL6(SPACE_MAP, 0, memory, 0, 0, PAGE_SIZE, MAP_READ) == ERR_REVOKED);
	closed(watch);
	closed(set);
	closed(memory);
	closed(vmo);
	closed(e);
	gone(&a);
	balanced(&b);
}

TEST(lease, creation_survives_every_failing_allocation)
{
	struct books b = begin();
	uint32_t e = made(CALL0(EVENT_CREATE));

	SURVIVES(CALL2(LEASE_CREATE, e, RIGHTS_ALL));
	uint32_t leased = (uint32_t)word(0), lease = (uint32_t)word(1);

	closed(leased);
	closed(lease);
	closed(e);
	balanced(&b);
}
