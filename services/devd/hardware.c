/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A device's part of the hardware, as capabilities: its memory, its interrupts, its DMA window, a
 * copy of its configuration space. A driver can reach no other device through them, but for what
 * shares a page with its registers.
 */
#include <stdio.h>
#include <string.h>
#include "abi/user.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "services/devd/state.h"

constexpr uint64_t PAGE = 4096;
constexpr unsigned CONFIG_SIZE = 256;
/* One entry of an MSI-X table: PCI 3.0, 6.8.2.6. */
enum msix_entry : unsigned { MSIX_ADDRESS, MSIX_ADDRESS_HIGH, MSIX_DATA, MSIX_CONTROL, MSIX_WORDS };

enum err caps_add(struct caps *c, const char *name, fut_handle h)
{
	if (c->n == sizeof(c->cap) / sizeof(*c->cap))
		return handles_close(&h, 1, ERR_TOO_BIG);
	struct startup_cap *to = &c->cap[c->n++];
	*to = (struct startup_cap){ .handle = h };
	snprintf(to->name, sizeof(to->name), "%s", name);
	return OK;
}

enum err caps_duplicate(struct caps *c, const char *name, fut_handle h, uint32_t rights)
{
	fut_handle copy;
	enum err e = fut_handle_duplicate(h, rights | RIGHT_TRANSFER, &copy);

	return e == OK ? caps_add(c, name, copy) : e;
}

/* Whole pages of device memory. */
static enum err memory_add(struct caps *c, const char *name, uint64_t base, uint64_t size)
{
	uint64_t first = base & ~(PAGE - 1), end = (base + size + PAGE - 1) & ~(PAGE - 1);
	fut_handle vmo;
	enum err e = fut_vmo_create_physical(cap_need("physical"), first, end - first,
					     PHYSICAL_UNCACHED, &vmo);

	return e == OK ? caps_add(c, name, vmo) : e;
}

static enum err bars_add(struct caps *c, const struct pci_function *f)
{
	char name[] = "bar0";

	for (unsigned i = 0; i < PCI_BARS; i++) {
		/* A smaller one may share its page with another device's. */
		if (f->bar[i].size < PAGE)
			continue;
		name[3] = (char)('0' + i);
		enum err e = memory_add(c, name, f->bar[i].cpu, f->bar[i].size);
		if (e != OK)
			return e;
	}
	return OK;
}

static enum err config_add(struct caps *c, const struct device *x)
{
	uint32_t copy[CONFIG_SIZE / 4];
	fut_handle vmo;

	for (unsigned i = 0; i < CONFIG_SIZE / 4; i++)
		copy[i] = x->pci->access.read(x->pci->access.self, x->function.at, i * 4);
	enum err e = fut_vmo_create(PAGE, 0, &vmo);
	if (e != OK)
		return e;
	e = fut_vmo_write(vmo, 0, copy, sizeof(copy));
	if (e == OK)
		e = caps_duplicate(c, "config", vmo, RIGHT_READ | RIGHT_MAP);
	return handles_close(&vmo, 1, e);
}

/* --- Interrupts --- */

static enum err message_add(struct caps *c, struct device *x, unsigned i)
{
	volatile uint32_t *entry = x->msix + i * MSIX_WORDS;
	char name[] = "irq0";
	uint64_t address;
	uint32_t data;
	fut_handle irq;
	enum err e = fut_irq_create_msi(cap_need("msi"), x->function.at, &irq, &address, &data);

	if (e != OK)
		return e;
	entry[MSIX_ADDRESS] = (uint32_t)address;
	entry[MSIX_ADDRESS_HIGH] = (uint32_t)(address >> 32);
	entry[MSIX_DATA] = data;
	entry[MSIX_CONTROL] = 0; /* not masked */
	name[3] = (char)('0' + i);
	return caps_add(c, name, irq);
}

/* As many message interrupts as it can use; false if it gets none. */
static bool messages_add(struct caps *c, struct device *x)
{
	unsigned want = x->match->nirqs < IRQS ? x->match->nirqs : IRQS, n = 0;

	if (x->msix == nullptr)
		return false;
	if (want > x->function.msix_entries)
		want = x->function.msix_entries;
	/* The table can be written only while memory is answered to. */
	pci_enable(x->pci, &x->function, true);
	while (n < want && message_add(c, x, n) == OK)
		n++;
	return n > 0;
}

static enum err line_add(struct caps *c, struct device *x)
{
	fut_handle irq;

	if (!x->has_line)
		return ERR_NOT_FOUND;
	enum err e = fut_irq_create(cap_need("irq"), x->line.line, x->line.flags, &irq);
	if (e == ERR_EXISTS)
		print("devd: %s shares interrupt %u, which is taken\n", x->bus, x->line.line);
	return e == OK ? caps_add(c, "irq0", irq) : e;
}

static enum err dma_add(struct caps *c, struct device *x)
{
	/* Devices that are not on PCI have numbers above all that are. */
	uint32_t number = x->pci ? x->function.at : 0x10000 + (uint32_t)(x - x->devd->devices);
	enum err e = OK;

	if (x->dma == 0)
		e = fut_iospace_create(cap_need("iospace"), number, &x->dma);
	return e == OK ? caps_duplicate(c, "dma", x->dma, RIGHT_MAP) : e;
}

enum err device_caps(struct device *x, struct caps *c)
{
	enum err e = dma_add(c, x);

	if (e != OK)
		return e;
	if (x->pci == nullptr) {
		e = memory_add(c, "regs", x->regs, x->regs_size);
		return e == OK ? line_add(c, x) : e;
	}
	if (!messages_add(c, x)) {
		pci_enable(x->pci, &x->function, false);
		e = line_add(c, x);
	}
	if (e == OK)
		e = bars_add(c, &x->function);
	return e == OK ? config_add(c, x) : e;
}
