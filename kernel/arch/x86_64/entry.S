/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Into the kernel and out of it.
 *
 * While user code runs, GS base is the user's and TSS.rsp0 points behind the registers in the
 * current thread's context: the processor itself pushes the end of an interrupt's frame to where
 * the context has it, and the stub pushes the rest. Kernel code runs with GS base at this CPU's
 * struct arch_cpu. Between an entry and its swapgs, and from the swapgs of a way out to its last
 * instruction, only vectors with a stack of their own (IST) can arrive; those do not rely on GS.
 */
#include "kernel/arch/x86_64/offsets.h"
#include "kernel/arch/x86_64/smap.h"

	.text

/* rcx: return address, r11: flags. FMASK has cleared IF, TF, DF, AC and NT. */
	.globl syscall_entry
syscall_entry:
	swapgs
	mov %rsp, %gs:CPU_SCRATCH
	mov %gs:CPU_CONTEXT, %rsp
	mov %rax, CONTEXT_RAX(%rsp)
	sub $NATIVE_CALL_BASE, %eax
	cmp native_calls(%rip), %eax
	jae foreign

.macro save_call
	mov %rdi, CONTEXT_RDI(%rsp)
	mov %rsi, CONTEXT_RSI(%rsp)
	mov %rdx, CONTEXT_RDX(%rsp)
	mov %r10, CONTEXT_R10(%rsp)
	mov %r8, CONTEXT_R8(%rsp)
	mov %r9, CONTEXT_R9(%rsp)
	mov %rbx, CONTEXT_RBX(%rsp)
	mov %rbp, CONTEXT_RBP(%rsp)
	mov %r12, CONTEXT_R12(%rsp)
	mov %r13, CONTEXT_R13(%rsp)
	mov %r14, CONTEXT_R14(%rsp)
	mov %r15, CONTEXT_R15(%rsp)
	mov %rcx, CONTEXT_RIP(%rsp)
	mov %r11, CONTEXT_RFLAGS(%rsp)
	mov %gs:CPU_SCRATCH, %rcx
	mov %rcx, CONTEXT_RSP(%rsp)
.endm

/* Back to user mode from the context in rsp, by the way that `syscall` came. No user address is
 * mapped in the last page below the hole, so rip is canonical here. */
.macro leave_by_sysret
	mov CONTEXT_RAX(%rsp), %rax
	mov CONTEXT_RDI(%rsp), %rdi
	mov CONTEXT_RSI(%rsp), %rsi
	mov CONTEXT_RDX(%rsp), %rdx
	mov CONTEXT_R10(%rsp), %r10
	mov CONTEXT_R8(%rsp), %r8
	mov CONTEXT_R9(%rsp), %r9
	mov CONTEXT_RIP(%rsp), %rcx
	mov CONTEXT_RFLAGS(%rsp), %r11
	mov CONTEXT_RSP(%rsp), %rsp
	swapgs
	sysretq
.endm

	save_call
	cmp $NUMBER_IPC_REPLY_WAIT, %eax
	jbe ipc
any_call:
	movl $BY_SYSCALL_LIVE, CONTEXT_BY_SYSCALL(%rsp)
	mov %rsp, %rdi
	mov %eax, %esi
	mov %gs:CPU_STACK_TOP, %rsp
	call kernel_call
leave_to:
	mov %rax, %rsp
	cmpl $BY_SYSCALL_LIVE, CONTEXT_BY_SYSCALL(%rsp)
	jne leave_switched
	leave_by_sysret

/* A foreign call: if its task takes them in user mode and this one is not masked, go on there. All
 * registers but rcx and r11, which `syscall` itself changed, are as they were. */
foreign:
	cmpq $0, CONTEXT_UPCALL_CALL(%rsp)
	je foreign_slow
	mov CONTEXT_CONTROL_KERNEL(%rsp), %rax
	cmpl $0, CONTROL_MASKED(%rax)
	jne foreign_slow
	mov %rcx, CONTROL_GUEST_PC(%rax)
	movl $1, CONTROL_MASKED(%rax)
	mov CONTEXT_UPCALL_CALL(%rsp), %rcx
	mov CONTEXT_RAX(%rsp), %rax
	mov %gs:CPU_SCRATCH, %rsp
	swapgs
	sysretq

/* Numbers up to 2: ipc_reply_wait, ipc_call, and 0, which is none. The thread will probably be
 * switched away from, so these two preserve no register: all is loaded from the context. */
