/* SPDX-License-Identifier: MPL-2.0 */
/* Address spaces: mapping, protection, moving, other tasks' memory; and copies of a task. */
#include "abi/info.h"
#include "kernel/cpu.h"
#include "kernel/test/help.h"

constexpr uint32_t RW = MAP_READ | MAP_WRITE;
constexpr vaddr SPOT = 0x40000000;

static vaddr mapped(uint32_t vmo, uint64_t npages, uint32_t flags)
{
	enum err e = CALL6(SPACE_MAP, 0, vmo, 0, 0, npages << PAGE_SHIFT, flags);

	CHECK(e == OK);
	return e == OK ? word(0) : 0;
}

static void fixed(vaddr at, uint64_t npages, uint32_t flags)
{
	CHECK(CALL6(SPACE_MAP, 0, 0, at, 0, npages << PAGE_SHIFT, flags | MAP_FIXED) == OK);
}

static void unmapped(vaddr at, uint64_t npages)
{
	CHECK(CALL3(SPACE_UNMAP, 0, at, npages << PAGE_SHIFT) == OK);
}

static struct mapping_info found(vaddr at)
{
	struct mapping_info info = {};

	CHECK(CALL4(SPACE_FIND, 0, at, SCRATCH, sizeof(info)) == OK);
	get(&info, SCRATCH, sizeof(info));
	return info;
}

static bool readable(vaddr va)
{
	return CALL3(LOG_WRITE, startup_handle("log"), va, 1) == OK;
}

TEST(space, fresh_memory_is_zero_and_goes_when_unmapped)
{
	struct books b = begin();
	vaddr at = mapped(0, 40, RW);
	uint32_t value = 9;

	get(&value, at + 8 * PAGE_SIZE, sizeof(value));
	CHECK(value == 0);
	put_word(at + 8 * PAGE_SIZE, 5);
	put_word(at + 30 * PAGE_SIZE, 6);
	CHECK(found(at).resident == 2 && found(at).kind == MAPPING_FRESH);
	unmapped(at + 8 * PAGE_SIZE, 1);
	CHECK(!readable(at + 8 * PAGE_SIZE));
	CHECK(found(at).size == 8 * PAGE_SIZE && found(at + 8 * PAGE_SIZE).size == 31 * PAGE_SIZE);
	CHECK(get_word(at + 30 * PAGE_SIZE) == 6);
	unmapped(at, 40);
	balanced(&b);
}

TEST(space, pages_are_made_ready_to_be_run_once_for_each_time_they_could_be_written)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(2), device;
	unsigned before = machine.syncs;

	device = made(
		CALL4(VMO_CREATE_PHYSICAL, startup_handle("physical"), 1ull << 40, PAGE_SIZE, 0));
	for (unsigned round = 1; round <= 2; round++) {
		vaddr at = mapped(vmo, 2, RW);

		put_word(at, round);
		put_word(at + PAGE_SIZE, round);
		unmapped(at, 2);
		for (unsigned i = 0; i < 3; i++) {
			at = mapped(vmo, 2, MAP_READ | MAP_EXEC);
			CHECK(machine_access(at, ACCESS_EXEC));
			CHECK(machine_access(at + PAGE_SIZE, ACCESS_EXEC));
			unmapped(at, 2);
		}
		CHECK(machine.syncs == before + 2 * round);
	}
	vaddr at = mapped(device, 1, MAP_READ | MAP_EXEC);

	CHECK(machine_access(at, ACCESS_EXEC));
	CHECK(machine.syncs == before + 4);
	unmapped(at, 1);
	closed(device);
	closed(vmo);
	balanced(&b);
}

