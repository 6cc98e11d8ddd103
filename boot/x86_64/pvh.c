/* SPDX-License-Identifier: MPL-2.0 */
/* What a PVH loader tells: Xen's public header arch-x86/hvm/start_info.h describes it. */
#include "boot/x86_64/boot.h"
#include "kernel/string.h"

constexpr uint32_t PVH_MAGIC = 0x336ec578;

struct pvh_info {
	uint32_t magic, version, flags, nmodules;
	uint64_t modules, cmdline, rsdp;
	uint64_t map; /* from version 1 on */
	uint32_t nmap, reserved;
};

struct pvh_module {
	uint64_t base, size, cmdline, reserved;
};

struct pvh_range {
	uint64_t base, size;
	uint32_t type, reserved;
};

constexpr uint32_t RANGES_MAX = 4096; /* more is damage */

static void map_read(struct boot_info *boot, const struct pvh_info *info)
{
	const struct pvh_range *map = (const struct pvh_range *)info->map;

	if (info->version < 1 || info->nmap > RANGES_MAX ||
	    !low_readable(info->map, info->nmap * sizeof(*map)))
		boot_fail("the PVH loader gives no memory map");
	for (uint32_t i = 0; i < info->nmap; i++)
		if (map[i].type == MEMORY_USABLE)
			ranges_add_ram(boot, map[i].base, map[i].size);
	for (uint32_t i = 0; i < info->nmap; i++)
		if (map[i].type != MEMORY_USABLE)
			ranges_reserve(boot, map[i].base, map[i].size);
	ranges_reserve(boot, info->map, info->nmap * sizeof(*map));
}

void pvh_read(struct boot_info *boot, uint64_t at)
{
	const struct pvh_info *info = (const struct pvh_info *)at;
	const struct pvh_module *module;

	if (!low_readable(at, sizeof(*info)) || info->magic != PVH_MAGIC)
		boot_fail("what the PVH loader tells is damaged");
	map_read(boot, info);
	ranges_reserve(boot, at, sizeof(*info));
	module = (const struct pvh_module *)info->modules;
	if (info->nmodules > 0 && low_readable(info->modules, sizeof(*module)))
		boot->bundle = (struct memory_range){ module->base, module->size };
	if (low_readable(info->cmdline, sizeof(boot->cmdline)))
		string_copy(boot->cmdline, (const char *)info->cmdline, sizeof(boot->cmdline));
	boot->acpi_rsdp = info->rsdp;
}
