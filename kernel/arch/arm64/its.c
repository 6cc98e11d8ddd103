/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Arm IHI 0069, chapters 5 and 6. A device writes an event number; the service looks up the device
 * and then the event in tables of ours, which gives an interrupt (LPI) and the CPU it goes to.
 * Message n is event n of whatever device has it, and LPI ITS_FIRST + n. The service reads all
 * this from memory, perhaps not through caches, so what we write is cleaned.
 */
#include "kernel/arch/arm64/its.h"
#include "abi/kernel.h"
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/mmu.h"
#include "kernel/frame.h"

/* The service's registers, and a redistributor's, by their places in 64-bit words. */
enum service : unsigned {
	GITS_CTLR = 0x00 / 8,
	GITS_TYPER = 0x08 / 8,
	GITS_CBASER = 0x80 / 8,
	GITS_CWRITER = 0x88 / 8,
	GITS_CREADR = 0x90 / 8,
	GITS_BASER = 0x100 / 8,
};
enum redistributor : unsigned {
	GICR_CTLR = 0x00 / 8,
	GICR_TYPER = 0x08 / 8,
	GICR_PROPBASER = 0x70 / 8,
	GICR_PENDBASER = 0x78 / 8,
};
constexpr uint64_t TRANSLATER = 0x10040; /* where devices write */
constexpr unsigned TABLES = 8;           /* GITS_BASER registers */
constexpr unsigned TABLE_DEVICES = 1, TABLE_COLLECTIONS = 4;

constexpr uint64_t ENABLE = 1;
constexpr uint64_t VALID = 1ull << 63, INDIRECT = 1ull << 62;
constexpr uint64_t BASER_SHARED = 7ull << 59 | 1 << 10; /* write-back caches, inner shareable */
constexpr uint64_t BASER_PAGE = 3ull << 8;              /* 0: of 4 KiB */
constexpr uint64_t LPI_SHARED = 7ull << 7 | 1 << 10;
constexpr uint64_t PENDING_ZERO = 1ull << 62;
constexpr uint64_t TYPER_TARGET_IS_ADDRESS = 1 << 19, TYPER_LPIS = 1;

/* INTIDs have 14 bits, the fewest with which there are LPIs; a byte each says whether it may come.
 */
constexpr unsigned ID_BITS = 14;
constexpr uint8_t CONFIG = 0xa2; /* the priority that lines have, too; bit 1 is always set */

/* With 256 events, of at most 16 bytes, a device's table is a page. */
constexpr unsigned EVENT_BITS = 8, MESSAGES = 1 << EVENT_BITS;

enum operation : uint64_t {
	SYNC = 0x05,
	MAPD = 0x08,
	MAPC = 0x09,
	MAPTI = 0x0a,
	INV = 0x0c,
	DISCARD = 0x0f,
};

/* The pages we need, out of a run of 128 KiB: two must lie at multiples of 64 KiB. */
enum place : unsigned {
	PLACE_PENDING = 0,
	PLACE_CONFIG = 1, /* two pages */
	PLACE_DEVICES = 3,
	PLACE_COLLECTIONS = 4,
	PLACE_QUEUE = 16,
};
constexpr unsigned RUN_ORDER = 5;
constexpr uint32_t PLACES = 0x1f | 1 << PLACE_QUEUE;

constexpr unsigned QUEUE_LENGTH = PAGE_SIZE / 32;
constexpr unsigned PATIENCE = 1000000; /* polls */

static struct {
	volatile uint64_t *reg;
	paddr memory;  /* the run */
	unsigned next; /* where in the queue the next command goes */
	uint64_t target;
	bool indirect;    /* the table of devices is of pages of entries */
	unsigned in_page; /* entries in one */
	unsigned ndevices;
	uint32_t devices[MESSAGES]; /* that have a table of events */
	bool mapped[MESSAGES];
	uint32_t owner[MESSAGES]; /* of a mapped message */
} its;

static void *place(enum place p)
{
	return direct(paddr_add(its.memory, (uint64_t)p * PAGE_SIZE));
}

static uint64_t place_address(enum place p)
{
	return its.memory.raw + (uint64_t)p * PAGE_SIZE;
}

/* --- Commands --- */

static void command_put(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t *slot = (uint64_t *)place(PLACE_QUEUE) + (size_t)its.next * 4;

	slot[0] = a;
	slot[1] = b;
	slot[2] = c;
	slot[3] = 0;
	memory_clean(slot, 4 * sizeof(*slot));
	its.next = (its.next + 1) % QUEUE_LENGTH;
}

/* Returns when the CPU's part knows of it too. */
static void command(enum operation op, uint32_t device, uint64_t b, uint64_t c)
{
	command_put(op | (uint64_t)device << 32, b, c);
	command_put(SYNC, 0, its.target);
	its.reg[GITS_CWRITER] = its.next * 32;
	for (unsigned i = 0; i < PATIENCE && its.reg[GITS_CREADR] != its.next * 32; i++)
		cpu_relax();
}

/* --- Devices and messages --- */

static bool page_take(paddr *page)
{
	if (!frame_alloc_zero(nullptr, FRAME_KERNEL, page))
		return false;
	memory_clean(direct(*page), PAGE_SIZE);
	return true;
}

