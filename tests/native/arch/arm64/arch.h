/* SPDX-License-Identifier: MPL-2.0 */
/* What tests need to know of ARM64. */
#pragma once
#include "abi/control.h"
#include "abi/kernel.h"
#include "abi/message.h"

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

/* In foreign.S: a Linux call with one argument; the entry that answers argument + 1; the entry for
 * events, which calls event_main; a load whose fault may be resumed at touch_resume, returning 0.
 */
uint64_t foreign_call(uint64_t number, uint64_t argument);
void foreign_entry(void);
void event_entry(void);
uint64_t touch(uint64_t address);
void touch_resume(void);

static inline void breakpoint(void)
{
	__asm__ volatile("brk #0");
}

/* brk leaves its own address. */
static inline void registers_skip_breakpoint(struct registers *r)
{
	r->pc += 4;
}

[[noreturn]] static inline void upcall_return(void)
{
	register uint64_t x8 __asm__("x8") = CALL_UPCALL_RETURN;

	__asm__ volatile("svc %0" : : "i"(NATIVE_SVC), "r"(x8) : "memory");
	__builtin_trap();
}
