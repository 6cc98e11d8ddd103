/* SPDX-License-Identifier: MPL-2.0 */
/* The console's line: the service "console", a UART that may end and come back. */
#pragma once

/* Connect the console's terminal to its line, now or as soon as there is one. */
void console_start(void);
