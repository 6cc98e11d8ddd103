/* SPDX-License-Identifier: MPL-2.0 */
/* What boot code and kernel leave for each other. */
#pragma once
#include "kernel/arch.h"

extern struct boot_info boot_info;
extern uint64_t mmu_root; /* for start.S: mmu.root */

/* Called by start.S. */
uint64_t boot_identity(uint64_t dtb);
uint64_t boot_build(uint64_t dtb, uint64_t start_ticks);
[[noreturn]] void arm64_main(void);
[[noreturn]] void arm64_secondary(void);

/* start.S */
extern char boot_stack[], boot_stack_end[]; /* 8 KiB */
extern char vectors[], secondary_entry[], secondary_high[];

/* Read by a CPU that starts, with its MMU off. */
struct boot_secondary {
	uint64_t identity, root; /* TTBR0_EL1, TTBR1_EL1 */
	uint64_t stack, entry;
};
extern struct boot_secondary boot_secondary;
