/* SPDX-License-Identifier: MPL-2.0 */
/* Tasks, threads, upcalls, exceptions, quotas, budgets. */
#include "abi/info.h"
#include "abi/message.h"
#include "kernel/quota.h"
#include "kernel/test/help.h"

static struct task_info described(uint32_t task)
{
	struct task_info info = {};

	CHECK(CALL3(TASK_INFO, task, SCRATCH, sizeof(info)) == OK);
	get(&info, SCRATCH, sizeof(info));
	return info;
}

static struct thread_info thread_described(uint32_t thread)
{
	struct thread_info info = {};

	CHECK(CALL4(THREAD_READ, thread, THREAD_INFO, SCRATCH, sizeof(info)) == OK);
	get(&info, SCRATCH, sizeof(info));
	return info;
}

TEST(task, it_ends_with_its_exit_code_and_says_so_when_its_memory_is_back)
{
	struct books b = begin();
	struct actor a = actor();

	CHECK(described(a.task).state == TASK_ALIVE && described(a.task).nthreads == 1);
	CHECK(__builtin_strcmp(described(a.task).name, "actor") == 0);
	as(a.thread_object);
	(void)CALL1(TASK_EXIT, 42);
	as_driver();
	reap_all();
	as_driver();
	CHECK(CALL4(WAIT, a.task, SIGNAL_DEAD, 0, 0) == OK);
	CHECK(described(a.task).state == TASK_DEAD && described(a.task).exit_code == 42);
	CHECK(CALL2(TASK_KILL, a.task, 1) == OK);
	CHECK(described(a.task).exit_code == 42);
	CHECK(CALL2(TASK_SET_DEBUGGER, a.task, 0) == ERR_BAD_STATE);
	CHECK(CALL3(TASK_SET_LIMITS, a.task, 1, 0) == ERR_BAD_STATE);
	CHECK(CALL3(TASK_SET_UPCALL, a.task, 0, 0) == ERR_BAD_STATE);
	CHECK(CALL6(THREAD_CREATE, a.task, AREAS, 0, 0, 0, 0) == ERR_BAD_STATE);
	CHECK(CALL6(SPACE_MAP, a.task, 0, 0, 0, PAGE_SIZE, MAP_READ) == ERR_BAD_STATE);
	CHECK(CALL3(SPACE_UNMAP, a.task, SCRATCH, PAGE_SIZE) == ERR_BAD_STATE);
	CHECK(CALL2(TASK_THREAD, a.task, 0) == ERR_NOT_FOUND);
	gone(&a);
	balanced(&b);
}

TEST(task, without_a_manager_it_is_killed)
{
	struct books b = begin();

	put(SCRATCH, "lonely", 6);
	closed(made(CALL3(TASK_CREATE, startup_handle("quota"), SCRATCH, 6)));
	balanced(&b);
}

