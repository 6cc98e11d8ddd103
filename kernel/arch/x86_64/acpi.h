/* SPDX-License-Identifier: MPL-2.0 */
/* What the ACPI tables say of this machine. Firmware wrote them: every length is checked. */
#pragma once
#include "kernel/arch.h"

constexpr unsigned IOAPICS_MAX = 8;

/* A generic address: 5.2.3.2 of the ACPI specification. */
struct acpi_address {
	uint8_t space; /* enum acpi_space */
	uint64_t address;
};
enum acpi_space : uint8_t { ACPI_MEMORY = 0, ACPI_IO = 1, ACPI_PCI = 2 };

struct acpi_info {
	unsigned ncpus;
	uint32_t apic_ids[64]; /* of enabled processors, as listed */
	uint64_t lapic_base;   /* 0: not told */
	unsigned nioapics;
	struct {
		uint64_t base;
		uint32_t first_line;
	} ioapics[IOAPICS_MAX];
	uint64_t hpet_base; /* 0: none */
	struct acpi_address pm_timer;
	bool has_pm_timer, pm_timer_is_32_bit;
	struct acpi_address reset;
	bool has_reset;
	uint8_t reset_value;
	struct acpi_address pm1[2]; /* control; address 0: none */
	bool has_sleep, is_reduced; /* _S5_ was found; there are no PM1 registers, but: */
	struct acpi_address sleep_control;
	uint8_t sleep_type[2];
	uint16_t smi_command;
	uint8_t acpi_enable;
};
extern struct acpi_info acpi;

void acpi_read(uint64_t rsdp);
/* Write to a register that a table named; false if it is nowhere we can reach. */
bool acpi_write(struct acpi_address at, unsigned width, uint32_t value);
bool acpi_read_register(struct acpi_address at, unsigned width, uint32_t *value);
