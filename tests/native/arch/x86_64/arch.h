/* SPDX-License-Identifier: MPL-2.0 */
/* What tests need to know of x86-64. */
#pragma once
#include "abi/control.h"

/* Bytes that a call leaves on the stack before a function's first instruction. */
constexpr uint64_t CALL_PUSHES = 8;

static inline uint64_t registers_pc(const struct registers *r)
{
	return r->rip;
}

static inline void registers_set_pc(struct registers *r, uint64_t pc)
{
	r->rip = pc;
}

static inline uint64_t registers_sp(const struct registers *r)
{
	return r->rsp;
}

static inline void registers_set_sp(struct registers *r, uint64_t sp)
{
	r->rsp = sp;
}

/* I/O privilege level 3, interrupts off: the kernel must not believe it. */
static inline void registers_make_privileged(struct registers *r)
{
	r->rflags = (r->rflags | 0x3000) & ~0x200ull;
	r->cs = 8;
	r->ss = 16;
}
