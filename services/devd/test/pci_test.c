/* SPDX-License-Identifier: MPL-2.0 */
/* What a scan finds. */
#include <string.h>
#include "lib/test/test.h"
#include "services/devd/test/config.h"

static struct config config;
static struct pci_function found[FUNCTIONS];
static unsigned nfound;
static struct pci_bus bus;

static void note(void *, const struct pci_function *f)
{
	if (nfound < FUNCTIONS)
		found[nfound] = *f;
	nfound++;
}

static void begin(void)
{
	memset(&config, 0, sizeof(config));
	bus = (struct pci_bus){ .access = config_access(&config), .last = 255 };
	nfound = 0;
}

static void scan(void)
{
	nfound = 0;
	pci_scan(&bus, note, nullptr);
}

/* As QEMU's virtio-blk-pci: messages in BAR 1, the rest in BAR 4. */
static struct config_function *disk_add(pci_address at)
{
	struct config_function *f = config_add(&config, at, 0x10011af4, 0x010000);

	f->word[1] = 0x00100000; /* it has capabilities */
	f->word[4] = 1;          /* BAR 0: ports */
	f->bar_mask[0] = 0xffffff80;
	f->bar_mask[1] = 0xfffff000;
	f->word[8] = 0xc; /* BAR 4: 64 bits, prefetchable */
	f->bar_mask[4] = 0xffffc000;
	f->bar_mask[5] = 0xffffffff;
	f->word[13] = 0x98;             /* first capability */
	f->word[0x98 / 4] = 0x00048411; /* MSI-X, 5 entries, then 0x84 */
	f->word[0x98 / 4 + 1] = 1;      /* at the start of BAR 1 */
	f->word[0x84 / 4] = 0x00140009; /* vendor's */
	f->word[15] = 0x0000010a;       /* line 10, INTA */
	return f;
}

TEST(pci, finds_functions_and_what_they_need)
{
	begin();
	config_add(&config, 0, 0x12378086, 0x060000);
	struct config_function *f = disk_add(0x18);
	f->word[5] = 0xfebd0000;
	f->word[8] |= 0xfe000000;
	scan();
	CHECK(nfound == 2 && found[0].vendor == 0x8086 && found[0].class == 0x060000);
	CHECK(found[1].at == 0x18 && found[1].vendor == 0x1af4 && found[1].device == 0x1001);
	CHECK(found[1].pin == 1 && found[1].line == 10);
	CHECK(found[1].bar[0].size == 0); /* ports are not for drivers here */
	CHECK(found[1].bar[1].cpu == 0xfebd0000 && found[1].bar[1].size == 4096);
	CHECK(found[1].bar[4].cpu == 0xfe000000 && found[1].bar[4].size == 16384);
	CHECK(found[1].msix == 0x98 && found[1].msix_entries == 5 && found[1].msix_bar == 1);
	CHECK(f->word[5] == 0xfebd0000 && f->word[8] == 0xfe00000c); /* as they were */
}

TEST(pci, places_bars_where_firmware_has_not)
{
	begin();
	bus.nwindows = 2;
	bus.window[0] = (struct pci_window){ .pci = 0x10000000, .cpu = 0x50000000, .size = 0x6000 };
	bus.window[1] = (struct pci_window){
		.pci = 0x8000000000, .cpu = 0x8000000000, .size = 1 << 30, .is_64 = true
	};
	struct config_function *a = disk_add(0x08), *b = disk_add(0x10);
	scan();
	CHECK(nfound == 2);
	CHECK(found[0].bar[1].cpu == 0x50000000 && a->word[5] == 0x10000000);
	CHECK(found[1].bar[1].cpu != found[0].bar[1].cpu && found[1].bar[1].size == 4096);
	/* 16 KiB, aligned, do not fit the small window any more. */
	CHECK(found[0].bar[4].cpu == 0x8000000000 && a->word[9] == 0x80);
	CHECK(found[1].bar[4].cpu == 0x8000004000 && b->word[8] == 0x400c);
	/* A second scan finds them placed. */
	struct pci_function first = found[1];
	scan();
	for (unsigned i = 0; i < PCI_BARS; i++)
		CHECK(found[1].bar[i].cpu == first.bar[i].cpu &&
		      found[1].bar[i].size == first.bar[i].size);
}

TEST(pci, a_bar_for_which_there_is_no_place_is_none)
{
	begin();
	bus.nwindows = 1;
	bus.window[0] = (struct pci_window){ .pci = 0x1000, .cpu = 0x1000, .size = 0x2000 };
	disk_add(0x08);
	scan();
	CHECK(nfound == 1 && found[0].bar[1].size == 4096 && found[0].bar[4].size == 0);
}

