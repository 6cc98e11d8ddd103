/* SPDX-License-Identifier: MPL-2.0 */
/* Setting up the interrupt controllers; the rest is in kernel/arch.h. */
#pragma once

/* After acpi_read. */
void irq_init(void);
