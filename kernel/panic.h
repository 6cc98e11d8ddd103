/* SPDX-License-Identifier: MPL-2.0 */
/* The end: says why, shows the machine's state on the debug console, stops every CPU. */
#pragma once

[[noreturn, gnu::format(printf, 1, 2), gnu::cold]] void panic(const char *format, ...);
