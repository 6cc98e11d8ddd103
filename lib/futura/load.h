/* SPDX-License-Identifier: MPL-2.0 */
/* Puts a parsed program into a task's memory. */
#pragma once
#include "lib/futura/elf.h"

/* Where a movable program is put: on some page of these 16 TiB. */
constexpr uint64_t PROGRAM_LOW = 1ull << 32, PROGRAM_PAGES = 1ull << 32;

static inline uint64_t program_base(uint64_t random)
{
	return PROGRAM_LOW + random % PROGRAM_PAGES * 4096;
}

/*
 * A memory object for each segment of `image` that is not writable, 0 for the others: for programs
 * that are loaded more than once. The caller pays for them; the handles cannot be written through.
 */
enum err elf_share(const void *file, const struct elf_image *image,
		   fut_handle shared[ELF_SEGMENTS]);

/*
 * Map the segments of `image`, whose contents are in `file`, `base` above their own addresses, with
 * that inherit mode. `shared` (elf_share; may be nullptr) has some of them already; other memory is
 * the task's, which pays for it. `task` needs `write`. On an error some segments may be mapped
 * already. ERR_EXISTS: something is in the way.
 */
enum err elf_load(fut_handle task, const void *file, const struct elf_image *image, uint64_t base,
		  uint32_t inherit, const fut_handle shared[ELF_SEGMENTS]);
