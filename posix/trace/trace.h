/* SPDX-License-Identifier: MPL-2.0 */
/* FUTURA_STRACE: the calls of a process, told as they return. */
#pragma once
#include "posix/core/thread.h"
#include "posix/exec/strings.h"

/* A program starts: what its environment says of tracing holds from now on; without a word it is as
 * before. */
void trace_start(const struct strings *environment);
/* From entry.S: make the call that is in the frame. */
int64_t trace_call(struct registers *frame);
