/* SPDX-License-Identifier: MPL-2.0 */
/* Where the ACPI tables say that PCI configuration space lies in memory (PCI Firmware 3.2, 4.1.2).
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct acpi_ecam {
	uint64_t base; /* of bus 0 */
	unsigned first, last;
};

/* Copy physical memory; false if it cannot be read. */
typedef bool acpi_read(void *self, uint64_t at, void *to, size_t size);

/* The entries of segment 0, at most `max`; returns how many. */
unsigned acpi_ecam_find(uint64_t rsdp, acpi_read *read, void *self, struct acpi_ecam *to,
			unsigned max);
