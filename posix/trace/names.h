/* SPDX-License-Identifier: MPL-2.0 */
/* Names for FUTURA_STRACE, which tools/linux_calls makes from the headers. By value in arrays: an
 * address would have to be relocated whenever a process starts. */
#pragma once
#include <stdint.h>

constexpr unsigned TRACE_ARGUMENTS = 8, TRACE_NAME = 20; /* with a zero byte */

struct trace_flag {
	uint32_t value;
	char name[TRACE_NAME];
};

/* By number: a letter for each argument, as arguments.c reads them. */
extern const char trace_kinds[][TRACE_ARGUMENTS];
extern const char trace_errors[135][TRACE_NAME], trace_signals[32][TRACE_NAME];
/* The first is for no bit; they end with a name "". */
extern const struct trace_flag trace_opens[], trace_maps[], trace_protections[];
