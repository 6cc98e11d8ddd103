/* SPDX-License-Identifier: MPL-2.0 */
/* Lists of memory ranges, as in struct boot_info: at most BOOT_RANGES, in no order. */
#pragma once
#include "kernel/arch.h"

/* Add a range; one that is empty, wraps, or finds the list full is left out. */
void ranges_add(struct memory_range *list, unsigned *n, struct memory_range r);
/* Take the range out of all in the list. */
void ranges_remove(struct memory_range *list, unsigned *n, struct memory_range hole);
