/* SPDX-License-Identifier: MPL-2.0 */
/* Linux's times in guest memory, and deadlines as the kernel has them: nanoseconds since boot. */
#pragma once
#include <stdint.h>
#include <linux/time_types.h>

constexpr uint64_t SECOND = 1'000'000'000;

/* Nanoseconds; a time that is centuries away becomes one that never comes, which can still be added
 * to the present. -EINVAL: it is no time. */
int64_t timespec_ns(const struct __kernel_timespec *t, uint64_t *ns);
struct __kernel_timespec timespec_of(uint64_t ns);
/* The same from and to guest memory; -EFAULT too. */
int64_t timespec_get(uint64_t from, uint64_t *ns);
int64_t timespec_put(uint64_t to, uint64_t ns);

/* When that much time has passed; TIME_NEVER stays so. */
uint64_t deadline_after(uint64_t ns);
/* A deadline on CLOCK_REALTIME; never 0, which has a meaning of its own. */
uint64_t deadline_of_wall(uint64_t ns);
/* Of a call's timeout in guest memory, relative to now; address 0: TIME_NEVER. */
int64_t deadline_get(uint64_t timeout, uint64_t *deadline);

/* What a clock says now; -EINVAL: there is none of that number. */
int64_t read_clock(uint32_t clock, uint64_t *ns);
