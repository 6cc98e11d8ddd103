/* SPDX-License-Identifier: MPL-2.0 */
/* Fills and copies of whole words, by general registers: SIMD registers belong to user code. */
#include "kernel/arch/arm64/pairs.h"

	.text

/* void arm64_page_zero(void *page, size_t block): with `dc zva`, or if block is 0 without. */
	.global	arm64_page_zero
	.balign	16
arm64_page_zero:
	add	x2, x0, #4096
	cbz	x1, 2f
1:	dc	zva, x0
	add	x0, x0, x1
	dc	zva, x0
	add	x0, x0, x1
	cmp	x0, x2
	b.lo	1b
	ret
2:	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	cmp	x0, x2
	b.lo	2b
	ret

/* void arm64_words_copy(void *to, const void *from, size_t n): n is rounded up to 8. */
	.global	arm64_words_copy
	.balign	16
arm64_words_copy:
	add	x2, x2, #7
	subs	x2, x2, #128
	b.lo	2f
1:	PAIRS	ldp, x, 8, 3, 17, x1, 0
	PAIRS	stp, x, 8, 3, 17, x0, 0
	add	x0, x0, #128
	add	x1, x1, #128
	subs	x2, x2, #128
	b.hs	1b

	/* What is left, 0 to 127 bytes, stands in the low bits of x2. */
2:	tbz	x2, #6, 3f
	PAIRS	ldp, x, 8, 3, 9, x1, 0
	PAIRS	stp, x, 8, 3, 9, x0, 0
	add	x0, x0, #64
	add	x1, x1, #64
3:	tbz	x2, #5, 4f
	ldp	x3, x4, [x1], #16
	ldp	x5, x6, [x1], #16
	stp	x3, x4, [x0], #16
	stp	x5, x6, [x0], #16
4:	tbz	x2, #4, 5f
	ldp	x3, x4, [x1], #16
	stp	x3, x4, [x0], #16
5:	tbz	x2, #3, 6f
	ldr	x3, [x1]
	str	x3, [x0]
6:	ret
