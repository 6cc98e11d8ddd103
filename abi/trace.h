/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The trace: a ring of entries for each CPU, written by the kernel alone. The memory object that
 * system_trace gives holds a struct trace_head, then for each CPU a ring of `entries` entries.
 * `next[cpu]` counts all entries ever written: an entry is intact if it is not overwritten before
 * the reader has copied it, that is while next - index <= entries.
 */
#pragma once
#include <stdint.h>

enum trace_kind : uint16_t {
	TRACE_CALL = 0,   /* a = number, b = first argument, c = second */
	TRACE_RETURN = 1, /* a = number, b = error, 0 or 1 (it waits), c = first result */
	TRACE_SEND = 2,   /* a = tag, b = receiving thread or 0, c = word 0 */
	TRACE_ANSWER = 3, /* a = tag, b = caller, c = word 0 */
	TRACE_FAULT = 4,  /* a = address, b = kind << 32 | access, c = pc */
	TRACE_SWITCH = 5, /* a = from thread, b = to thread, c = its priority, task << 8 */
	TRACE_IRQ = 6,    /* a = line */
	TRACE_UPCALL = 7, /* a = reason or 0 for a foreign call, b = pc */
	TRACE_WAKE = 8,   /* a = thread, b = its CPU */
	TRACE_TASK =
		9, /* a = task, b = 1 made, 2 cloned, 3 killed, 4 gone, c = start of its name */
};

struct trace_entry {
	uint64_t time_ns;
	uint32_t thread; /* low half of the thread's number */
	uint16_t kind;
	uint16_t cpu;
	uint64_t a, b, c;
};
static_assert(sizeof(struct trace_entry) == 40);

constexpr uint32_t TRACE_MAGIC = 0x43415254; /* "TRAC" */

struct trace_head {
	uint32_t magic;
	uint32_t ncpus;
	uint32_t entries;
	uint32_t mask;  /* 1 << enum trace_kind */
	uint64_t first; /* byte offset of CPU 0's ring; the others follow */
	uint64_t next[8];
};
