/* SPDX-License-Identifier: MPL-2.0 */
/* Locks that outlive their owner. */
#pragma once
#include <stdint.h>

struct thread;

/* A thread ends: its robust locks go to whoever waits for them, marked. */
void robust_release(struct thread *t);
/* The caller's own list is there; 0: nowhere. The kernel does as we do if the thread is killed. */
void robust_list_set(struct thread *t, uint64_t head);
