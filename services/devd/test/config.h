/* SPDX-License-Identifier: MPL-2.0 */
/* Configuration space of PCI functions, for tests. */
#pragma once
#include "services/devd/core/pci.h"

constexpr unsigned FUNCTIONS = 8;

struct config {
	struct config_function {
		bool is_there;
		pci_address at;
		uint32_t word[64];
		uint32_t bar_mask[PCI_BARS]; /* bits that can be written */
	} function[FUNCTIONS];
	unsigned nwrites;
};

struct pci_access config_access(struct config *c);
/* A function with that id and class; its header is of an ordinary device. */
struct config_function *config_add(struct config *c, pci_address at, uint32_t id, uint32_t class);
