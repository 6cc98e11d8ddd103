/* SPDX-License-Identifier: MPL-2.0 */
/* What libfutura needs to know of x86-64, beside native_call.h. */
#pragma once
#include "abi/control.h"
#include "abi/user.h"
#include "lib/futura/elf.h"

constexpr enum elf_machine ELF_NATIVE = ELF_X86_64;
constexpr uint32_t RELOCATION_RELATIVE = 8; /* R_X86_64_RELATIVE */

/*
 * Thread-local storage, "variant II": a thread's variables end where the thread pointer points.
 * There stands the pointer itself, and at 40 the stack canary that Debian's musl was compiled to
 * use.
 */
constexpr uint64_t TLS_TAIL = 48;
constexpr uint64_t TLS_CANARY = 40;

static inline uint64_t tls_round(uint64_t size, uint64_t align)
{
	return (size + align - 1) & ~(align - 1);
}

static inline uint64_t tls_block_size(uint64_t size, uint64_t align)
{
	return tls_round(tls_round(size, align), 16) + TLS_TAIL;
}

/* Where in a block of that size, zeroed and aligned, variables start; sets the thread pointer. */
static inline void *tls_block_init(void *block, uint64_t size, uint64_t align, uint64_t canary,
				   void **pointer)
{
	char *end = (char *)block + tls_round(tls_round(size, align), 16);

	*(void **)end = end;
	*(uint64_t *)(end + TLS_CANARY) = canary;
	*pointer = end;
	return end - tls_round(size, align);
}

static inline void tls_install(void *pointer)
{
	(void)fut_thread_set_tls((uint64_t)pointer); /* our own memory: it cannot fail */
}

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_relax(void)
{
	__asm__ volatile("pause");
}
