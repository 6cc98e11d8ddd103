/* SPDX-License-Identifier: MPL-2.0 */
/* What tests need to know of x86-64. */
#pragma once
#include "abi/control.h"
#include "abi/kernel.h"
#include "abi/message.h"

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
	__asm__ volatile("int3");
}

/* int3 leaves the address after it. */
static inline void registers_skip_breakpoint(struct registers *r)
{
	(void)r;
}

[[noreturn]] static inline void upcall_return(void)
{
	__asm__ volatile("syscall" : : "a"(NATIVE_BASE + CALL_UPCALL_RETURN) : "memory");
	__builtin_trap();
}
