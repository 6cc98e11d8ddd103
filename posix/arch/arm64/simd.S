/* SPDX-License-Identifier: MPL-2.0 */
/* SIMD registers to and from guest memory: x0 for v0 to v31, x1 for fpsr, fpcr. A fault gives 1. */
#include "posix/arch/arm64/layout.h"

	.arch_extension fp
	.arch_extension simd

	.macro all op
	\op	q0, q1, [x0]
	\op	q2, q3, [x0, #32]
	\op	q4, q5, [x0, #64]
	\op	q6, q7, [x0, #96]
	\op	q8, q9, [x0, #128]
	\op	q10, q11, [x0, #160]
	\op	q12, q13, [x0, #192]
	\op	q14, q15, [x0, #224]
	\op	q16, q17, [x0, #256]
	\op	q18, q19, [x0, #288]
	\op	q20, q21, [x0, #320]
	\op	q22, q23, [x0, #352]
	\op	q24, q25, [x0, #384]
	\op	q26, q27, [x0, #416]
	\op	q28, q29, [x0, #448]
	\op	q30, q31, [x0, #480]
	.endm

	.text
	.globl guest_simd_save, guest_simd_load
guest_simd_save:
	mrs	x3, tpidrro_el0
	adr	x4, bad
	str	x4, [x3, #CONTROL_FIXUP]
	all	stp
	mrs	x5, fpsr
	mrs	x6, fpcr
	stp	w5, w6, [x1]
	b	good
guest_simd_load:
	mrs	x3, tpidrro_el0
	adr	x4, bad
	str	x4, [x3, #CONTROL_FIXUP]
	all	ldp
	ldp	w5, w6, [x1]
	msr	fpsr, x5
	msr	fpcr, x6
good:	str	xzr, [x3, #CONTROL_FIXUP]
	mov	x0, #0
	ret
bad:	mov	x0, #1
	ret
	.section .note.GNU-stack, "", @progbits
