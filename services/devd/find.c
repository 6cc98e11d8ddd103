/* SPDX-License-Identifier: MPL-2.0 */
/* Finding the machine's devices: from ACPI tables, the device tree, or the PC's configuration
 * ports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/user.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "services/devd/core/acpi.h"
#include "services/devd/state.h"

constexpr uint64_t PAGE = 4096;
constexpr uint64_t BUS_SIZE = 1 << 20; /* of configuration space in memory */
constexpr unsigned HOSTS = 4;

void *physical_map(uint64_t base, uint64_t size, uint32_t flags)
{
	uint64_t first = base & ~(PAGE - 1), end = (base + size + PAGE - 1) & ~(PAGE - 1), at = 0;
	fut_handle vmo;

	if (size == 0 || end <= first ||
	    fut_vmo_create_physical(cap_need("physical"), first, end - first, flags, &vmo) != OK)
		return nullptr;
	enum err e = fut_space_map(0, vmo, 0, 0, end - first, MAP_READ | MAP_WRITE, &at);
	(void)fut_handle_close(vmo); /* the mapping keeps it */
	return e == OK ? (char *)at + (base - first) : nullptr;
}

static struct device *device_add(struct devd *d)
{
	if (d->ndevices == DEVICES) {
		print("devd: more than %u devices\n", DEVICES);
		return nullptr;
	}
	struct device *x = &d->devices[d->ndevices++];
	*x = (struct device){ .devd = d };
	return x;
}

/* --- PCI --- */

/* A host bridge: configuration space in memory, or behind two ports; how its pins are wired. */
struct host {
	struct devd *devd;
	struct pci_bus bus;
	uint64_t base; /* of bus 0; 0: ports */
	volatile uint32_t *mapped[256];
	fut_handle ports;
	struct tree_host tree; /* without one its `map` is empty */
};

static struct host hosts[HOSTS];
static unsigned nhosts;

/* A bus that cannot be mapped has no devices. */
static volatile uint32_t *ecam_at(struct host *h, pci_address at, unsigned offset)
{
	unsigned bus = at >> 8;

	if (h->mapped[bus] == nullptr)
		h->mapped[bus] =
			physical_map(h->base + bus * BUS_SIZE, BUS_SIZE, PHYSICAL_UNCACHED);
	return h->mapped[bus] ? h->mapped[bus] + (((at & 0xffu) << 12 | offset) / 4) : nullptr;
}

static uint32_t ecam_read(void *self, pci_address at, unsigned offset)
{
	volatile uint32_t *p = ecam_at(self, at, offset);

	return p ? *p : UINT32_MAX;
}

static void ecam_write(void *self, pci_address at, unsigned offset, uint32_t value)
{
	volatile uint32_t *p = ecam_at(self, at, offset);

	if (p)
		*p = value;
}

/* PCI 3.0, 3.2.2.3.2: the address to one port, the data through another. */
static void port_select(const struct host *h, pci_address at, unsigned offset)
{
	(void)fut_ioport_write(h->ports, 0, 4, 1u << 31 | (uint32_t)at << 8 | offset); /* ours */
}

static uint32_t port_read(void *self, pci_address at, unsigned offset)
{
	struct host *h = self;
	uint32_t value = UINT32_MAX;

	port_select(h, at, offset);
	(void)fut_ioport_read(h->ports, 4, 4, &value); /* ours, and in range */
	return value;
}

static void port_write(void *self, pci_address at, unsigned offset, uint32_t value)
{
	struct host *h = self;

	port_select(h, at, offset);
	(void)fut_ioport_write(h->ports, 4, 4, value); /* ours, and in range */
}

/* On PCs firmware notes the line in the function itself; 255 means none. */
static void line_find(const struct host *h, struct device *x)
{
	const struct pci_function *f = &x->function;

	if (f->pin == 0)
		return;
	if (h->tree.map.size > 0) {
		x->has_line = tree_pin(&h->tree, f->at, f->pin, &x->line);
	} else if (f->line != 0 && f->line != 255) {
		x->line = (struct tree_line){ .line = f->line };
		x->has_line = true;
	}
}

static void function_found(void *self, const struct pci_function *f)
{
	struct host *h = self;
	struct device *x = device_add(h->devd);

	if (x == nullptr)
		return;
	snprintf(x->bus, sizeof(x->bus), "pci %02x:%02x.%x", f->at >> 8, f->at >> 3 & 31,
		 f->at & 7);
	x->id = (uint32_t)f->vendor << 16 | f->device;
	x->class = f->class;
	x->match = match_find(f->vendor, f->device, f->class);
	x->pci = &h->bus;
	x->function = *f;
	line_find(h, x);
	if (x->match && f->msix && cap_get("msi"))
		x->msix = physical_map(f->bar[f->msix_bar].cpu + f->msix_offset,
				       f->msix_entries * 16ull, PHYSICAL_UNCACHED);
}

static struct host *host_add(struct devd *d, unsigned first, unsigned last)
{
	if (nhosts == HOSTS)
		return nullptr;
	struct host *h = &hosts[nhosts++];
	h->devd = d;
	h->bus = (struct pci_bus){ .access = { ecam_read, ecam_write, h },
				   .first = first,
				   .last = last & 255 };
	return h;
}