TEST(task, wrong_arguments_are_refused)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t quota = startup_handle("quota");

	CHECK(CALL3(TASK_CREATE, quota, USER_START, 6) == ERR_BAD_ADDRESS);
	CHECK(CALL3(TASK_CREATE, quota, SCRATCH, 33) == ERR_TOO_BIG);
	CHECK(CALL3(TASK_CREATE, a.task, SCRATCH, 3) == ERR_WRONG_TYPE);
	CHECK(CALL3(TASK_INFO, a.task, SCRATCH, 8) == ERR_TOO_BIG);
	CHECK(CALL3(TASK_INFO, a.task, USER_START, 256) == ERR_BAD_ADDRESS);
	CHECK(CALL3(TASK_SET_UPCALL, a.task, USER_END, 1) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(TASK_SET_UPCALL, a.task, 0, 1) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(TASK_SET_LIMITS, a.task, 64, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(THREAD_CREATE, a.task, AREAS + 1, 0, 0, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(THREAD_CREATE, a.task, AREAS, 0, 0, 0, 0) == ERR_EXISTS);
	CHECK(CALL6(THREAD_CREATE, a.task, AREAS + 0x10000, 0, 0, 0, 64) == ERR_BAD_ARGUMENT);
	CHECK(CALL6(THREAD_CREATE, a.task, AREAS + 0x10000, USER_END, 0, 0, 0) == ERR_BAD_ARGUMENT);
	gone(&a);
	balanced(&b);
}

TEST(task, making_tasks_and_threads_survives_failing_allocations)
{
	struct books b = begin();

	put(SCRATCH, "made", 4);
	SURVIVES(CALL3(TASK_CREATE, startup_handle("quota"), SCRATCH, 4));
	uint32_t task = (uint32_t)word(0);

	SURVIVES(CALL6(THREAD_CREATE, task, AREAS, 0x10000, 0, 0, 1));
	uint32_t thread = (uint32_t)word(0);

	CHECK(CALL2(TASK_KILL, task, 0) == OK);
	closed(thread);
	closed(task);
	balanced(&b);
}

TEST(thread, the_last_threads_end_is_the_tasks_and_clears_its_word)
{
	struct books b = begin();
	struct actor a = actor();
	struct thread *first = a.thread_object;
	uint32_t second = actor_thread(&a, 1, 1);

	as(first);
	put_word(SCRATCH + 64, 5);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH + 64, 5, 1, FUTEX_PRIVATE, TIME_NEVER) == CALL_WAITS);
	as(a.thread_object);
	(void)CALL1(THREAD_EXIT, SCRATCH + 64);
	CHECK(result(first) == OK);
	as(first);
	CHECK(get_word(SCRATCH + 64) == 0);
	(void)CALL1(THREAD_EXIT, 0);
	as_driver();
	reap_all();
	as_driver();
	CHECK(CALL4(WAIT, a.task, SIGNAL_DEAD, 0, 0) == OK);
	CHECK(CALL1(THREAD_SUSPEND, second) == ERR_BAD_STATE);
	CHECK(CALL1(THREAD_RESUME, second) == ERR_BAD_STATE);
	CHECK(CALL1(THREAD_INTERRUPT, second) == ERR_BAD_STATE);
	CHECK(CALL2(THREAD_SET_PRIORITY, second, 1) == ERR_BAD_STATE);
	CHECK(CALL2(THREAD_SET_AFFINITY, second, 1) == ERR_BAD_STATE);
	CHECK(CALL4(THREAD_READ, second, THREAD_REGISTERS, SCRATCH, 4096) == ERR_BAD_STATE);
	CHECK(thread_described(second).state == THREAD_DEAD);
	closed(second);
	gone(&a);
	balanced(&b);
}

TEST(thread, a_stopped_thread_is_read_and_written)
{
	struct books b = begin();
	struct actor a = actor();
	uint64_t registers[2];
	uint64_t size;

	CHECK(CALL4(THREAD_READ, a.thread, 9, SCRATCH, 4096) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(THREAD_READ, a.thread, THREAD_REGISTERS, SCRATCH, 4096) == ERR_BAD_STATE);
	CHECK(CALL1(THREAD_SUSPEND, a.thread) == OK);
	CHECK(CALL4(WAIT, a.thread, SIGNAL_STOPPED, 0, 0) == OK);
	CHECK(CALL4(THREAD_READ, a.thread, THREAD_REGISTERS, SCRATCH, 8) == ERR_TOO_BIG);
	CHECK(CALL4(THREAD_READ, a.thread, THREAD_REGISTERS, SCRATCH, 4096) == OK);
	size = word(0);
	get(registers, SCRATCH, sizeof(registers));
	CHECK(registers[0] == 0x10000);
	registers[0] = 0x20000;
	put(SCRATCH, registers, sizeof(registers));
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_REGISTERS, SCRATCH, size) == OK);
	CHECK(thread_described(a.thread).pc == 0x20000 &&
	      thread_described(a.thread).suspended == 1);
	put(SCRATCH, registers, sizeof(registers));
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_REGISTERS, SCRATCH, size - 1) ==
	      ERR_BAD_ARGUMENT);
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_INFO, SCRATCH, size) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_REGISTERS, USER_START, size) == ERR_BAD_ADDRESS);
	registers[0] = USER_END;
	put(SCRATCH, registers, sizeof(registers));
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_REGISTERS, SCRATCH, size) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(THREAD_READ, a.thread, THREAD_SIMD, SCRATCH, 4096) == OK);
	size = word(0);
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_SIMD, SCRATCH, size) == OK);
	put(SCRATCH, (char[sizeof(struct thread_debug)]){}, sizeof(struct thread_debug));
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_DEBUG, SCRATCH, sizeof(struct thread_debug)) ==
	      OK);
	for (unsigned i = 1; i < 255; i++)
		CHECK(CALL1(THREAD_SUSPEND, a.thread) == OK);
	CHECK(CALL1(THREAD_SUSPEND, a.thread) == ERR_FULL);
	for (unsigned i = 0; i < 255; i++)
		CHECK(CALL1(THREAD_RESUME, a.thread) == OK);
	CHECK(CALL1(THREAD_RESUME, a.thread) == ERR_BAD_STATE);
	CHECK(CALL4(THREAD_WRITE, a.thread, THREAD_SIMD, SCRATCH, size) == ERR_BAD_STATE);
	as(a.thread_object);
	/* It stops itself, and goes on with the call done. */
	as_driver();
	gone(&a);
	balanced(&b);
}

