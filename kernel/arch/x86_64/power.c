/* SPDX-License-Identifier: MPL-2.0 */
/* Power off and restart, as the ACPI tables say; section numbers are of the specification 6.4. */
#include "abi/kernel.h"
#include "kernel/arch.h"
#include "kernel/arch/x86_64/acpi.h"
#include "kernel/arch/x86_64/clock.h"

/* 4.8.3.2.1: PM1 control; 4.8.3.7: sleep control. */
constexpr uint32_t PM1_ACPI_MODE = 1, PM1_SLEEP_ENABLE = 1 << 13;
constexpr unsigned PM1_TYPE_SHIFT = 10;
constexpr uint32_t CONTROL_SLEEP_ENABLE = 1 << 5;
constexpr unsigned CONTROL_TYPE_SHIFT = 2;

constexpr unsigned MODE_TRIES_MS = 300, OFF_WAIT_US = 500'000, RESET_WAIT_US = 100'000;

/* Firmware may still own the power registers (4.8.2.5): ask for them. */
static void acpi_mode_enter(void)
{
	uint32_t control;

	if (!acpi_read_register(acpi.pm1[0], 2, &control) || control & PM1_ACPI_MODE ||
	    acpi.smi_command == 0 || acpi.acpi_enable == 0)
		return;
	out8(acpi.smi_command, acpi.acpi_enable);
	for (unsigned ms = 0; ms < MODE_TRIES_MS; ms++) {
		if (!acpi_read_register(acpi.pm1[0], 2, &control) || control & PM1_ACPI_MODE)
			return;
		clock_delay(1000);
	}
}

enum err arch_power_off(void)
{
	if (!acpi.has_sleep)
		return ERR_UNSUPPORTED;
	if (acpi.is_reduced) {
		acpi_write(acpi.sleep_control, 1,
			   (uint32_t)acpi.sleep_type[0] << CONTROL_TYPE_SHIFT |
				   CONTROL_SLEEP_ENABLE);
	} else {
		acpi_mode_enter();
		for (unsigned i = 0; i < 2; i++)
			if (acpi.pm1[i].address != 0)
				acpi_write(acpi.pm1[i], 2,
					   (uint32_t)acpi.sleep_type[i] << PM1_TYPE_SHIFT |
						   PM1_SLEEP_ENABLE);
	}
	clock_delay(OFF_WAIT_US);
	return ERR_UNSUPPORTED;
}

/* The reset register, then the keyboard controller's reset line, then a trap that cannot be taken.
 */
enum err arch_reboot(void)
{
	static const struct [[gnu::packed]] {
		uint16_t limit;
		uint64_t base;
	} nothing;

	if (acpi.has_reset && acpi_write(acpi.reset, 1, acpi.reset_value))
		clock_delay(RESET_WAIT_US);
	out8(0x64, 0xfe);
	clock_delay(RESET_WAIT_US);
	asm volatile("lidt %0\n\tint3" ::"m"(nothing));
	return ERR_UNSUPPORTED;
}
