/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where a CPU starts when it is told to: in real mode, at the start of a page below 1 MiB to which
 * this was copied. It goes straight to 64-bit mode.
 */
#include "kernel/arch/x86_64/offsets.h"

#define MSR_EFER     0xc0000080
#define EFER_LME_NXE ((1 << 8) | (1 << 11))
#define CR0_PG_WP_PE 0x80010001
#define CR4_PAE	     (1 << 5)

	.section .rodata
	.globl trampoline_start, trampoline_data, trampoline_end
	.balign 16
	.code16
trampoline_start:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	movzwl %ax, %ebx
	shl $4, %ebx
	lea (trampoline_gdt - trampoline_start)(%ebx), %eax
	mov %eax, gdt_pointer + 2 - trampoline_start
	lea (trampoline64 - trampoline_start)(%ebx), %eax
	mov %eax, far_pointer - trampoline_start
	lgdtl gdt_pointer - trampoline_start
	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov trampoline_data - trampoline_start, %eax
	mov %eax, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME_NXE, %eax
	wrmsr
	mov %cr0, %eax
	and $0x9fffffff, %eax /* caches on: CD and NW are set after INIT */
	or $CR0_PG_WP_PE, %eax
	mov %eax, %cr0
	ljmpl *(far_pointer - trampoline_start)

	.code64
trampoline64:
	mov $SELECTOR_KERNEL_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov trampoline_data + 8(%rip), %rsp
	mov trampoline_data + 24(%rip), %rdi
	xor %ebp, %ebp
	push %rbp
	jmp *trampoline_data + 16(%rip)

	.balign 8
trampoline_gdt:
	.quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
	.short 23
	.long 0
far_pointer:
	.long 0
	.short SELECTOR_KERNEL_CODE
	.balign 8
trampoline_data: /* struct trampoline_data */
	.quad 0, 0, 0, 0
trampoline_end:
