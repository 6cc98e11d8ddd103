/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The kernel's half of every address space:
 *
 *	ffff800000000000	all RAM and firmware tables (DIRECT_BASE)
 *	ffffffff80000000	1 GiB: the kernel image, somewhere in the first 1020 MiB of it;
 *				stacks in the last but one 2 MiB, device registers in the last
 *
 * The boot code fills the tables; nothing in them goes away later.
 */
#pragma once
#include "kernel/arch.h"

constexpr vaddr KERNEL_LINK = 0xffffffff80000000;
constexpr size_t LARGE_PAGE = 2 << 20, HUGE_PAGE = 1 << 30;
constexpr unsigned IMAGE_TABLES =
	2; /* the image is at most 2 MiB, and may start in the middle of one */
constexpr unsigned STACKS_SLOT = 510, DEVICES_SLOT = 511;
constexpr vaddr STACKS_BASE = KERNEL_LINK + STACKS_SLOT * LARGE_PAGE;
constexpr vaddr DEVICES_BASE = KERNEL_LINK + DEVICES_SLOT * LARGE_PAGE;

/* Page aligned, in the image, so below 4 GiB. */
struct kernel_tables {
	pte root[512];
	pte direct[512];              /* level 2 of the first 512 GiB of the direct map */
	pte direct_low[4 * 512];      /* level 1 of its first 4 GiB: large pages */
	pte level2[512], level1[512]; /* the top 2 GiB */
	pte image[IMAGE_TABLES * 512];
	pte stacks[512], devices[512];
};
extern struct kernel_tables kernel_tables;
extern unsigned direct_roots; /* root entries of the direct map in use */

/* linker script */
extern char image_start[], image_text_end[], image_rodata_end[], image_end[];

struct memory_range image_range(void); /* physical */
uint64_t image_slide(void);            /* how far it was moved from its link address */

/* Each CPU's stacks, with an absent page below each; all but the first are for vectors that can
 * strike anywhere, and are numbered as in the TSS. */
enum stack { STACK_MAIN, STACK_DEBUG, STACK_NMI, STACK_DOUBLE_FAULT, STACK_MACHINE_CHECK, STACKS };
constexpr unsigned STACK_PAGES = 4, STACK_TRAP_PAGES = 2;
constexpr unsigned STACKS_PAGES = STACK_PAGES + (STACKS - 1) * STACK_TRAP_PAGES;
constexpr unsigned STACKS_STRIDE = 32; /* pages of address space for one CPU */
static_assert(STACKS_PAGES + STACKS <= STACKS_STRIDE && STACKS_STRIDE * CPUS_MAX <= 512);

vaddr stack_top(unsigned cpu, enum stack stack);
/* Put page n (of STACKS_PAGES) of a CPU's stacks in place. */
void stack_map(unsigned cpu, unsigned n, paddr page);
/* True for an address in such a page. */
bool stack_is_mapped(vaddr address);
/* The CPU whose stacks hold this address, or CPUS_MAX. */
unsigned stack_cpu(vaddr address);

/* Device registers, uncached, for good. nullptr: no address space left. */
volatile void *device_map(uint64_t base, size_t size);
/* Make sure that the direct map has this range, which may be firmware's: false if it cannot. */
bool direct_ensure(uint64_t base, uint64_t size);