static bool acpi_memory(void *, uint64_t at, void *to, size_t size)
{
	uint64_t first = at & ~(PAGE - 1);
	void *mapped = physical_map(at, size, PHYSICAL_CACHED);

	if (mapped == nullptr)
		return false;
	memcpy(to, mapped, size);
	(void)fut_space_unmap(0, (uint64_t)mapped & ~(PAGE - 1),
			      (at + size - first + PAGE - 1) & ~(PAGE - 1)); /* mapped just now */
	return true;
}

static void find_by_acpi(struct devd *d)
{
	const char *rsdp = env_get("ACPI_RSDP");
	struct acpi_ecam ecam[HOSTS];
	unsigned n = rsdp ? acpi_ecam_find(strtoull(rsdp, nullptr, 16), acpi_memory, nullptr, ecam,
					   HOSTS)
			  : 0;

	for (unsigned i = 0; i < n; i++) {
		struct host *h = host_add(d, ecam[i].first, ecam[i].last);
		if (h == nullptr)
			return;
		h->base = ecam[i].base;
		pci_scan(&h->bus, function_found, h);
	}
}

static void find_by_ports(struct devd *d)
{
	fut_handle ports;

	if (cap_get("pci-ports") == 0 ||
	    fut_ioport_create(cap_get("pci-ports"), 0xcf8, 8, &ports) != OK)
		return;
	struct host *h = host_add(d, 0, 255);
	h->ports = ports;
	h->bus.access = (struct pci_access){ port_read, port_write, h };
	pci_scan(&h->bus, function_found, h);
}

/* --- Device tree --- */

static void find_hosts(struct devd *d, const struct fdt *fdt)
{
	struct tree_host t;

	for (unsigned i = 0; tree_host(fdt, i, &t); i++) {
		struct host *h = host_add(d, t.first, t.last);
		if (h == nullptr)
			return;
		if ((uint64_t)(t.last - t.first + 1) * BUS_SIZE > t.ecam_size)
			h->bus.last = t.first + (unsigned)(t.ecam_size / BUS_SIZE) - 1;
		h->base = t.ecam - t.first * BUS_SIZE;
		h->tree = t;
		h->bus.nwindows = t.nwindows;
		memcpy(h->bus.window, t.window, sizeof(t.window));
		pci_scan(&h->bus, function_found, h);
	}
}

/* Virtio 1.2, 4.2.2: device number 0 means that there is none behind these registers. */
static void virtio_probe(struct devd *d, const struct tree_mmio *m)
{
	constexpr uint32_t MAGIC = 0x74726976;
	volatile uint32_t *regs = physical_map(m->base, m->size, PHYSICAL_UNCACHED);
	uint32_t number = regs && m->size >= 0x100 && regs[0] == MAGIC ? regs[2] : 0;

	if (regs)
		(void)fut_space_unmap(0, (uint64_t)regs & ~(PAGE - 1),
				      ((m->base & (PAGE - 1)) + m->size + PAGE - 1) &
					      ~(PAGE - 1)); /* mapped just now */
	struct device *x = number != 0 && number < 0x1000 ? device_add(d) : nullptr;
	if (x == nullptr)
		return;
	snprintf(x->bus, sizeof(x->bus), "mmio %llx", (unsigned long long)m->base);
	x->id = (uint32_t)VIRTIO_VENDOR << 16 | (VIRTIO_FIRST + number);
	x->match = match_find(VIRTIO_VENDOR, (uint16_t)(VIRTIO_FIRST + number), 0);
	x->regs = m->base;
	x->regs_size = m->size;
	x->line = m->line;
	x->has_line = true;
}

static void find_by_tree(struct devd *d)
{
	static struct fdt fdt; /* hosts look into it later */
	const char *start = env_get("DTB_OFFSET"), *used = env_get("DTB_SIZE");
	uint64_t offset = start ? strtoull(start, nullptr, 16) : 0, size, npages, at = 0;
	uint32_t flags;
	struct tree_mmio m;

	if (cap_get("dtb") == 0 || fut_vmo_info(cap_get("dtb"), &size, &npages, &flags) != OK ||
	    fut_space_map(0, cap_get("dtb"), 0, 0, size, MAP_READ, &at) != OK || offset > size)
		return;
	size -= offset;
	if (used && strtoull(used, nullptr, 16) < size)
		size = strtoull(used, nullptr, 16);
	if (!fdt_open(&fdt, (const char *)at + offset, size)) {
		print("devd: the device tree is damaged\n");
		return;
	}
	find_hosts(d, &fdt);
	for (unsigned i = 0; tree_virtio(&fdt, i, &m); i++)
		virtio_probe(d, &m);
}

/* Drivers' names: KIND.0, KIND.1, in the order of finding. */
static void names_give(struct devd *d)
{
	for (unsigned i = 0; i < d->ndevices; i++) {
		struct device *x = &d->devices[i];
		unsigned n = 0;
		if (x->match == nullptr)
			continue;
		for (unsigned k = 0; k < i; k++)
			n += d->devices[k].match &&
			     strcmp(d->devices[k].match->kind, x->match->kind) == 0;
		snprintf(x->name, sizeof(x->name), "%s.%u", x->match->kind, n);
	}
}

void devices_find(struct devd *d)
{
	find_by_acpi(d);
	if (nhosts == 0)
		find_by_ports(d);
	find_by_tree(d);
	names_give(d);
}
