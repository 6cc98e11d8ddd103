/* SPDX-License-Identifier: MPL-2.0 */
/* Feeding the random numbers at boot, and the stack protector's canary. */
#pragma once
#include <stdint.h>

extern uintptr_t __stack_chk_guard;
/* Something that may differ from boot to boot. */
void random_stir(uint64_t value);
