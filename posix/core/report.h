/* SPDX-License-Identifier: MPL-2.0 */
/* Lines for the system's log. */
#pragma once
#include <stdint.h>

/* "cannot trace to /tmp/x: error 2": `error` is 0 or a negative errno. */
void report(const char *what, const char *name, int64_t error);
