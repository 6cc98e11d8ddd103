/* SPDX-License-Identifier: MPL-2.0 */
/* Finding PCI functions. */
#include "services/devd/core/pci.h"

enum reg : unsigned {
	ID = 0x00,
	COMMAND = 0x04, /* status in its upper half */
	CLASS = 0x08,
	HEADER = 0x0c,
	BAR = 0x10,
	BUSES = 0x18, /* of a bridge */
	CAPABILITIES = 0x34,
	INTERRUPT = 0x3c,
};
constexpr uint32_t COMMAND_MEMORY = 1 << 1, COMMAND_MASTER = 1 << 2, COMMAND_NO_LINE = 1 << 10;
constexpr uint32_t STATUS_CAPABILITIES = 1u << 20;
constexpr uint32_t BAR_IO = 1, BAR_64 = 4;
constexpr uint8_t CAPABILITY_EXPRESS = 0x10, CAPABILITY_MSIX = 0x11;
constexpr uint32_t MSIX_ENABLE = 1u << 31, MSIX_MASK_ALL = 1u << 30; /* with the id below */
constexpr unsigned CAPABILITIES_MAX = 48; /* the list could be a circle */
constexpr uint64_t PAGE = 4096;

static uint32_t get(const struct pci_bus *b, pci_address at, unsigned offset)
{
	return b->access.read(b->access.self, at, offset);
}

static void set(const struct pci_bus *b, pci_address at, unsigned offset, uint32_t value)
{
	b->access.write(b->access.self, at, offset, value);
}

/* The lower half of the register is the command; in the upper half, writing a 1 would clear. */
static void command_change(const struct pci_bus *b, pci_address at, uint32_t clear, uint32_t add)
{
	uint32_t command = get(b, at, COMMAND) & 0xffff;

	set(b, at, COMMAND, (command & ~clear) | add);
}

/* --- BARs, 6.2.5 --- */

/* A place in a window, aligned to the size; false if there is none. */
static bool bar_place(struct pci_bus *b, uint64_t size, bool can_64, uint64_t *pci)
{
	uint64_t align = size < PAGE ? PAGE : size;

	for (unsigned i = 0; i < b->nwindows; i++) {
		struct pci_window *w = &b->window[i];
		uint64_t start = w->pci + w->used, at = (start + align - 1) & ~(align - 1);
		if ((w->is_64 && !can_64) || at < start || at - w->pci > w->size ||
		    size > w->size - (at - w->pci))
			continue;
		w->used = at - w->pci + align < w->size ? at - w->pci + align : w->size;
		*pci = at;
		return true;
	}
	return false;
}

/* The CPU's address of a PCI address; false if it has none. */
static bool bar_translate(const struct pci_bus *b, uint64_t pci, uint64_t size, uint64_t *cpu)
{
	*cpu = pci;
	if (b->nwindows == 0)
		return pci != 0;
	for (unsigned i = 0; i < b->nwindows; i++) {
		const struct pci_window *w = &b->window[i];
		if (pci >= w->pci && pci - w->pci < w->size && size <= w->size - (pci - w->pci)) {
			*cpu = w->cpu + (pci - w->pci);
			return true;
		}
	}
	return false;
}

