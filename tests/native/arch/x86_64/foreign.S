/* SPDX-License-Identifier: MPL-2.0 */
/* The pieces of upcall tests that C cannot write. */
	.set MASKED, 24			/* struct control */
	.set GUEST_PC, 32

	.text
	.globl foreign_call
foreign_call:				/* rdi: number, rsi: argument */
	mov %rdi, %rax
	mov %rsi, %rdi
	syscall
	ret

	.globl foreign_entry
foreign_entry:
	mov %rax, foreign_seen(%rip)
	mov %rdi, foreign_seen + 8(%rip)
	incq foreign_seen + 16(%rip)
	lea 1(%rdi), %rax
	movl $0, %gs:MASKED
	jmp *%gs:GUEST_PC

	.globl event_entry
event_entry:				/* below the interrupted code's red zone */
	sub $128, %rsp
	and $-16, %rsp
	call event_main
	ud2

	.globl touch
	.globl touch_resume
touch:
	movzbl (%rdi), %eax
	ret
touch_resume:
	xor %eax, %eax
	ret

	.section .note.GNU-stack, "", @progbits
