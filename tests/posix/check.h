/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The frame of the POSIX tests: TEST(name) { ... } is a case, which runs in a process of its own
 * and ends at its first failure. The program prints `plan N`, then `ok NAME` or `not ok NAME: why`
 * for each; so Linux and Futura can be compared by their output. Arguments choose cases by name.
 */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct check_case {
	const char *name;
	void (*run)(void);
	struct check_case *next;
};

void check_add(struct check_case *c);

#define TEST(id)                                                                                   \
	static void test_##id(void);                                                               \
	static struct check_case case_##id = { #id, test_##id, nullptr };                          \
	[[gnu::constructor]] static void add_##id(void)                                            \
	{                                                                                          \
		check_add(&case_##id);                                                             \
	}                                                                                          \
	static void test_##id(void)

/*
 * ROLE(name) { ... } is what the program does when it is started again, with "@name" as its first
 * argument: for tests of exec. It sees `argc`, `argv`.
 */
struct check_role {
	const char *name;
	int (*run)(int argc, char **argv);
	struct check_role *next;
};

void check_role_add(struct check_role *r);

#define ROLE(id)                                                                                   \
	static int role_##id(int argc, char **argv);                                               \
	static struct check_role role_entry_##id = { "@" #id, role_##id, nullptr };                \
	[[gnu::constructor]] static void add_role_##id(void)                                       \
	{                                                                                          \
		check_role_add(&role_entry_##id);                                                  \
	}                                                                                          \
	static int role_##id([[maybe_unused]] int argc, [[maybe_unused]] char **argv)

extern char *check_program; /* the path of this program */

/* Ends the case; in a process that the case made, ends that with CHECK_FAILED. */
[[noreturn, gnu::format(printf, 3, 4)]] void check_fail(const char *file, int line,
							const char *format, ...);
constexpr int CHECK_FAILED = 99;

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			check_fail(__FILE__, __LINE__, "%s (%s)", #what, strerrorname_np(errno));  \
	} while (0)

#define CHECK_EQ(a, b)                                                                             \
	do {                                                                                       \
		long long got_ = (long long)(a), want_ = (long long)(b);                           \
		if (got_ != want_)                                                                 \
			check_fail(__FILE__, __LINE__, "%s is %lld, not %lld (%s)", #a, got_,      \
				   want_, strerrorname_np(errno));                                 \
	} while (0)

#define CHECK_STR(a, b)                                                                            \
	do {                                                                                       \
		const char *got_ = (a), *want_ = (b);                                              \
		if (strcmp(got_, want_) != 0)                                                      \
			check_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #a, got_,       \
				   want_);                                                         \
	} while (0)

/* The call gives -1 and this error. */
#define CHECK_ERR(call, error)                                                                     \
	do {                                                                                       \
		errno = 0;                                                                         \
		long long got_ = (long long)(call);                                                \
		if (got_ != -1 || errno != (error))                                                \
			check_fail(__FILE__, __LINE__, "%s gives %lld, %s; not %s", #call, got_,   \
				   strerrorname_np(errno), #error);                                \
	} while (0)

/* A process that runs `f` and ends with what it returns; its id. */
pid_t check_spawn(int (*f)(void *), void *argument);

/* Waits for a child (-1: any): its exit status, or 128 + the signal that ended it. */
int check_wait(pid_t pid);

/* The same for a child that runs `f`. */
int check_child(int (*f)(void *), void *argument);

/* A thread that runs `f`, and what it returned in the end. */
pthread_t check_thread(void *(*f)(void *), void *argument);
void *check_join(pthread_t thread);

/* In another process, to its end. */
void check_elsewhere(void (*change)(void));

/* An empty folder of its own, which is the working directory from then on; removed at the end. */
void check_folder(void);

/* Writes a file with these contents. */
void check_write(const char *path, const char *text);

/* The contents of a file, ended by a zero byte; valid until the next call. */
const char *check_read(const char *path);

/* Waits: for tests of what happens by itself, in steps, up to seconds. */
#define CHECK_SOON(what)                                                                           \
	do {                                                                                       \
		int left_ = 2000;                                                                  \
		while (!(what) && --left_ > 0)                                                     \
			usleep(5000);                                                              \
		CHECK(left_ > 0 && #what);                                                         \
	} while (0)
