/* SPDX-License-Identifier: MPL-2.0 */
/* Asserts that assembly and C agree. */
#include "posix/arch/x86_64/layout.h"
#include "posix/core/thread.h"

static_assert(offsetof(struct control, masked) == CONTROL_MASKED);
static_assert(offsetof(struct control, pending) == CONTROL_PENDING);
static_assert(offsetof(struct control, guest_pc) == CONTROL_GUEST_PC);
static_assert(offsetof(struct control, fixup) == CONTROL_FIXUP);
static_assert(offsetof(struct control, user) + offsetof(struct words, stack) == WORDS_STACK);
static_assert(offsetof(struct control, user) + offsetof(struct words, guest_sp) == WORDS_GUEST_SP);
static_assert(offsetof(struct control, user) + offsetof(struct words, work) == WORDS_WORK);
static_assert(offsetof(struct registers, r15) == FRAME_R15);
static_assert(offsetof(struct registers, r14) == FRAME_R14);
static_assert(offsetof(struct registers, r13) == FRAME_R13);
static_assert(offsetof(struct registers, r12) == FRAME_R12);
static_assert(offsetof(struct registers, rbp) == FRAME_RBP);
static_assert(offsetof(struct registers, rbx) == FRAME_RBX);
static_assert(offsetof(struct registers, r10) == FRAME_R10);
static_assert(offsetof(struct registers, r9) == FRAME_R9);
static_assert(offsetof(struct registers, r8) == FRAME_R8);
static_assert(offsetof(struct registers, rax) == FRAME_RAX);
static_assert(offsetof(struct registers, rdx) == FRAME_RDX);
static_assert(offsetof(struct registers, rsi) == FRAME_RSI);
static_assert(offsetof(struct registers, rdi) == FRAME_RDI);
static_assert(offsetof(struct registers, rip) == FRAME_RIP);
static_assert(offsetof(struct registers, rflags) == FRAME_RFLAGS);
static_assert(offsetof(struct registers, rsp) == FRAME_RSP);
static_assert(sizeof(struct registers) + 8 == FRAME_SIZE);
