/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What an operation costs while that which it works in grows: 1, 10, 100 ... of something.
 * In nanoseconds of CLOCK_MONOTONIC, which are instructions under QEMU's -icount shift=0.
 */
#pragma once
#include "bench/linux/measure.h"

struct growth {
	const char *name;
	const char *what; /* of what there are more and more */
	/* From so many to so many; false, and errno, if there can be no more. */
	bool (*grow)(unsigned from, unsigned to);
	uint64_t (*run)(void); /* the operation; the time that it took */
};

#define GROWTH(id, ...)                                                                            \
	[[gnu::used, gnu::retain,                                                                  \
	  gnu::section("growths")]] static const struct growth growth_##id = { __VA_ARGS__ }
