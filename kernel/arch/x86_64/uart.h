/* SPDX-License-Identifier: MPL-2.0 */
/* The debug console's start. */
#pragma once

void uart_init(void);
