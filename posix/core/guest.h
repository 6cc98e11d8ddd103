/* SPDX-License-Identifier: MPL-2.0 */
/* Access to the guest's memory. Every guest pointer goes through here, or to the kernel. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <asm/errno.h>
#include "posix/core/layout.h"

static inline bool guest_ok(uint64_t address, uint64_t size)
{
	return size <= GUEST_END && address <= GUEST_END - size;
}

/* Bytes that were not copied; neither pointer is checked. In entry.S. */
size_t guest_copy(void *to, const void *from, size_t n);

/* 0 or -EFAULT; all or a part may have been copied. */
static inline int64_t guest_get(void *to, uint64_t from, size_t n)
{
	return guest_ok(from, n) && guest_copy(to, (const void *)from, n) == 0 ? 0 : -EFAULT;
}

static inline int64_t guest_put(uint64_t to, const void *from, size_t n)
{
	return guest_ok(to, n) && guest_copy((void *)to, from, n) == 0 ? 0 : -EFAULT;
}

/* How much could be copied. */
static inline size_t guest_get_some(void *to, uint64_t from, size_t n)
{
	return guest_ok(from, n) ? n - guest_copy(to, (const void *)from, n) : 0;
}

static inline size_t guest_put_some(uint64_t to, const void *from, size_t n)
{
	return guest_ok(to, n) ? n - guest_copy((void *)to, from, n) : 0;
}

/* Compare and swap a word that was just read: false with `*old` what is there now. */
static inline bool guest_swap(uint64_t at, uint32_t *old, uint32_t new)
{
	return __atomic_compare_exchange_n((uint32_t *)at, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* A string with its zero byte: its length, -EFAULT,
 * or -ENAMETOOLONG if it needs over `size` bytes. */
int64_t guest_string(char *to, uint64_t from, size_t size);
/* Zero bytes. */
int64_t guest_zero(uint64_t to, size_t n);
