/* SPDX-License-Identifier: MPL-2.0 */
/* The inline part of kernel/arch.h. */
#pragma once
#include "kernel/arch/x86_64/cpu.h"

/* TLBs of other CPUs are flushed by asking them. */
constexpr bool TLB_BROADCASTS = false;
constexpr bool PTE_BREAK_FIRST = false;
constexpr bool NUMBERS_CHECKED = true;
static const char arch_name[] = "x86_64";

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;

	asm volatile("mov %%gs:%c1, %0" : "=r"(c) : "i"(CPU_SELF));
	return c;
}

static inline struct arch_cpu *this_arch_cpu(void)
{
	return (struct arch_cpu *)this_cpu();
}

static inline void cpu_relax(void)
{
	asm volatile("pause" ::: "memory");
}

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return low | (uint64_t)high << 32;
}

/* --- Registers of a call --- */

static inline uint64_t context_argument(const struct context *c, unsigned i)
{
	const struct registers *r = &c->registers;

	switch (i) {
	case 0:
		return r->rdi;
	case 1:
		return r->rsi;
	case 2:
		return r->rdx;
	case 3:
		return r->r10;
	case 4:
		return r->r8;
	default:
		return r->r9;
	}
}

static inline uint32_t context_number(const struct context *c)
{
	return (uint32_t)c->registers.rax - NATIVE_BASE;
}

static inline void context_set_error(struct context *c, int64_t error)
{
	c->registers.rax = (uint64_t)error;
}

static inline uint64_t context_tag(const struct context *c)
{
	return c->registers.rsi;
}

static inline void context_set_tag(struct context *c, uint64_t tag)
{
	c->registers.rsi = tag;
}

static inline uint64_t context_word(const struct context *c, unsigned i)
{
	const struct registers *r = &c->registers;

	switch (i) {
	case 0:
		return r->rdx;
	case 1:
		return r->r10;
	case 2:
		return r->r8;
	case 3:
		return r->r9;
	case 4:
		return r->r12;
	default:
		return r->r13;
	}
}

static inline void context_set_word(struct context *c, unsigned i, uint64_t value)
{
	struct registers *r = &c->registers;

	switch (i) {
	case 0:
		r->rdx = value;
		break;
	case 1:
		r->r10 = value;
		break;
	case 2:
		r->r8 = value;
		break;
	case 3:
		r->r9 = value;
		break;
	case 4:
		r->r12 = value;
		c->by_syscall &= BY_SYSCALL;
		break;
	default:
		r->r13 = value;
		c->by_syscall &= BY_SYSCALL;
	}
}

static inline void context_copy_words(struct context *to, const struct context *from)
{
	to->registers.rdx = from->registers.rdx;
	to->registers.r10 = from->registers.r10;
	to->registers.r8 = from->registers.r8;
	to->registers.r9 = from->registers.r9;
	to->registers.r12 = from->registers.r12;
	to->registers.r13 = from->registers.r13;
}

static inline void context_set_badge(struct context *c, uint64_t badge)
{
	c->registers.rdi = badge;
}

static inline uint64_t context_deadline(const struct context *c)
{
	return c->registers.r14;
}

static inline vaddr context_pc(const struct context *c)
{
	return c->registers.rip;
}

static inline void context_set_pc(struct context *c, vaddr pc)
{
	c->registers.rip = pc;
}

static inline vaddr context_sp(const struct context *c)
{
	return c->registers.rsp;
}

static inline void context_rewind(struct context *c)
{
	c->registers.rip -= 2; /* the length of `syscall`; rax is as it was */
}

static inline void fs_base_write(uint64_t base)
{
	if (cpu_has.fsgsbase)
		asm volatile("wrfsbase %0" ::"r"(base));
	else
		msr_write(MSR_FS_BASE, base);
}

static inline void fs_base_read(struct context *c)
{
	asm volatile("rdfsbase %0" : "=r"(c->registers.fs_base));
}

/* Without FSGSBASE user mode cannot have changed it, so the context has it already. */
static inline void fs_base_save(struct context *c)
{
	if (cpu_has.fsgsbase)
		fs_base_read(c);
}

static inline void context_set_tls(struct context *c, vaddr tls)
{
	c->registers.fs_base = tls;
	if (this_arch_cpu()->context == c)
		fs_base_write(tls);
}

