/* SPDX-License-Identifier: MPL-2.0 */
/* The vDSO as data of the personality. */
	.section .rodata
	.globl vdso_image, vdso_image_end
	.balign 4096
vdso_image:
	.incbin VDSO_FILE
vdso_image_end:
	.section .note.GNU-stack, "", @progbits
