/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Kernel addresses, and offsets that assembly needs; for C and assembly. TTBR1 translates the upper
 * half, 48 bits with pages of 4 KiB:
 *
 *	0xffff000000000000	physical memory at its own address (the direct map), not executable
 *	0xffff800000000000	device registers
 *	0xffff900000000000	stacks, one for each CPU
 *	0xffffc00000000000	the kernel image, moved up by a random multiple of 2 MiB
 */
#pragma once

#define DIRECT_BASE  0xffff000000000000
#define DIRECT_END   0xffff800000000000
#define DEVICE_BASE  0xffff800000000000
#define KSTACKS_BASE 0xffff900000000000
#define KERNEL_LINK  0xffffc00000000000 /* as boot/arm64/kernel.ld */

/*
 * A stack fills the upper half of its slot, the lower half is never mapped. So the bit KSTACK_SHIFT
 * of a good stack pointer is set, and entry code can tell an overflow without touching memory.
 */
#define KSTACK_SHIFT 14
#define KSTACK_SIZE  (1 << KSTACK_SHIFT)
#define KSTACK_SLOT  (2 * KSTACK_SIZE)

/* abi/message.h: NATIVE_SVC, NATIVE_RETURN_SVC */
#define SVC_NATIVE 0x4655
#define SVC_RETURN 0x4656

/* The calls that have an entry of their own. */
#define NUMBER_IPC_CALL       1
#define NUMBER_IPC_REPLY_WAIT 2

/* struct context */
#define CONTEXT_X(n)    ((n) * 8)
#define CONTEXT_SP      248
#define CONTEXT_PC      256
#define CONTEXT_PSTATE  264
#define CONTEXT_CONTROL 280
#define CONTEXT_UPCALL  296
#define CONTEXT_SIMD    304

/* struct control */
#define CONTROL_MASKED    24
#define CONTROL_PENDING   28
#define CONTROL_GUEST_PC  32
#define CONTROL_GUEST_X17 664

/* struct trap */
#define TRAP_SP    248
#define TRAP_PC    256
#define TRAP_ESR   272
#define TRAP_FRAME 288
#define TRAP_SIZE  304

/* struct arch_cpu */
#define CPU_STACK 0
