/* SPDX-License-Identifier: MPL-2.0 */
/* The pieces of upcall tests that C cannot write. */
	.set MASKED, 24			/* struct control */
	.set GUEST_PC, 32

	.text
	.globl foreign_call
foreign_call:				/* x0: number, x1: argument */
	mov x8, x0
	mov x0, x1
	svc #0
	ret

	.globl foreign_entry
foreign_entry:
	adrp x16, foreign_seen
	add x16, x16, :lo12:foreign_seen
	stp x8, x0, [x16]
	ldr x17, [x16, #16]
	add x17, x17, #1
	str x17, [x16, #16]
	add x0, x0, #1
	mrs x16, tpidrro_el0
	ldr x17, [x16, #GUEST_PC]
	str wzr, [x16, #MASKED]
	br x17

	.globl event_entry
event_entry:				/* below the interrupted code's red zone */
	sub sp, sp, #128
	bl event_main
	udf #0

	.globl touch
	.globl touch_resume
touch:
	ldrb w0, [x0]
	ret
touch_resume:
	mov x0, #0
	ret

	.section .note.GNU-stack, "", @progbits
