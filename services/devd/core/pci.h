/* SPDX-License-Identifier: MPL-2.0 */
/* PCI functions: finding them, and what their configuration space says (PCI 3.0, chapter 6). No
 * system calls. Devices are not trusted: whatever they say is bounded. */
#pragma once
#include <stddef.h>
#include <stdint.h>

constexpr unsigned PCI_BARS = 6;
constexpr unsigned PCI_WINDOWS = 4;

/* bus << 8 | device << 3 | function: also the requester id of its DMA. */
typedef uint16_t pci_address;

/* Access to configuration space, 32 bits at a multiple of 4. What is not there reads as all ones.
 */
struct pci_access {
	uint32_t (*read)(void *self, pci_address at, unsigned offset);
	void (*write)(void *self, pci_address at, unsigned offset, uint32_t value);
	void *self;
};

/* Addresses behind a host bridge that BARs may be put at, where firmware has not done it. */
struct pci_window {
	uint64_t pci, cpu, size;
	uint64_t used; /* from its start */
	bool is_64;    /* above 4 GiB of PCI addresses */
};

struct pci_bus {
	struct pci_access access;
	unsigned first, last; /* bus numbers */
	/* None: firmware has placed all, and PCI addresses are the CPU's. */
	unsigned nwindows;
	struct pci_window window[PCI_WINDOWS];
};

struct pci_function {
	pci_address at;
	uint16_t vendor, device;
	uint32_t class; /* 24 bits: class, subclass, interface */
	uint8_t pin;    /* 1 to 4: INTA to INTD; 0: none */
	uint8_t line;   /* what firmware noted of it; 255: nothing */
	struct {
		uint64_t cpu, size; /* memory BARs; size 0: none */
	} bar[PCI_BARS];
	unsigned msix; /* offset of the capability; 0: none */
	unsigned msix_entries;
	unsigned msix_bar;
	uint64_t msix_offset; /* of the table in that BAR, and it is inside */
	/* A bridge has no BARs here; buses [bus, last_bus] lie behind it. */
	bool is_bridge;
	uint8_t bus, last_bus;
	unsigned slot; /* offset of the capability of its hot-plug slot, which is in use; 0: none */
};

typedef void pci_found(void *self, const struct pci_function *f);

/* Call back for every function on the bus and behind its bridges, and for those. BARs are sized,
 * and placed if there are windows. */
void pci_scan(struct pci_bus *b, pci_found *found, void *self);

/* Let it answer to memory accesses and do DMA. With messages its line is silent. */
void pci_enable(const struct pci_bus *b, const struct pci_function *f, bool messages);
/* No more DMA, no more messages. */
void pci_disable(const struct pci_bus *b, const struct pci_function *f);

/* A hot-plug slot: has somebody pressed its button, or is nothing in it? Asking takes the press. */
bool pci_slot_is_leaving(const struct pci_bus *b, const struct pci_function *bridge);
/* What is in it can be taken out. */
void pci_slot_power_off(const struct pci_bus *b, const struct pci_function *bridge);
