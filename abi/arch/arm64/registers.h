/* SPDX-License-Identifier: MPL-2.0 */
/* A thread's registers on ARM64. */
#pragma once
#include <stdint.h>

struct registers {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate; /* N Z C V, and what else user mode may set */
	uint64_t tpidr;  /* TPIDR_EL0, the thread pointer */
};

static_assert(sizeof(struct registers) == 35 * 8);

/* All of SIMD and floating point; what thread_read(THREAD_SIMD) gives. */
struct simd {
	alignas(16) uint64_t v[32][2]; /* low half first */
	uint32_t fpsr, fpcr;
	uint64_t reserved;
};

static_assert(sizeof(struct simd) == 528);
