/* SPDX-License-Identifier: MPL-2.0 */
/* Section numbers are of the Devicetree Specification 0.4, the bindings those of Linux:
 * "virtio,mmio", "pci-host-ecam-generic", and the GIC's for interrupts. */
#include "services/devd/core/tree.h"
#include "abi/kernel.h"

/* A cell of a value; 0 past its end. */
static uint32_t cell(struct fdt_value v, uint64_t i)
{
	uint64_t n = 0;

	return i < v.size / 4 && fdt_cells(v, (unsigned)i, 1, &n) ? (uint32_t)n : 0;
}

/* Three cells for the GIC: kind (0 shared, 1 of one CPU), number, trigger. */
static bool line_read(struct fdt_value v, uint64_t first, struct tree_line *line)
{
	constexpr uint32_t RISING = 1, FALLING = 2, LOW = 8;
	uint32_t kind = cell(v, first), number = cell(v, first + 1), trigger = cell(v, first + 2);

	if (first + 3 > v.size / 4 || kind > 1 || number > 1019)
		return false;
	line->line = number + (kind == 0 ? 32 : 16);
	line->flags = (trigger & (RISING | FALLING) ? IRQ_EDGE : 0) |
		      (trigger & (FALLING | LOW) ? IRQ_LOW : 0);
	return true;
}

bool tree_virtio(const struct fdt *fdt, unsigned n, struct tree_mmio *m)
{
	struct fdt_walk w;
	struct fdt_value v;

	fdt_walk_start(&w, fdt);
	while (fdt_walk_next(&w))
		if (fdt_is(&w, "virtio,mmio") && fdt_is_enabled(&w) &&
		    fdt_reg(&w, 0, &m->base, &m->size) && fdt_find(&w, "interrupts", &v) &&
		    line_read(v, 0, &m->line) && n-- == 0)
			return true;
	return false;
}

/* `ranges`: three cells of PCI address, of which the first says what it is, two of the CPU's, two
 * of size. 0x02 is memory below 4 GiB, 0x03 memory anywhere. */
static void windows_read(struct fdt_value v, struct tree_host *h)
{
	constexpr uint64_t CELLS = 7;

	for (uint64_t at = 0; at + CELLS <= v.size / 4 && h->nwindows < PCI_WINDOWS; at += CELLS) {
		struct pci_window w = {};
		uint32_t space = cell(v, at) >> 24 & 3;
		if (space < 2 || !fdt_cells(v, (unsigned)at + 1, 2, &w.pci) ||
		    !fdt_cells(v, (unsigned)at + 3, 2, &w.cpu) ||
		    !fdt_cells(v, (unsigned)at + 5, 2, &w.size) || w.pci + w.size < w.pci ||
		    w.cpu + w.size < w.cpu)
			continue;
		w.is_64 = w.pci + w.size > 1ull << 32;
		h->window[h->nwindows++] = w;
	}
}

bool tree_host(const struct fdt *fdt, unsigned n, struct tree_host *h)
{
	struct fdt_walk w;
	struct fdt_value v;

	*h = (struct tree_host){ .fdt = fdt };
	fdt_walk_start(&w, fdt);
	while (fdt_walk_next(&w)) {
		if (!fdt_is(&w, "pci-host-ecam-generic") || !fdt_is_enabled(&w) ||
		    !fdt_reg(&w, 0, &h->ecam, &h->ecam_size) || n-- > 0)
			continue;
		h->last = 255;
		if (fdt_find(&w, "bus-range", &v)) {
			h->first = cell(v, 0) & 255;
			h->last = cell(v, 1) & 255;
		}
		if (fdt_find(&w, "ranges", &v))
			windows_read(v, h);
		if (!fdt_find(&w, "interrupt-map", &h->map) ||
		    !fdt_find(&w, "interrupt-map-mask", &h->mask))
			h->map.size = 0;
		return h->first <= h->last;
	}
	return false;
}

/* How long an interrupt parent's part of an entry is, and where in it the interrupt begins. */
static bool parent_cells(const struct fdt *fdt, uint32_t phandle, uint32_t *naddress,
			 uint32_t *ninterrupt)
{
	struct fdt_walk w;
	uint32_t number;

	fdt_walk_start(&w, fdt);
	while (fdt_walk_next(&w)) {
		if (!fdt_number(&w, "phandle", &number) || number != phandle)
			continue;
		*naddress = 0; /* 2.4.3.1: without the property there is no address */
		(void)fdt_number(&w, "#address-cells", naddress);
		return fdt_number(&w, "#interrupt-cells", ninterrupt) && *naddress <= 4 &&
		       *ninterrupt >= 1 && *ninterrupt <= 4;
	}
	return false;
}

/* 2.4.3: an entry is three cells of address, one of pin, and the parent's part: phandle, address,
 * interrupt. Address and pin count as far as the mask has bits. */
bool tree_pin(const struct tree_host *h, pci_address at, uint8_t pin, struct tree_line *line)
{
	uint64_t ncells = h->map.size / 4;
	uint32_t naddress, ninterrupt;

	for (uint64_t i = 0; i + 5 <= ncells; i += 5 + naddress + ninterrupt) {
		bool is_it = ((cell(h->map, i) ^ (uint32_t)at << 8) & cell(h->mask, 0)) == 0 &&
			     ((cell(h->map, i + 3) ^ pin) & cell(h->mask, 3)) == 0;
		if (!parent_cells(h->fdt, cell(h->map, i + 4), &naddress, &ninterrupt))
			return false;
		if (is_it)
			return ninterrupt == 3 && line_read(h->map, i + 5 + naddress, line);
	}
	return false;
}
