/* SPDX-License-Identifier: MPL-2.0 */
/* What the entry code needs of a thread and of a CPU. */
#pragma once
#include "kernel/arch/x86_64/offsets.h"

constexpr uint32_t SIMD_NOWHERE = UINT32_MAX;

/* Aligned so that the processor itself can push the end of an interrupt's frame into it. */
struct context {
	alignas(16) struct registers registers;
	uint64_t control_kernel;
	uint64_t control_user;
	uint64_t upcall_call;
	uint32_t by_syscall; /* BY_: sysret changes rcx and r11 */
	uint32_t simd_cpu;   /* the CPU that loaded the SIMD state last */
	void *simd;          /* XSAVE area; nullptr until first used */
	uint64_t dr[4], dr7; /* hardware breakpoints */
};

/* Vol. 3A figure 8-11 of the Intel manual. */
struct [[gnu::packed]] tss {
	uint32_t reserved0;
	uint64_t rsp0, rsp1, rsp2;
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
};

struct arch_cpu {
	struct cpu *self;
	struct context *context; /* of the thread whose registers an entry saves */
	uint64_t stack_top;
	uint64_t scratch; /* of entry code */
	struct context
		*simd_owner; /* whose state the SIMD registers hold, if its simd_cpu agrees */
	bool simd_on;        /* CR0.TS is clear: they are the current thread's */
	uint32_t index;
	uint32_t apic_id;
	uint64_t dr7; /* as it is in the register */
	alignas(16) uint64_t gdt[9];
	alignas(16) struct tss tss;
};

static_assert(offsetof(struct registers, r15) == CONTEXT_R15);
static_assert(offsetof(struct registers, r12) == CONTEXT_R12);
static_assert(offsetof(struct registers, rbp) == CONTEXT_RBP);
static_assert(offsetof(struct registers, r11) == CONTEXT_R11);
static_assert(offsetof(struct registers, r8) == CONTEXT_R8);
static_assert(offsetof(struct registers, rax) == CONTEXT_RAX);
static_assert(offsetof(struct registers, rdi) == CONTEXT_RDI);
static_assert(offsetof(struct registers, rip) == CONTEXT_RIP);
static_assert(offsetof(struct registers, rsp) == CONTEXT_RSP);
static_assert(offsetof(struct registers, fs_base) == CONTEXT_FS_BASE);
static_assert(CONTEXT_FS_BASE % 16 == 0); /* the top of the stack while in user mode */
static_assert(offsetof(struct context, control_kernel) == CONTEXT_CONTROL_KERNEL);
static_assert(offsetof(struct context, control_user) == CONTEXT_CONTROL_USER);
static_assert(offsetof(struct context, upcall_call) == CONTEXT_UPCALL_CALL);
static_assert(offsetof(struct context, by_syscall) == CONTEXT_BY_SYSCALL);
static_assert(offsetof(struct arch_cpu, self) == CPU_SELF);
static_assert(offsetof(struct arch_cpu, context) == CPU_CONTEXT);
static_assert(offsetof(struct arch_cpu, stack_top) == CPU_STACK_TOP);
static_assert(offsetof(struct arch_cpu, scratch) == CPU_SCRATCH);
static_assert(offsetof(struct control, masked) == CONTROL_MASKED);
static_assert(offsetof(struct control, guest_pc) == CONTROL_GUEST_PC);
static_assert(NATIVE_BASE == NATIVE_CALL_BASE);
static_assert(NUMBER_IPC_CALL == CALL_IPC_CALL && NUMBER_IPC_REPLY_WAIT == CALL_IPC_REPLY_WAIT);