/* SIMD registers and breakpoints change hands: many threads use neither, so kept off the short way.
 */
void context_switch_more(struct arch_cpu *cpu, struct context *from, struct context *to);

/* Inlined into each of its few callers, of which messages are the ones that count. */
[[gnu::gnu_inline, gnu::always_inline]] extern inline void
context_switch(struct arch_cpu *cpu, struct context *from, struct context *to)
{
	cpu->context = to;
	if (to == nullptr) {
		if (from != nullptr)
			fs_base_save(from);
		context_switch_more(cpu, from, to);
		return;
	}
	to->by_syscall &= BY_SYSCALL;
	cpu->tss.rsp0 = (uint64_t)&to->registers.fs_base;
	if (cpu_has.fsgsbase) [[clang::likely]] {
		if (from != nullptr)
			fs_base_read(from);
		/* The inactive GS base is the user's while the kernel runs. */
		asm volatile("wrfsbase %0\n\t"
			     "swapgs\n\t"
			     "wrgsbase %1\n\t"
			     "swapgs" ::"r"(to->registers.fs_base),
			     "r"(to->control_user));
	} else {
		msr_write(MSR_FS_BASE, to->registers.fs_base);
		msr_write(MSR_KERNEL_GS_BASE, to->control_user);
	}
	if (cpu->simd_on || (to->upcall_call | cpu->dr7 | to->dr7) != 0)
		context_switch_more(cpu, from, to);
}

/* --- Page tables: volume 3A, section 4.5 of the Intel manual --- */

constexpr pte PTE_PRESENT = 1 << 0, PTE_WRITE = 1 << 1, PTE_USER = 1 << 2;
constexpr pte PTE_PWT = 1 << 3,
	      PTE_PCD = 1 << 4; /* with the PAT: PWT write combining, both uncached */
constexpr pte PTE_ACCESSED = 1 << 5, PTE_DIRTY = 1 << 6, PTE_LARGE = 1 << 7, PTE_GLOBAL = 1 << 8;
constexpr pte PTE_NX = 1ull << 63;
constexpr pte PTE_ADDRESS = 0x000ffffffffff000;

static inline pte pte_leaf(paddr page, enum page_flags flags)
{
	pte e = page.raw | PTE_USER | PTE_PRESENT;

	/* Dirty from the start: nobody reads the bit, and setting it would cost the processor a
	 * store. */
	if (flags & PAGE_WRITE)
		e |= PTE_WRITE | PTE_DIRTY;
	if (!(flags & PAGE_EXEC))
		e |= PTE_NX;
	if (flags & PAGE_UNCACHED)
		e |= PTE_PCD | PTE_PWT;
	if (flags & PAGE_COMBINING)
		e |= PTE_PWT;
	return e;
}

static inline pte pte_table(paddr table)
{
	return table.raw | PTE_USER | PTE_WRITE | PTE_PRESENT;
}

static inline bool pte_is_present(pte e)
{
	return e & PTE_PRESENT;
}

static inline paddr pte_address(pte e)
{
	return (paddr){ e & PTE_ADDRESS };
}

static inline bool pte_is_writable(pte e)
{
	return e & PTE_WRITE;
}

static inline pte pte_protect(pte e)
{
	return e & ~PTE_WRITE;
}

static inline pte pte_allow(pte e)
{
	return e | PTE_WRITE;
}

/* A walk by this CPU sees its own earlier stores. */
static inline void pte_publish(void)
{
	asm volatile("" ::: "memory");
}

/* --- Physical memory --- */

constexpr vaddr DIRECT_BASE = 0xffff800000000000;

static inline void *direct(paddr p)
{
	return (void *)(DIRECT_BASE + p.raw);
}

static inline paddr direct_paddr(const void *p)
{
	return (paddr){ (uint64_t)p - DIRECT_BASE };
}

/* 8 bytes a step: where only `movsb` and `stosb` are fast, these are fast too; where none is, and
 * under an emulator, they are eight times faster. */
static inline void page_zero(void *page)
{
	uint64_t n = PAGE_SIZE / 8;

	asm volatile("rep stosq" : "+D"(page), "+c"(n) : "a"(0) : "memory");
}

static inline void words_copy(void *to, const void *from, size_t n)
{
	n = (n + 7) / 8;
	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}

static inline void page_copy(void *to, const void *from)
{
	words_copy(to, from, PAGE_SIZE);
}
