/* SPDX-License-Identifier: MPL-2.0 */
/* Waiting in the kernel, with signals: the one place that decides whether a call is interrupted. */
#pragma once
#include "abi/kernel.h"

/*
 * Wait until the object has one of the signals, at most until the deadline (nanoseconds since
 * boot); clear those in `clear`. 0, -ETIMEDOUT, -ERESTARTSYS if a signal is to be delivered; other
 * errors mean that the object is gone: -EIO.
 */
int64_t wait_object(fut_handle object, uint64_t signals, uint64_t clear, uint64_t deadline);
/* Sleep: 0 once the deadline passed, or -ERESTARTSYS. */
int64_t wait_until(uint64_t deadline);
/* Nanoseconds since boot, as the clock page says. */
uint64_t clock_now(void);
/* Nanoseconds to add for the time since 1970. */
uint64_t clock_wall(void);
/* Nanoseconds since 1970. */
static inline uint64_t wall_now(void)
{
	return clock_now() + clock_wall();
}
