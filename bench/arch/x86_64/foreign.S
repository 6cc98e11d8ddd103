/* SPDX-License-Identifier: MPL-2.0 */
/* A guest that makes a Linux call, and the least personality: it answers 0 and goes back. */
	.set MASKED, 24			/* struct control */
	.set GUEST_PC, 32

	.text
	.globl foreign_call
foreign_call:
	mov $39, %eax			/* getpid */
	syscall
	ret

	.globl foreign_entry
foreign_entry:
	xor %eax, %eax
	movl $0, %gs:MASKED
	jmp *%gs:GUEST_PC

	.section .note.GNU-stack, "", @progbits
