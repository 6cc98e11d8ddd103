/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Instructions that do nothing, by which what watches the machine from outside
 * (tools/perflib/follow.c) knows where a measurement begins and ends: moves into the zero register.
 */
#pragma once

static inline void mark_begin(void)
{
	__asm__ volatile("movz xzr, #0x4601" : : : "memory");
}

static inline void mark_end(void)
{
	__asm__ volatile("movz xzr, #0x4602" : : : "memory");
}

/* What was before does not count. */
static inline void mark_ready(void)
{
	__asm__ volatile("movz xzr, #0x4603" : : : "memory");
}
