/* SPDX-License-Identifier: MPL-2.0 */
/* How the wall clock is steered: by nobody. Programs may ask, and not change it. */
#include <linux/time.h>
#include <linux/timex.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/wait.h"
#include "posix/time/timespec.h"

constexpr uint32_t ADJ_OLD = 0x8000; /* the bit that makes adjtime's two modes */

/* May a caller do this? Wrong ones first; then that nobody may. */
static int64_t modes_check(uint32_t modes)
{
	if (modes & ADJ_OLD && (modes & ADJ_OFFSET_SINGLESHOT) != ADJ_OFFSET_SINGLESHOT)
		return -EINVAL;
	/* As clock_settime: the clock is the system's. */
	return modes == 0 || modes == ADJ_OFFSET_SS_READ ? 0 : -EPERM;
}

static int64_t adjust(uint64_t at)
{
	constexpr long WORST = 16'000'000; /* microseconds: of a clock that nobody compares */
	struct __kernel_timex t;
	uint64_t now = wall_now();

	if (guest_get(&t, at, sizeof(t)) != 0)
		return -EFAULT;
	int64_t error = modes_check(t.modes);
	if (error != 0)
		return error;
	t = (struct __kernel_timex){
		.modes = t.modes,
		.maxerror = WORST,
		.esterror = WORST,
		.status = STA_UNSYNC,
		.constant = 2,
		.precision = 1,
		.tolerance = 500 << 16, /* parts of a million, 16 bits of fraction */
		.time = { .tv_sec = (int64_t)(now / SECOND),
			  .tv_usec = (int64_t)(now % SECOND / 1000) },
		.tick = 10'000, /* microseconds */
	};
	return guest_put(at, &t, sizeof(t)) != 0 ? -EFAULT : TIME_ERROR;
}

CALL1(adjtimex, uint64_t, at)
{
	return adjust(at);
}

CALL2(clock_adjtime, uint32_t, clock, uint64_t, at)
{
	struct __kernel_timex t;
	uint64_t ns;

	if (clock == CLOCK_REALTIME)
		return adjust(at);
	if (guest_get(&t, at, sizeof(t)) != 0)
		return -EFAULT;
	return read_clock(clock, &ns) == 0 ? -EOPNOTSUPP : -EINVAL;
}
