/* SPDX-License-Identifier: MPL-2.0 */
/* The inline part of kernel/arch.h for a simulated machine with one CPU. */
#pragma once
#include "kernel/arch/host/machine.h"

constexpr bool TLB_BROADCASTS = true;
constexpr bool PTE_BREAK_FIRST = false;
constexpr bool NUMBERS_CHECKED = false;

static const char arch_name[] = "host";

static inline struct cpu *this_cpu(void)
{
	return machine.cpu;
}

static inline void cpu_relax(void)
{
}

/* Time passes with the calls that are made, so every run is the same. */
static inline uint64_t ticks(void)
{
	return machine.ticks;
}

static inline uint64_t context_argument(const struct context *c, unsigned i)
{
	return c->arguments[i];
}

static inline uint32_t context_number(const struct context *c)
{
	return (uint32_t)c->number;
}

static inline void context_set_error(struct context *c, int64_t error)
{
	c->error = error;
}

static inline uint64_t context_tag(const struct context *c)
{
	return c->tag;
}

static inline void context_set_tag(struct context *c, uint64_t tag)
{
	c->tag = tag;
}

static inline uint64_t context_word(const struct context *c, unsigned i)
{
	return c->words[i];
}

static inline void context_set_word(struct context *c, unsigned i, uint64_t value)
{
	c->words[i] = value;
}

static inline void context_copy_words(struct context *to, const struct context *from)
{
	__builtin_memcpy(to->words, from->words, sizeof(to->words));
}

static inline void context_set_badge(struct context *c, uint64_t badge)
{
	c->badge = badge;
}

static inline uint64_t context_deadline(const struct context *c)
{
	return c->deadline;
}

static inline vaddr context_pc(const struct context *c)
{
	return c->pc;
}

static inline void context_set_pc(struct context *c, vaddr pc)
{
	c->pc = pc;
}

static inline vaddr context_sp(const struct context *c)
{
	return c->sp;
}

static inline void context_rewind(struct context *c)
{
	c->repeat = true;
}

static inline void context_set_tls(struct context *c, vaddr tls)
{
	c->tls = tls;
}

/* --- Page tables: an entry is the page's address and the flags --- */

constexpr pte PTE_PRESENT = 1, PTE_WRITE = 2, PTE_EXEC = 4, PTE_READ = 8;

static inline pte pte_leaf(paddr page, enum page_flags flags)
{
	return page.raw | PTE_PRESENT | ((flags & PAGE_WRITE) ? PTE_WRITE : 0) |
	       ((flags & PAGE_EXEC) ? PTE_EXEC : 0) | ((flags & PAGE_READ) ? PTE_READ : 0);
}

static inline pte pte_table(paddr table)
{
	return table.raw | PTE_PRESENT | PTE_WRITE;
}

static inline bool pte_is_present(pte e)
{
	return (e & PTE_PRESENT) != 0;
}

static inline paddr pte_address(pte e)
{
	return (paddr){ e & ~(pte)(PAGE_SIZE - 1) };
}

static inline bool pte_is_writable(pte e)
{
	return (e & PTE_WRITE) != 0;
}

static inline pte pte_protect(pte e)
{
	return e & ~PTE_WRITE;
}

static inline pte pte_allow(pte e)
{
	return e | PTE_WRITE;
}

static inline void pte_publish(void)
{
}

/* --- Physical memory --- */

static inline void *direct(paddr p)
{
	return machine.memory + p.raw;
}

static inline paddr direct_paddr(const void *p)
{
	return (paddr){ (uint64_t)((const char *)p - machine.memory) };
}

static inline void page_zero(void *page)
{
	__builtin_memset(page, 0, PAGE_SIZE);
}

static inline void page_copy(void *to, const void *from)
{
	__builtin_memcpy(to, from, PAGE_SIZE);
}

static inline void words_copy(void *to, const void *from, size_t n)
{
	__builtin_memmove(to, from, (n + 7) & ~(size_t)7);
}
