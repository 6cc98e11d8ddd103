/* SPDX-License-Identifier: MPL-2.0 */
/* The processor's own instructions and registers, and which of them this one has. */
#pragma once
#include <stdint.h>

/* Found by cpu_detect on the first CPU; the others are taken to be the same. */
struct cpu_features {
	bool gib_pages, smep, smap, umip, fsgsbase, xsave, xsaveopt, x2apic, deadline, rdrand,
		rdseed;
};
extern struct cpu_features cpu_has;

void cpu_detect(void);
/* Protection and feature bits in this CPU's control registers, MSRs, and the PAT. */
void cpu_protect(void);

constexpr uint64_t CR0_MP = 1 << 1, CR0_EM = 1 << 2, CR0_TS = 1 << 3, CR0_NE = 1 << 5;
constexpr uint64_t CR0_WP = 1 << 16, CR0_AM = 1 << 18;
constexpr uint64_t CR4_PGE = 1 << 7, CR4_MCE = 1 << 6, CR4_OSFXSR = 1 << 9,
		   CR4_OSXMMEXCPT = 1 << 10;
constexpr uint64_t CR4_DE = 1 << 3, CR4_UMIP = 1 << 11, CR4_FSGSBASE = 1 << 16;
constexpr uint64_t CR4_OSXSAVE = 1 << 18, CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21;

constexpr uint64_t RFLAGS_FIXED = 1 << 1, RFLAGS_TF = 1 << 8, RFLAGS_IF = 1 << 9,
		   RFLAGS_DF = 1 << 10;
constexpr uint64_t RFLAGS_IOPL = 3 << 12, RFLAGS_NT = 1 << 14, RFLAGS_RF = 1 << 16,
		   RFLAGS_AC = 1 << 18;
constexpr uint64_t RFLAGS_ID = 1 << 21, RFLAGS_ARITHMETIC = 0x8d5; /* CF PF AF ZF SF OF */

enum msr : uint32_t {
	MSR_APIC_BASE = 0x1b,
	MSR_PAT = 0x277,
	MSR_TSC_DEADLINE = 0x6e0,
	MSR_X2APIC = 0x800,
	MSR_EFER = 0xc0000080,
	MSR_STAR = 0xc0000081,
	MSR_LSTAR = 0xc0000082,
	MSR_FMASK = 0xc0000084,
	MSR_FS_BASE = 0xc0000100,
	MSR_GS_BASE = 0xc0000101,
	MSR_KERNEL_GS_BASE = 0xc0000102,
};

constexpr uint64_t EFER_SCE = 1 << 0;

struct cpuid {
	uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t sub)
{
	struct cpuid r;

	asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
	return r;
}

static inline uint64_t msr_read(enum msr msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (uint64_t)high << 32;
}

static inline void msr_write(enum msr msr, uint64_t value)
{
	asm volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		     : "memory");
}

static inline uint64_t cr0_read(void)
{
	uint64_t v;

	asm volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static inline void cr0_write(uint64_t v)
{
	asm volatile("mov %0, %%cr0" ::"r"(v) : "memory");
}

static inline uint64_t cr2_read(void)
{
	uint64_t v;

	asm volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

static inline uint64_t cr3_read(void)
{
	uint64_t v;

	asm volatile("mov %%cr3, %0" : "=r"(v));
	return v;
}

static inline void cr3_write(uint64_t v)
{
	asm volatile("mov %0, %%cr3" ::"r"(v) : "memory");
}

static inline uint64_t cr4_read(void)
{
	uint64_t v;

	asm volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static inline void cr4_write(uint64_t v)
{
	asm volatile("mov %0, %%cr4" ::"r"(v) : "memory");
}

static inline void page_invalidate(uint64_t va)
{
	asm volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t v;

	asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t v;

	asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t v;

	asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void out8(uint16_t port, uint8_t v)
{
	asm volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t v)
{
	asm volatile("outw %0, %1" ::"a"(v), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t v)
{
	asm volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}
