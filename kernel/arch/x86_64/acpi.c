/* SPDX-License-Identifier: MPL-2.0 */
/* Section numbers are of the ACPI specification 6.4. */
#include "kernel/arch/x86_64/acpi.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/log.h"
#include "kernel/string.h"

constexpr uint32_t TABLE_MAX = 1 << 20; /* larger is taken for damage */

struct [[gnu::packed]] table {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[26];
	uint8_t body[];
};
static_assert(sizeof(struct table) == 36);

struct acpi_info acpi;

/* Read little-endian fields of a table, 0 past its end. */
static uint64_t field(const struct table *t, uint32_t offset, unsigned n)
{
	uint64_t v = 0;

	if (offset > t->length || n > t->length - offset)
		return 0;
	memcpy(&v, (const char *)t + offset, n);
	return v;
}

static bool sums_to_zero(const void *p, size_t n)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)p)[i]);
	return sum == 0;
}

/* The table at a physical address, wholly mapped and whole, or nullptr. */
static const struct table *table_at(uint64_t at)
{
	const struct table *t = direct((paddr){ at });

	if (at == 0 || !direct_ensure(at, sizeof(*t)) || t->length < sizeof(*t) ||
	    t->length > TABLE_MAX || !direct_ensure(at, t->length))
		return nullptr;
	if (!sums_to_zero(t, t->length)) {
		klog("acpi: table at %lx has a wrong checksum\n", at);
		return nullptr;
	}
	return t;
}

/* A GAS, 5.2.3.2: space, width, offset, access size, address. */
static struct acpi_address address_field(const struct table *t, uint32_t offset)
{
	return (struct acpi_address){ .space = (uint8_t)field(t, offset, 1),
				      .address = field(t, offset + 4, 8) };
}

/* --- MADT, 5.2.12: processors and interrupt controllers
 * ---------------------------------------------
 *
 * Interrupt lines are numbered as in the tables (global system interrupts), and whoever takes one
 * says how it is wired: so overrides for ISA interrupts are for drivers to read, not for the
 * kernel. */

enum madt_entry : uint8_t { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_LAPIC_BASE = 5, MADT_X2APIC = 9 };
constexpr uint32_t MADT_FIRST = 44, MADT_ENABLED = 1;

static void processor_add(uint64_t id, uint64_t flags)
{
	if (flags & MADT_ENABLED && acpi.ncpus < sizeof(acpi.apic_ids) / sizeof(acpi.apic_ids[0]))
		acpi.apic_ids[acpi.ncpus++] = (uint32_t)id;
}

static void madt_entry_read(const struct table *t, uint32_t at)
{
	switch (field(t, at, 1)) {
	case MADT_LAPIC:
		processor_add(field(t, at + 3, 1), field(t, at + 4, 4));
		break;
	case MADT_X2APIC:
		processor_add(field(t, at + 4, 4), field(t, at + 8, 4));
		break;
	case MADT_LAPIC_BASE:
		acpi.lapic_base = field(t, at + 4, 8);
		break;
	case MADT_IOAPIC:
		if (acpi.nioapics < IOAPICS_MAX) {
			acpi.ioapics[acpi.nioapics].base = field(t, at + 4, 4);
			acpi.ioapics[acpi.nioapics++].first_line = (uint32_t)field(t, at + 8, 4);
		}
		break;
	}
}

static void madt_read(const struct table *t)
{
	acpi.lapic_base = field(t, 36, 4);
	for (uint32_t at = MADT_FIRST; at + 2 <= t->length;) {
		uint32_t size = (uint32_t)field(t, at + 1, 1);

		if (size < 2 || size > t->length - at)
			return;
		madt_entry_read(t, at);
		at += size;
	}
}

/* --- FADT, 5.2.9: power management --- */

constexpr uint64_t FADT_TIMER_32 = 1 << 8, FADT_RESET = 1 << 10, FADT_REDUCED = 1 << 20;

/* Old field with an I/O port, new one with a GAS: the new one counts where it is filled in. */
static struct acpi_address either_field(const struct table *t, uint32_t old, uint32_t new)
{
	struct acpi_address a = address_field(t, new);

	if (a.address != 0)
		return a;
	return (struct acpi_address){ .space = ACPI_IO, .address = field(t, old, 4) };
}

/* \_S5_ is a package of small integers: 08 "_S5_" 12 length count, then 0a n, or 00, 01 or ff each
 * (section 20.2). Found by its bytes: evaluating AML is no task for a kernel. */
