/* SPDX-License-Identifier: MPL-2.0 */
/* Offsets for assembly, asserted in cpu.c: struct control, its words for us, struct registers. */
#pragma once

#define CONTROL_GUEST_PC  32
#define CONTROL_FIXUP     40
#define CONTROL_GUEST_X17 664

#define WORDS_STACK    968
#define WORDS_GUEST_SP 976
#define WORDS_WORK     984
#define WORDS_SCRATCH  992

#define SVC_RETURN 0x4656 /* abi/message.h */

#define FRAME_X(n)   ((n) * 8)
#define FRAME_SP     248
#define FRAME_PC     256
#define FRAME_PSTATE 264
#define FRAME_TPIDR  272
#define FRAME_SIZE   288 /* struct registers, and 8 bytes for the stack's alignment */
