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
 * Map the segments of `image`, whose contents are in `file`, `base` above their own addresses, with
 * that inherit mode. The memory is the task's, which pays for it. `task` needs `write`. On an error
 * some segments may be mapped already. ERR_EXISTS: something is in the way.
 */
enum err elf_load(fut_handle task, const void *file, const struct elf_image *image, uint64_t base,
		  uint32_t inherit);
