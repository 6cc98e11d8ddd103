/* SPDX-License-Identifier: MPL-2.0 */
/* From the capabilities that devd gives to a device: "config" and "bar0" to "bar5" for PCI, "regs"
 * and the variable REGS_OFFSET for registers in memory. */
#include <stdlib.h>
#include "abi/user.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/virtio/device.h"

/* Map all of a memory object that has that name. */
static volatile uint8_t *map(const char *name, uint32_t flags, size_t *size)
{
	uint64_t bytes = 0, npages, at = 0;
	uint32_t info;
	enum err e = fut_vmo_info(cap_need(name), &bytes, &npages, &info);

	if (e == OK)
		e = fut_space_map(0, cap_need(name), 0, 0, bytes, flags, &at);
	if (e != OK)
		panic("cannot map `%s`: %s", name, error_name(e));
	*size = bytes;
	return (volatile uint8_t *)at;
}

static void open_pci(struct virtio *v)
{
	char name[] = "bar0";
	uint8_t config[256];
	struct virtio_bar bar[6] = {};
	enum err e = fut_vmo_read(cap_need("config"), 0, config, sizeof(config));

	if (e != OK)
		panic("cannot read `config`: %s", error_name(e));
	for (unsigned i = 0; i < 6; i++) {
		name[3] = (char)('0' + i);
		if (cap_get(name))
			bar[i].at = map(name, MAP_READ | MAP_WRITE, &bar[i].size);
	}
	e = virtio_pci_init(v, config, bar);
	if (e != OK)
		panic("no virtio device that can be used: %s", error_name(e));
}

static void open_mmio(struct virtio *v)
{
	const char *text = env_get("REGS_OFFSET");
	unsigned long offset = text ? strtoul(text, nullptr, 16) : 0;
	size_t size;
	volatile uint8_t *regs = map("regs", MAP_READ | MAP_WRITE, &size);

	if (offset > size || size - offset < 0x200)
		panic("REGS_OFFSET lies outside `regs`");
	enum err e = virtio_mmio_init(v, regs + offset);
	if (e != OK)
		panic("no virtio device that can be used: %s", error_name(e));
}

void virtio_open(struct virtio *v)
{
	if (cap_get("config"))
		open_pci(v);
	else
		open_mmio(v);
}