TEST(space, after_a_copy_has_gone_one_write_gives_its_neighbours_back_too)
{
	struct books b = begin();
	vaddr at = mapped(0, 32, RW | INHERIT_COPY);

	for (unsigned i = 0; i < 32; i++)
		put_word(at + i * PAGE_SIZE, i);
	uint32_t copy = made(CALL1(TASK_CLONE, 0));

	CHECK(CALL2(TASK_KILL, copy, 0) == OK);
	closed(copy);
	reap_all();
	uint64_t before = counters.faults;

	for (unsigned i = 0; i < 32; i++)
		put_word(at + i * PAGE_SIZE, i);
	CHECK(counters.faults - before <= 3);
	unmapped(at, 32);
	balanced(&b);
}

TEST(space, the_registers_of_a_device_are_not_copied_by_the_kernel)
{
	struct books b = begin();
	uint32_t device = made(
		CALL4(VMO_CREATE_PHYSICAL, startup_handle("physical"), 1ull << 40, PAGE_SIZE, 0));
	vaddr at = mapped(device, 1, RW | MAP_COMMIT);
	uint32_t self = startup_handle("task");

	CHECK(machine_access(at, ACCESS_WRITE));
	CHECK(CALL4(SPACE_READ, self, at, SCRATCH, 8) == ERR_BAD_ADDRESS);
	CHECK(CALL4(SPACE_WRITE, self, at, SCRATCH, 8) == ERR_BAD_ADDRESS);
	unmapped(at, 1);
	closed(device);
	balanced(&b);
}

