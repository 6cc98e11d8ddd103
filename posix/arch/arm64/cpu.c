/* SPDX-License-Identifier: MPL-2.0 */
/* Asserts that assembly and C agree. */
#include "posix/arch/arm64/layout.h"
#include "posix/core/thread.h"

static_assert(offsetof(struct control, guest_pc) == CONTROL_GUEST_PC);
static_assert(offsetof(struct control, fixup) == CONTROL_FIXUP);
static_assert(offsetof(struct control, guest_x17) == CONTROL_GUEST_X17);
static_assert(offsetof(struct control, user) + offsetof(struct words, stack) == WORDS_STACK);
static_assert(offsetof(struct control, user) + offsetof(struct words, guest_sp) == WORDS_GUEST_SP);
static_assert(offsetof(struct control, user) + offsetof(struct words, work) == WORDS_WORK);
static_assert(offsetof(struct control, user) + offsetof(struct words, scratch) == WORDS_SCRATCH);
static_assert(offsetof(struct registers, sp) == FRAME_SP);
static_assert(offsetof(struct registers, pc) == FRAME_PC);
static_assert(offsetof(struct registers, pstate) == FRAME_PSTATE);
static_assert(offsetof(struct registers, tpidr) == FRAME_TPIDR);
static_assert(sizeof(struct registers) + 8 == FRAME_SIZE);
static_assert(NATIVE_RETURN_SVC == SVC_RETURN);
