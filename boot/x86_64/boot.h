/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From the loader's information to a running kernel. What is marked "low" runs in the first 4 GiB,
 * mapped where they are, before the image has been moved: pointers stored in data are still wrong
 * there, only code's own references to data are right.
 */
#pragma once
#include "kernel/arch.h"

/* The other numbers of memory in PVH's map and in Multiboot2's are the same, too. */
constexpr uint32_t MEMORY_USABLE = 1;

/* Low. Says why, and stops. */
[[noreturn]] void boot_fail(const char *why);

/* Low. Fill in what a loader told. */
void pvh_read(struct boot_info *boot, uint64_t info);
void multiboot_read(struct boot_info *boot, uint64_t info);

/* Low. True if the range can be read now. */
bool low_readable(uint64_t base, uint64_t size);

/* Low. ranges.c: add a range of RAM, or one that is not to be used although it may lie in RAM. */
void ranges_add_ram(struct boot_info *boot, uint64_t base, uint64_t size);
void ranges_reserve(struct boot_info *boot, uint64_t base, uint64_t size);
/* Low. Free pages below 4 GiB, which are reserved now; 0 if there are none. */
uint64_t ranges_take(struct boot_info *boot, uint64_t npages);
/* Low. There is no RAM below this. */
void ranges_start_at(struct boot_info *boot, uint64_t start);
/* Low. Is any usable RAM in the range; is all of it RAM. */
bool ranges_touch_ram(const struct boot_info *boot, uint64_t base, uint64_t size);
bool ranges_all_ram(const struct boot_info *boot, uint64_t base, uint64_t size);
uint64_t ranges_end(const struct boot_info *boot);

/* Low. map.c: map the image at its final place, all RAM, and the first CPU's stacks. */
void map_image(uint64_t slide);
void map_ram(struct boot_info *boot);
