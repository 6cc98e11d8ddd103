/* SPDX-License-Identifier: MPL-2.0 */
/* A thread's general registers on x86-64, in the order the kernel's entry code stores them. */
#pragma once
#include <stdint.h>

struct registers {
	uint64_t r15, r14, r13, r12, rbp, rbx;
	uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t rip, cs, rflags, rsp, ss; /* as the processor pushes them; cs and ss are fixed */
	uint64_t fs_base;
};

static_assert(sizeof(struct registers) == 21 * 8);
