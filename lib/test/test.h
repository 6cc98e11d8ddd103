/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Unit tests on this machine. TEST registers itself; the program runs all, or those whose name
 * contains $NAME, and ends with the line `N passed, N failed`. A failed CHECK goes on with the
 * test.
 */
#pragma once
#include <stdbool.h>

struct test {
	const char *name; /* group.what_it_shows */
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *t);
/* Static analysis need not look at what comes after a failed check. */
void test_failed(const char *what, const char *file, int line) __attribute__((analyzer_noreturn));

static inline void test_check(bool good, const char *what, const char *file, int line)
{
	if (!good)
		test_failed(what, file, line);
}

#define TEST(group, what)                                                                          \
	static void test_##group##_##what(void);                                                   \
	[[gnu::constructor]] static void register_##group##_##what(void)                           \
	{                                                                                          \
		static struct test t = { #group "." #what, test_##group##_##what, 0 };             \
		test_register(&t);                                                                 \
	}                                                                                          \
	static void test_##group##_##what(void)

#define CHECK(condition) test_check(condition, #condition, __FILE__, __LINE__)
