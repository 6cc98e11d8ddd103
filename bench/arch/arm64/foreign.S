/* SPDX-License-Identifier: MPL-2.0 */
/* A guest that makes a Linux call, and the least personality: it answers 0 and goes back. */
	.set MASKED, 24			/* struct control */
	.set GUEST_PC, 32

	.text
	.globl foreign_call
foreign_call:
	mov x8, #172			/* getpid */
	svc #0
	ret

	.globl foreign_entry
foreign_entry:
	mov x0, #0
	mrs x16, tpidrro_el0
	ldr x17, [x16, #GUEST_PC]
	str wzr, [x16, #MASKED]
	br x17

	.section .note.GNU-stack, "", @progbits
