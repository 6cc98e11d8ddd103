/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/arch/arm64/random.h"

uintptr_t __stack_chk_guard = 0x8f1bbcdc5a827900; /* until arm64_main chooses one */

static uint64_t state;
static bool has_instruction;

void random_init(uint64_t seed)
{
	has_instruction = id_field(SYSREG_READ(id_aa64isar0_el1), 60) != 0;
	state = seed ^ SYSREG_READ(cntvct_el0);
}

/* RNDR; it sets Z when the generator has nothing to give. */
static bool random_read(uint64_t *value)
{
	bool ok;

	asm volatile("mrs %0, S3_3_C2_C4_0\n\tcset %w1, ne" : "=r"(*value), "=r"(ok)::"cc");
	return ok;
}

/* Firmware's seed and the time, mixed by SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t arch_random(void)
{
	uint64_t value;

	for (unsigned i = 0; has_instruction && i < 10; i++)
		if (random_read(&value))
			return value;
	state += 0x9e3779b97f4a7c15 ^ SYSREG_READ(cntvct_el0);
	value = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
	value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
	return value ^ (value >> 31);
}
