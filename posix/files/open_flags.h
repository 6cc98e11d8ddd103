/* SPDX-License-Identifier: MPL-2.0 */
/* Linux's O_ flags, whose numbers differ between the architectures, and ours. */
#pragma once
#include <stdint.h>
#include "posix/files/description.h"
#include <posix-arch/cpu.h>

uint32_t open_flags(uint64_t flags);      /* FILE_ bits */
uint32_t status_of_flags(uint64_t flags); /* enum file_status */
uint32_t flags_of_status(uint32_t status);

/* A terminal was opened without O_NOCTTY. */
int64_t terminal_opened(struct description *d);
/* The rest of fcntl: locks, pipe sizes, owners, seals, leases. */
int64_t description_control(struct description *d, uint32_t command, uint64_t argument);