TEST(space, wrong_ranges_and_flags_are_refused)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(2), reader = copy_of(vmo, RIGHT_READ | RIGHT_MAP);
	uint32_t blind = copy_of(vmo, RIGHT_READ);

	CHECK(CALL6(SPACE_MAP, 0, 0, 0, 0, 0, RW) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0, 0, 5, RW) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0, PAGE_SIZE, PAGE_SIZE, RW) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0, 0, PAGE_SIZE, MAP_WRITE | MAP_EXEC) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0, 0, PAGE_SIZE, 1u << 20) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, vmo, 0, 0, PAGE_SIZE, MAP_GUARD) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0, 0, PAGE_SIZE, MAP_FIXED | RW) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, 0, USER_END, 0, PAGE_SIZE, MAP_FIXED | RW) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(SPACE_MAP, 0, 0, SCRATCH, 0, PAGE_SIZE, MAP_FIXED | RW) == ERR_EXISTS);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0, 0, USER_END & ~(PAGE_SIZE - 1), RW) == ERR_FULL);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0, 0, 1ull << 31, RW | MAP_LOW) == ERR_FULL);
	CHECK(CALL6(SPACE_MAP, 0, reader, 0, 0, PAGE_SIZE, RW) == ERR_NO_RIGHT);
	CHECK(CALL6(SPACE_MAP, 0, blind, 0, 0, PAGE_SIZE, MAP_READ) == ERR_NO_RIGHT);
	CHECK(CALL3(SPACE_UNMAP, 0, SPOT + 1, PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(SPACE_UNMAP, 0, 0, PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(SPACE_UNMAP, 0, SPOT, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(SPACE_PROTECT, 0, SPOT, PAGE_SIZE, MAP_READ) == ERR_NOT_FOUND);
	CHECK(CALL4(SPACE_PROTECT, 0, SPOT, PAGE_SIZE, 64) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(SPACE_PROTECT, 0, SPOT, PAGE_SIZE, MAP_WRITE | MAP_EXEC) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(SPACE_INHERIT, 0, SPOT, PAGE_SIZE, INHERIT_COPY) == ERR_NOT_FOUND);
	CHECK(CALL4(SPACE_INHERIT, 0, SPOT, PAGE_SIZE, MAP_READ) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(SPACE_MOVE, 0, SPOT, PAGE_SIZE, SPOT + PAGE_SIZE, 0) == ERR_NOT_FOUND);
	CHECK(CALL5(SPACE_MOVE, 0, SPOT, 2 * PAGE_SIZE, SPOT + PAGE_SIZE, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(SPACE_FIND, 0, USER_END, SCRATCH, 64) == ERR_NOT_FOUND);
	CHECK(CALL4(SPACE_FIND, 0, 0, SCRATCH, 63) == ERR_TOO_BIG);
	CHECK(CALL4(SPACE_PRESENT, SCRATCH, PAGE_SIZE, SCRATCH, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(SPACE_PRESENT, SPOT, PAGE_SIZE, SCRATCH, 1) == ERR_NOT_FOUND);
	CHECK(CALL4(SPACE_PRESENT, SCRATCH, PAGE_SIZE, USER_START, 1) == ERR_BAD_ADDRESS);
	closed(blind);
	closed(reader);
	closed(vmo);
	balanced(&b);
}

TEST(space, a_thread_area_and_the_clock_page_cannot_be_touched)
{
	struct books b = begin();
	vaddr area = driver()->area;

	CHECK(CALL3(SPACE_UNMAP, 0, area, PAGE_SIZE) == ERR_BAD_STATE);
	CHECK(CALL4(SPACE_PROTECT, 0, area, PAGE_SIZE, MAP_READ) == ERR_BAD_STATE);
	CHECK(CALL4(SPACE_INHERIT, 0, area, PAGE_SIZE, INHERIT_COPY) == ERR_BAD_STATE);
	CHECK(CALL5(SPACE_MOVE, 0, area, PAGE_SIZE, SPOT, 0) == ERR_BAD_STATE);
	CHECK(CALL6(SPACE_MAP, 0, 0, area, 0, PAGE_SIZE, RW | MAP_FIXED | MAP_REPLACE) ==
	      ERR_EXISTS);
	CHECK(found(area).kind == MAPPING_AREA);
	balanced(&b);
}

TEST(space, one_object_shows_the_same_pages_wherever_it_is_mapped)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(4);
	vaddr one = mapped(vmo, 4, RW), two = mapped(vmo, 4, MAP_READ | MAP_COMMIT);

	put_word(one + PAGE_SIZE, 77);
	CHECK(get_word(two + PAGE_SIZE) == 77);
	CHECK(found(two).vmo_id == found(one).vmo_id && found(two).flags == MAP_READ);
	CHECK(CALL3(VMO_ZERO, vmo, PAGE_SIZE, PAGE_SIZE) == OK);
	CHECK(get_word(two + PAGE_SIZE) == 0);
	CHECK(CALL2(VMO_RESIZE, vmo, PAGE_SIZE) == OK);
	CHECK(!readable(two + PAGE_SIZE) && readable(two));
	unmapped(one, 4);
	unmapped(two, 4);
	closed(vmo);
	balanced(&b);
}

TEST(space, protection_changes_part_of_a_mapping_within_its_rights)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(1), reader = copy_of(vmo, RIGHT_READ | RIGHT_MAP);

	fixed(SPOT, 8, RW);
	for (unsigned i = 0; i < 8; i++)
		put_word(SPOT + i * PAGE_SIZE, i);
	CHECK(CALL4(SPACE_PROTECT, 0, SPOT + 2 * PAGE_SIZE, 2 * PAGE_SIZE, MAP_READ) == OK);
	CHECK(CALL4(VMO_READ, vmo, 0, SPOT + 3 * PAGE_SIZE, 4) == ERR_BAD_ADDRESS);
	CHECK(get_word(SPOT + 3 * PAGE_SIZE) == 3 && found(SPOT).size == 2 * PAGE_SIZE);
	CHECK(CALL4(SPACE_PROTECT, 0, SPOT, 8 * PAGE_SIZE, 0) == OK);
	CHECK(!readable(SPOT + 5 * PAGE_SIZE));
	CHECK(CALL4(SPACE_PROTECT, 0, SPOT, 8 * PAGE_SIZE, MAP_READ | MAP_EXEC) == OK);
	CHECK(machine_access(SPOT + PAGE_SIZE, ACCESS_EXEC));
	CHECK(CALL4(SPACE_PROTECT, 0, SPOT, 8 * PAGE_SIZE, RW) == OK);
	put_word(SPOT + 3 * PAGE_SIZE, 4);
	vaddr at = mapped(reader, 1, MAP_READ);

	CHECK(CALL4(SPACE_PROTECT, 0, at, PAGE_SIZE, RW) == ERR_NO_RIGHT);
	unmapped(at, 1);
	unmapped(SPOT, 8);
	closed(reader);
	closed(vmo);
	balanced(&b);
}

TEST(space, mappings_move_with_their_contents)
{
	struct books b = begin();

	fixed(SPOT, 4, RW);
	put_word(SPOT + 2 * PAGE_SIZE, 12);
	CHECK(CALL5(SPACE_MOVE, 0, SPOT + PAGE_SIZE, 2 * PAGE_SIZE, SPOT + 16 * PAGE_SIZE, 0) ==
	      OK);
	CHECK(get_word(SPOT + 17 * PAGE_SIZE) == 12 && !readable(SPOT + 2 * PAGE_SIZE));
	CHECK(CALL5(SPACE_MOVE, 0, SPOT, PAGE_SIZE, SPOT + 17 * PAGE_SIZE, 0) == ERR_EXISTS);
	put_word(SPOT, 3);
	CHECK(CALL5(SPACE_MOVE, 0, SPOT, PAGE_SIZE, SPOT + 17 * PAGE_SIZE, MAP_REPLACE) == OK);
	CHECK(get_word(SPOT + 17 * PAGE_SIZE) == 3);
	unmapped(SPOT, 32);
	balanced(&b);
}

TEST(space, replacing_unmaps_what_is_in_the_way_and_guards_let_no_one_in)
{
	struct books b = begin();
	uint8_t present[4];

	fixed(SPOT, 4, RW);
	put_word(SPOT + PAGE_SIZE, 5);
	fixed(SPOT + PAGE_SIZE, 1, MAP_GUARD | MAP_REPLACE);
	CHECK(!readable(SPOT + PAGE_SIZE) && readable(SPOT + 2 * PAGE_SIZE));
	put_word(SPOT + 3 * PAGE_SIZE, 1);
	CHECK(CALL4(SPACE_PRESENT, SPOT, 4 * PAGE_SIZE, SCRATCH, 4) == OK);
	get(present, SCRATCH, 4);
	CHECK(!present[0] && !present[1] && !present[2] && present[3]);
	CHECK(found(SPOT + PAGE_SIZE).kind == MAPPING_GUARD);
	unmapped(SPOT, 4);
	vaddr low = mapped(0, 1, RW | MAP_LOW);

	CHECK(low < 1ull << 31);
	unmapped(low, 1);
	balanced(&b);
}

TEST(space, large_mappings_are_undone_in_parts)
{
	struct books b = begin();

	fixed(SPOT, 6000, RW | MAP_COMMIT);
	CHECK(found(SPOT).resident == 4096);
	fixed(SPOT, 6000, RW | MAP_REPLACE);
	CHECK(found(SPOT).resident == 0);
	unmapped(SPOT, 6000);
	balanced(&b);
}

TEST(space, mapping_and_splitting_survive_failing_allocations)
{
	struct books b = begin();

	SURVIVES(CALL6(SPACE_MAP, 0, 0, SPOT, 0, 16 * PAGE_SIZE, RW | MAP_FIXED));
	SURVIVES(CALL4(SPACE_PROTECT, 0, SPOT + 4 * PAGE_SIZE, 4 * PAGE_SIZE, MAP_READ));
	SURVIVES(CALL4(SPACE_INHERIT, 0, SPOT + PAGE_SIZE, PAGE_SIZE, INHERIT_COPY));
	SURVIVES(CALL5(SPACE_MOVE, 0, SPOT + 9 * PAGE_SIZE, PAGE_SIZE, SPOT + (1ull << 30), 0));
	SURVIVES(CALL3(SPACE_UNMAP, 0, SPOT + 12 * PAGE_SIZE, PAGE_SIZE));
	SURVIVES(CALL4(LOG_READ, startup_handle("log"), 0, SPOT + 14 * PAGE_SIZE, 16));
	unmapped(SPOT, 16);
	unmapped(SPOT + (1ull << 30), 1);
	balanced(&b);
}

TEST(space, another_tasks_memory_is_read_and_written_up_to_the_first_hole)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t weak = copy_of(a.task, RIGHT_WAIT);

	put(SCRATCH, "debugger", 9);
	CHECK(CALL4(SPACE_WRITE, a.task, SCRATCH + 100, SCRATCH, 9) == OK && word(0) == 9);
	CHECK(CALL4(SPACE_READ, a.task, SCRATCH + SCRATCH_SIZE - 64, SCRATCH, 128) == OK &&
	      word(0) == 64);
	CHECK(CALL4(SPACE_READ, a.task, USER_START, SCRATCH, 8) == ERR_BAD_ADDRESS);
	CHECK(CALL4(SPACE_WRITE, a.task, USER_START, SCRATCH, 8) == ERR_BAD_ADDRESS);
	CHECK(CALL4(SPACE_READ, a.task, SCRATCH, USER_START, 8) == ERR_BAD_ADDRESS);
	CHECK(CALL4(SPACE_READ, weak, SCRATCH, SCRATCH, 8) == ERR_NO_RIGHT);
	CHECK(CALL4(SPACE_WRITE, weak, SCRATCH, SCRATCH, 8) == ERR_NO_RIGHT);
	as(a.thread_object);
	char text[9];

	get(text, SCRATCH + 100, 9);
	CHECK(__builtin_strcmp(text, "debugger") == 0);
	as_driver();
	CHECK(CALL2(TASK_KILL, a.task, 0) == OK);
	CHECK(CALL4(SPACE_READ, a.task, SCRATCH, SCRATCH, 8) == ERR_BAD_STATE);
	CHECK(CALL4(SPACE_WRITE, a.task, SCRATCH, SCRATCH, 8) == ERR_BAD_STATE);
	closed(weak);
	gone(&a);
	balanced(&b);
}

TEST(space, a_debugger_writes_a_private_copy_where_the_task_may_only_read)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t code = made_vmo(2), mine = copy_of(code, RIGHTS_ALL);
	uint32_t there = given(&a, code);
	uint8_t byte;

	as(a.thread_object);
	vaddr at = mapped(there, 2, MAP_READ | MAP_EXEC);

	CHECK(machine_access(at, ACCESS_EXEC));
	as_driver();
	put(SCRATCH, "\xcc", 1);
	SURVIVES(CALL4(SPACE_WRITE, a.task, at + 8, SCRATCH, 1));
	CHECK(CALL4(VMO_READ, mine, 8, SCRATCH, 1) == OK);
	get(&byte, SCRATCH, 1);
	CHECK(byte == 0);
	as(a.thread_object);
	get(&byte, at + 8, 1);
	CHECK(byte == 0xcc && found(at).kind == MAPPING_FRESH);
	as_driver();
	closed(mine);
	gone(&a);
	balanced(&b);
}

