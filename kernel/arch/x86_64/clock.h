/* SPDX-License-Identifier: MPL-2.0 */
/* Rates of the timestamp counter and of the local timers. */
#pragma once
#include <stdint.h>

/* After acpi_read, with this CPU's local interrupt controller on. */
void clock_init(void);
/* Wait, doing nothing else. */
void clock_delay(uint64_t us);
