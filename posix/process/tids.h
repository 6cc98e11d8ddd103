/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers for threads, from posixd in blocks. */
#pragma once
#include <stdint.h>

/* With process.locks.threads not held. 0, or an error. */
int64_t tid_take(uint32_t *tid);
/* In a child of fork: the block is the parent's. */
void tids_forked(void);
/* Get the calling thread a handle to itself, by which others wake it. */
int64_t thread_own_handle(void);
