/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Measures paths in instructions: QEMU's -icount makes the tick counter count them. A path is one
 * operation, done over and over; where a tick is many instructions (ARM64: 16), several operations
 * are timed together and divided. What timing itself costs is measured first and subtracted.
 */
#pragma once
#include <stdint.h>
#include "abi/info.h"
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/program.h"
#include <bench-arch/measure.h>

struct bench {
	const char *name;
	const char *what;
	uint32_t reach; /* instructions we want to stay under; 0: none */
	/* Set up; false if this machine has no such thing. Leaves everything warm. */
	bool (*setup)(void);
	/* The operation. With `span` it returns the ticks that count, else all of it counts. */
	uint64_t (*run)(void);
	bool is_span;
	void (*done)(void); /* may be nullptr */
	uint32_t per;       /* operations that one run does; 0: one */
	uint32_t reps;      /* runs; 0: REPS */
	bool is_large;      /* only with the argument `large`: needs more memory than usual */
};

constexpr uint32_t REPS = 10240;
constexpr uint32_t WARM_UP = 64;

#define BENCH(group, what)                                                                         \
	[[gnu::used, gnu::retain,                                                                  \
	  gnu::section("benches")]] static const struct bench bench_##group##_##what

/* A helper task; `benches` with a `serve` role run this with the argument. */
struct bench_role {
	const char *name;
	int (*run)(uint64_t argument);
};

#define ROLE(what)                                                                                 \
	static int role_##what(uint64_t argument);                                                 \
	[[gnu::used, gnu::retain,                                                                  \
	  gnu::section("bench_roles")]] static const struct bench_role entry_role_##what = {       \
		#what, role_##what                                                                 \
	};                                                                                         \
	static int role_##what([[maybe_unused]] uint64_t argument)

/* Start a helper task with this priority and these handles, by name. */
struct startup_cap;
fut_handle helper_start(const char *role, uint32_t priority, unsigned capc,
			const struct startup_cap *caps);
struct startup_cap named(const char *name, fut_handle h);
/* The measurement cannot go on without. Costs a compare where it is used on a measured path. */
[[noreturn]] void failed(enum err e, const char *what);
static inline void need(enum err e, const char *what)
{
	if (e != OK) [[clang::unlikely]]
		failed(e, what);
}
/* A figure that is no time: told as it is. */
void report_figure(const char *name, const char *what, uint64_t value, uint64_t reach);
