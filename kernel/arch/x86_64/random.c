/* SPDX-License-Identifier: MPL-2.0 */
/* Random numbers: the processor's, or else the best mix of what little there is. */
#include "kernel/arch.h"
#include "kernel/arch/x86_64/random.h"

constexpr unsigned TRIES = 16; /* both instructions may have nothing ready for a moment */

uintptr_t __stack_chk_guard = 0x595e9fbd94fda766; /* until seeded */
static uint64_t state;

static bool seed_read(uint64_t *value)
{
	bool ok = false;

	for (unsigned i = 0; i < TRIES && !ok && cpu_has.rdseed; i++)
		asm volatile("rdseed %0" : "=r"(*value), "=@ccc"(ok));
	for (unsigned i = 0; i < TRIES && !ok && cpu_has.rdrand; i++)
		asm volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

/* The finalizer of SplitMix64: every bit of the state reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

uint64_t arch_random(void)
{
	uint64_t value;

	if (seed_read(&value))
		return value;
	/* Different at each call and at each boot, but no secret from one who can time the boot. */
	state = mix(state + 0x9e3779b97f4a7c15 + ticks());
	return state;
}

void random_stir(uint64_t value)
{
	state = mix(state ^ value);
}
