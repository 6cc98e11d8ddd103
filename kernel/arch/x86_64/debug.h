/* SPDX-License-Identifier: MPL-2.0 */
/* Debug registers: volume 3B, chapter 17, of the Intel manual. */
#pragma once
#include "kernel/arch.h"

/* Make this CPU's debug registers the thread's. */
void debug_load(struct arch_cpu *cpu, const struct context *c);
/* What DR6 says of a debug trap; it is cleared. */
uint64_t debug_status_take(void);
