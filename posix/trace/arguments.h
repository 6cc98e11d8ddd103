/* SPDX-License-Identifier: MPL-2.0 */
/* A call's arguments and result as text, for FUTURA_STRACE. */
#pragma once
#include "posix/core/line.h"
#include "posix/core/thread.h"

/* "name(arguments": with the result, where it is known (`done`), buffers that the call filled have
 * contents. */
void trace_arguments(struct line_text *l, const struct registers *frame, bool done, int64_t result);
/* ") = result", of the call with that number */
void trace_result(struct line_text *l, uint64_t number, int64_t result);
