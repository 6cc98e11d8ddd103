/* SPDX-License-Identifier: MPL-2.0 */
/* Random numbers: arch_random in kernel/arch.h. */
#pragma once
#include "kernel/arch.h"

/* `seed` is what firmware gave, or 0. */
void random_init(uint64_t seed);

/* What the compiler puts between a function's arrays and its return address. */
extern uintptr_t __stack_chk_guard;