ipc:
	je ipc_reply_wait
	cmp $NUMBER_IPC_CALL, %eax
	jne any_call
	movl $BY_SYSCALL, CONTEXT_BY_SYSCALL(%rsp)
	mov %gs:CPU_STACK_TOP, %rsp
	call kernel_ipc_call
	mov %rax, %rsp
leave_switched:
	cmpl $BY_SYSCALL, CONTEXT_BY_SYSCALL(%rsp)
	jb leave_by_iret
	mov CONTEXT_RBX(%rsp), %rbx
	mov CONTEXT_RBP(%rsp), %rbp
	mov CONTEXT_R12(%rsp), %r12
	mov CONTEXT_R13(%rsp), %r13
	mov CONTEXT_R14(%rsp), %r14
	mov CONTEXT_R15(%rsp), %r15
	leave_by_sysret

ipc_reply_wait:
	movl $BY_SYSCALL, CONTEXT_BY_SYSCALL(%rsp)
	mov %gs:CPU_STACK_TOP, %rsp
	call kernel_ipc_reply_wait
	mov %rax, %rsp
	jmp leave_switched

foreign_slow:
	mov %rcx, CONTEXT_RCX(%rsp)
	mov %r11, CONTEXT_R11(%rsp)
	save_call
	movl $BY_SYSCALL_LIVE, CONTEXT_BY_SYSCALL(%rsp)
	mov CONTEXT_RAX(%rsp), %rdi
	mov %gs:CPU_STACK_TOP, %rsp
	call kernel_foreign
leave:
	call kernel_leave
	jmp leave_to

/* The context's address is in rsp; its end is a frame for iret. */
leave_by_iret:
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	swapgs
	iretq

	.globl arch_start
arch_start:
	mov %gs:CPU_STACK_TOP, %rsp
	jmp leave

/* --- Traps and interrupts ------------------------------------------------------------------- */

/* One stub a vector: afterwards rdi is the error code and esi the vector, their values saved as in
 * struct registers. Vectors 8, 10 to 14, 17, 21, 29 and 30 come with an error code. */
.macro stubs first, last, to
	.set vector, \first
	.rept \last - \first + 1
	.balign STUB_SIZE
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || \
		vector == 29 || vector == 30
	xchg %rdi, (%rsp)
	.else
	push %rdi
	xor %edi, %edi
	.endif
	push %rsi
	mov $vector, %esi
	jmp \to
	.set vector, vector + 1
	.endr
.endm

	.balign STUB_SIZE
	.globl trap_stubs
trap_stubs:
	stubs 0, 0, trap
	.balign STUB_SIZE
	jmp debug_trap
	stubs 2, 2, trap_on_own_stack
	stubs 3, 7, trap
	stubs 8, 8, trap_on_own_stack
	stubs 9, 17, trap
	stubs 18, 18, trap_on_own_stack
	stubs 19, 255, trap

.macro push_rest
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	smap clac
.endm

trap:
	push_rest
	testb $3, CONTEXT_CS(%rsp)
	jz trap_in_kernel
	swapgs
	movl $BY_TRAP, CONTEXT_BY_SYSCALL(%rsp)
	mov %gs:CPU_STACK_TOP, %rsp
	call trap_user
	jmp leave

trap_on_own_stack:
	push_rest
trap_in_kernel:
	mov %rsp, %rdx
	call trap_kernel
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	iretq

/* #DB can strike at the first instruction of syscall_entry (a breakpoint hit by `mov ss` just
 * before it), with the user's stack and GS: it has its own stack. From user mode its frame moves to
 * the context. */
debug_trap:
	testb $3, 8(%rsp)
	jz 1f
	swapgs
	mov %rdi, %gs:CPU_SCRATCH
	mov %gs:CPU_CONTEXT, %rdi
	pop CONTEXT_RIP(%rdi)
	pop CONTEXT_CS(%rdi)
	pop CONTEXT_RFLAGS(%rdi)
	pop CONTEXT_RSP(%rdi)
	pop CONTEXT_SS(%rdi)
	lea CONTEXT_RIP(%rdi), %rsp
	mov %gs:CPU_SCRATCH, %rdi
	swapgs
	push %rdi
	push %rsi
	xor %edi, %edi
	mov $1, %esi
	jmp trap
1:	push %rdi
	push %rsi
	xor %edi, %edi
	mov $1, %esi
	jmp trap_on_own_stack
