/* SPDX-License-Identifier: MPL-2.0 */
/* The debug console: console_putc in kernel/arch.h. */
#pragma once

/* Use the UART that the device tree names; firmware has set its speed. */
void uart_init(void);
