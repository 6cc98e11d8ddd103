/* SPDX-License-Identifier: MPL-2.0 */
/* Segment and interrupt descriptor tables: volume 3A, chapters 3, 6 and 8, of the Intel manual. */
#include "kernel/arch.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/arch/x86_64/trap.h"

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
static_assert(sizeof(struct gate) == 16);

/* Aligned, so that a constant one's relocation can be packed. */
struct [[gnu::packed, gnu::aligned(2)]] table_pointer {
	uint16_t limit;
	uint64_t base;
};

constexpr uint8_t GATE_INTERRUPT = 0x8e, GATE_USER = 0x60; /* present, interrupts off; DPL 3 */
constexpr uint64_t SEGMENT_KERNEL_CODE = 0x00af9a000000ffff,
		   SEGMENT_KERNEL_DATA = 0x00cf92000000ffff;
constexpr uint64_t SEGMENT_USER_CODE = 0x00affa000000ffff, SEGMENT_USER_DATA = 0x00cff2000000ffff;
constexpr uint64_t SEGMENT_TSS = 0x0000890000000000;

static struct gate gates[256];

static unsigned vector_stack(unsigned vector)
{
	switch (vector) {
	case 1:
		return STACK_DEBUG;
	case 2:
		return STACK_NMI;
	case 8:
		return STACK_DOUBLE_FAULT;
	case 18:
		return STACK_MACHINE_CHECK;
	default:
		return 0;
	}
}

static void gates_load(void)
{
	struct table_pointer p = { sizeof(gates) - 1, (uint64_t)gates };

	asm volatile("lidt %0" ::"m"(p));
}

void descriptors_early(void)
{
	for (unsigned v = 0; v < 256; v++) {
		uint64_t stub = (uint64_t)trap_stubs + v * STUB_SIZE;

		gates[v] = (struct gate){
			.offset_low = (uint16_t)stub,
			.selector = SELECTOR_KERNEL_CODE,
			.type = v == 3 ? GATE_INTERRUPT | GATE_USER : GATE_INTERRUPT,
			.offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
	gates_load();
}

static void tss_fill(struct arch_cpu *cpu)
{
	cpu->tss = (struct tss){ .io_map = sizeof(struct tss) };
	for (unsigned v = 0; v < 32; v++)
		if (vector_stack(v) != 0)
			cpu->tss.ist[vector_stack(v) - 1] = stack_top(cpu->index, vector_stack(v));
}

static void gdt_fill(struct arch_cpu *cpu)
{
	uint64_t base = (uint64_t)&cpu->tss;

	cpu->gdt[SELECTOR_KERNEL_CODE / 8] = SEGMENT_KERNEL_CODE;
	cpu->gdt[SELECTOR_KERNEL_DATA / 8] = SEGMENT_KERNEL_DATA;
	cpu->gdt[SELECTOR_USER_DATA / 8] = SEGMENT_USER_DATA;
	cpu->gdt[SELECTOR_USER_CODE / 8] = SEGMENT_USER_CODE;
	cpu->gdt[SELECTOR_TSS / 8] = SEGMENT_TSS | (sizeof(struct tss) - 1) |
				     (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
	cpu->gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
}

void descriptors_load(struct arch_cpu *cpu)
{
	struct table_pointer p = { sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt };

	tss_fill(cpu);
	gdt_fill(cpu);
	asm volatile("lgdt %0\n\t"
		     "push %1\n\t"
		     "lea 1f(%%rip), %%rax\n\t"
		     "push %%rax\n\t"
		     "lretq\n"
		     "1:\tmov %2, %%ds\n\t"
		     "mov %2, %%es\n\t"
		     "mov %2, %%ss\n\t"
		     "mov %3, %%fs\n\t"
		     "mov %3, %%gs\n\t"
		     "ltr %w4" ::"m"(p),
		     "i"(SELECTOR_KERNEL_CODE), "r"(SELECTOR_KERNEL_DATA), "r"(0), "r"(SELECTOR_TSS)
		     : "rax", "memory");
	/* These have stacks only from now on. */
	for (unsigned v = 0; v < 32; v++)
		gates[v].ist = (uint8_t)vector_stack(v);
	gates_load();
	/* Loading the selector cleared the base. */
	msr_write(MSR_GS_BASE, (uint64_t)cpu);
	msr_write(MSR_KERNEL_GS_BASE, 0);
}