static void sleep_type_find(const struct table *dsdt)
{
	for (uint32_t at = 36; at + 12 < dsdt->length; at++) {
		const uint8_t *p = (const uint8_t *)dsdt + at,
			      *end = (const uint8_t *)dsdt + dsdt->length;

		if (memcmp(p, "_S5_\x12", 5) != 0 || (p[-1] != 0x08 && p[-1] != '\\'))
			continue;
		p += 5 + 1 + (p[5] >> 6) + 1; /* length of 1 to 4 bytes, and the count */
		for (unsigned i = 0; i < 2 && p + 1 < end; i++) {
			if (*p == 0x0a)
				p++;
			acpi.sleep_type[i] = *p++ & 7;
		}
		acpi.has_sleep = true;
		return;
	}
}

static void fadt_read(const struct table *t)
{
	uint64_t flags = field(t, 112, 4);
	uint64_t dsdt_at = field(t, 140, 8);
	const struct table *dsdt = table_at(dsdt_at != 0 ? dsdt_at : field(t, 40, 4));

	acpi.is_reduced = flags & FADT_REDUCED;
	acpi.sleep_control = address_field(t, 244);
	acpi.pm1[0] = either_field(t, 64, 172);
	acpi.pm1[1] = either_field(t, 68, 184);
	acpi.smi_command = (uint16_t)field(t, 48, 4);
	acpi.acpi_enable = (uint8_t)field(t, 52, 1);
	acpi.pm_timer = either_field(t, 76, 208);
	acpi.has_pm_timer = acpi.pm_timer.address != 0 && !acpi.is_reduced;
	acpi.pm_timer_is_32_bit = flags & FADT_TIMER_32;
	acpi.has_reset = flags & FADT_RESET;
	acpi.reset = address_field(t, 116);
	acpi.reset_value = (uint8_t)field(t, 128, 1);
	if (dsdt != nullptr && memcmp(dsdt->signature, "DSDT", 4) == 0)
		sleep_type_find(dsdt);
}

static void hpet_read(const struct table *t)
{
	struct acpi_address a = address_field(t, 40);

	if (a.space == ACPI_MEMORY)
		acpi.hpet_base = a.address;
}

/* --- The list of tables, 5.2.5 to 5.2.8 --- */

static void table_read(const struct table *t)
{
	if (memcmp(t->signature, "APIC", 4) == 0)
		madt_read(t);
	else if (memcmp(t->signature, "FACP", 4) == 0)
		fadt_read(t);
	else if (memcmp(t->signature, "HPET", 4) == 0)
		hpet_read(t);
}

static void list_read(const struct table *list, unsigned entry_size)
{
	for (uint32_t at = sizeof(*list); at + entry_size <= list->length; at += entry_size) {
		const struct table *t = table_at(field(list, at, entry_size));

		if (t != nullptr)
			table_read(t);
	}
}

void acpi_read(uint64_t rsdp)
{
	const struct [[gnu::packed]] {
		char signature[8];
		uint8_t checksum;
		char oem[6];
		uint8_t revision;
		uint32_t rsdt;
		uint32_t length;
		uint64_t xsdt;
	} *root = direct((paddr){ rsdp });
	const struct table *list = nullptr;

	if (rsdp == 0 || !direct_ensure(rsdp, sizeof(*root)) ||
	    memcmp(root->signature, "RSD PTR ", 8) != 0 || !sums_to_zero(root, 20)) {
		klog("acpi: no tables\n");
		return;
	}
	if (root->revision >= 2 && (list = table_at(root->xsdt)) != nullptr)
		list_read(list, 8);
	else if ((list = table_at(root->rsdt)) != nullptr)
		list_read(list, 4);
	else
		klog("acpi: the list of tables is damaged\n");
}

/* --- Registers --- */

/* PCI configuration space, device 0 to 31 of bus 0: device << 32 | function << 16 | offset. */
static uint32_t pci_select(uint64_t address)
{
	return 1u << 31 | (uint32_t)(address >> 32 & 31) << 11 |
	       (uint32_t)(address >> 16 & 7) << 8 | (uint32_t)(address & 0xfc);
}

bool acpi_write(struct acpi_address at, unsigned width, uint32_t value)
{
	volatile void *p;

	switch (at.space) {
	case ACPI_IO:
		return at.address <= UINT16_MAX &&
		       arch_ioport_write((uint16_t)at.address, width, value) == 0;
	case ACPI_PCI:
		out32(0xcf8, pci_select(at.address));
		return arch_ioport_write((uint16_t)(0xcfc + (at.address & 3)), width, value) == 0;
	case ACPI_MEMORY:
		p = device_map(at.address, width);
		if (p == nullptr)
			return false;
		if (width == 1)
			*(volatile uint8_t *)p = (uint8_t)value;
		else if (width == 2)
			*(volatile uint16_t *)p = (uint16_t)value;
		else
			*(volatile uint32_t *)p = value;
		return true;
	}
	return false;
}

bool acpi_read_register(struct acpi_address at, unsigned width, uint32_t *value)
{
	return at.space == ACPI_IO && at.address <= UINT16_MAX &&
	       arch_ioport_read((uint16_t)at.address, width, value) == 0;
}
