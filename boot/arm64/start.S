/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From the boot loader to C. The image begins with the header that Linux documents in
 * Documentation/arch/arm64/booting.rst: we are entered with the MMU off, x0 = physical address of
 * the device tree, at EL2 or EL1, anywhere in memory at a multiple of 2 MiB.
 */
#include "kernel/arch/arm64/layout.h"

#define SCTLR_RES1 0x30d00980
#define SCTLR_SPAN (1 << 23) /* off: entry to the kernel sets PAN */
/* MMU and caches on, stacks aligned; user code may use dc zva, cache maintenance, wfi and wfe. No
 * WXN: it would take writable and executable mappings from programs that ask for them. */
#define SCTLR_ON   (1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 12 | 1 << 14 | 1 << 15 | 1 << 16 | \
		    1 << 18 | 1 << 26)

#define MAIR 0x4404ff /* 0 normal, 1 device nGnRE, 2 normal not cached */

/* 48 bits and 4 KiB for both halves; walks are cached and shared; the top byte is ignored in user
 * addresses, as Linux programs may expect. */
#define TCR (16 | 1 << 8 | 1 << 10 | 3 << 12 | 16 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30 | \
	     1 << 37)

	.macro	IMMEDIATE register, value
	movz	\register, #(\value) & 0xffff
	movk	\register, #((\value) >> 16) & 0xffff, lsl #16
	movk	\register, #((\value) >> 32) & 0xffff, lsl #32
	.endm

	.macro	ADDRESS register, symbol
	adrp	\register, \symbol
	add	\register, \register, :lo12:\symbol
	.endm

	.section .head, "ax"
	.global	_start
_start:
	b	primary
	.long	0
	.quad	0		/* text offset */
	.quad	image_size
	.quad	0xa		/* little endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.text
primary:
	mov	x19, x0
	bl	enter_el1
	mrs	x20, cntvct_el0

	/* What we write before caches are on must not hide behind lines left in them. */
	ADDRESS	x0, image_start
	ADDRESS	x1, pool_end
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x3, x3, x2
1:	dc	civac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	1b
	dsb	sy

	/* The first eight pages of the pool too: mmu.c. */
	ADDRESS	x0, bss_start
	ADDRESS	x1, pool_start + 8 * 4096
2:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	2b

	ADDRESS	x0, boot_stack_end
	mov	sp, x0
	mov	x29, xzr
	mov	x0, x19
	bl	boot_identity
	ADDRESS	x1, empty_root
	bl	mmu_enable
	mov	x0, x19
	mov	x1, x20
	bl	boot_build

	/* x0: what to add to an address in the image. From here on at the final place. */
	ADDRESS	x1, mmu_root
	ldr	x1, [x1]
	ADDRESS	x21, empty_root
	msr	ttbr1_el1, x1
	isb
	ADDRESS	x2, 3f
	add	x2, x2, x0
	br	x2
3:	IMMEDIATE x0, (KSTACKS_BASE + KSTACK_SLOT) & 0xffffffffffff
	movk	x0, #0xffff, lsl #48
	mov	sp, x0
	bl	leave_identity
	b	arm64_main

	/*
	 * Another CPU. Its argument is in boot_secondary: stack, and where to go.
	 */
	.global	secondary_entry
