/* SPDX-License-Identifier: MPL-2.0 */
/* Fills and copies of whole words, by general registers: SIMD registers belong to user code. */

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
1:	ldp	x3, x4, [x1]
	ldp	x5, x6, [x1, #16]
	ldp	x7, x8, [x1, #32]
	ldp	x9, x10, [x1, #48]
	ldp	x11, x12, [x1, #64]
	ldp	x13, x14, [x1, #80]
	ldp	x15, x16, [x1, #96]
	ldp	x17, x18, [x1, #112]
	stp	x3, x4, [x0]
	stp	x5, x6, [x0, #16]
	stp	x7, x8, [x0, #32]
	stp	x9, x10, [x0, #48]
	stp	x11, x12, [x0, #64]
	stp	x13, x14, [x0, #80]
	stp	x15, x16, [x0, #96]
	stp	x17, x18, [x0, #112]
	add	x0, x0, #128
	add	x1, x1, #128
	subs	x2, x2, #128
	b.hs	1b

	/* What is left, 0 to 127 bytes, stands in the low bits of x2. */
2:	tbz	x2, #6, 3f
	ldp	x3, x4, [x1]
	ldp	x5, x6, [x1, #16]
	ldp	x7, x8, [x1, #32]
	ldp	x9, x10, [x1, #48]
	stp	x3, x4, [x0]
	stp	x5, x6, [x0, #16]
	stp	x7, x8, [x0, #32]
	stp	x9, x10, [x0, #48]
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