TEST(thread, a_waiting_thread_stays_in_its_wait_while_suspended)
{
	struct books b = begin();
	struct actor a = actor();
	uint32_t e = made(CALL0(EVENT_CREATE)), there = given(&a, copy_of(e, RIGHTS_ALL));

	as(a.thread_object);
	CHECK(CALL4(WAIT, there, 1, 0, TIME_NEVER) == CALL_WAITS);
	CHECK(CALL1(THREAD_SUSPEND, a.thread) == OK);
	CHECK(thread_described(a.thread).waiting_on != 0);
	CHECK(CALL3(EVENT_SIGNAL, e, 1, 0) == OK);
	CHECK(CALL0(THREAD_YIELD) == OK && machine_thread() == driver());
	CHECK(CALL1(THREAD_RESUME, a.thread) == OK);
	as(a.thread_object);
	CHECK(result(a.thread_object) == OK);
	as_driver();
	closed(e);
	gone(&a);
	balanced(&b);
}

TEST(thread, priority_affinity_and_thread_pointer_are_checked)
{
	struct books b = begin();
	struct actor a = actor();

	CHECK(CALL2(THREAD_SET_PRIORITY, a.thread, 64) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(THREAD_SET_AFFINITY, a.thread, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(THREAD_SET_AFFINITY, a.thread, 3) == OK);
	CHECK(CALL1(THREAD_SET_TLS, USER_END) == ERR_BAD_ARGUMENT);
	CHECK(CALL1(THREAD_SET_TLS, SCRATCH) == OK);
	CHECK(CALL3(TASK_SET_LIMITS, a.task, 0, 0) == OK);
	CHECK(thread_described(a.thread).priority == 0);
	CHECK(CALL2(THREAD_SET_PRIORITY, a.thread, 1) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(TASK_SET_LIMITS, a.task, 1, 0) == OK);
	CHECK(CALL2(THREAD_SET_PRIORITY, a.thread, 1) == OK);
	uint32_t same = made(CALL2(TASK_THREAD, a.task, 0));

	CHECK(thread_described(same).id == thread_described(a.thread).id);
	CHECK(CALL2(TASK_THREAD, a.task, thread_described(same).id) == ERR_NOT_FOUND);
	closed(same);
	gone(&a);
	balanced(&b);
}

/* --- Upcalls and exceptions --- */

static void foreign(uint64_t number)
{
	kernel_foreign(number);
	(void)kernel_leave();
}

TEST(upcall, a_fault_enters_the_task_once_and_returns_to_where_it_says)
{
	struct books b = begin();
	struct actor a = actor();

	CHECK(CALL3(TASK_SET_UPCALL, a.task, 0x30000, 0x40000) == OK);
	as(a.thread_object);
	struct thread *t = a.thread_object;

	CHECK(!machine_access(USER_START, ACCESS_WRITE));
	CHECK(t->context.pc == 0x40000 && t->control->masked == 1);
	CHECK(t->control->reason == UPCALL_FAULT && t->control->fault.kind == FAULT_UNMAPPED);
	CHECK(t->control->fault.address == USER_START);
	/* Masked, with a fixup: once. */
	t->control->fixup = 0x50000;
	CHECK(!machine_access(USER_START, ACCESS_READ));
	CHECK(t->context.pc == 0x50000 && t->control->fixup == 0);
	(void)CALL0(UPCALL_RETURN);
	CHECK(t->context.pc == 0x10000 && t->control->masked == 0);
	*(uint64_t *)&t->control->saved = USER_END;
	CHECK(CALL0(UPCALL_RETURN) == ERR_BAD_ARGUMENT);
	gone(&a);
	balanced(&b);
}

TEST(upcall, an_interrupt_waits_until_unmasked_and_breaks_waits)
{
	struct books b = begin();
	struct actor a = actor();
	struct thread *t = a.thread_object;
	uint32_t there = given(&a, made(CALL0(EVENT_CREATE)));

	CHECK(CALL3(TASK_SET_UPCALL, a.task, 0x30000, 0x40000) == OK);
	CHECK(CALL1(THREAD_INTERRUPT, a.thread) == OK);
	as(t);
	CHECK(t->context.pc == 0x40000 && t->control->reason == UPCALL_INTERRUPT);
	as_driver();
	CHECK(CALL1(THREAD_INTERRUPT, a.thread) == OK);
	as(t);
	CHECK(t->control->pending == 1);
	CHECK(CALL4(WAIT, there, 1, 0, TIME_NEVER) == ERR_INTERRUPTED);
	CHECK(CALL5(FUTEX_WAIT, SCRATCH, get_word(SCRATCH), 1, 0, TIME_NEVER) == ERR_INTERRUPTED);
	(void)CALL0(UPCALL_RETURN);
	CHECK(t->context.pc == 0x40000 && t->control->pending == 0);
	(void)CALL0(UPCALL_RETURN);
	CHECK(t->control->masked == 0);
	CHECK(CALL4(WAIT, there, 1, 0, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(CALL1(THREAD_INTERRUPT, a.thread) == OK);
	as(t);
	CHECK(result(t) == ERR_INTERRUPTED && t->control->masked == 1);
	gone(&a);
	balanced(&b);
}

TEST(exception, a_fault_nobody_takes_ends_the_task_and_is_told)
{
	struct books b = begin();
	struct actor a = actor();

	as(a.thread_object);
	CHECK(!machine_access(0x123000, ACCESS_WRITE));
	as_driver();
	reap_all();
	as_driver();
	struct task_info info = described(a.task);

	CHECK(info.state == TASK_DEAD && info.fault.kind == FAULT_UNMAPPED);
	CHECK(info.fault.address == 0x123000 && info.fault.access == ACCESS_WRITE);
	gone(&a);
	balanced(&b);
}

TEST(exception, a_debugger_decides_whether_the_thread_goes_on)
{
	struct books b = begin();
	struct actor a = actor(), debugger = actor();
	uint32_t port = made(CALL0(PORT_CREATE)), session = made(CALL2(SESSION_CREATE, port, 8));
	uint32_t at = given(&debugger, port);

	CHECK(CALL2(TASK_SET_DEBUGGER, a.task, session) == OK);
	for (unsigned i = 0; i < 2; i++) {
		as(a.thread_object);
		foreign(60 + i);
		as(debugger.thread_object);
		CHECK(message(CALL_IPC_RECEIVE, at, 0, 0) == OK);
		struct context *c = &machine_thread()->context;

		CHECK(c->badge == 8 && tag_method(c->tag) == EXCEPTION);
		CHECK(c->words[0] == FAULT_CALL && c->words[2] == 60 + i);
		CHECK(c->words[3] == a.thread_object->object.id);
		uint16_t status = i == 0 ? 0 : (uint16_t)ERR_DENIED;

		CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, status, 0, 0, 0), 0) == OK);
	}
	as_driver();
	reap_all();
	as_driver();
	CHECK(described(a.task).state == TASK_DEAD && described(a.task).fault.kind == FAULT_CALL);
	closed(session);
	gone(&a);
	gone(&debugger);
	balanced(&b);
}

