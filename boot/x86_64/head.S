/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The first instructions: from a loader, in 32-bit mode without paging, to 64-bit C code. Loaders:
 * PVH (QEMU's -kernel, and other hypervisors), which puts the image where its headers say, and
 * Multiboot2 (GRUB), which may put it elsewhere. So nothing here assumes an address.
 */
#include "kernel/arch/x86_64/offsets.h"

#define LOAD_ADDRESS 0x100000 /* kernel.ld */

#define MULTIBOOT_MAGIC	      0xe85250d6
#define MULTIBOOT_LOADER      0x36d76289
#define TAG_FRAMEBUFFER	      5
#define TAG_MODULE_ALIGN      6
#define TAG_RELOCATABLE	      10
#define TAG_OPTIONAL	      1
#define BOOT_BY_PVH	      0 /* enum in boot.c */
#define BOOT_BY_MULTIBOOT     1

#define CPUID_EXTENDED_LM (1 << 29)
#define CPUID_EXTENDED_NX (1 << 20)
#define MSR_EFER	  0xc0000080
#define EFER_LME_NXE	  ((1 << 8) | (1 << 11))
#define CR0_PG_WP_PE	  0x80010001
#define CR4_PAE		  (1 << 5)

/* struct kernel_tables, and bits of its entries. */
#define TABLE_ROOT   0
#define TABLE_DIRECT 4096
#define TABLE_LOW    8192
#define PTE_TABLE    3
#define PTE_LARGE    0x83

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad LOAD_ADDRESS + PVH_OFFSET

	.section .head, "ax"
	.code32
head:
	.balign 8
header:
	.long MULTIBOOT_MAGIC, 0, header_end - header
	.long -(MULTIBOOT_MAGIC + (header_end - header))
	.balign 8
	.short TAG_FRAMEBUFFER, TAG_OPTIONAL
	.long 20, 0, 0, 32
	.balign 8
	.short TAG_MODULE_ALIGN, 0
	.long 8
	.balign 8
	.short TAG_RELOCATABLE, TAG_OPTIONAL
	.long 24, LOAD_ADDRESS, 0xffffffff, 4096, 1 /* as low as it can be */
	.balign 8
	.short 0, 0
	.long 8
header_end:

/* ebx: struct hvm_start_info. There is no stack. */
pvh_start:
	.set PVH_OFFSET, pvh_start - head
	mov $LOAD_ADDRESS, %ebp
	mov $BOOT_BY_PVH, %edi
	jmp start

/* ebx: the information structure, whose second word is free to be a stack for one moment. */
	.globl multiboot_start
multiboot_start:
	cmp $MULTIBOOT_LOADER, %eax
	jne stop
	lea 8(%ebx), %esp
	call 1f
1:	pop %ebp
	sub $(1b - head), %ebp
	mov $BOOT_BY_MULTIBOOT, %edi

/* ebp: address of the image; edi: loader; ebx: what it tells. */
start:
	cli
	cld
	rdtsc
	mov %eax, (start_ticks - head)(%ebp)
	mov %edx, (start_ticks - head + 4)(%ebp)
	lea (boot_stack_end - head)(%ebp), %esp
	mov %ebx, %esi

	mov $0x80000001, %eax
	cpuid
	and $(CPUID_EXTENDED_LM | CPUID_EXTENDED_NX), %edx
	cmp $(CPUID_EXTENDED_LM | CPUID_EXTENDED_NX), %edx
	jne stop

	/* The first 4 GiB in large pages, where they are. */
	lea (kernel_tables - head)(%ebp), %ebx
	lea (TABLE_DIRECT + PTE_TABLE)(%ebx), %eax
	mov %eax, TABLE_ROOT(%ebx)
	lea (TABLE_LOW + PTE_TABLE)(%ebx), %eax
	xor %ecx, %ecx
1:	mov %eax, TABLE_DIRECT(%ebx, %ecx, 8)
	add $4096, %eax
	inc %ecx
	cmp $4, %ecx
	jb 1b
	mov $PTE_LARGE, %eax
	xor %ecx, %ecx
1:	mov %eax, TABLE_LOW(%ebx, %ecx, 8)
	add $(2 << 20), %eax
	inc %ecx
	cmp $(4 * 512), %ecx
	jb 1b

	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov %ebx, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME_NXE, %eax
	wrmsr
	mov %cr0, %eax
	or $CR0_PG_WP_PE, %eax
	mov %eax, %cr0

	lea (boot_gdt - head)(%ebp), %eax
	push %eax
	pushw $(boot_gdt_end - boot_gdt - 1)
	lgdt (%esp)
	add $6, %esp
	push $SELECTOR_KERNEL_CODE
	lea (start64 - head)(%ebp), %eax
	push %eax
	lret

/* A loader we do not know, or a processor without 64-bit mode or NX: say so as well as we can. */
stop:
	mov $0x3f8, %edx
	mov $'!', %al
	out %al, %dx
1:	cli
	hlt
	jmp 1b

	.code64
start64:
	mov $SELECTOR_KERNEL_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov %esp, %esp
	mov %esi, %esi
	call boot_low
	/* rax: the image's final address. The way there is mapped under both. */
	lea head(%rip), %rcx
	lea boot_high(%rip), %rdx
	sub %rcx, %rdx
	add %rax, %rdx
	mov %cr3, %rcx
	mov %rcx, %cr3
	mov boot_stack_top(%rip), %rsp
	xor %ebp, %ebp
	push %rbp
	jmp *%rdx

	.balign 8
boot_gdt:
	.quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
boot_gdt_end:

	.bss
	.balign 16
	.space 8192
boot_stack_end:
