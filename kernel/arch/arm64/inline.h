/* SPDX-License-Identifier: MPL-2.0 */
/* The inline part of kernel/arch.h for ARM64. */
#pragma once
#include "kernel/arch/arm64/layout.h"
#include "kernel/arch/arm64/sysreg.h"

static const char arch_name[] = "arm64";

/* TLB maintenance reaches every CPU by itself: no interrupts are needed for it. */
constexpr bool TLB_BROADCASTS = true;
/* Arm ARM D8.14.1, break-before-make. */
constexpr bool PTE_BREAK_FIRST = true;
constexpr bool NUMBERS_CHECKED = false;

/* --- Processor --- */

/* Not volatile: a kernel stack never moves to another CPU, so one read serves a whole function. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	asm("mrs %0, tpidr_el1" : "=r"(cpu));
	return cpu;
}

static inline struct arch_cpu *this_arch_cpu(void)
{
	return (struct arch_cpu *)this_cpu();
}

static inline void cpu_relax(void)
{
	asm volatile("yield" ::: "memory");
}

static inline uint64_t ticks(void)
{
	isb(); /* or it could be read before what stands above */
	return SYSREG_READ(cntvct_el0);
}

/* --- Registers of a call --- */

static inline uint64_t context_argument(const struct context *c, unsigned i)
{
	return c->registers.x[i];
}

static inline uint32_t context_number(const struct context *c)
{
	return (uint32_t)c->registers.x[8];
}

static inline void context_set_error(struct context *c, int64_t error)
{
	c->registers.x[0] = (uint64_t)error;
}

static inline uint64_t context_tag(const struct context *c)
{
	return c->registers.x[1];
}

static inline void context_set_tag(struct context *c, uint64_t tag)
{
	c->registers.x[1] = tag;
}

static inline uint64_t context_word(const struct context *c, unsigned i)
{
	return c->registers.x[2 + i];
}

static inline void context_set_word(struct context *c, unsigned i, uint64_t value)
{
	c->registers.x[2 + i] = value;
}

static inline void context_copy_words(struct context *to, const struct context *from)
{
	for (unsigned i = 2; i < 8; i++)
		to->registers.x[i] = from->registers.x[i];
}

static inline void context_set_badge(struct context *c, uint64_t badge)
{
	c->registers.x[9] = badge;
}

static inline uint64_t context_deadline(const struct context *c)
{
	return c->registers.x[9];
}

static inline vaddr context_pc(const struct context *c)
{
	return c->registers.pc;
}

static inline void context_set_pc(struct context *c, vaddr pc)
{
	c->registers.pc = pc;
}

static inline vaddr context_sp(const struct context *c)
{
	return c->registers.sp;
}

static inline void context_rewind(struct context *c)
{
	c->registers.pc -= 4;
}

static inline void context_set_tls(struct context *c, vaddr tls)
{
	c->registers.tpidr = tls;
	if (this_arch_cpu()->current == c)
		SYSREG_WRITE(tpidr_el0, tls);
}

/* --- Page tables: VMSAv8-64 descriptors, Arm ARM D8.3 --- */

constexpr pte PTE_VALID = 1;
constexpr pte PTE_TABLE = 2; /* a table, or in the last level a page; else a block */
constexpr pte PTE_ATTRIBUTE_SHIFT = 2;
constexpr pte PTE_USER = 1ull << 6;      /* AP[1] */
constexpr pte PTE_READ_ONLY = 1ull << 7; /* AP[2]; means nothing in a table */
constexpr pte PTE_SHARED = 3ull << 8;    /* inner shareable */
constexpr pte PTE_ACCESSED = 1ull << 10;
constexpr pte PTE_NOT_GLOBAL = 1ull << 11;
constexpr pte PTE_NO_EXEC_KERNEL = 1ull << 53;
constexpr pte PTE_NO_EXEC_USER = 1ull << 54;
constexpr pte PTE_TABLE_READ_ONLY = 1ull << 62; /* APTable[1]; means nothing in a page */
constexpr pte PTE_ADDRESS = 0x0000fffffffff000;

/* Indices into MAIR_EL1, as start.S sets it. */
constexpr pte MEMORY_NORMAL = 0, MEMORY_DEVICE = 1, MEMORY_COMBINING = 2;

static inline pte pte_leaf(paddr page, enum page_flags flags)
{
	pte e = page.raw | PTE_VALID | PTE_TABLE | PTE_SHARED | PTE_ACCESSED | PTE_NOT_GLOBAL |
		PTE_NO_EXEC_KERNEL;

	if (flags & (PAGE_READ | PAGE_WRITE | PAGE_EXEC))
		e |= PTE_USER;
	if (!(flags & PAGE_WRITE))
		e |= PTE_READ_ONLY;
	if (!(flags & PAGE_EXEC))
		e |= PTE_NO_EXEC_USER;
	if (flags & PAGE_UNCACHED)
		e |= MEMORY_DEVICE << PTE_ATTRIBUTE_SHIFT;
	else if (flags & PAGE_COMBINING)
		e |= MEMORY_COMBINING << PTE_ATTRIBUTE_SHIFT;
	return e;
}

static inline pte pte_table(paddr table)
{
	return table.raw | PTE_VALID | PTE_TABLE;
}

static inline bool pte_is_present(pte e)
{
	return e & PTE_VALID;
}

static inline paddr pte_address(pte e)
{
	return (paddr){ e & PTE_ADDRESS };
}

/* Pages and tables look alike, but each ignores the other's bit: so both bits always go together.
 */
static inline bool pte_is_writable(pte e)
{
	return !(e & PTE_READ_ONLY);
}

static inline pte pte_protect(pte e)
{
	return e | PTE_READ_ONLY | PTE_TABLE_READ_ONLY;
}

static inline pte pte_allow(pte e)
{
	return e & ~(PTE_READ_ONLY | PTE_TABLE_READ_ONLY);
}

static inline void pte_publish(void)
{
	asm volatile("dsb ishst\n\tisb" ::: "memory");
}

/* --- Physical memory --- */

static inline void *direct(paddr p)
{
	return (void *)(DIRECT_BASE + p.raw);
}

static inline paddr direct_paddr(const void *p)
{
	return (paddr){ (uint64_t)p - DIRECT_BASE };
}

/* memory.S */
void arm64_page_zero(void *page, size_t block);
void arm64_words_copy(void *to, const void *from, size_t n);

/* Bytes that `dc zva` zeroes; 0 if it must not be used. */
extern size_t arm64_zero_block;

static inline void page_zero(void *page)
{
	arm64_page_zero(page, arm64_zero_block);
}

static inline void page_copy(void *to, const void *from)
{
	arm64_words_copy(to, from, PAGE_SIZE);
}

static inline void words_copy(void *to, const void *from, size_t n)
{
	arm64_words_copy(to, from, n);
}
