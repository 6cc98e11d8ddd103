/* SPDX-License-Identifier: MPL-2.0 */
/* Threads of this program. Each is joined, which gives its memory back, or detached. */
#pragma once
#include <stddef.h>
#include "abi/kernel.h"

struct thread;

typedef int thread_fn(void *argument);

constexpr size_t THREAD_STACK = 65536; /* bytes, unless said otherwise */

struct thread_options {
	size_t stack;      /* 0: THREAD_STACK */
	uint32_t priority; /* 0: THREAD_PRIORITY, or the task's limit if that is lower */
};
constexpr uint32_t THREAD_PRIORITY = 16;

/* Run `run(argument)` in a new thread. `options` may be nullptr. ERR_NO_MEMORY, ERR_FULL: as said.
 */
enum err thread_start(struct thread **t, thread_fn *run, void *argument,
		      const struct thread_options *options);

/* Wait for its end; returns what it returned, and frees it. */
int thread_join(struct thread *t);

/* Nobody will join it. Its memory goes back after its end, when the next thread is started or
 * detached. It may be the caller itself. */
void thread_detach(struct thread *t);

/* The kernel's handle to it, which stays the thread's. */
fut_handle thread_handle(const struct thread *t);
