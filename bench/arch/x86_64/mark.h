/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Instructions that do nothing, by which what watches the machine from outside
 * (tools/perflib/follow.c) knows where a measurement begins and ends: NOPs with a displacement that
 * no compiler emits.
 */
#pragma once

static inline void mark_begin(void)
{
	__asm__ volatile("nopl 0x46555401(%%rax)" : : : "memory");
}

static inline void mark_end(void)
{
	__asm__ volatile("nopl 0x46555402(%%rax)" : : : "memory");
}

/* What was before does not count. */
static inline void mark_ready(void)
{
	__asm__ volatile("nopl 0x46555403(%%rax)" : : : "memory");
}
