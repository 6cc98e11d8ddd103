/* SPDX-License-Identifier: MPL-2.0 */
/* What tests need to know of ARM64. */
#pragma once
#include "abi/control.h"

/* Bytes that a call leaves on the stack before a function's first instruction. */
constexpr uint64_t CALL_PUSHES = 0;

static inline uint64_t registers_pc(const struct registers *r)
{
	return r->pc;
}

static inline void registers_set_pc(struct registers *r, uint64_t pc)
{
	r->pc = pc;
}

static inline uint64_t registers_sp(const struct registers *r)
{
	return r->sp;
}

static inline void registers_set_sp(struct registers *r, uint64_t sp)
{
	r->sp = sp;
}

/* EL1, interrupts masked: the kernel must not believe it. */
static inline void registers_make_privileged(struct registers *r)
{
	r->pstate |= 5 | 0xf << 6;
}
