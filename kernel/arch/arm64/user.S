/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Access to user memory. LDTR and STTR act with user mode's own permissions, so privileged access
 * to user pages (PAN) stays forbidden all the time.
 *
 * A fault between two labels named by FIXUP goes on at the third: see exception.c.
 */
#include "kernel/arch/arm64/layout.h"

	.arch_extension pan

	.macro	FIXUP from, to, target
	.pushsection .fixup, "a"
	.long	\from - ., \to - ., \target - .
	.popsection
	.endm

	.text

/*
 * size_t user_copy_in(void *to, vaddr from, size_t n). x0, x1 and x2 change only after a step is
 * done, so a step that faults is done again byte by byte up to the byte that cannot be reached.
 */
	.global	user_copy_in
	.balign	16
user_copy_in:
	mov	x3, x0
	subs	x2, x2, #64
	b.lo	2f
1:	ldtr	x4, [x1]
	ldtr	x5, [x1, #8]
	ldtr	x6, [x1, #16]
	ldtr	x7, [x1, #24]
	ldtr	x8, [x1, #32]
	ldtr	x9, [x1, #40]
	ldtr	x10, [x1, #48]
	ldtr	x11, [x1, #56]
	stp	x4, x5, [x0]
	stp	x6, x7, [x0, #16]
	stp	x8, x9, [x0, #32]
	stp	x10, x11, [x0, #48]
	add	x0, x0, #64
	add	x1, x1, #64
	subs	x2, x2, #64
	b.hs	1b
2:	adds	x2, x2, #56
	b.mi	4f
3:	ldtr	x4, [x1]
	str	x4, [x0], #8
	add	x1, x1, #8
	subs	x2, x2, #8
	b.pl	3b
4:	add	x2, x2, #8
	cbz	x2, 6f
.Lin1:
5:	ldtrb	w4, [x1]
	strb	w4, [x0], #1
	add	x1, x1, #1
	subs	x2, x2, #1
	b.ne	5b
6:	sub	x0, x0, x3
	ret
.Lin64_fault:
	add	x2, x2, #64
	b	.Lin1
.Lin8_fault:
	add	x2, x2, #8
	b	.Lin1
	FIXUP	1b, 2b, .Lin64_fault
	FIXUP	3b, 4b, .Lin8_fault
	FIXUP	5b, 6b, 6b

/* size_t user_copy_out(vaddr to, const void *from, size_t n) */
	.global	user_copy_out
	.balign	16
user_copy_out:
	mov	x3, x0
	subs	x2, x2, #64
	b.lo	2f
1:	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	ldp	x8, x9, [x1, #32]
	ldp	x10, x11, [x1, #48]
	sttr	x4, [x0]
	sttr	x5, [x0, #8]
	sttr	x6, [x0, #16]
	sttr	x7, [x0, #24]
	sttr	x8, [x0, #32]
	sttr	x9, [x0, #40]
	sttr	x10, [x0, #48]
	sttr	x11, [x0, #56]
	add	x0, x0, #64
	add	x1, x1, #64
	subs	x2, x2, #64
	b.hs	1b
2:	adds	x2, x2, #56
	b.mi	4f
3:	ldr	x4, [x1]
	sttr	x4, [x0]
	add	x0, x0, #8
	add	x1, x1, #8
	subs	x2, x2, #8
	b.pl	3b
4:	add	x2, x2, #8
	cbz	x2, 6f
.Lout1:
5:	ldrb	w4, [x1]
	sttrb	w4, [x0]
	add	x0, x0, #1
	add	x1, x1, #1
	subs	x2, x2, #1
	b.ne	5b
6:	sub	x0, x0, x3
	ret
.Lout64_fault:
	add	x2, x2, #64
	b	.Lout1
.Lout8_fault:
	add	x2, x2, #8
	b	.Lout1
	FIXUP	1b, 2b, .Lout64_fault
	FIXUP	3b, 4b, .Lout8_fault
	FIXUP	5b, 6b, 6b

/* bool user_load(vaddr from, uint32_t *value) */
	.global	user_load
	.balign	16
user_load:
1:	ldtr	w2, [x0]
2:	str	w2, [x1]
	mov	w0, #1
	ret
3:	mov	w0, #0
	ret
	FIXUP	1b, 2b, 3b
