/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of the kernel from user mode. Each runs in a task of its own, which ends at the first thing
 * that is not as it should be; whatever it made must be gone with it: the runner counts.
 *
 * A test has the capabilities "quota" (its own), "task" (itself), "system", "log", "bundle".
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/info.h"
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/program.h"
#include "lib/futura/spawn.h"
#include "lib/futura/thread.h"

struct native_test {
	const char *name;
	void (*run)(void);
};

/* What a helper task does; its argument is a number of the test's choice. Returns its exit code. */
struct native_role {
	const char *name;
	int (*run)(uint64_t argument);
};

#define TEST(group, what)                                                                          \
	static void test_##group##_##what(void);                                                   \
	[[gnu::used, gnu::retain, gnu::section("native_tests")]] static const struct native_test   \
		entry_##group##_##what = { #group "." #what, test_##group##_##what };              \
	static void test_##group##_##what(void)

#define ROLE(what)                                                                                 \
	static int role_##what(uint64_t argument);                                                 \
	[[gnu::used, gnu::retain,                                                                  \
	  gnu::section("native_roles")]] static const struct native_role entry_role_##what = {     \
		#what, role_##what                                                                 \
	};                                                                                         \
	static int role_##what([[maybe_unused]] uint64_t argument)

/* The test ends here if it is not so. */
#define CHECK(condition)   test_check(condition, #condition, __FILE__, __LINE__)
#define OKAY(call)         test_error((call), OK, #call, __FILE__, __LINE__)
#define FAILS(call, error) test_error((call), error, #call, __FILE__, __LINE__)
#define EQUAL(got, wanted) test_equal((uint64_t)(got), (uint64_t)(wanted), #got, __FILE__, __LINE__)

/* Let others run until it is so; the test ends if that takes too long. */
#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		uint64_t end_ = limit();                                                           \
		while (!(condition)) {                                                             \
			test_check(clock_now() < end_, "in time: " #condition, __FILE__,           \
				   __LINE__);                                                      \
			OKAY(fut_thread_yield());                                                  \
		}                                                                                  \
	} while (0)

/* How a test fails. The checks are inline, so that static analysis knows what holds after them. */
[[noreturn]] void test_not_true(const char *what, const char *file, int line);
[[noreturn]] void test_wrong_error(enum err got, enum err wanted, const char *what,
				   const char *file, int line);
[[noreturn]] void test_not_equal(uint64_t got, uint64_t wanted, const char *what, const char *file,
				 int line);

static inline void test_check(bool good, const char *what, const char *file, int line)
{
	if (!good)
		test_not_true(what, file, line);
}

static inline void test_error(enum err got, enum err wanted, const char *what, const char *file,
			      int line)
{
	if (got != wanted)
		test_wrong_error(got, wanted, what, file, line);
}

static inline void test_equal(uint64_t got, uint64_t wanted, const char *what, const char *file,
			      int line)
{
	if (got != wanted)
		test_not_equal(got, wanted, what, file, line);
}

/* Not a failure: this machine lacks what the test is about. */
[[noreturn]] void test_skip(const char *why);

/* A helper task in the role, with handles that move to it. Ends with its last `manage` handle. */
fut_handle peer_start(const char *role, uint64_t argument, unsigned capc,
		      const struct startup_cap *caps);
/* The same under another quota. */
enum err peer_try_start(const char *role, uint64_t argument, unsigned capc,
			const struct startup_cap *caps, fut_handle quota, fut_handle *task);
/* Wait for its end; its exit code. Fails the test if it ended by a fault. */
int64_t peer_join(fut_handle task);
/* Wait for its end, and what the kernel says of it. */
struct task_info peer_end(fut_handle task);

/* Shorthands that fail the test where the kernel says no. */
fut_handle make_event(void);
fut_handle make_port(void);
fut_handle make_session(fut_handle port, uint64_t badge);
fut_handle make_vmo(uint64_t size);
fut_handle duplicate(fut_handle h, uint32_t rights);
void *make_memory(uint64_t size);
void close_handle(fut_handle h);
struct startup_cap named(const char *name, fut_handle h);
/* A thread that must start, and be joined. */
struct thread *run_thread(thread_fn *run, void *argument);
/* Time that is long enough for anything to have happened, yet not for a person. */
constexpr uint64_t SOON = 50 * MILLISECOND;
constexpr uint64_t PATIENCE = 20 * SECOND;
/* A deadline after which the test has failed. */
uint64_t limit(void);
/* A page nobody has mapped. */
uint64_t hole(void);
