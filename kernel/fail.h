/* SPDX-License-Identifier: MPL-2.0 */
/* Allocations that fail on purpose, so that tests reach every error path: system_fail. */
#pragma once
#include <stdint.h>

extern uint64_t fail_countdown; /* 0: off */
extern uint64_t fail_seen;      /* allocations since boot */

static inline bool fail_now(void)
{
	fail_seen++;
	return fail_countdown != 0 && --fail_countdown == 0;
}
