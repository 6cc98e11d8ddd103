/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel's own page tables, and what every CPU has to set up for address translation. */
#pragma once
#include "kernel/arch.h"

/* What an entry of the kernel's tables allows; nothing in them is for user mode. */
enum map_kind : uint32_t { MAP_CODE, MAP_CONSTANT, MAP_DATA, MAP_REGISTERS, MAP_BOOT };

/* Finds how pages are zeroed on this machine. */
void mmu_init(void);

/*
 * Map [va, va + size) to memory at `pa` in the tables below `root`, whole pages, by the largest
 * blocks that fit. What is mapped already stays. False if no page for tables was left: then the end
 * of the range is not mapped.
 */
bool mmu_map(uint64_t root, vaddr va, uint64_t pa, uint64_t size, enum map_kind kind);
/* A zeroed page of the pool behind the image, physical; 0 if none is left. */
uint64_t mmu_page_take(void);
/* Map a device's registers; nullptr if there is no room for it. Never unmapped. */
volatile void *device_map(struct memory_range range);
/* Write to memory itself, for one who reads without caches. */
void memory_clean(const volatile void *p, size_t n);

/* Set by the boot code. */
extern struct mmu {
	uint64_t image;       /* physical address of the image */
	uint64_t slide;       /* how far its virtual address lies above KERNEL_LINK */
	uint64_t root;        /* TTBR1_EL1 */
	uint64_t identity;    /* TTBR0_EL1 while the MMU is being switched on */
	uint64_t pool_next;   /* physical: the next free page of the pool */
	uint64_t pool_limit;  /* physical: from here on the pool is not ours */
	uint64_t tables;      /* what to add to a table's physical address to reach it */
	uint64_t devices_end; /* first free address of the device window */
} mmu;

/* Bounds of the image, from the linker script. */
extern char image_start[], code_end[], constants_end[], image_end[], pool_start[], pool_end[];

/* The physical address of something in the image. */
static inline uint64_t image_paddr(const void *p)
{
	return (uint64_t)p - (KERNEL_LINK + mmu.slide) + mmu.image;
}

void space_cpu_init(struct arch_cpu *cpu);
