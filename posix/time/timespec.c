/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/time/timespec.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/wait.h"

constexpr uint64_t FAR = TIME_NEVER / 4; /* nanoseconds: 146 years */

int64_t timespec_ns(const struct __kernel_timespec *t, uint64_t *ns)
{
	if (t->tv_sec < 0 || t->tv_nsec < 0 || (uint64_t)t->tv_nsec >= SECOND)
		return -EINVAL;
	*ns = (uint64_t)t->tv_sec < FAR / SECOND
		      ? (uint64_t)t->tv_sec * SECOND + (uint64_t)t->tv_nsec
		      : FAR;
	return 0;
}

struct __kernel_timespec timespec_of(uint64_t ns)
{
	return (struct __kernel_timespec){ (int64_t)(ns / SECOND), (int64_t)(ns % SECOND) };
}

int64_t timespec_get(uint64_t from, uint64_t *ns)
{
	struct __kernel_timespec t;

	return guest_get(&t, from, sizeof(t)) != 0 ? -EFAULT : timespec_ns(&t, ns);
}

int64_t timespec_put(uint64_t to, uint64_t ns)
{
	struct __kernel_timespec t = timespec_of(ns);

	return guest_put(to, &t, sizeof(t));
}

uint64_t deadline_after(uint64_t ns)
{
	return ns < FAR ? clock_now() + ns : TIME_NEVER;
}

uint64_t deadline_of_wall(uint64_t ns)
{
	return ns > clock_wall() ? ns - clock_wall() : 1;
}

int64_t deadline_get(uint64_t timeout, uint64_t *deadline)
{
	uint64_t ns;
	int64_t error = 0;

	*deadline = TIME_NEVER;
	if (timeout != 0 && (error = timespec_get(timeout, &ns)) == 0)
		*deadline = deadline_after(ns);
	return error;
}
