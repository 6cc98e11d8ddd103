/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Locks in memory that other processes map. The kernel marks one whose owner died, and the next
 * owner goes on with what is published. Held only for a copy; never over a wait.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

void shared_lock(_Atomic uint32_t *lock);
void shared_unlock(_Atomic uint32_t *lock);
/* Two at a time, always in the same order. */
void shared_lock_two(_Atomic uint32_t *first, _Atomic uint32_t *second);
void shared_unlock_two(_Atomic uint32_t *first, _Atomic uint32_t *second);
