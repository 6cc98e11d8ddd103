/* SPDX-License-Identifier: MPL-2.0 */
/* GICv3's interrupt translation service: messages of devices become interrupts of the first CPU. */
#pragma once
#include "kernel/arch.h"

constexpr unsigned ITS_FIRST = 8192; /* INTID of message 0: where LPIs begin */

/* How many messages there are, 0 without a service that we can use. The redistributor, at `address`
 * of physical memory, is the first CPU's. Needs page frames. */
unsigned its_init(volatile void *redistributor, uint64_t address);
/* Message n belongs to this device from now on, and is masked. */
enum err its_setup(unsigned n, uint32_t device, uint64_t *address, uint32_t *data);
/* Let message n in or keep it out; what comes meanwhile waits. */
void its_enable(unsigned n, bool on);
