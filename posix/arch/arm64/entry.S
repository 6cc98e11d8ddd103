/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From guest code to the personality and back: abi/control.h says in which state we get here. The
 * thread's stack is empty then: each entry starts at its top.
 */
#include "posix/arch/arm64/layout.h"

	/* x2 to x15, with ldp or stp */
	.macro temporaries op
	\op	x2, x3, [sp, #FRAME_X(2)]
	\op	x4, x5, [sp, #FRAME_X(4)]
	\op	x6, x7, [sp, #FRAME_X(6)]
	\op	x8, x9, [sp, #FRAME_X(8)]
	\op	x10, x11, [sp, #FRAME_X(10)]
	\op	x12, x13, [sp, #FRAME_X(12)]
	\op	x14, x15, [sp, #FRAME_X(14)]
	.endm

	/* All of the guest's registers. */
	.macro save_frame
	mrs	x17, tpidrro_el0
	str	x16, [x17, #WORDS_SCRATCH]
	mov	x16, sp
	str	x16, [x17, #WORDS_GUEST_SP]
	ldr	x16, [x17, #WORDS_STACK]
	sub	sp, x16, #FRAME_SIZE
	stp	x0, x1, [sp]
	temporaries stp
	stp	x18, x19, [sp, #FRAME_X(18)]
	stp	x20, x21, [sp, #FRAME_X(20)]
	stp	x22, x23, [sp, #FRAME_X(22)]
	stp	x24, x25, [sp, #FRAME_X(24)]
	stp	x26, x27, [sp, #FRAME_X(26)]
	stp	x28, x29, [sp, #FRAME_X(28)]
	ldr	x9, [x17, #WORDS_SCRATCH]
	ldr	x10, [x17, #CONTROL_GUEST_X17]
	stp	x9, x10, [sp, #FRAME_X(16)]
	ldr	x9, [x17, #WORDS_GUEST_SP]
	stp	x30, x9, [sp, #FRAME_X(30)]
	ldr	x9, [x17, #CONTROL_GUEST_PC]
	mrs	x10, nzcv
	stp	x9, x10, [sp, #FRAME_PC]
	.endm

	.text
	.globl entry_call, entry_traced, entry_leave, entry_left
	.balign 64
entry_call:
	save_frame
	cmp	x8, #CALLS
	b.hs	1f
	adrp	x9, call_table
	add	x9, x9, :lo12:call_table
	ldr	x9, [x9, x8, lsl #3]
	blr	x9
entry_result:
	mrs	x17, tpidrro_el0
	ldr	w9, [x17, #WORDS_WORK]
	cbnz	w9, 2f
	ldr	x9, [sp, #FRAME_PSTATE]
	msr	nzcv, x9
	ldr	x1, [sp, #FRAME_X(1)]
	temporaries ldp
	ldr	x16, [sp, #FRAME_X(16)]
	ldr	x18, [sp, #FRAME_X(18)]
	ldp	x30, x17, [sp, #FRAME_X(30)]
	mov	sp, x17
	mrs	x17, tpidrro_el0
	ldr	x17, [x17, #CONTROL_GUEST_X17]
	svc	#SVC_RETURN		/* the kernel looks whether something is pending */
entry_leave:
entry_left:
	udf	#0
1:	mov	x0, x8
	bl	call_unknown
	b	entry_result
2:	mov	x1, x0
	mov	x0, sp
	bl	leave_call
	udf	#0

	/* A call of a process that is traced. */
entry_traced:
	save_frame
	mov	x0, sp
	bl	trace_call
	b	entry_result

	/* A fault or an interrupt: all is in the control page. */
	.globl entry_event
entry_event:
	mrs	x17, tpidrro_el0
	ldr	x16, [x17, #WORDS_STACK]
	mov	sp, x16
	bl	event_main
	udf	#0

	/* The personality's first instruction: x0 is the start-up block. */
	.globl _start
_start:
	mov	x1, sp
	mov	x29, xzr
	mov	x30, xzr
	bl	personality_main
	udf	#0

	/* size_t guest_copy(void *to, const void *from, size_t n): bytes that were not copied. */
	.globl guest_copy
guest_copy:
	mrs	x3, tpidrro_el0
	adr	x4, 4f
	str	x4, [x3, #CONTROL_FIXUP]
	mov	x9, #64			/* what x2 lacks of what is left */
	subs	x2, x2, #64
	b.lo	2f
1:	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	ldp	x10, x11, [x1, #32]
	ldp	x12, x13, [x1, #48]
	stp	x4, x5, [x0]
	stp	x6, x7, [x0, #16]
	stp	x10, x11, [x0, #32]
	stp	x12, x13, [x0, #48]
	add	x0, x0, #64
	add	x1, x1, #64
	subs	x2, x2, #64
	b.hs	1b
2:	add	x2, x2, #64
	mov	x9, #0
	tbz	x2, #5, 7f
	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	stp	x4, x5, [x0]
	stp	x6, x7, [x0, #16]
	add	x0, x0, #32
	add	x1, x1, #32
	sub	x2, x2, #32
7:	tbz	x2, #4, 5f
	ldp	x4, x5, [x1]
	stp	x4, x5, [x0], #16
	add	x1, x1, #16
	sub	x2, x2, #16
5:	tbz	x2, #3, 6f
	ldr	x4, [x1]
	str	x4, [x0], #8
	add	x1, x1, #8
	sub	x2, x2, #8
6:	cbz	x2, 3f
	ldrb	w4, [x1]
	strb	w4, [x0], #1
	add	x1, x1, #1
	sub	x2, x2, #1
	b	6b
3:	str	xzr, [x3, #CONTROL_FIXUP]
	mov	x0, #0
	ret
	/* A fault: what can be copied of the piece is, byte by byte, until there is another. */
4:	adr	x4, 8f
	str	x4, [x3, #CONTROL_FIXUP]
	add	x2, x2, x9
	mov	x9, #0
	b	6b
8:	mov	x0, x2
	b	guest_copy_ended
	.section .note.GNU-stack, "", @progbits
