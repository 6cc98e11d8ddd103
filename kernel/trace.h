/* SPDX-License-Identifier: MPL-2.0 */
/* The trace: what happened, in a ring for each CPU, for tools/trace and the panic screen. */
#pragma once
#include "abi/trace.h"

extern uint32_t trace_mask; /* 1 << kind; 0: nothing is traced */

/* Calls, too, are traced from now on, or no longer (kernel/entry.c). */
void calls_trace(bool on);
void trace_write(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c);

static inline void trace(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	if ((trace_mask >> kind & 1) != 0) [[clang::unlikely]]
		trace_write(kind, a, b, c);
}
