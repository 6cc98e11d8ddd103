/* SPDX-License-Identifier: MPL-2.0 */
/* What a device tree says of PCI host bridges and virtio devices. */
#pragma once
#include "kernel/arch/arm64/fdt.h"
#include "services/devd/core/pci.h"

struct tree_line {
	uint32_t line;  /* as the kernel numbers interrupts */
	uint32_t flags; /* IRQ_EDGE, IRQ_LOW */
};

struct tree_mmio {
	uint64_t base, size;
	struct tree_line line;
};

struct tree_host {
	uint64_t ecam, ecam_size;
	unsigned first, last; /* buses */
	unsigned nwindows;
	struct pci_window window[PCI_WINDOWS];
	/* interrupt-map and its mask, to be looked into by tree_pin. */
	const struct fdt *fdt;
	struct fdt_value map, mask;
};

/* Entry n, counting from 0, of its kind; false if there are not so many. */
bool tree_virtio(const struct fdt *fdt, unsigned n, struct tree_mmio *m);
bool tree_host(const struct fdt *fdt, unsigned n, struct tree_host *h);

/* The line that a function's pin (1 to 4) is wired to; false if the map does not say. */
bool tree_pin(const struct tree_host *h, pci_address at, uint8_t pin, struct tree_line *line);
