/* SPDX-License-Identifier: MPL-2.0 */
/* Interrupts the kernel itself uses: the timer's, and those from CPU to CPU. */
#pragma once
#include "kernel/arch.h"

/* Finds the timer. Panics without one. */
void timer_init(void);
/* Let the timer and other CPUs interrupt this one. */
void interrupt_cpu_init(void);
