/* SPDX-License-Identifier: MPL-2.0 */
/* SIMD state to and from guest memory, all of it. A fault, also by contents that the processor
 * refuses, gives 1. */
#include "posix/arch/x86_64/layout.h"

	.macro with_fixup instruction
	lea 1f(%rip), %rax
	mov %rax, %gs:CONTROL_FIXUP
	mov $-1, %eax
	mov $-1, %edx
	\instruction (%rdi)
	movq $0, %gs:CONTROL_FIXUP
	xor %eax, %eax
	ret
1:	mov $1, %eax
	ret
	.endm

	.text
	.globl guest_xsave, guest_xrstor
guest_xsave:
	with_fixup xsave64
guest_xrstor:
	with_fixup xrstor64
	.section .note.GNU-stack, "", @progbits
