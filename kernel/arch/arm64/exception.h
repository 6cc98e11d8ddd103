/* SPDX-License-Identifier: MPL-2.0 */
/* Exceptions: what entry.S calls, and the frame it makes of one taken in the kernel. */
#pragma once
#include "kernel/arch.h"

/* Its layout is known to entry.S by the offsets in layout.h. */
struct trap {
	uint64_t x[31];
	uint64_t sp, pc, pstate;
	uint64_t syndrome, address; /* ESR_EL1, FAR_EL1 */
	uint64_t frame[2];          /* a frame record that leads to where it happened */
};

/* Those from user mode return the context to run. */
struct context *exception_user(struct context *c);
struct context *exception_error(struct context *c);
struct context *exception_upcall_end(struct context *c);
struct context *interrupt_user(struct context *c);
void exception_kernel(struct trap *trap);

/* emulate.c: do what an instruction asks that reads an identification register; false: it is none.
 */
bool emulate(struct context *c, uint64_t syndrome);

/* Exception classes, ESR_EL1.EC. Arm ARM D19.2.37 */
enum exception_class : uint32_t {
	EC_UNKNOWN = 0x00,
	EC_SIMD = 0x07,
	EC_ILLEGAL_STATE = 0x0e,
	EC_SVC = 0x15,
	EC_SYSTEM = 0x18,
	EC_EXEC_USER = 0x20,
	EC_EXEC_KERNEL = 0x21,
	EC_PC_ALIGNMENT = 0x22,
	EC_ACCESS_USER = 0x24,
	EC_ACCESS_KERNEL = 0x25,
	EC_SP_ALIGNMENT = 0x26,
	EC_FLOATING = 0x2c,
	EC_BREAKPOINT_USER = 0x30,
	EC_STEP_USER = 0x32,
	EC_WATCHPOINT_USER = 0x34,
	EC_BRK = 0x3c,
};

constexpr unsigned ESR_CLASS_SHIFT = 26;