/* --- task_clone --- */

TEST(clone, memory_is_inherited_as_its_mode_says)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	fixed(SPOT, 1, RW | INHERIT_COPY);
	fixed(SPOT + PAGE_SIZE, 1, RW | INHERIT_SHARE);
	fixed(SPOT + 2 * PAGE_SIZE, 1, RW | INHERIT_NONE);
	fixed(SPOT + 3 * PAGE_SIZE, 1, RW | INHERIT_PRIVATE);
	fixed(SPOT + 4 * PAGE_SIZE, 1, MAP_GUARD | INHERIT_COPY);
	for (unsigned i = 0; i < 4; i++)
		put_word(SPOT + i * PAGE_SIZE, 10 + i);
	CHECK(CALL1(TASK_CLONE, 4) == ERR_BAD_ARGUMENT);
	CHECK(CALL1(TASK_CLONE, 0) == OK && word(1) == 0);
	uint64_t number = word(0);

	for (unsigned i = 0; i < 4; i++)
		put_word(SPOT + i * PAGE_SIZE, 20 + i);
	as_driver();
	uint32_t task = made(CALL3(HANDLE_COPY, a.task, number, RIGHTS_ALL));
	uint32_t thread = made(CALL2(TASK_THREAD, task, 0));
	struct thread *copy = thread_of(handle_slot(driver()->task, thread)->object);

	as(copy);
	CHECK(copy->context.words[1] == 1);
	CHECK(get_word(SPOT) == 10 && get_word(SPOT + PAGE_SIZE) == 21);
	CHECK(get_word(SPOT + 3 * PAGE_SIZE) == 13 && !readable(SPOT + 2 * PAGE_SIZE));
	put_word(SPOT, 99);
	as(a.thread_object);
	CHECK(get_word(SPOT) == 20);
	as_driver();
	closed(thread);
	CHECK(CALL2(TASK_KILL, task, 0) == OK);
	closed(task);
	gone(&a);
	balanced(&b);
}

