/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What eventfd and timerfd share between processes: a page, and an event. COUNTER_WAKE and
 * COUNTER_CHANGED are cleared and set as a pipe's (posix/abi/pipe.h); a timer's event has
 * SIGNAL_TIMER.
 */
#pragma once
#include "posix/abi/state.h"

struct counter_shared {
	_Atomic uint64_t value;
	_Atomic uint32_t waits;
	uint32_t semaphore; /* 1: a read takes 1 */
	struct file_state state;
};

struct timer_shared {
	_Atomic uint64_t next; /* nanoseconds since boot; 0: not set */
	_Atomic uint64_t interval;
	uint32_t clock; /* CLOCK_ */
	uint32_t reserved;
	struct file_state state;
};

constexpr uint64_t COUNTER_WAKE = 1, COUNTER_CHANGED = 2; /* signals */
constexpr uint64_t COUNTER_SIZE = 4096;                   /* of the memory, for both */