/* --- Quotas --- */

TEST(quota, a_part_comes_from_its_parent_and_goes_back)
{
	struct books b = begin();
	uint32_t root = startup_handle("quota");
	uint32_t q = made(CALL2(QUOTA_CREATE, root, 1 << 20)),
		 part = made(CALL2(QUOTA_CREATE, q, 1 << 18));

	CHECK(CALL1(QUOTA_INFO, q) == OK && word(0) == 1 << 20 && word(1) >= 1 << 18);
	CHECK(CALL2(QUOTA_CREATE, q, 1 << 20) == ERR_NO_MEMORY);
	CHECK(CALL3(QUOTA_RESIZE, part, root, 1) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(QUOTA_RESIZE, part, q, 2 << 20) == ERR_NO_MEMORY);
	CHECK(CALL3(QUOTA_RESIZE, part, q, 1 << 19) == OK);
	CHECK(CALL3(QUOTA_RESIZE, part, q, 1 << 12) == OK);
	CHECK(CALL3(QUOTA_RESIZE, q, root, 1 << 10) == ERR_NO_MEMORY);
	closed(part);
	CHECK(CALL1(QUOTA_INFO, q) == OK && word(1) == 0);
	closed(q);
	SURVIVES(CALL2(QUOTA_CREATE, root, 1 << 12));
	closed((uint32_t)word(0));
	balanced(&b);
}

