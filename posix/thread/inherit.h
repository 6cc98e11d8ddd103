/* SPDX-License-Identifier: MPL-2.0 */
/* Locks that lend priority. `flags` are the kernel's futex flags. */
#pragma once
#include <stdint.h>

/* Take it; -EAGAIN where it may not wait. */
int64_t inherit_lock(uint64_t address, uint32_t flags, uint64_t deadline, bool may_wait);
int64_t inherit_unlock(uint64_t address, uint32_t flags);
