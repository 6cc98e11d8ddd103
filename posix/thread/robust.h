/* SPDX-License-Identifier: MPL-2.0 */
/* Locks that outlive their owner. */
#pragma once

struct thread;

/* A thread ends: its robust locks go to whoever waits for them, marked. */
void robust_release(struct thread *t);
