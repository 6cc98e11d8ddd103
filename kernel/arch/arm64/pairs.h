/* SPDX-License-Identifier: MPL-2.0 */
/* For assembly: loads and stores of many registers, two at a time. */
#pragma once
/* clang-format off */

	.altmacro

	.macro	PAIR op, kind, a, b, base, offset
	\op	\kind\a, \kind\b, [\base, #\offset]
	.endm

	/* Registers of `size` bytes, \first and the next up to \last and the one after it. */
	.macro	PAIRS op, kind, size, first, last, base, offset
	PAIR	\op, \kind, %(\first), %(\first + 1), \base, %(\offset)
	.if	\first < \last
	PAIRS	\op, \kind, \size, %(\first + 2), \last, \base, %(\offset + 2 * \size)
	.endif
	.endm

	/* General registers, to or from where struct context and struct trap have them. */
	.macro	CONTEXT_PAIRS op, first, last
	PAIRS	\op, x, 8, \first, \last, sp, %(8 * (\first))
	.endm