secondary_entry:
	bl	enter_el1
	ADDRESS	x4, boot_secondary
	ldp	x0, x1, [x4]
	bl	mmu_enable
	ADDRESS	x21, empty_root
	ADDRESS	x4, boot_secondary
	ldp	x0, x2, [x4, #16]
	mov	sp, x0
	mov	x29, xzr
	br	x2
	.global	secondary_high
secondary_high:
	bl	leave_identity
	b	arm64_secondary

	/* User memory is empty until the first space comes: x21, a root without entries. */
leave_identity:
	ADDRESS	x0, vectors
	msr	vbar_el1, x0
	msr	tpidr_el1, xzr		/* this_cpu(): none yet */
	msr	ttbr0_el1, x21
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	ret

	/* x0: TTBR0, x1: TTBR1. Returns at the same address, which x0 must map. */
mmu_enable:
	IMMEDIATE x2, MAIR
	msr	mair_el1, x2
	IMMEDIATE x2, TCR
	mrs	x3, id_aa64mmfr0_el1
	and	x4, x3, #15		/* physical address size, at most 48 bits */
	cmp	x4, #5
	mov	x5, #5
	csel	x4, x4, x5, lo
	orr	x2, x2, x4, lsl #32
	ubfx	x4, x3, #4, #4		/* 2: ASIDs of 16 bits */
	cmp	x4, #2
	cset	x4, hs
	orr	x2, x2, x4, lsl #36
	msr	tcr_el1, x2
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x1
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	IMMEDIATE x2, SCTLR_RES1 | SCTLR_ON
	mrs	x3, id_aa64mmfr1_el1
	ubfx	x3, x3, #20, #4		/* PAN */
	cbz	x3, 1f
	bic	x2, x2, #SCTLR_SPAN
1:	msr	sctlr_el1, x2
	isb
	ret

	/* To EL1, MMU and interrupts off; if we come from EL2, nothing there traps EL1. */
enter_el1:
	msr	spsel, #1
	msr	daifset, #15
	IMMEDIATE x2, SCTLR_RES1
	mrs	x1, CurrentEL
	cmp	x1, #2 << 2
	b.eq	1f
	msr	sctlr_el1, x2
	isb
	ret
1:	mov	x1, #1 << 31		/* HCR_EL2.RW: EL1 is 64-bit */
	msr	hcr_el2, x1
	isb
	mrs	x1, hcr_el2
	tbnz	x1, #34, 2f		/* E2H may be stuck at 1: registers then have other forms */
	msr	sctlr_el1, x2
	mov	x1, #3			/* CNTHCTL_EL2: EL1 may use the physical counter, timer */
	mov	x2, #0x33ff		/* CPTR_EL2: nothing traps */
	b	3f
2:	msr	S3_5_C1_C0_0, x2	/* SCTLR_EL12 */
	mov	x1, #3 << 10
	mov	x2, #3 << 20 | 3 << 16
3:	msr	cnthctl_el2, x1
	msr	cptr_el2, x2
	msr	cntvoff_el2, xzr
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x1, midr_el1
	msr	vpidr_el2, x1
	mrs	x1, mpidr_el1
	msr	vmpidr_el2, x1
	mrs	x1, id_aa64dfr0_el1	/* MDCR_EL2.HPMN: EL1 has all performance counters */
	ubfx	x2, x1, #8, #4
	mov	x1, xzr
	sub	x2, x2, #1
	cmp	x2, #0xe		/* 0 and 15: no architected counters */
	b.hs	4f
	mrs	x1, pmcr_el0
	ubfx	x1, x1, #11, #5
4:	msr	mdcr_el2, x1
	mrs	x1, id_aa64pfr0_el1
	ubfx	x1, x1, #24, #4
	cbz	x1, 5f
	mrs	x1, S3_4_C12_C9_5	/* ICC_SRE_EL2: EL1 may use the GICv3 registers */
	mov	x2, #9
	orr	x1, x1, x2
	msr	S3_4_C12_C9_5, x1
	isb
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2 */
5:	mrs	x1, id_aa64mmfr0_el1
	ubfx	x1, x1, #56, #4
	cbz	x1, 6f
	msr	S3_4_C1_C1_4, xzr	/* fine-grained traps: HFGRTR, HFGWTR, HFGITR, */
	msr	S3_4_C1_C1_5, xzr
	msr	S3_4_C1_C1_6, xzr
	msr	S3_4_C3_C1_4, xzr	/* HDFGRTR, HDFGWTR */
	msr	S3_4_C3_C1_5, xzr
6:	mov	x1, #0x3c5		/* EL1 with its own stack pointer, DAIF set */
	msr	spsr_el2, x1
	msr	elr_el2, x30
	eret

	.bss
	.balign	4096
empty_root:
	.skip	4096
	/* Used before there is another, and by exceptions that find a kernel stack full. */
	.global	boot_stack, boot_stack_end
boot_stack:
	.skip	8192
boot_stack_end:
