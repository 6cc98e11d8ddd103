/* SPDX-License-Identifier: MPL-2.0 */
/* Store and load the SIMD registers. */
#include "kernel/arch/arm64/pairs.h"

	.arch_extension fp
	.arch_extension simd

	.text

/* void simd_save(struct simd *to) */
	.global	simd_save
simd_save:
	PAIRS	stp, q, 16, 0, 30, x0, 0
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #0x200
	stp	w1, w2, [x0]
	ret

/* void simd_load(const struct simd *from) */
	.global	simd_load
simd_load:
	PAIRS	ldp, q, 16, 0, 30, x0, 0
	add	x0, x0, #0x200
	ldp	w1, w2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
