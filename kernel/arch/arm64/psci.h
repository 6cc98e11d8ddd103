/* SPDX-License-Identifier: MPL-2.0 */
/* Firmware calls for power: Arm DEN 0022 (PSCI). */
#pragma once
#include "kernel/arch.h"

/* Start a CPU at a physical address with the MMU off. False if firmware refuses. */
bool psci_cpu_on(uint64_t mpidr, uint64_t entry);