TEST(pci, looks_behind_bridges_once)
{
	begin();
	struct config_function *bridge = config_add(&config, 0x08, 0x000c1b36, 0x060400);
	bridge->word[3] = 0x00010000;
	bridge->word[6] = 0x00010100; /* to bus 1 */
	struct config_function *circle = config_add(&config, 0x0100, 0x000c1b36, 0x060400);
	circle->word[3] = 0x00010000;
	circle->word[6] = 0x00000001; /* back to bus 0 */
	disk_add(0x0108);
	scan();
	CHECK(nfound == 3 && found[0].is_bridge && found[0].bus == 1 && found[0].slot == 0);
	CHECK(found[1].is_bridge && found[2].at == 0x0108 && !found[2].is_bridge);
}

/* As QEMU's pcie-root-port: a slot with a button, in which something is. */
static struct config_function *slot_add(pci_address at)
{
	struct config_function *f = config_add(&config, at, 0x000c1b36, 0x060400);

	f->word[1] = 0x00100000; /* it has capabilities */
	f->word[3] = 0x00010000;
	f->word[6] = 0x00010100; /* to bus 1 */
	f->word[13] = 0x54;
	f->word[0x54 / 4] = 0x01420010;         /* PCI Express, with a slot */
	f->word[0x54 / 4 + 5] = 0x7b;           /* hot-plug */
	f->word[0x54 / 4 + 6] = 1 << 22 | 0xc0; /* present */
	return f;
}

TEST(pci, a_slot_tells_of_its_button_and_of_what_is_in_it)
{
	begin();
	struct config_function *f = slot_add(0x08);
	uint32_t *slot = &f->word[0x54 / 4 + 6];
	scan();
	CHECK(nfound == 1 && found[0].slot == 0x54);
	CHECK(!pci_slot_is_leaving(&bus, &found[0]));
	*slot |= 1 << 16;
	CHECK(pci_slot_is_leaving(&bus, &found[0]));
	CHECK(*slot == (1 << 16 | 0xc0)); /* the press is taken, and no other event */
	*slot = 0xc0;
	CHECK(pci_slot_is_leaving(&bus, &found[0]));
	pci_slot_power_off(&bus, &found[0]);
	CHECK(*slot == (0xc0 | 3 << 8 | 1 << 10));
}

TEST(pci, a_slot_without_hot_plug_is_none)
{
	begin();
	struct config_function *f = slot_add(0x08);
	f->word[0x54 / 4 + 5] = 0x3b;
	scan();
	CHECK(nfound == 1 && found[0].slot == 0);
}

TEST(pci, several_functions_of_a_device_are_found_if_it_says_so)
{
	begin();
	struct config_function *f = config_add(&config, 0x10, 0x11112222, 0);
	config_add(&config, 0x13, 0x33332222, 0);
	scan();
	CHECK(nfound == 1);
	f->word[3] = 0x00800000;
	scan();
	CHECK(nfound == 2 && found[1].at == 0x13);
}

TEST(pci, a_table_of_messages_outside_its_bar_is_none)
{
	begin();
	struct config_function *f = disk_add(0x08);
	f->word[5] = 0x1000;
	f->word[0x98 / 4 + 1] = 0xff8 | 1;
	scan();
	CHECK(nfound == 1 && found[0].msix == 0);
	f->word[0x98 / 4 + 1] = 6;
	scan();
	CHECK(found[0].msix == 0);
	f->word[0x98 / 4] = 0x00049811; /* its next is itself */
	f->word[0x98 / 4 + 1] = 1;
	scan();
	CHECK(found[0].msix == 0x98);
}

TEST(pci, enabling_and_disabling_change_what_they_should)
{
	begin();
	struct config_function *f = disk_add(0x08);
	f->word[1] |= 0x10000001; /* a status bit that writing would clear; ports */
	f->word[5] = 0x1000;
	scan();
	pci_enable(&bus, &found[0], true);
	CHECK((f->word[1] & 0xffff) == 0x407 && f->word[0x98 / 4] >> 30 == 2);
	pci_disable(&bus, &found[0]);
	CHECK((f->word[1] & 0xffff) == 0x403 && f->word[0x98 / 4] >> 30 == 0);
	pci_enable(&bus, &found[0], false);
	CHECK((f->word[1] & 0xffff) == 0x007 && f->word[0x98 / 4] >> 30 == 0);
}
