/* SPDX-License-Identifier: MPL-2.0 */
/* What the processor can do, as AT_HWCAP tells it, and what its signal frames need. */
#pragma once
#include <stdint.h>

uint64_t cpu_capabilities(void);
uint64_t cpu_capabilities2(void);
uint64_t signal_stack_least(void);
/* Floating point as a new program finds it. */
void simd_reset(void);
