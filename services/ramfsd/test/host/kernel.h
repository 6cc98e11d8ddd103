/* SPDX-License-Identifier: MPL-2.0 */
/* Sessions, events and memory objects for tests, beside lib/futura/test/fake.h's handles and
 * messages. */
#pragma once
#include "lib/futura/test/fake.h"

/* Takes lib/futura/test/fake.c's other calls, from fake_call. */
enum err kernel_call(enum call number, const uint64_t *args, struct native_words *results);
/* Forget all objects, and unmap what was mapped. */
void kernel_reset(void);
/* The badge of a session's handle in a task. */
uint64_t kernel_badge(const struct fake_task *t, fut_handle session);
/* The badge of a session that no handle leads to any more, once; 0: there is none. */
uint64_t kernel_orphan(void);
/* Allocations of memory objects, sessions and events that still succeed; then one fails. 0: none
 * does. */
extern unsigned kernel_fail;
