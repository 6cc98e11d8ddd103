/* SPDX-License-Identifier: MPL-2.0 */
/* userboot's entry: let C find where init begins, and go there as if nothing had happened. */

	.section .text.start, "ax", @progbits
	.globl _start
	.hidden userboot
_start:					/* rdi: the start-up block */
	mov %rsp, %rbp
	mov %rdi, %rbx
	and $-16, %rsp
	call userboot
	mov %rbp, %rsp
	mov %rbx, %rdi
	jmp *%rax

	.section .note.GNU-stack, "", @progbits