TEST(quota, nests_sixteen_deep)
{
	struct books b = begin();
	uint32_t all[20] = { startup_handle("quota") };
	unsigned n = 0;
	enum err e;

	while ((e = CALL2(QUOTA_CREATE, all[n], (40 - n) << 12)) == OK)
		all[++n] = (uint32_t)word(0);
	CHECK(e == ERR_FULL && n == 16);
	for (; n > 0; n--)
		closed(all[n]);
	balanced(&b);
}

TEST(quota, a_memory_hog_ends_at_its_limit_and_the_rest_runs_on)
{
	struct books b = begin();
	uint32_t q = made(CALL2(QUOTA_CREATE, startup_handle("quota"), 512 << 10));
	struct actor a = actor_create(q, 1);
	uint64_t pages = 0;

	as(a.thread_object);
	CHECK(CALL6(SPACE_MAP, 0, 0, 0x50000000, 0, 16 << 20, MAP_READ | MAP_WRITE | MAP_FIXED) ==
	      OK);
	while (machine_access(0x50000000 + pages * PAGE_SIZE, ACCESS_WRITE))
		pages++;
	CHECK(pages > 20 && pages < 128);
	as_driver();
	reap_all();
	as_driver();
	CHECK(described(a.task).fault.kind == FAULT_NO_MEMORY);
	CHECK(CALL1(QUOTA_INFO, q) == OK && word(2) == 0);
	gone(&a);
	closed(q);
	balanced(&b);
}

