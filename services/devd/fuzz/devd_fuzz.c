/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes what devd reads: configuration space, ACPI tables, device trees, virtio capabilities. */
#include <stdlib.h>
#include <string.h>
#include "lib/virtio/device.h"
#include "services/devd/core/acpi.h"
#include "services/devd/core/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *input;
static size_t input_size;

static bool memory_read(void *, uint64_t at, void *to, size_t size)
{
	if (at > input_size || size > input_size - at)
		return false;
	memcpy(to, input + at, size);
	return true;
}

static void acpi_visit(void)
{
	struct acpi_ecam to[3];
	unsigned n = acpi_ecam_find(1, memory_read, nullptr, to, 3);

	for (unsigned i = 0; i < n; i++)
		if (to[i].first > to[i].last || to[i].last > 255 || n > 3)
			abort();
}

/* Functions whose registers are bytes of the input, and change as they are written. */
static uint8_t space[4096];

static uint32_t space_read(void *, pci_address at, unsigned offset)
{
	uint32_t v;

	if (offset % 4 != 0 || offset > 252)
		abort();
	memcpy(&v, space + ((at * 64u + offset) & 4095), 4);
	return v;
}

static void space_write(void *, pci_address at, unsigned offset, uint32_t value)
{
	uint32_t keep = space_read(nullptr, at, offset & ~3u) & 0xfff; /* of a BAR */

	value = (value & ~0xfffu) | keep;
	memcpy(space + ((at * 64u + offset) & 4095), &value, 4);
}

static void function_visit(void *self, const struct pci_function *f)
{
	const struct pci_bus *b = self;

	for (unsigned i = 0; i < PCI_BARS; i++)
		if (f->bar[i].size != 0 && (f->bar[i].size & (f->bar[i].size - 1)) != 0)
			abort();
	if (f->msix && (f->msix_offset > f->bar[f->msix_bar].size ||
			f->msix_entries * 16 > f->bar[f->msix_bar].size - f->msix_offset))
		abort();
	if (f->slot != 0 && pci_slot_is_leaving(b, f))
		pci_slot_power_off(b, f);
	pci_enable(b, f, true);
	pci_disable(b, f);
}

static void pci_visit(void)
{
	struct pci_bus b = { .access = { space_read, space_write, nullptr }, .last = input[0] };

	if (input[0] & 1) {
		b.nwindows = 2;
		memcpy(&b.window[0].pci, input + 1, 4);
		memcpy(&b.window[0].size, input + 5, 4);
		memcpy(&b.window[1].pci, input + 9, 8);
		memcpy(&b.window[1].size, input + 17, 5);
		b.window[1].pci &= UINT64_MAX >>
				   1; /* whose end does not wrap: the tree's reader sees to that */
		b.window[1].is_64 = true;
	}
	for (size_t i = 0; i < sizeof(space); i++)
		space[i] = input[i % input_size];
	pci_scan(&b, function_visit, &b);
}

static void virtio_visit(void)
{
	static uint8_t bars[6][512];
	struct virtio_bar bar[6];
	uint8_t config[256] = {};
	struct virtio v;

	memcpy(config, input, input_size < 256 ? input_size : 256);
	for (unsigned i = 0; i < 6; i++) {
		bar[i] = (struct virtio_bar){ bars[i], sizeof(bars[i]) };
		for (unsigned k = 0; k < sizeof(bars[i]); k++)
			bars[i][k] = input[(k + i) % input_size];
	}
	if (virtio_pci_init(&v, config, bar) != OK)
		return;
	uint64_t features;
	(void)v.transport->queue_max(&v, 0);
	struct virtio_queue_place place = { .size = 4 };
	if (v.transport->queue_set(&v, 0, &place) == OK)
		v.transport->notify(&v, 0);
	features = v.transport->features(&v);
	v.transport->set_features(&v, features);
	v.transport->acknowledge(&v);
	for (unsigned i = 0; i < 70; i++)
		(void)v.transport->config(&v, i);
}

static void tree_visit(void)
{
	struct fdt fdt;
	struct tree_host h;
	struct tree_mmio m;
	struct tree_line line;

	/* It claims the size that it has, or the check of that would refuse nearly all. */
	for (unsigned i = 0; i < 4; i++)
		input[4 + i] = (uint8_t)(input_size >> (24 - 8 * i));
	if (!fdt_open(&fdt, input, input_size))
		return;
	for (unsigned i = 0; i < 4 && tree_virtio(&fdt, i, &m); i++)
		if (m.line.line > 1051)
			abort();
	for (unsigned i = 0; i < 3 && tree_host(&fdt, i, &h); i++) {
		if (h.first > h.last || h.nwindows > PCI_WINDOWS)
			abort();
		for (unsigned pin = 1; pin < 5; pin++)
			(void)tree_pin(&h, 0x18, (uint8_t)pin, &line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 32)
		return 0;
	/* Memory of its own, so that any step outside is seen. */
	uint8_t *copy = malloc(size - 1);
	memcpy(copy, data + 1, size - 1);
	input = copy;
	input_size = size - 1;
	switch (data[0] % 4) {
	case 0:
		acpi_visit();
		break;
	case 1:
		pci_visit();
		break;
	case 2:
		virtio_visit();
		break;
	default:
		tree_visit();
	}
	free(copy);
	return 0;
}