/* Size, and if needed place, the BAR at index i; returns how many registers it takes. */
static unsigned bar_read(struct pci_bus *b, struct pci_function *f, unsigned i)
{
	unsigned reg = BAR + 4 * i;
	uint32_t low = get(b, f->at, reg), high = 0, high_mask = UINT32_MAX;
	bool is_64 = (low & BAR_IO) == 0 && (low & 6) == BAR_64 && i + 1 < PCI_BARS;

	set(b, f->at, reg, UINT32_MAX);
	uint32_t low_mask = get(b, f->at, reg);
	set(b, f->at, reg, low);
	if (is_64) {
		high = get(b, f->at, reg + 4);
		set(b, f->at, reg + 4, UINT32_MAX);
		high_mask = get(b, f->at, reg + 4);
		set(b, f->at, reg + 4, high);
	}
	uint64_t mask = (uint64_t)high_mask << 32 | (low_mask & ~15u);
	uint64_t size = mask & -mask, pci = (uint64_t)high << 32 | (low & ~15u);
	if ((low & BAR_IO) != 0 || low_mask == 0 || low_mask == UINT32_MAX || size == 0 ||
	    (!is_64 && size > 1u << 31))
		return is_64 ? 2 : 1;
	if (b->nwindows > 0 && !bar_translate(b, pci, size, &f->bar[i].cpu)) {
		if (!bar_place(b, size, is_64, &pci))
			return is_64 ? 2 : 1;
		set(b, f->at, reg, (uint32_t)pci);
		if (is_64)
			set(b, f->at, reg + 4, (uint32_t)(pci >> 32));
	}
	if (bar_translate(b, pci, size, &f->bar[i].cpu))
		f->bar[i].size = size;
	return is_64 ? 2 : 1;
}

/* While a BAR is written its contents make no sense, so the function must not answer. */
static void bars_read(struct pci_bus *b, struct pci_function *f)
{
	uint32_t command = get(b, f->at, COMMAND) & 0xffff;

	set(b, f->at, COMMAND, command & ~3u);
	for (unsigned i = 0; i < PCI_BARS;)
		i += bar_read(b, f, i);
	set(b, f->at, COMMAND, command);
}

/* --- Capabilities --- */

static void msix_read(const struct pci_bus *b, struct pci_function *f, unsigned at)
{
	uint32_t entries = (get(b, f->at, at) >> 16 & 0x7ff) + 1, table = get(b, f->at, at + 4);
	unsigned bar = table & 7;
	uint64_t offset = table & ~7u;

	if (bar >= PCI_BARS || offset > f->bar[bar].size ||
	    entries * 16ull > f->bar[bar].size - offset)
		return;
	f->msix = at;
	f->msix_entries = entries;
	f->msix_bar = bar;
	f->msix_offset = offset;
}

/* --- Slots: PCI Express 3.0, 7.8.2 and 7.8.9 to 7.8.11 --- */

enum : unsigned { SLOT_CAPABILITIES = 0x14, SLOT_CONTROL = 0x18 }; /* status in its upper half */
constexpr uint32_t EXPRESS_SLOT = 1u << 24;                        /* with the id below */
constexpr uint32_t SLOT_HOT_PLUG = 1 << 6;
constexpr uint32_t SLOT_LIGHTS_OFF = 3 << 6 | 3 << 8, SLOT_POWER_OFF = 1 << 10;
constexpr uint32_t SLOT_BUTTON = 1 << 16, SLOT_PRESENT = 1 << 22;

static void slot_read(const struct pci_bus *b, struct pci_function *f, unsigned at)
{
	/* Where ACPI does the hot-plugging a slot in use says that it is empty. */
	if (f->is_bridge && (get(b, f->at, at) & EXPRESS_SLOT) != 0 &&
	    (get(b, f->at, at + SLOT_CAPABILITIES) & SLOT_HOT_PLUG) != 0 &&
	    (get(b, f->at, at + SLOT_CONTROL) & SLOT_PRESENT) != 0)
		f->slot = at;
}

bool pci_slot_is_leaving(const struct pci_bus *b, const struct pci_function *bridge)
{
	uint32_t now = get(b, bridge->at, bridge->slot + SLOT_CONTROL);

	/* Writing a 1 takes the press. A bridge that is gone itself reads as all ones. */
	if ((now & SLOT_BUTTON) != 0)
		set(b, bridge->at, bridge->slot + SLOT_CONTROL, (now & 0xffff) | SLOT_BUTTON);
	return (now & SLOT_BUTTON) != 0 || (now & SLOT_PRESENT) == 0;
}

void pci_slot_power_off(const struct pci_bus *b, const struct pci_function *bridge)
{
	uint32_t control = get(b, bridge->at, bridge->slot + SLOT_CONTROL) & 0xffff;

	set(b, bridge->at, bridge->slot + SLOT_CONTROL, control | SLOT_LIGHTS_OFF | SLOT_POWER_OFF);
}

