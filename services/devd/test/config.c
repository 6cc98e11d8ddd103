/* SPDX-License-Identifier: MPL-2.0 */
/* Configuration space of PCI functions, for tests. */
#include "services/devd/test/config.h"
#include <stdlib.h>

static struct config_function *find(struct config *c, pci_address at)
{
	for (unsigned i = 0; i < FUNCTIONS; i++)
		if (c->function[i].is_there && c->function[i].at == at)
			return &c->function[i];
	return nullptr;
}

static uint32_t config_read(void *self, pci_address at, unsigned offset)
{
	struct config_function *f = find(self, at);

	if (offset % 4 != 0 || offset >= 256)
		abort(); /* the caller promised */
	return f ? f->word[offset / 4] : UINT32_MAX;
}

static void config_write(void *self, pci_address at, unsigned offset, uint32_t value)
{
	struct config *c = self;
	struct config_function *f = find(c, at);

	c->nwrites++;
	if (offset % 4 != 0 || offset >= 256)
		abort(); /* the caller promised */
	if (f == nullptr)
		return;
	uint32_t *word = &f->word[offset / 4];
	if (offset >= 0x10 && offset < 0x28) {
		uint32_t mask = f->bar_mask[offset / 4 - 4];
		*word = (value & mask) | (*word & ~mask);
	} else if (offset == 4) {
		*word = (*word & 0xffff0000) | (value & 0xffff);
	} else {
		*word = value;
	}
}

struct pci_access config_access(struct config *c)
{
	return (struct pci_access){ config_read, config_write, c };
}

struct config_function *config_add(struct config *c, pci_address at, uint32_t id, uint32_t class)
{
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		struct config_function *f = &c->function[i];
		if (f->is_there)
			continue;
		*f = (struct config_function){ .is_there = true, .at = at };
		f->word[0] = id;
		f->word[2] = class << 8;
		return f;
	}
	abort();
}
