/* SPDX-License-Identifier: MPL-2.0 */
/* What tests use to say what they expect, and to get at helpers. */
#include "tests/native/test.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "tests/native/runner.h"

[[noreturn, gnu::format(printf, 4, 5)]] static void end(int code, const char *file, int line,
							const char *format, ...)
{
	static struct report own; /* of the runner itself */
	struct report *r = report() ? report() : &own;
	va_list arguments;
	int n = 0;

	if (file)
		n = snprintf(r->why, sizeof(r->why), "%s:%d: ", file, line);
	va_start(arguments, format);
	vsnprintf(r->why + n, sizeof(r->why) - (size_t)n, format, arguments);
	va_end(arguments);
	if (r == &own)
		print("%s\n", own.why);
	exit(code);
}

void test_not_true(const char *what, const char *file, int line)
{
	end(TEST_FAILED, file, line, "not true: %s", what);
}

void test_wrong_error(enum err got, enum err wanted, const char *what, const char *file, int line)
{
	end(TEST_FAILED, file, line, "%s gave %s (%d), not %s", what, error_name(got), got,
	    error_name(wanted));
}

void test_not_equal(uint64_t got, uint64_t wanted, const char *what, const char *file, int line)
{
	end(TEST_FAILED, file, line, "%s is %#llx, not %#llx", what, (unsigned long long)got,
	    (unsigned long long)wanted);
}

void test_skip(const char *why)
{
	end(TEST_SKIPPED, nullptr, 0, "%s", why);
}

enum err peer_try_start(const char *role, uint64_t argument, unsigned capc,
			const struct startup_cap *caps, fut_handle quota, fut_handle *task)
{
	struct startup_cap all[SPAWN_CAPS];
	char number[24];
	const char *const argv[] = { "native", "--role", role, number };
	struct spawn s = { .name = role, .quota = quota, .argc = 4, .argv = argv, .caps = all };

	snprintf(number, sizeof(number), "%llu", (unsigned long long)argument);
	for (unsigned i = 0; i < capc; i++)
		all[s.capc++] = caps[i];
	if (cap_get("report"))
		all[s.capc++] = named("report", duplicate(cap_get("report"), RIGHTS_ALL));
	s.image = own_image(&s.size);
	return spawn(&s, task);
}

fut_handle peer_start(const char *role, uint64_t argument, unsigned capc,
		      const struct startup_cap *caps)
{
	fut_handle task = 0;

	OKAY(peer_try_start(role, argument, capc, caps, cap_need("quota"), &task));
	return task;
}

struct task_info peer_end(fut_handle task)
{
	struct task_info info;

	OKAY(spawn_wait(task, limit(), &info));
	EQUAL(info.state, TASK_DEAD);
	return info;
}

int64_t peer_join(fut_handle task)
{
	struct task_info info = peer_end(task);

	if (info.fault.kind != 0)
		end(TEST_FAILED, __FILE__, __LINE__, "`%s` ended by fault %u at %#llx, pc %#llx",
		    info.name, info.fault.kind, (unsigned long long)info.fault.address,
		    (unsigned long long)info.fault.pc);
	close_handle(task);
	return info.exit_code;
}

fut_handle make_event(void)
{
	fut_handle h = 0;

	OKAY(fut_event_create(&h));
	return h;
}

fut_handle make_port(void)
{
	fut_handle h = 0;

	OKAY(fut_port_create(&h));
	return h;
}

fut_handle make_session(fut_handle port, uint64_t badge)
{
	fut_handle h = 0;

	OKAY(fut_session_create(port, badge, &h));
	return h;
}

fut_handle make_vmo(uint64_t size)
{
	fut_handle h = 0;

	OKAY(fut_vmo_create(size, 0, &h));
	return h;
}

fut_handle duplicate(fut_handle h, uint32_t rights)
{
	fut_handle copy = 0;

	OKAY(fut_handle_duplicate(h, rights, &copy));
	return copy;
}

void *make_memory(uint64_t size)
{
	uint64_t at = 0;

	OKAY(fut_space_map(0, 0, 0, 0, size, MAP_READ | MAP_WRITE | INHERIT_COPY, &at));
	return (void *)at;
}

void close_handle(fut_handle h)
{
	OKAY(fut_handle_close(h));
}

struct startup_cap named(const char *name, fut_handle h)
{
	struct startup_cap c = { .handle = h };

	strncpy(c.name, name, sizeof(c.name) - 1);
	return c;
}

struct thread *run_thread(thread_fn *run, void *argument)
{
	struct thread *t = nullptr;

	OKAY(thread_start(&t, run, argument, nullptr));
	return t;
}

uint64_t limit(void)
{
	return clock_after(PATIENCE);
}

uint64_t hole(void)
{
	uint64_t at = 0;

	OKAY(fut_space_map(0, 0, 0, 0, 4096, MAP_READ, &at));
	OKAY(fut_space_unmap(0, at, 4096));
	return at;
}
