/* SPDX-License-Identifier: MPL-2.0 */
/* How a POSIX process's address space is divided. Nothing of ours lies below GUEST_END. */
#pragma once
#include <stdint.h>

constexpr uint64_t PAGE = 4096;
constexpr uint64_t GUEST_START = 0x10000; /* as Linux's mmap_min_addr */
constexpr uint64_t GUEST_END = 0x7f0000000000;
/* posixd puts the personality's image and first stack somewhere above GUEST_END; close behind, so
 * that a small process needs few page tables, memory.c has the first part of the heap and the
 * windows onto memory objects. Then come: */
constexpr uint64_t THREADS_BASE = 0x7f4000000000; /* thread.h */
constexpr uint64_t THREADS_END = 0x7f5000000000;
constexpr uint64_t HEAP_BASE = 0x7f5000000000; /* the rest of the heap */
constexpr uint64_t HEAP_END = 0x7ff000000000;

static inline uint64_t page_up(uint64_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

static inline uint64_t page_down(uint64_t n)
{
	return n & ~(PAGE - 1);
}
