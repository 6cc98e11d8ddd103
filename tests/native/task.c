/* SPDX-License-Identifier: MPL-2.0 */
/* Tasks: start, clone, end, limits; quotas and budgets. */
#include <stdlib.h>
#include <string.h>
#include "tests/native/runner.h"
#include "tests/native/test.h"

constexpr uint64_t PAGE = 4096;

ROLE(exits_with)
{
	return (int)argument;
}

TEST(task, tells_how_it_ended)
{
	fut_handle task = peer_start("exits_with", 42, 0, nullptr);
	struct task_info i = peer_end(task);

	EQUAL(i.exit_code, 42);
	EQUAL(i.fault.kind, 0);
	EQUAL(i.nthreads, 0);
	CHECK(strcmp(i.name, "exits_with") == 0);
	OKAY(fut_task_kill(task, 9)); /* killing it again does nothing */
	OKAY(fut_task_info(task, &i, sizeof(i)));
	EQUAL(i.exit_code, 42);
	FAILS(fut_task_info(task, &i, 8), ERR_TOO_BIG);
	FAILS(fut_task_info(task, (void *)hole(), sizeof(i)), ERR_BAD_ADDRESS);
}

TEST(task, dies_with_its_last_handle_that_may_manage)
{
	fut_handle task = peer_start("sleeps", 0, 0, nullptr), watch = duplicate(task, RIGHT_WAIT);
	uint64_t signals;

	FAILS(fut_wait(watch, SIGNAL_DEAD, 0, clock_after(MILLISECOND), &signals), ERR_TIMED_OUT);
	close_handle(task);
	OKAY(fut_wait(watch, SIGNAL_DEAD, 0, limit(), &signals));
}

