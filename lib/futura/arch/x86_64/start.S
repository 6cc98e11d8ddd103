/* SPDX-License-Identifier: MPL-2.0 */
/* Where a program's first thread, and every later one, begin. */

	.text
	.globl _start
	.hidden program_start
	.type _start, @function
_start:					/* rdi: the start-up block */
	xor %ebp, %ebp			/* the end of every backtrace */
	and $-16, %rsp
	call program_start
	ud2

	.globl thread_entry
	.hidden thread_entry
	.hidden thread_main
	.type thread_entry, @function
thread_entry:				/* rdi: struct thread */
	xor %ebp, %ebp
	and $-16, %rsp
	call thread_main
	ud2

	.section .note.GNU-stack, "", @progbits
