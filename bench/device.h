/* SPDX-License-Identifier: MPL-2.0 */
/* A device that interrupts on command: bench/arch/<cpu>/device.c. */
#pragma once
#include "abi/kernel.h"

/* False if this machine has no such device, or we were not given it. */
bool bench_device_open(fut_handle *irq);
/* Raise the line; returns the tick just before. */
uint64_t bench_device_raise(void);
/* Lower it. */
void bench_device_quiet(void);