TEST(clone, suspended_its_thread_is_stopped_until_it_is_resumed)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	CHECK(CALL1(TASK_CLONE, CLONE_SUSPENDED) == OK && word(1) == 0);
	uint64_t number = word(0);

	as_driver();
	uint32_t task = made(CALL3(HANDLE_COPY, a.task, number, RIGHTS_ALL));
	uint32_t thread = made(CALL2(TASK_THREAD, task, 0));
	struct thread *copy = thread_of(handle_slot(driver()->task, thread)->object);

	CHECK(copy->state == THREAD_STOPPED && copy->suspended == 1);
	CHECK(CALL1(THREAD_RESUME, thread) == OK);
	CHECK(copy->state == THREAD_READY);
	CHECK(CALL1(THREAD_RESUME, thread) == ERR_BAD_STATE);
	closed(thread);
	CHECK(CALL2(TASK_KILL, task, 0) == OK);
	closed(task);
	gone(&a);
	balanced(&b);
}

TEST(clone, handles_with_inherit_keep_their_numbers_and_the_rest_stay)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	uint32_t e = made(CALL0(EVENT_CREATE)),
		 own = copy_of(e, RIGHTS_ALL & ~(uint32_t)RIGHT_INHERIT);

	CHECK(CALL1(TASK_CLONE, CLONE_SHARE) == OK);
	uint64_t number = word(0);

	as_driver();
	uint32_t task = made(CALL3(HANDLE_COPY, a.task, number, RIGHTS_ALL));
	uint32_t thread = made(CALL2(TASK_THREAD, task, 0));

	as(thread_of(handle_slot(driver()->task, thread)->object));
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	CHECK(CALL3(EVENT_SIGNAL, own, 1, 0) == ERR_BAD_HANDLE);
	put_word(SCRATCH, 4242);
	(void)CALL1(TASK_EXIT, 3);
	as(a.thread_object);
	CHECK(CALL4(WAIT, own, 1, 0, 0) == OK);
	CHECK(get_word(SCRATCH) == 4242); /* shared, not copied */
	as_driver();
	closed(thread);
	closed(task);
	gone(&a);
	balanced(&b);
}

TEST(clone, it_survives_every_failing_allocation)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	(void)made(CALL0(EVENT_CREATE));
	fixed(SPOT, 4, RW | INHERIT_COPY);
	put_word(SPOT, 1);
	for (uint64_t nth = 1;; nth++) {
		fail_countdown = nth;
		enum err e = CALL1(TASK_CLONE, 0);
		bool happened = fail_countdown == 0;

		fail_countdown = 0;
		CHECK(e == (happened ? ERR_NO_MEMORY : OK));
		if (!happened)
			break;
	}
	CHECK(CALL2(TASK_KILL, (uint32_t)word(0), 0) == OK);
	as(a.thread_object);
	put_word(SPOT, 2);
	CHECK(get_word(SPOT) == 2);
	gone(&a);
	balanced(&b);
}