TEST(task, create_checks_its_arguments)
{
	fut_handle task, quota = cap_need("quota");
	uint64_t at;

	FAILS(fut_task_create(quota, (void *)hole(), 8, &task), ERR_BAD_ADDRESS);
	FAILS(fut_task_create(quota, "x", 33, &task), ERR_TOO_BIG);
	FAILS(fut_task_create(duplicate(quota, RIGHT_READ), "x", 1, &task), ERR_NO_RIGHT);
	FAILS(fut_task_create(make_event(), "x", 1, &task), ERR_WRONG_TYPE);
	OKAY(fut_task_create(quota, "x", 1, &task));
	OKAY(fut_space_map(task, 0, 0x100000, 0, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &at));
	FAILS(fut_task_set_limits(task, 64, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_task_set_upcall(0, 0x10000, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_task_set_upcall(0, 0xffff800000000000, 0x10000), ERR_BAD_ARGUMENT);
	close_handle(task); /* it never had a thread */
}

static uint64_t own_shared(fut_handle *vmo)
{
	uint64_t at = 0;

	*vmo = make_vmo(PAGE);
	OKAY(fut_space_map(0, *vmo, 0, 0, PAGE, MAP_READ | MAP_WRITE | INHERIT_SHARE, &at));
	return at;
}

/* Wait for a clone that ends with 0. */
static void join_clone(fut_handle task)
{
	EQUAL(peer_join(task), 0);
}

TEST(clone, copies_shares_or_leaves_out_memory_as_asked)
{
	fut_handle vmo, task = 0;
	volatile uint64_t *shared = (uint64_t *)own_shared(&vmo);
	volatile uint64_t *copied = make_memory(PAGE);
	uint64_t none = 0, n;
	uint32_t copy = 0;
	char byte;

	OKAY(fut_space_map(0, 0, 0, 0, PAGE, MAP_READ | MAP_WRITE | INHERIT_NONE, &none));
	*(volatile char *)none = 1;
	*shared = *copied = 5;
	OKAY(fut_task_clone(0, &task, &copy));
	if (copy) {
		CHECK(task == 0 && *shared == 5 && *copied == 5);
		*copied = 6;
		*shared = 7;
		UNTIL(*shared != 7);
		CHECK(*copied == 6);
		exit(0);
	}
	UNTIL(*shared == 7);
	EQUAL(*copied, 5);
	FAILS(fut_space_read(task, none, &byte, 1, &n), ERR_BAD_ADDRESS);
	*copied = 8;
	*shared = 9;
	join_clone(task);
	EQUAL(*copied, 8);
}

TEST(clone, flag_share_shares_copies_but_not_private_memory)
{
	volatile uint64_t *copied = make_memory(PAGE);
	uint64_t private = 0;
	fut_handle task = 0;
	uint32_t copy = 0;

	OKAY(fut_space_map(0, 0, 0, 0, PAGE, MAP_READ | MAP_WRITE | INHERIT_PRIVATE, &private));
	*(volatile uint64_t *)private = 1;
	*copied = 1;
	/* Our own stack and data are INHERIT_COPY too, so that the clone must tread lightly. */
	OKAY(fut_space_inherit(0, (uint64_t)copied, PAGE, INHERIT_COPY));
	OKAY(fut_task_clone(0, &task, &copy));
	if (copy) {
		*(volatile uint64_t *)private = 2;
		exit(*copied == 1 ? 0 : 1);
	}
	join_clone(task);
	EQUAL(*(volatile uint64_t *)private, 1);
	FAILS(fut_task_clone(4, &task, &copy), ERR_BAD_ARGUMENT);
	FAILS(fut_space_inherit(0, (uint64_t)copied, PAGE, 0x400), ERR_BAD_ARGUMENT);
	FAILS(fut_space_inherit(0, hole(), PAGE, INHERIT_COPY), ERR_NOT_FOUND);
	FAILS(fut_space_inherit(0, native_control()->self, PAGE, INHERIT_COPY), ERR_BAD_STATE);
}

TEST(clone, suspended_it_waits_for_its_resume)
{
	fut_handle vmo, task = 0, thread = 0;
	volatile uint64_t *shared = (uint64_t *)own_shared(&vmo);
	uint64_t id = 0;
	uint32_t copy = 0;

	*shared = 1;
	OKAY(fut_task_clone(CLONE_SUSPENDED, &task, &copy));
	if (copy) {
		*shared = 2;
		exit(0);
	}
	OKAY(fut_task_thread(task, 0, &thread, &id));
	OKAY(fut_thread_sleep(clock_after(5 * MILLISECOND)));
	EQUAL(*shared, 1);
	OKAY(fut_thread_resume(thread));
	join_clone(task);
	EQUAL(*shared, 2);
}

TEST(clone, takes_handles_that_have_the_inherit_right_along)
{
	fut_handle kept = make_event(), lost = duplicate(kept, RIGHTS_ALL & ~RIGHT_INHERIT);
	fut_handle task = 0;
	uint32_t copy = 0;
	uint64_t signals;

	OKAY(fut_task_clone(0, &task, &copy));
	if (copy) {
		if (fut_event_signal(lost, 1, 0) != ERR_BAD_HANDLE)
			exit(1);
		exit(fut_event_signal(kept, 2, 0) == OK ? 0 : 2);
	}
	join_clone(task);
	OKAY(fut_wait(kept, 2, 0, 0, &signals));
	FAILS(fut_wait(kept, 1, 0, 0, &signals), ERR_WOULD_BLOCK);
}

TEST(clone, many_generations_keep_their_pages_apart)
{
	constexpr unsigned PAGES = 64;
	volatile unsigned char *at = make_memory(PAGES * PAGE);
	fut_handle task = 0;
	uint32_t copy = 0;

	for (unsigned i = 0; i < PAGES; i++)
		at[i * PAGE] = 1;
	for (unsigned generation = 0; generation < 20; generation++) {
		OKAY(fut_task_clone(0, &task, &copy));
		if (copy) {
			for (unsigned i = generation; i < PAGES; i += 3)
				at[i * PAGE] = 99;
			exit(0);
		}
		at[generation * PAGE]++;
		join_clone(task);
		for (unsigned i = 0; i < PAGES; i++)
			EQUAL(at[i * PAGE], 1 + (i <= generation));
	}
}

TEST(clone, of_a_clone_of_a_clone)
{
	volatile uint64_t *depth = make_memory(PAGE);
	fut_handle task = 0;
	uint32_t copy = 1;

	for (*depth = 0; *depth < 6 && copy; ++*depth)
		OKAY(fut_task_clone(0, &task, &copy));
	if (task == 0)
		exit(0); /* the youngest */
	struct task_info i;
	OKAY(spawn_wait(task, limit(), &i));
	EQUAL(i.exit_code, 0);
}

TEST(clone, the_child_grows_its_own_memory)
{
	fut_handle vmo, task = 0;
	volatile uint64_t *shared = (uint64_t *)own_shared(&vmo);
	uint32_t copy = 0;

	OKAY(fut_task_clone(0, &task, &copy));
	if (copy) {
		char *more = make_memory(50 * PAGE);
		memset(more, 1, 50 * PAGE);
		char *p = malloc(100000);
		memset(p, 2, 100000);
		*shared = (uint64_t)more[PAGE] + (uint64_t)p[5000];
		exit(0);
	}
	join_clone(task);
	EQUAL(*shared, 3);
}

/* --- Quotas -------------------------------------------------------------------------------------
 */

TEST(quota, moves_memory_and_gives_it_back)
{
	fut_handle quota = cap_need("quota"), part = 0, none;
	uint64_t limit0, limit1, used, pages;

	OKAY(fut_quota_info(quota, &limit0, &used, &pages));
	OKAY(fut_quota_create(quota, 1 << 20, &part));
	OKAY(fut_quota_info(quota, &limit1, &used, &pages));
	OKAY(fut_quota_info(part, &limit0, &used, &pages));
	EQUAL(limit0, 1 << 20);
	EQUAL(used, 0);
	FAILS(fut_quota_create(quota, 1ull << 40, &none), ERR_NO_MEMORY);
	FAILS(fut_quota_create(part, 2 << 20, &none), ERR_NO_MEMORY);
	FAILS(fut_quota_create(duplicate(quota, RIGHT_READ), 1, &none), ERR_NO_RIGHT);
	OKAY(fut_quota_resize(part, quota, 2 << 20));
	OKAY(fut_quota_info(part, &limit0, &used, &pages));
	EQUAL(limit0, 2 << 20);
	OKAY(fut_quota_resize(part, quota, 64 << 10));
	FAILS(fut_quota_resize(quota, part, 1), ERR_BAD_ARGUMENT);
	FAILS(fut_quota_resize(part, quota, 1ull << 40), ERR_NO_MEMORY);
}

ROLE(hogs_memory)
{
	/* Touch page after page: the end is a fault, when the quota cannot pay. */
	for (uint64_t at;;) {
		enum err e = fut_space_map(0, 0, 0, 0, 64 * PAGE, MAP_READ | MAP_WRITE, &at);
		if (e != OK)
			return e == ERR_NO_MEMORY ? 3 : 1;
		for (unsigned i = 0; i < 64; i++)
			((volatile char *)at)[i * PAGE] = 1;
	}
}

TEST(quota, a_memory_hog_ends_at_its_own)
{
	fut_handle part = 0, task = 0;
	uint64_t limit0, used, pages;

	OKAY(fut_quota_create(cap_need("quota"), 2 << 20, &part));
	OKAY(peer_try_start("hogs_memory", 0, 1,
			    (struct startup_cap[]){ named("unused", make_event()) }, part, &task));
	struct task_info i = peer_end(task);
	CHECK(i.fault.kind == FAULT_NO_MEMORY || i.exit_code == 3);
	close_handle(task);
	OKAY(fut_quota_info(part, &limit0, &used, &pages));
	EQUAL(used, 0);
}

ROLE(bombs)
{
	/* Clone for ever; each clone does the same, until the quota cannot pay for one more. */
	for (;;) {
		fut_handle task;
		uint32_t copy;
		enum err e = fut_task_clone(0, &task, &copy);
		if (e != OK)
			return e == ERR_NO_MEMORY || e == ERR_FULL ? 4 : 1;
	}
}

TEST(quota, a_fork_bomb_ends_at_its_own)
{
	fut_handle part = 0, task = 0;
	uint64_t limit0, used = 1, pages;

	OKAY(fut_quota_create(cap_need("quota"), 3 << 20, &part));
	OKAY(peer_try_start("bombs", 0, 1, (struct startup_cap[]){ named("unused", make_event()) },
			    part, &task));
	uint64_t start = clock_now();
	/* The rest runs on meanwhile. */
	while (clock_now() - start < 200 * MILLISECOND)
		free(malloc(100));
	OKAY(fut_task_kill(task, 0));
	(void)peer_end(task);
	close_handle(task);
	/* Killing the first kills its clones: nobody else holds a handle that manages them. */
	for (uint64_t end = limit(); used > 0 && clock_now() < end;) {
		OKAY(fut_thread_sleep(clock_after(MILLISECOND)));
		OKAY(fut_quota_info(part, &limit0, &used, &pages));
	}
	EQUAL(used, 0);
}

ROLE(makes_objects)
{
	fut_handle h;
	enum err e;

	while ((e = fut_event_create(&h)) == OK)
		;
	return e == ERR_NO_MEMORY || e == ERR_FULL ? 0 : 1;
}

TEST(quota, kernel_objects_are_paid_for)
{
	fut_handle part = 0, task = 0;

	OKAY(fut_quota_create(cap_need("quota"), 1 << 20, &part));
	OKAY(peer_try_start("makes_objects", 0, 1,
			    (struct startup_cap[]){ named("unused", make_event()) }, part, &task));
	EQUAL(peer_join(task), 0);
}

constexpr size_t TOUCHED = 48 * 1024; /* of the stack, and of data: less than is made */

ROLE(touches_stack_and_data)
{
	static volatile char data[TOUCHED];
	volatile char stack[TOUCHED];

	for (size_t i = 0; i < TOUCHED; i += PAGE)
		data[i] = stack[i] = 1;
	return 0;
}

/* Whatever its quota, it does not start, or no first touch of a page ends it. (The first use of
 * wide registers may: that is no access.) */
TEST(quota, a_whole_program_has_its_stack_and_data_or_does_not_start)
{
	const char *const argv[] = { "native", "--role", "touches_stack_and_data", "0" };
	/* Two page tables map its first bytes, so that one more may be wanted when it runs. */
	struct spawn s = { .name = "whole",
			   .argc = 4,
			   .argv = argv,
			   .base = (1 << 30) - 2 * PAGE,
			   .is_whole = true };
	unsigned refused = 0, ran = 0;

	s.image = own_image(&s.size);
	for (uint64_t bytes = 512 << 10; ran < 8; bytes += PAGE) {
		fut_handle task;

		OKAY(fut_quota_create(cap_need("quota"), bytes, &s.quota));
		enum err e = spawn(&s, &task);
		if (e == OK) {
			struct task_info i = peer_end(task);
			EQUAL(i.fault.access, 0);
			ran += i.exit_code == 0;
			close_handle(task);
		} else {
			EQUAL(e, ERR_NO_MEMORY);
			EQUAL(ran, 0);
			refused++;
		}
		close_handle(s.quota);
	}
	CHECK(refused > 0);
}

TEST(quota, too_small_for_a_task_is_an_error)
{
	fut_handle part = 0, task = 0;

	OKAY(fut_quota_create(cap_need("quota"), 64 << 10, &part));
	FAILS(peer_try_start("exits_with", 0, 0, nullptr, part, &task), ERR_NO_MEMORY);
}

/* --- Budgets and priorities
 * ----------------------------------------------------------------------- */

static volatile uint64_t spins;

ROLE(spins)
{
	for (;;)
		spins++;
}

static uint64_t cpu_time(fut_handle task)
{
	struct task_info i;

	OKAY(fut_task_info(task, &i, sizeof(i)));
	return i.cpu_ns;
}

TEST(budget, is_not_exceeded)
{
	constexpr uint64_t PERIOD = 100 * MILLISECOND, ALLOWANCE = 20 * MILLISECOND;
	fut_handle budget = 0, task = peer_start("spins", 0, 0, nullptr);
	uint64_t period, allowance, left, used;

	OKAY(fut_budget_create(PERIOD, ALLOWANCE, &budget));
	OKAY(fut_task_set_limits(task, 16, budget));
	uint64_t start = clock_now(), had = cpu_time(task);
	OKAY(fut_thread_sleep(clock_after(15 * PERIOD)));
	uint64_t wall = clock_now() - start, cpu = cpu_time(task) - had;
	/* One allowance may be open at each end, and a timer fires a little late each time. */
	CHECK(cpu <= wall / PERIOD * ALLOWANCE * 3 / 2 + 2 * ALLOWANCE);
	CHECK(cpu > 0);
	OKAY(fut_budget_info(budget, &period, &allowance, &left, &used));
	EQUAL(period, PERIOD);
	EQUAL(allowance, ALLOWANCE);
	CHECK(used > 0);
	OKAY(fut_task_kill(task, 0));
	(void)peer_end(task);
}

TEST(budget, create_checks_its_arguments)
{
	fut_handle b;

	FAILS(fut_budget_create(1000000, 0, &b), ERR_BAD_ARGUMENT);
	FAILS(fut_budget_create(1000000, 1000001, &b), ERR_BAD_ARGUMENT);
	FAILS(fut_budget_create(99999, 1, &b), ERR_BAD_ARGUMENT);
	FAILS(fut_budget_create(10000000001, 1, &b), ERR_BAD_ARGUMENT);
	OKAY(fut_budget_create(10000000000, 10000000000, &b));
}

static int spin_thread(void *argument)
{
	(void)argument;
	for (;;)
		spins++;
}

TEST(priority, a_lower_one_cannot_starve_a_higher)
{
	unsigned ncpus = clock_cpus();

	/* Enough spinning threads below us for every CPU; our sleeps still end on time. */
	for (unsigned i = 0; i < ncpus + 1; i++) {
		struct thread *t;
		struct thread_options o = { .priority = 5 };
		OKAY(thread_start(&t, spin_thread, nullptr, &o));
	}
	for (unsigned i = 0; i < 20; i++) {
		uint64_t at = clock_after(MILLISECOND);
		OKAY(fut_thread_sleep(at));
		CHECK(clock_now() - at < 500 * MILLISECOND);
	}
}

static int spin_until(void *argument)
{
	while (*(_Atomic uint32_t *)argument == 0)
		spins++;
	return 0;
}

TEST(priority, equals_take_turns)
{
	_Atomic uint32_t stop = 0;
	struct thread *t[6];

	for (unsigned i = 0; i < 6; i++)
		t[i] = run_thread(spin_until, &stop);
	OKAY(fut_thread_sleep(clock_after(20 * MILLISECOND)));
	stop = 1; /* we got here although six others spin at our priority */
	for (unsigned i = 0; i < 6; i++)
		EQUAL(thread_join(t[i]), 0);
}

ROLE(reports_priority)
{
	struct task_info i;

	/* A child's limits are at most its parent's. */
	if (fut_task_info(0, &i, sizeof(i)) != OK || i.max_priority != argument)
		return 1;
	return fut_thread_set_priority(0, (uint32_t)argument + 1) == ERR_BAD_ARGUMENT ? 0 : 2;
}

TEST(priority, has_a_limit_for_each_task)
{
	EQUAL(peer_join(peer_start("reports_priority", 16, 0, nullptr)), 0);
	FAILS(fut_thread_set_priority(0, 32), ERR_BAD_ARGUMENT);
	OKAY(fut_thread_set_priority(0, 31));
}
