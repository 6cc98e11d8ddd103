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

/* A message in registers. Inline bytes, handles and grants stand in the thread's area. */
struct message {
	uint64_t tag; /* abi/message.h */
	uint64_t word[MESSAGE_WORDS];
	uint64_t badge; /* received: the session's */
};
