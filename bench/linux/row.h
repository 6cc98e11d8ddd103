/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rows: what one of Linux's operations costs, in nanoseconds of CLOCK_MONOTONIC. Under QEMU's
 * -icount shift=0 those are instructions. The program is the same for Linux and for Futura.
 */
#pragma once
#include <stddef.h>
#include "bench/linux/measure.h"

struct row {
	const char *name;
	const char *what;
	unsigned repetitions;
	void (*run)(void);
	void (*start)(void); /* once before and after; may be nullptr */
	void (*stop)(void);
	/* false: this system lacks what the row needs; may be nullptr */
	bool (*is_here)(void);
};

/* Further fields by name: .start = ... */
#define ROW(id, title, about, times, operation, ...)                                               \
	[[gnu::used, gnu::retain, gnu::section("rows")]] static const struct row row_##id = {      \
		.name = title,                                                                     \
		.what = about,                                                                     \
		.repetitions = times,                                                              \
		.run = operation __VA_OPT__(, ) __VA_ARGS__,                                       \
	}

constexpr size_t PAGE = 4096;
constexpr size_t FILE_BYTES = 1 << 20;
#define FILE_NAME "/tmp/rows.data"
extern int data;              /* FILE_NAME, opened */
extern const char *self;      /* path of this program */
extern char buffer[64 << 10]; /* for what is read and written */