/* The service has a place where to note the device. */
static bool device_entry(uint32_t device)
{
	uint64_t *entry = (uint64_t *)place(PLACE_DEVICES) + device / its.in_page;
	paddr page;

	if (!its.indirect || *entry != 0)
		return true;
	if (!page_take(&page))
		return false;
	*entry = page.raw | VALID;
	memory_clean(entry, sizeof(*entry));
	return true;
}

static bool device_fits(uint32_t device)
{
	uint64_t bits = its.reg[GITS_TYPER] >> 13 & 0x1f;
	uint64_t room = (uint64_t)its.in_page * (its.indirect ? PAGE_SIZE / 8 : 1);

	return device >> 1 >> bits == 0 && device < room;
}

/* Give the device a table of events, once. */
static enum err device_ready(uint32_t device)
{
	paddr events;

	for (unsigned i = 0; i < its.ndevices; i++)
		if (its.devices[i] == device)
			return OK;
	if (!device_fits(device))
		return ERR_UNSUPPORTED;
	if (its.ndevices == MESSAGES)
		return ERR_FULL;
	if (!device_entry(device) || !page_take(&events))
		return ERR_NO_MEMORY;
	command(MAPD, device, EVENT_BITS - 1, events.raw | VALID);
	its.devices[its.ndevices++] = device;
	return OK;
}

enum err its_setup(unsigned n, uint32_t device, uint64_t *address, uint32_t *data)
{
	enum err e = device_ready(device);

	if (e != OK)
		return e;
	/* Whoever had it before must not raise it any more. */
	if (its.mapped[n])
		command(DISCARD, its.owner[n], n, 0);
	its.mapped[n] = true;
	its.owner[n] = device;
	command(MAPTI, device, n | (uint64_t)(ITS_FIRST + n) << 32, 0);
	its_enable(n, false);
	*address = machine.gic.translation.base + TRANSLATER;
	*data = n;
	return OK;
}

void its_enable(unsigned n, bool on)
{
	uint8_t *config = (uint8_t *)place(PLACE_CONFIG) + n;

	*config = on ? CONFIG | ENABLE : CONFIG;
	memory_clean(config, 1);
	if (its.mapped[n])
		command(INV, its.owner[n], n, 0);
}

/* --- Setting up --- */

/* Those pages of the run, a bit each. */
static void pages_free(uint32_t places)
{
	for (unsigned i = 0; i < 1u << RUN_ORDER; i++)
		if ((places >> i & 1) != 0)
			frame_free(paddr_add(its.memory, (uint64_t)i * PAGE_SIZE));
}

/* Keep of the run the pages that are used, all zero. */
static bool memory_take(void)
{
	if (!frame_alloc_run(nullptr, FRAME_KERNEL, RUN_ORDER, &its.memory))
		return false;
	pages_free(~PLACES);
	for (unsigned i = 0; i < 1u << RUN_ORDER; i++) {
		if ((PLACES >> i & 1) != 0) {
			page_zero(place(i));
			memory_clean(place(i), PAGE_SIZE);
		}
	}
	return true;
}

/* Give the service a page for table `i`; false if it does not take one of 4 KiB. */
static bool table_give(unsigned i, enum place p, uint64_t flags)
{
	its.reg[GITS_BASER + i] = VALID | flags | BASER_SHARED | place_address(p);
	return (its.reg[GITS_BASER + i] & (VALID | BASER_PAGE)) == VALID;
}

static bool tables_give(void)
{
	for (unsigned i = 0; i < TABLES; i++) {
		uint64_t is = its.reg[GITS_BASER + i], type = is >> 56 & 7;

		if (type == TABLE_COLLECTIONS && !table_give(i, PLACE_COLLECTIONS, 0))
			return false;
		if (type != TABLE_DEVICES)
			continue;
		if (!table_give(i, PLACE_DEVICES, INDIRECT))
			return false;
		its.indirect = (its.reg[GITS_BASER + i] & INDIRECT) != 0;
		its.in_page = (unsigned)(PAGE_SIZE / ((is >> 48 & 0x1f) + 1));
	}
	return its.in_page != 0;
}

unsigned its_init(volatile void *redistributor, uint64_t address)
{
	volatile uint64_t *cpu = redistributor;

	its.reg = device_map(machine.gic.translation);
	if (its.reg == nullptr || cpu == nullptr || (cpu[GICR_TYPER] & TYPER_LPIS) == 0 ||
	    !memory_take())
		return 0;
	if (!tables_give()) {
		pages_free(PLACES);
		return 0;
	}
	its.reg[GITS_CBASER] = VALID | BASER_SHARED | place_address(PLACE_QUEUE);
	its.reg[GITS_CWRITER] = 0;
	cpu[GICR_PROPBASER] = place_address(PLACE_CONFIG) | LPI_SHARED | (ID_BITS - 1);
	cpu[GICR_PENDBASER] = place_address(PLACE_PENDING) | LPI_SHARED | PENDING_ZERO;
	*(volatile uint32_t *)&cpu[GICR_CTLR] = ENABLE;
	*(volatile uint32_t *)&its.reg[GITS_CTLR] = ENABLE;
	its.target = (its.reg[GITS_TYPER] & TYPER_TARGET_IS_ADDRESS) != 0
			     ? address
			     : (cpu[GICR_TYPER] >> 8 & 0xffff) << 16;
	command(MAPC, 0, 0, its.target | VALID);
	return MESSAGES;
}
