/* SPDX-License-Identifier: MPL-2.0 */
/* Executing a program in this process. */
#pragma once
#include "posix/core/thread.h"
#include "posix/exec/strings.h"

struct description;

/*
 * Replace the process's program by the one in `file`, of which a reference is taken over. `path` is
 * as the caller named it. Both strings are freed. Fails before anything is changed; once the old
 * program is gone a failure ends the process. On 0 `frame` is the new program's start.
 */
int64_t exec_program(struct description *file, const char *path, struct strings *arguments,
		     struct strings *environment, struct registers *frame);

/* The program of that name: itself if it has a slash,
 * else the first in `path` (PATH; nullptr: the usual). */
int64_t find_in_path(const char *name, const char *path, struct description **file);

/* What stack_build needs of the images. */
struct exec_values {
	uint64_t entry;             /* of the program */
	uint64_t headers, nheaders; /* of the program, mapped */
	uint64_t interpreter_base;
	const char *path;
};

/* Random, for an address; 0 where the process wants the same ones each time. */
uint64_t exec_shift(void);
/* Map a stack with arguments, environment and auxiliary values: the stack pointer, or an error. */
int64_t stack_build(const struct strings *arguments, const struct strings *environment,
		    const struct exec_values *values, bool executable);
