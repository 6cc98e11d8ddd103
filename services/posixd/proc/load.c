/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The load averages. Nothing samples while nobody asks: what the processors did since the last
 * question counts as having been even. Steps and factors are Linux's: every five seconds, in
 * fractions of 2048, for one, five and fifteen minutes.
 */
#include <stdio.h>
#include "abi/info.h"
#include "lib/futura/clock.h"
#include "services/posixd/proc/proc.h"

constexpr uint64_t STEP = 5 * SECOND;
constexpr uint64_t ONE = 2048;
constexpr unsigned STEPS_MOST = 1000; /* after so many nothing of before is left */
static const uint64_t factors[] = { 1884, 2014, 2037 };

static struct {
	uint64_t at, idle_ns;
	uint64_t load[3];
} last;

static void load_step(uint64_t busy, uint64_t steps)
{
	for (uint64_t n = 0; n < steps && n < STEPS_MOST; n++)
		for (unsigned i = 0; i < 3; i++)
			last.load[i] =
				(last.load[i] * factors[i] + busy * (ONE - factors[i])) / ONE;
}

void load_ask(const struct system_info *info, uint64_t loads[3])
{
	uint64_t idle = 0, elapsed = info->now_ns - last.at;

	for (unsigned i = 0; i < info->ncpus && i < 8; i++)
		idle += info->idle_ns[i];
	if (elapsed >= STEP) {
		uint64_t all = elapsed * info->ncpus, idled = idle - last.idle_ns;
		uint64_t busy = all > idled ? (all - idled) / (elapsed / ONE + 1) : 0;
		load_step(busy, elapsed / STEP);
		last.at = info->now_ns;
		last.idle_ns = idle;
	}
	for (unsigned i = 0; i < 3; i++)
		loads[i] = last.load[i] * LOAD_ONE / ONE;
}

void load_print(struct text *t, const struct system_info *info)
{
	uint64_t loads[3];

	load_ask(info, loads);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t hundredths = loads[i] * 100 / LOAD_ONE;
		text_add(t, "%llu.%02llu ", (unsigned long long)hundredths / 100,
			 (unsigned long long)hundredths % 100);
	}
}
