/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A driver's hardware, by the names the manifest gives it. Each ends the program with a message if
 * there is no such thing: a driver without its device has nothing to do.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/kernel.h"

struct device_range {
	uint64_t first, count;
};

/* Which numbers the resource of that name covers. */
struct device_range device_range(const char *name);

/* All its physical addresses, mapped uncached. */
void *device_map(const char *name);

/* Its first interrupt line, unmasked. `flags`: IRQ_EDGE, IRQ_LOW. */
fut_handle device_irq(const char *name, uint32_t flags);

/* All its I/O ports. */
fut_handle device_ioport(const char *name);

/* Memory for a device to work in: zeroed, mapped here, and in one piece at `address` for the device
 * of this DMA window, as long as the program runs. `size` is rounded up to whole pages. */
void *device_memory(fut_handle iospace, size_t size, uint64_t *address);
