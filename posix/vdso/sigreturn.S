/* SPDX-License-Identifier: MPL-2.0 */
/* What a signal handler returns to, with the unwinder's hint that this is a signal's frame. */
	.text
	.globl __kernel_rt_sigreturn
#ifdef __aarch64__
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa	x29, 0
	.cfi_offset	x29, 0
	.cfi_offset	x30, 8
	nop			/* an unwinder looks one instruction before the return address */
__kernel_rt_sigreturn:
	mov	x8, #139
	svc	#0
	.cfi_endproc
#else
__kernel_rt_sigreturn:
	mov	$15, %eax
	syscall
#endif
	.section .note.GNU-stack, "", @progbits
