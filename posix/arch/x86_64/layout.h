/* SPDX-License-Identifier: MPL-2.0 */
/* Offsets for assembly, asserted in cpu.c: struct control, its words for us, struct registers. */
#pragma once

#define CONTROL_MASKED   24
#define CONTROL_PENDING  28
#define CONTROL_GUEST_PC 32
#define CONTROL_FIXUP    40

#define WORDS_STACK    904
#define WORDS_GUEST_SP 912
#define WORDS_WORK     920

#define FRAME_R15    0
#define FRAME_R14    8
#define FRAME_R13    16
#define FRAME_R12    24
#define FRAME_RBP    32
#define FRAME_RBX    40
#define FRAME_R10    56
#define FRAME_R9     64
#define FRAME_R8     72
#define FRAME_RAX    80
#define FRAME_RDX    96
#define FRAME_RSI    104
#define FRAME_RDI    112
#define FRAME_RIP    120
#define FRAME_RFLAGS 136
#define FRAME_RSP    144
#define FRAME_SIZE   176 /* struct registers, and 8 bytes for the stack's alignment */