TEST(quota, borrows_what_its_parent_can_spare_and_gives_it_back)
{
	struct books b = begin();
	uint32_t root = startup_handle("quota"), q = made(CALL2(QUOTA_CREATE, root, 8 << 20)),
		 part = made(CALL2(QUOTA_CREATE, q, 1 << 20)), other;
	struct quota *quota = (struct quota *)handle_slot(driver()->task, part)->object;

	CHECK(CALL4(QUOTA_LEND, part, root, 6 << 20, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(QUOTA_LEND, part, q, 1 << 19, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(QUOTA_LEND, part, q, 6 << 20, 3 << 20) == OK);
	CHECK(CALL1(QUOTA_INFO, part) == OK && word(0) == 6 << 20 && word(1) == 0);
	/* The parent has 7 MiB left, but for its objects, and keeps 3. */
	CHECK(CALL1(QUOTA_ROOM, part) == OK && word(0) <= 5 << 20 && word(0) > 4 << 20);
	CHECK(!quota_charge(quota, 6 << 20) && quota->used == 0);
	CHECK(quota_charge(quota, 4 << 20));
	CHECK(quota->used == 4 << 20 && quota->limit >= 4 << 20);
	CHECK(CALL2(QUOTA_CREATE, q, 5 << 20) == ERR_NO_MEMORY);
	other = made(CALL2(QUOTA_CREATE, q, 2 << 20)); /* others may have what the parent keeps */
	CHECK(!quota_charge(quota, 1 << 20));
	closed(other);
	quota_refund(quota, 4 << 20);
	CHECK(quota->used == 0 && quota->limit <= 2 << 20);
	closed(made(CALL2(QUOTA_CREATE, q, 5 << 20)));
	closed(part);
	closed(q);
	balanced(&b);
}

TEST(quota, what_was_borrowed_goes_back_with_its_end_and_at_a_resize)
{
	struct books b = begin();
	uint32_t q = made(CALL2(QUOTA_CREATE, startup_handle("quota"), 8 << 20)),
		 part = made(CALL2(QUOTA_CREATE, q, 1 << 20));
	struct quota *quota = (struct quota *)handle_slot(driver()->task, part)->object;

	CHECK(CALL4(QUOTA_LEND, part, q, 6 << 20, 0) == OK);
	CHECK(quota_charge(quota, 4 << 20));
	CHECK(CALL3(QUOTA_RESIZE, part, q, 2 << 20) == ERR_NO_MEMORY);
	quota_refund(quota, 3 << 20);
	CHECK(CALL3(QUOTA_RESIZE, part, q, 1 << 20) == OK);
	CHECK(!quota_charge(quota, 1));
	CHECK(CALL4(QUOTA_LEND, part, q, 6 << 20, 0) == OK && quota_charge(quota, 3 << 20));
	closed(part); /* its memory is still there */
	CHECK(CALL2(QUOTA_CREATE, q, 6 << 20) == ERR_NO_MEMORY);
	quota_refund(quota, 4 << 20);
	closed(made(CALL2(QUOTA_CREATE, q, 6 << 20)));
	closed(q);
	balanced(&b);
}

TEST(quota, its_end_kills_all_that_are_charged_to_it)
{
	struct books b = begin();
	uint32_t q = made(CALL2(QUOTA_CREATE, startup_handle("quota"), 1 << 20));
	uint32_t part = made(CALL2(QUOTA_CREATE, q, 512 << 10));
	struct actor a = actor_create(q, 1), c = actor_create(part, 1), other = actor();

	CHECK(CALL1(QUOTA_END, q) == OK);
	reap_all();
	as_driver();
	CHECK(described(a.task).state == TASK_DEAD && described(c.task).state == TASK_DEAD);
	CHECK(described(other.task).state == TASK_ALIVE);
	gone(&a);
	gone(&c);
	gone(&other);
	closed(part);
	closed(q);
	balanced(&b);
}

TEST(budget, a_task_that_used_its_allowance_starves_until_the_next_period)
{
	struct books b = begin();
	uint32_t budget = made(CALL2(BUDGET_CREATE, 1000000, 100000));
	struct actor a = actor();

	CHECK(CALL2(BUDGET_CREATE, 99999, 1) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(BUDGET_CREATE, 1000000, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(BUDGET_CREATE, 1000000, 1000001) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(TASK_SET_LIMITS, a.task, 1, budget) == OK);
	as(a.thread_object);
	machine_advance(150000);
	CHECK(machine_thread() == driver());
	CHECK(a.thread_object->state == THREAD_STARVED);
	CHECK(CALL1(BUDGET_INFO, budget) == OK && word(0) == 1000000 && word(1) == 100000);
	CHECK(word(2) == 0 && word(3) >= 100000);
	machine_advance(2000000);
	CHECK(a.thread_object->state != THREAD_STARVED);
	as(a.thread_object);
	machine_advance(150000);
	as_driver();
	/* A starved thread can be given another budget, and killed. */
	CHECK(CALL3(TASK_SET_LIMITS, a.task, 1, 0) == OK);
	CHECK(a.thread_object->state != THREAD_STARVED);
	closed(budget);
	gone(&a);
	SURVIVES(CALL2(BUDGET_CREATE, 1000000, 1));
	closed((uint32_t)word(0));
	balanced(&b);
}
