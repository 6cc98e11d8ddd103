/* SPDX-License-Identifier: MPL-2.0 */
/* Every kernel allocation fails in turn while a task does a bit of everything. */
#include <string.h>
#include "lib/futura/message.h"
#include "tests/native/runner.h"
#include "tests/native/test.h"

constexpr uint64_t PAGE = 4096;
constexpr unsigned MOST = 5000; /* allocations: it surely does fewer */

static int nothing(void *argument)
{
	(void)argument;
	return 0;
}

static enum err do_events(void)
{
	fut_handle a, b, set, watch, lease, leased;
	enum err e;

	if ((e = fut_event_create(&a)) != OK || (e = fut_event_create_pair(&a, &b)) != OK ||
	    (e = fut_waitset_create(&set)) != OK ||
	    (e = fut_watch_create(set, a, 1, 0, 0, &watch)) != OK ||
	    (e = fut_event_timer(b, clock_after(SECOND), 0)) != OK)
		return e;
	return fut_lease_create(a, RIGHTS_ALL, &leased, &lease);
}

static enum err do_memory(void)
{
	fut_handle vmo, clone;
	uint64_t done, at;
	char bytes[16] = {};
	enum err e;

	if ((e = fut_vmo_create(64 * PAGE, 0, &vmo)) != OK ||
	    (e = fut_vmo_commit(vmo, 0, 8 * PAGE, &done)) != OK ||
	    (e = fut_vmo_write(vmo, 20 * PAGE - 8, bytes, 16)) != OK ||
	    (e = fut_vmo_clone(vmo, 0, 64 * PAGE, &clone)) != OK ||
	    (e = fut_vmo_write(clone, 8, bytes, 16)) != OK ||
	    (e = fut_space_map(0, clone, 0, 0, 64 * PAGE, MAP_READ | MAP_WRITE | MAP_COMMIT,
			       &at)) != OK)
		return e;
	*(volatile char *)(at + 40 * PAGE) =
		1; /* without a page this is a fault, which is as good */
	return fut_space_unmap(0, at + 8 * PAGE, 8 * PAGE);
}

static enum err do_messages(void)
{
	fut_handle port, session, budget;
	struct message m = {};
	enum err e;

	if ((e = fut_port_create(&port)) != OK || (e = fut_session_create(port, 1, &session)) != OK)
		return e;
	(void)fut_handle_close(session); /* ours, and open */
	e = ipc_receive(port, &m, 0);
	return e == OK ? fut_budget_create(1000000, 1000, &budget) : e;
}

static enum err do_tasks(void)
{
	struct thread *t;
	fut_handle task;
	uint32_t copy;
	enum err e = thread_start(&t, nothing, nullptr, nullptr);

	if (e != OK)
		return e;
	(void)thread_join(t); /* it returns 0 */
	if ((e = fut_task_clone(0, &task, &copy)) != OK)
		return e;
	if (copy)
		exit(0);
	struct task_info i;
	return spawn_wait(task, clock_after(PATIENCE), &i);
}

ROLE(does_everything)
{
	enum err e;

	if ((e = do_events()) == OK && (e = do_memory()) == OK && (e = do_messages()) == OK)
		e = do_tasks();
	return -e;
}

static enum err start(fut_handle *task)
{
	const char *const argv[] = { "native", "--role", "does_everything", "0" };
	struct spawn s = {
		.name = "everything", .quota = cap_need("quota"), .argc = 4, .argv = argv
	};

	s.image = own_image(&s.size);
	return spawn(&s, task);
}

/* One attempt with the nth allocation failing; true if that many were made. */
static bool attempt(uint64_t nth)
{
	struct task_info i = {};
	fut_handle task;
	uint64_t left = 0;

	OKAY(fut_system_fail(cap_need("system"), nth, &left));
	enum err e = start(&task);
	if (e == OK)
		OKAY(spawn_wait(task, limit(), &i));
	else
		CHECK(e == ERR_NO_MEMORY);
	OKAY(fut_system_fail(cap_need("system"), 0, &left));
	if (e == OK) {
		close_handle(task);
		/* PANIC_CODE: it could not even start. */
		CHECK(i.exit_code == 0 || i.exit_code == -ERR_NO_MEMORY ||
		      i.exit_code == PANIC_CODE || i.fault.kind == FAULT_NO_MEMORY);
	}
	return left == 0;
}

static struct system_info counters(void)
{
	struct system_info s = {};
	uint32_t size;

	OKAY(fut_system_info(cap_need("system"), &s, sizeof(s), &size));
	return s;
}

static bool is_balanced(const struct system_info *before)
{
	struct system_info after = counters();

	return memcmp(before->objects, after.objects, sizeof(before->objects)) == 0 &&
	       before->pages_user == after.pages_user && before->pages_tables == after.pages_tables;
}

TEST(fail, every_allocation_in_turn)
{
	uint64_t nth = 1;

	CHECK(!attempt(MOST)); /* without a failure, so that we and the pools have what we keep */
	struct system_info before = counters();
	while (nth < MOST && attempt(nth)) {
		UNTIL(is_balanced(&before));
		nth++;
	}
	CHECK(nth > 50 && nth < MOST);
}
