/* SPDX-License-Identifier: MPL-2.0 */
/* What a Multiboot2 loader tells; section numbers are of its specification, version 2.0. */
#include "boot/x86_64/boot.h"
#include "kernel/string.h"

/* 3.6 */
enum tag_type : uint32_t {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_MODULE = 3,
	TAG_MAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_RSDP_OLD = 14,
	TAG_RSDP = 15,
};

struct tag {
	uint32_t type, size; /* the next one starts at a multiple of 8 */
};

struct map_tag {
	struct tag tag;
	uint32_t entry_size, entry_version;
};

struct map_entry {
	uint64_t base, size;
	uint32_t type, reserved;
};

struct framebuffer_tag {
	struct tag tag;
	uint64_t base;
	uint32_t pitch, width, height;
	uint8_t bpp, type;
};

struct module_tag {
	struct tag tag;
	uint32_t start, end;
};

constexpr uint8_t FRAMEBUFFER_RGB = 1;

/* RAM first: what is reserved counts only where it lies in RAM. */
static void map_read(struct boot_info *boot, const struct map_tag *m, bool usable)
{
	if (m->entry_size < sizeof(struct map_entry))
		boot_fail("the Multiboot2 memory map is damaged");
	for (uint32_t at = sizeof(*m); at + m->entry_size <= m->tag.size; at += m->entry_size) {
		const struct map_entry *e = (const struct map_entry *)((const char *)m + at);

		if (usable && e->type == MEMORY_USABLE)
			ranges_add_ram(boot, e->base, e->size);
		else if (!usable && e->type != MEMORY_USABLE)
			ranges_reserve(boot, e->base, e->size);
	}
}

static void framebuffer_read(struct boot_info *boot, const struct framebuffer_tag *f)
{
	if (f->type != FRAMEBUFFER_RGB)
		return;
	boot->framebuffer.base = f->base;
	boot->framebuffer.width = f->width;
	boot->framebuffer.height = f->height;
	boot->framebuffer.pitch = f->pitch;
	boot->framebuffer.bpp = f->bpp;
}

static void tag_read(struct boot_info *boot, const struct tag *t)
{
	const struct module_tag *m = (const struct module_tag *)t;
	uint64_t body = (uint64_t)(t + 1);

	switch (t->type) {
	case TAG_CMDLINE:
		string_copy(boot->cmdline, (const char *)body, sizeof(boot->cmdline));
		break;
	case TAG_MODULE:
		/* The first is the bundle. */
		if (boot->bundle.size == 0 && t->size >= sizeof(*m) && m->end > m->start)
			boot->bundle = (struct memory_range){ m->start, m->end - m->start };
		break;
	case TAG_MAP:
		if (t->size >= sizeof(struct map_tag)) {
			map_read(boot, (const struct map_tag *)t, true);
			map_read(boot, (const struct map_tag *)t, false);
		}
		break;
	case TAG_FRAMEBUFFER:
		if (t->size >= offsetof(struct framebuffer_tag, type) + 1)
			framebuffer_read(boot, (const struct framebuffer_tag *)t);
		break;
	case TAG_RSDP_OLD:
		if (boot->acpi_rsdp == 0)
			boot->acpi_rsdp = body;
		break;
	case TAG_RSDP:
		boot->acpi_rsdp = body;
		break;
	}
}

/* 3.1: total size, a reserved word, and the tags. The copy of the RSDP in it stays in use. */
void multiboot_read(struct boot_info *boot, uint64_t info)
{
	if (!low_readable(info, 8))
		boot_fail("what the Multiboot2 loader tells is out of reach");
	uint32_t size = *(const uint32_t *)info;

	if (!low_readable(info, size))
		boot_fail("what the Multiboot2 loader tells is out of reach");
	for (uint32_t at = 8; at + sizeof(struct tag) <= size;) {
		const struct tag *t = (const struct tag *)(info + at);

		if (t->type == TAG_END || t->size < sizeof(*t) || t->size > size - at)
			break;
		tag_read(boot, t);
		at += (t->size + 7) & ~7u;
	}
	ranges_reserve(boot, info, size);
}
