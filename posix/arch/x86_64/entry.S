/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From guest code to the personality and back: abi/control.h says in which state we get here. The
 * thread's stack is empty then: each entry starts at its top.
 */
#include "posix/arch/x86_64/layout.h"

	.set RFLAGS, 0x202	/* interrupts on, and the bit that is always set */

	/* The guest's registers as Linux would keep them. rcx holds its pc, r11 is lost. */
	.macro save_frame
	mov %rsp, %gs:WORDS_GUEST_SP
	mov %gs:WORDS_STACK, %rsp
	sub $FRAME_SIZE, %rsp
	mov %r15, FRAME_R15(%rsp)
	mov %r14, FRAME_R14(%rsp)
	mov %r13, FRAME_R13(%rsp)
	mov %r12, FRAME_R12(%rsp)
	mov %rbp, FRAME_RBP(%rsp)
	mov %rbx, FRAME_RBX(%rsp)
	mov %r10, FRAME_R10(%rsp)
	mov %r9, FRAME_R9(%rsp)
	mov %r8, FRAME_R8(%rsp)
	mov %rax, FRAME_RAX(%rsp)
	mov %rdx, FRAME_RDX(%rsp)
	mov %rsi, FRAME_RSI(%rsp)
	mov %rdi, FRAME_RDI(%rsp)
	mov %rcx, FRAME_RIP(%rsp)
	movq $RFLAGS, FRAME_RFLAGS(%rsp)
	mov %gs:WORDS_GUEST_SP, %rcx
	mov %rcx, FRAME_RSP(%rsp)
	.endm

	.text
	.globl entry_call, entry_traced, entry_leave, entry_left
	.p2align 6
entry_call:
	mov %gs:CONTROL_GUEST_PC, %rcx
	save_frame
	cld
	cmp $CALLS, %rax
	jae 1f
	mov %r10, %rcx
	lea call_table(%rip), %r11
	call *(%r11,%rax,8)
entry_result:
	cmpl $0, %gs:WORDS_WORK
	jne 2f
	mov FRAME_RIP(%rsp), %rcx
	mov FRAME_RDI(%rsp), %rdi
	mov FRAME_RSI(%rsp), %rsi
	mov FRAME_RDX(%rsp), %rdx
	mov FRAME_R10(%rsp), %r10
	mov FRAME_R8(%rsp), %r8
	mov FRAME_R9(%rsp), %r9
	mov FRAME_RSP(%rsp), %rsp
	movl $0, %gs:CONTROL_MASKED
	/* From here to entry_left an interrupt finds the call done: rcx is the guest's pc. */
entry_leave:
	cmpl $0, %gs:CONTROL_PENDING
	jne 3f
	jmp *%rcx
entry_left:
1:	mov %rax, %rdi
	call call_unknown
	jmp entry_result
2:	mov %rsp, %rdi
	mov %rax, %rsi
	call leave_call
	ud2
	/* The same for a process that is traced. */
entry_traced:
	mov %gs:CONTROL_GUEST_PC, %rcx
	save_frame
	cld
	mov %rsp, %rdi
	call trace_call
	jmp entry_result
	/* Something came while masked, after we had looked. */
3:	movl $1, %gs:CONTROL_MASKED
	save_frame
	mov %rsp, %rdi
	call leave_interrupted
	ud2

	/* A fault or an interrupt: all is in the control page. */
	.globl entry_event
entry_event:
	mov %gs:WORDS_STACK, %rsp
	cld
	call event_main
	ud2

	/* The personality's first instruction: rdi is the start-up block. */
	.globl _start
_start:
	mov %rsp, %rsi
	xor %ebp, %ebp
	and $-16, %rsp
	call personality_main
	ud2

	/* size_t guest_copy(void *to, const void *from, size_t n): bytes that were not copied. */
	.globl guest_copy
guest_copy:
	lea 4f(%rip), %rax
	mov %rax, %gs:CONTROL_FIXUP
	mov %rdx, %rcx
	shr $3, %rcx
	and $7, %edx
	rep movsq
	mov %edx, %ecx
	mov $8, %edx		/* no remainder is so large: the bytes are being copied */
	rep movsb
	movq $0, %gs:CONTROL_FIXUP
	xor %eax, %eax
	ret
4:	mov %rcx, %rax
	cmp $8, %edx
	je 5f
	lea (%rdx,%rcx,8), %rax
5:	mov %rax, %rdi
	jmp guest_copy_ended
	.section .note.GNU-stack, "", @progbits
