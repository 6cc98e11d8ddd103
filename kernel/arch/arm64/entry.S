/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The exception vectors, and the ways into and out of the kernel.
 *
 * While user code runs SP_EL1 holds the address of its context, so an entry can store registers
 * at once; the kernel's own stack is then taken from the CPU's structure. A native call keeps only
 * what the calling convention makes it keep: x10 to x18 come back as they were at an earlier entry.
 */
#include "kernel/arch/arm64/layout.h"
#include "kernel/arch/arm64/pairs.h"

#define ESR_SVC 0x56000000 /* class 0x15, 32-bit instruction; the immediate is in the low half */

	/* Take a CPU's own kernel stack; \scratch is lost. x29 stays the user's: the backtrace ends
	 * at a frame record that is in no kernel stack. */
	.macro	KERNEL_STACK scratch
	mrs	\scratch, tpidr_el1
	ldr	\scratch, [\scratch, #CPU_STACK]
	mov	sp, \scratch
	.endm

	/* Store sp, pc, pstate and the return address register; x1 to x3 are lost. */
	.macro	SAVE_STATE
	mrs	x1, sp_el0
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x30, x1, [sp, #CONTEXT_X(30)]
	stp	x2, x3, [sp, #CONTEXT_PC]
	.endm

	.macro	SAVE_CALLEE_SAVED
	CONTEXT_PAIRS stp, 19, 27
	str	x29, [sp, #CONTEXT_X(29)]
	.endm

	.macro	SAVE_ARGUMENTS
	CONTEXT_PAIRS stp, 2, 8
	.endm

	/* Everything but x0 and x1, which are stored already. Then x0 is the context. */
	.macro	SAVE_ALL
	SAVE_ARGUMENTS
	CONTEXT_PAIRS stp, 10, 16
	str	x18, [sp, #CONTEXT_X(18)]
	SAVE_CALLEE_SAVED
	SAVE_STATE
	mov	x0, sp
	KERNEL_STACK x1
	.endm

	.text
	.global	vectors
	.balign	0x800
vectors:
	/* From the kernel with SP_EL0: it never runs so. */
	.rept	4
	.balign	0x80
	b	kernel_trap
	.endr
	/* From the kernel: only its own accesses to user memory may fault. Interrupts are off. */
	.rept	4
	.balign	0x80
	b	kernel_trap
	.endr

	/* From user mode, 64-bit: synchronous, interrupt, fast interrupt, system error. */
	.balign	0x80
	stp	x0, x1, [sp]
	mrs	x0, esr_el1
	mov	w1, #ESR_SVC
	movk	w1, #SVC_NATIVE
	cmp	w0, w1
	b.ne	user_other
	SAVE_ARGUMENTS
	SAVE_CALLEE_SAVED
	SAVE_STATE
	mov	x0, sp
	KERNEL_STACK x1
	adr	x30, user_exit
	cmp	w8, #NUMBER_IPC_CALL
	b.eq	kernel_ipc_call
	cmp	w8, #NUMBER_IPC_REPLY_WAIT
	b.eq	kernel_ipc_reply_wait
	mov	w1, w8
	b	kernel_call
	.balign	0x80
	stp	x0, x1, [sp]
	b	user_interrupt
	.balign	0x80
	stp	x0, x1, [sp]
	b	user_interrupt
	.balign	0x80
	stp	x0, x1, [sp]
	b	user_error
	/* From user mode, 32-bit: no context ever asks for it. */
	.rept	4
	.balign	0x80
	b	kernel_trap
	.endr
	.balign	0x80

	/* A synchronous exception that is no native call: w0 is its syndrome. */
user_other:
	lsr	w1, w0, #26
	cmp	w1, #ESR_SVC >> 26
	b.ne	user_fault
	and	w0, w0, #0xffff
	mov	w1, #SVC_RETURN
	cmp	w0, w1
	b.eq	upcall_end

	/* A foreign call: on to the personality, if it is not there already. */
	ldr	x0, [sp, #CONTEXT_UPCALL]
	cbz	x0, user_foreign
	ldr	x0, [sp, #CONTEXT_CONTROL]
	ldr	w1, [x0, #CONTROL_MASKED]
	cbnz	w1, user_foreign
	mov	w1, #1
	str	w1, [x0, #CONTROL_MASKED]
	mrs	x1, elr_el1
	str	x1, [x0, #CONTROL_GUEST_PC]
	str	x17, [x0, #CONTROL_GUEST_X17]
	ldr	x0, [sp, #CONTEXT_UPCALL]
	msr	elr_el1, x0
	ldp	x0, x1, [sp]
	eret

	/* The personality is done: back to where the foreign call came from. Any address will do: a
	 * bad one faults in user mode. */
upcall_end:
	ldr	x0, [sp, #CONTEXT_CONTROL]
	ldr	w1, [x0, #CONTROL_PENDING]
	cbnz	w1, upcall_end_pending
	ldr	x1, [x0, #CONTROL_GUEST_PC]
	msr	elr_el1, x1
	str	wzr, [x0, #CONTROL_MASKED]
	ldp	x0, x1, [sp]
	eret

upcall_end_pending:
	SAVE_ALL
	bl	exception_upcall_end
	b	user_exit

user_foreign:
	SAVE_ALL
	mov	x0, x8
	bl	kernel_foreign
	bl	kernel_leave
	b	user_exit

user_fault:
	SAVE_ALL
	bl	exception_user
	b	user_exit

user_interrupt:
	SAVE_ALL
	bl	interrupt_user
	b	user_exit

user_error:
	SAVE_ALL
	bl	exception_error
	b	user_exit

	/* [[noreturn]] void arch_start(void) */
	.global	arch_start
arch_start:
	KERNEL_STACK x0
	bl	kernel_leave

	/* Run the context in x0. */
user_exit:
	ldp	x30, x1, [x0, #CONTEXT_X(30)]
	ldp	x2, x3, [x0, #CONTEXT_PC]
	mov	sp, x0
	msr	sp_el0, x1
	msr	elr_el1, x2
	msr	spsr_el1, x3
	CONTEXT_PAIRS ldp, 2, 28
	ldp	x0, x1, [sp]
	eret

	/*
	 * An exception in the kernel. Before memory is touched: is there stack left? x0 and sp are
	 * moved into each other, so that the test needs no further register.
	 */
kernel_trap:
	sub	sp, sp, #TRAP_SIZE
	add	sp, sp, x0
	sub	x0, sp, x0
	tbz	x0, #KSTACK_SHIFT, 1f
	sub	x0, sp, x0
	sub	sp, sp, x0
	b	2f
1:	msr	tpidr_el0, x0 /* no user code will run again on this CPU */
	sub	x0, sp, x0
	msr	tpidrro_el0, x0
	adrp	x0, boot_stack_end
	add	x0, x0, :lo12:boot_stack_end
	sub	sp, x0, #TRAP_SIZE
	mrs	x0, tpidrro_el0
	stp	x0, x1, [sp]
	mrs	x0, tpidr_el0
	b	3f
2:	stp	x0, x1, [sp]
	mov	x0, sp
3:	CONTEXT_PAIRS stp, 2, 28
	add	x0, x0, #TRAP_SIZE
	stp	x30, x0, [sp, #CONTEXT_X(30)]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	mrs	x3, esr_el1
	mrs	x4, far_el1
	stp	x1, x2, [sp, #TRAP_PC]
	stp	x3, x4, [sp, #TRAP_ESR]
	stp	x29, x1, [sp, #TRAP_FRAME]
	add	x29, sp, #TRAP_FRAME /* a frame record, for the backtrace */
	mov	x0, sp
	bl	exception_kernel
	/* It was a fault with a fixup. */
	ldr	x1, [sp, #TRAP_PC]
	msr	elr_el1, x1
	ldr	x1, [sp, #TRAP_PC + 8]
	msr	spsr_el1, x1
	CONTEXT_PAIRS ldp, 2, 16
	ldr	x18, [sp, #CONTEXT_X(18)]
	ldp	x29, x30, [sp, #CONTEXT_X(29)]
	ldp	x0, x1, [sp]
	add	sp, sp, #TRAP_SIZE
	eret
