/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers that assembly and C share. context.h asserts that those of structures are right. */
#pragma once

/* struct context */
#define CONTEXT_R15            0
#define CONTEXT_R14            8
#define CONTEXT_R13            16
#define CONTEXT_R12            24
#define CONTEXT_RBP            32
#define CONTEXT_RBX            40
#define CONTEXT_R11            48
#define CONTEXT_R10            56
#define CONTEXT_R9             64
#define CONTEXT_R8             72
#define CONTEXT_RAX            80
#define CONTEXT_RCX            88
#define CONTEXT_RDX            96
#define CONTEXT_RSI            104
#define CONTEXT_RDI            112
#define CONTEXT_RIP            120
#define CONTEXT_CS             128
#define CONTEXT_RFLAGS         136
#define CONTEXT_RSP            144
#define CONTEXT_SS             152
#define CONTEXT_FS_BASE        160
#define CONTEXT_CONTROL_KERNEL 168
#define CONTEXT_CONTROL_USER   176
#define CONTEXT_UPCALL_CALL    184
#define CONTEXT_BY_SYSCALL     192

/* How a thread entered the kernel (context.by_syscall). LIVE: it has not left the CPU since, so
 * what C code preserves (rbx, rbp, r12 to r15) is still in the registers, unless the context was
 * written. */
#define BY_TRAP         0
#define BY_SYSCALL      1
#define BY_SYSCALL_LIVE 3

/* struct arch_cpu */
#define CPU_SELF      0
#define CPU_CONTEXT   8
#define CPU_STACK_TOP 16
#define CPU_SCRATCH   24

/* struct control */
#define CONTROL_MASKED   24
#define CONTROL_GUEST_PC 32

/* abi/message.h */
#define NATIVE_CALL_BASE 0x46550000

/* The calls that have an entry of their own. */
#define NUMBER_IPC_CALL       1
#define NUMBER_IPC_REPLY_WAIT 2

/* The descriptor table. User selectors are those of Linux: programs know them. */
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_BASE   0x23 /* sysret: SS is 8 above this, CS is 16 above */
#define SELECTOR_USER_DATA   0x2b
#define SELECTOR_USER_CODE   0x33
#define SELECTOR_TSS         0x38

/* Vectors. Between VECTOR_LINE and VECTOR_MESSAGE interrupt lines, as they are set up. */
#define VECTOR_PIC      0x20
#define VECTOR_LINE     0x30
#define VECTOR_MESSAGE  0x70
#define VECTOR_TIMER    0xf0
#define VECTOR_IPI      0xf1
#define VECTOR_ERROR    0xfe
#define VECTOR_SPURIOUS 0xff

/* Every entry stub takes this many bytes. */
#define STUB_SIZE 16
