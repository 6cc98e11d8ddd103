/* SPDX-License-Identifier: MPL-2.0 */
/* Hardware breakpoints, watchpoints and single step of user code. */
#pragma once
#include "kernel/arch.h"

void debug_init(void);
/* This CPU will run `to`, and `to` or the thread before it is debugged. */
void debug_switch(struct arch_cpu *cpu, struct context *to);
