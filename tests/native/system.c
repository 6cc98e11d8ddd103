/* SPDX-License-Identifier: MPL-2.0 */
/* Hardware resources, the log, counters, and what the clock says. */
#include <string.h>
#include "tests/native/test.h"

TEST(resource, of_one_kind_opens_no_other)
{
	fut_handle system = cap_need("system"), log = cap_need("log"), made = 0;
	uint32_t size, value;
	uint64_t address, next, left;
	char text[8];

	FAILS(fut_irq_create(system, 1, 0, &made), ERR_WRONG_TYPE);
	FAILS(fut_irq_create_msi(system, 0, &made, &address, &value), ERR_WRONG_TYPE);
	FAILS(fut_ioport_create(system, 0, 1, &made), ERR_WRONG_TYPE);
	FAILS(fut_iospace_create(system, 0, &made), ERR_WRONG_TYPE);
	FAILS(fut_vmo_create_physical(system, 0, 4096, 0, &made), ERR_WRONG_TYPE);
	FAILS(fut_power(system, POWER_OFF), ERR_WRONG_TYPE);
	FAILS(fut_log_write(system, "x", 1), ERR_NO_RIGHT); /* ours cannot be written */
	FAILS(fut_log_read(system, 0, text, 8, &next, &size), ERR_WRONG_TYPE);
	FAILS(fut_system_info(log, text, 8, &size), ERR_WRONG_TYPE);
	FAILS(fut_system_task(log, 0, text, 8), ERR_WRONG_TYPE);
	FAILS(fut_power(duplicate(system, RIGHT_READ), POWER_OFF), ERR_NO_RIGHT);
	FAILS(fut_system_fail(duplicate(system, RIGHT_READ), 0, &left), ERR_NO_RIGHT);
	FAILS(fut_system_set_wall(duplicate(system, RIGHT_READ), 0), ERR_NO_RIGHT);
	FAILS(fut_power(make_event(), POWER_OFF), ERR_WRONG_TYPE);
}

TEST(log, keeps_what_is_written)
{
	static char text[4096];
	fut_handle log = cap_need("log");
	uint64_t next = 0, before;
	uint32_t count = 0;

	do {
		before = next;
		OKAY(fut_log_read(log, before, text, sizeof(text), &next, &count));
	} while (count > 0);
	OKAY(fut_log_write(log, "# a line of a test\n", 19));
	OKAY(fut_log_read(log, next, text, sizeof(text) - 1, &next, &count));
	text[count] = '\0';
	CHECK(strstr(text, "# a line of a test"));
	FAILS(fut_log_write(log, (void *)hole(), 4), ERR_BAD_ADDRESS);
	FAILS(fut_log_read(log, 0, (void *)hole(), 4, &next, &count), ERR_BAD_ADDRESS);
}

TEST(system, counters_count)
{
	fut_handle system = cap_need("system");
	struct system_info a, b;
	uint32_t size;

	OKAY(fut_system_info(system, &a, sizeof(a), &size));
	EQUAL(size, sizeof(a));
	EQUAL(a.ncpus, clock_cpus());
	fut_handle e = make_event();
	OKAY(fut_system_info(system, &b, sizeof(b), &size));
	EQUAL(b.objects[OBJECT_EVENT], a.objects[OBJECT_EVENT] + 1);
	CHECK(b.calls >= a.calls + 2);
	CHECK(b.now_ns > a.now_ns);
	CHECK(b.pages_free <= b.pages_total);
	close_handle(e);
	FAILS(fut_system_info(system, &a, 8, &size), ERR_TOO_BIG);
	FAILS(fut_system_info(system, (void *)hole(), sizeof(a), &size), ERR_BAD_ADDRESS);
}

TEST(system, tasks_are_listed_in_order)
{
	fut_handle system = cap_need("system");
	struct task_info t = {};
	unsigned own = 0;
	uint64_t last = 0;

	while (fut_system_task(system, t.id, &t, sizeof(t)) == OK) {
		CHECK(t.id > last);
		last = t.id;
		own += t.id == native_control()->task_id;
	}
	EQUAL(own, 1);
	FAILS(fut_system_task(system, UINT64_MAX, &t, sizeof(t)), ERR_NOT_FOUND);
	FAILS(fut_system_task(system, 0, &t, 8), ERR_TOO_BIG);
}

TEST(clock, agrees_with_the_kernel_and_never_goes_back)
{
	struct system_info s;
	uint32_t size;
	uint64_t last = clock_now();

	OKAY(fut_system_info(cap_need("system"), &s, sizeof(s), &size));
	CHECK(s.now_ns >= last && s.now_ns <= clock_now());
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t now = clock_now();
		CHECK(now >= last);
		last = now;
	}
}

TEST(null, checks_its_handle)
{
	fut_handle e = make_event();

	OKAY(fut_null(e));
	FAILS(fut_null(duplicate(e, RIGHT_WAIT)), ERR_NO_RIGHT);
	FAILS(fut_null(12345678), ERR_BAD_HANDLE);
}
