/* SPDX-License-Identifier: MPL-2.0 */
/* What libfutura needs to know of ARM64, beside native_call.h. */
#pragma once
#include "abi/control.h"
#include "abi/user.h"
#include "lib/futura/elf.h"

constexpr enum elf_machine ELF_NATIVE = ELF_ARM64;
constexpr uint32_t RELOCATION_RELATIVE = 1027; /* R_AARCH64_RELATIVE */

/*
 * Thread-local storage, "variant I": a thread's variables start 16 bytes above the thread pointer,
 * or further up to be aligned.
 */
constexpr uint64_t TLS_GAP = 16;

static inline uint64_t tls_gap(uint64_t align)
{
	return (TLS_GAP + align - 1) & ~(align - 1);
}

static inline uint64_t tls_block_size(uint64_t size, uint64_t align)
{
	return tls_gap(align) + size;
}

/* Where in a block of that size, zeroed and aligned, variables start; sets the thread pointer. */
static inline void *tls_block_init(void *block, uint64_t size, uint64_t align, uint64_t canary,
				   void **pointer)
{
	(void)size, (void)canary; /* the canary is a global variable here */
	*pointer = block;
	return (char *)block + tls_gap(align);
}

static inline void tls_install(void *pointer)
{
	__asm__ volatile("msr tpidr_el0, %0" : : "r"(pointer) : "memory");
}

static inline uint64_t ticks(void)
{
	uint64_t t;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(t));
	return t;
}

static inline void cpu_relax(void)
{
	__asm__ volatile("yield");
}
