/* SPDX-License-Identifier: MPL-2.0 */
/* What lib/futura/arch/<cpu>/native_call.h passes to the kernel and gets back. */
#pragma once
#include <stdint.h>
#include "abi/control.h"
#include "abi/kernel.h"
#include "abi/message.h"

/* The results of a native call, in order; those past a call's own are not defined. */
struct native_words {
	uint64_t word[4];
};

/* The address of memory that a call may write. Static analysis does not look into the kernel; that
 * an unknown function gets the pointer tells it that the memory may change. */
#ifdef __clang_analyzer__
uint64_t native_address(void *memory);
#else
static inline uint64_t native_address(void *memory)
{
	return (uint64_t)memory;
}
#endif

/* A message in registers. Inline bytes, handles and grants stand in the thread's area. */
struct message {
	uint64_t tag; /* abi/message.h */
	uint64_t word[MESSAGE_WORDS];
	uint64_t badge; /* received: the session's */
};
