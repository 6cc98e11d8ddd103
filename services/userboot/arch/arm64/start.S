/* SPDX-License-Identifier: MPL-2.0 */
/* userboot's entry: let C find where init begins, and go there as if nothing had happened. */

	.section .text.start, "ax", @progbits
	.globl _start
	.hidden userboot
_start:					/* x0: the start-up block */
	mov x19, x0
	mov x29, xzr
	bl userboot
	mov x1, x0
	mov x0, x19
	br x1

	.section .note.GNU-stack, "", @progbits
