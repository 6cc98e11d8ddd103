/* SPDX-License-Identifier: MPL-2.0 */
/* What programs that measure Linux's operations share. */
#pragma once
#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds: under QEMU's -icount shift=0 those are instructions. */
uint64_t now(void);
/* End with the name of what failed. */
void need(bool ok, const char *what);
