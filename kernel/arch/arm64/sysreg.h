/* SPDX-License-Identifier: MPL-2.0 */
/* System registers, and the bits of them that several files use. Arm ARM DDI 0487, chapter D19. */
#pragma once
#include <stdint.h>

#define SYSREG_READ(name)                                                                          \
	({                                                                                         \
		uint64_t sysreg_value;                                                             \
		asm volatile("mrs %0, " #name : "=r"(sysreg_value));                               \
		sysreg_value;                                                                      \
	})
#define SYSREG_WRITE(name, value)                                                                  \
	asm volatile("msr " #name ", %x0" ::"rZ"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
	asm volatile("isb" ::: "memory");
}

/* A field of four bits of an identification register. */
static inline unsigned id_field(uint64_t id, unsigned shift)
{
	return (id >> shift) & 15;
}

constexpr uint64_t MPIDR_AFFINITY = 0xff00ffffff;
constexpr uint64_t PSTATE_STEP = 1ull << 21;
constexpr uint64_t CPACR_SIMD = 3ull << 20; /* FPEN: no SIMD instruction traps */