static void capabilities_read(const struct pci_bus *b, struct pci_function *f)
{
	unsigned at = get(b, f->at, CAPABILITIES) & 0xfc;

	if ((get(b, f->at, COMMAND) & STATUS_CAPABILITIES) == 0)
		return;
	for (unsigned n = 0; n < CAPABILITIES_MAX && at >= 0x40; n++) {
		uint32_t head = get(b, f->at, at);
		if ((head & 0xff) == CAPABILITY_MSIX && at <= 0xf4)
			msix_read(b, f, at);
		if ((head & 0xff) == CAPABILITY_EXPRESS && at + SLOT_CONTROL <= 0xfc)
			slot_read(b, f, at);
		at = head >> 8 & 0xfc;
	}
}

void pci_enable(const struct pci_bus *b, const struct pci_function *f, bool messages)
{
	command_change(b, f->at, messages ? 0 : COMMAND_NO_LINE,
		       COMMAND_MEMORY | COMMAND_MASTER | (messages ? COMMAND_NO_LINE : 0));
	if (f->msix)
		set(b, f->at, f->msix,
		    (get(b, f->at, f->msix) & ~(MSIX_ENABLE | MSIX_MASK_ALL)) |
			    (messages ? MSIX_ENABLE : 0));
}

void pci_disable(const struct pci_bus *b, const struct pci_function *f)
{
	command_change(b, f->at, COMMAND_MASTER, COMMAND_NO_LINE);
	if (f->msix)
		set(b, f->at, f->msix, get(b, f->at, f->msix) & ~MSIX_ENABLE);
}

/* --- The scan --- */

struct scan {
	struct pci_bus *bus;
	pci_found *found;
	void *self;
	uint64_t visited[4]; /* bus numbers: bridges could form a circle */
};

static void bus_scan(struct scan *s, unsigned number);

static void function_scan(struct scan *s, pci_address at)
{
	struct pci_bus *b = s->bus;
	uint32_t id = get(b, at, ID);
	unsigned header = get(b, at, HEADER) >> 16 & 0x7f;

	if ((id & 0xffff) == 0xffff)
		return;
	if (header > 1)
		return;
	uint32_t interrupt = get(b, at, INTERRUPT);
	struct pci_function f = {
		.at = at,
		.vendor = (uint16_t)id,
		.device = (uint16_t)(id >> 16),
		.class = get(b, at, CLASS) >> 8,
		.pin = interrupt >> 8 & 0xff,
		.line = (uint8_t)interrupt,
	};
	if (f.pin > 4)
		f.pin = 0;
	if (header == 1) {
		uint32_t buses = get(b, at, BUSES);
		f.is_bridge = true;
		f.bus = (uint8_t)(buses >> 8);
		f.last_bus = (uint8_t)(buses >> 16);
	} else {
		bars_read(b, &f);
	}
	capabilities_read(b, &f);
	s->found(s->self, &f);
	if (f.is_bridge)
		bus_scan(s, f.bus);
}

static void bus_scan(struct scan *s, unsigned number)
{
	/* A bridge that nobody has set up leads to bus 0. */
	if (number < s->bus->first || number > s->bus->last ||
	    (s->visited[number / 64] >> number % 64 & 1) != 0)
		return;
	s->visited[number / 64] |= 1ull << number % 64;
	for (unsigned device = 0; device < 32; device++) {
		pci_address at = (pci_address)(number << 8 | device << 3);
		uint32_t header = get(s->bus, at, HEADER);
		unsigned nfunctions = header != UINT32_MAX && (header >> 23 & 1) != 0 ? 8 : 1;
		for (unsigned i = 0; i < nfunctions; i++)
			function_scan(s, (pci_address)(at | i));
	}
}

void pci_scan(struct pci_bus *b, pci_found *found, void *self)
{
	struct scan s = { .bus = b, .found = found, .self = self };

	bus_scan(&s, b->first);
}
