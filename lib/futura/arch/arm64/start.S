/* SPDX-License-Identifier: MPL-2.0 */
/* Where a program's first thread, and every later one, begin. */

	.text
	.globl _start
	.hidden program_start
	.type _start, @function
_start:					/* x0: the start-up block */
	mov x29, xzr			/* the end of every backtrace */
	mov x30, xzr
	bl program_start
	udf #0

	.globl thread_entry
	.hidden thread_entry
	.hidden thread_main
	.type thread_entry, @function
thread_entry:				/* x0: struct thread */
	mov x29, xzr
	mov x30, xzr
	bl thread_main
	udf #0

	.section .note.GNU-stack, "", @progbits
