/* SPDX-License-Identifier: MPL-2.0 */
/* The local interrupt controller, by its page of registers or, as x2APIC, by MSRs. */
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/panic.h"

/* Byte offsets of registers; as MSRs they are 16 times closer. */
enum reg : uint32_t {
	REG_ID = 0x20,
	REG_PRIORITY = 0x80,
	REG_EOI = 0xb0,
	REG_SPURIOUS = 0xf0,
	REG_ERROR = 0x280,
	REG_COMMAND = 0x300,
	REG_COMMAND_HIGH = 0x310,
	REG_LVT_TIMER = 0x320,
	REG_LVT_LINT0 = 0x350,
	REG_LVT_LINT1 = 0x360,
	REG_LVT_ERROR = 0x370,
	REG_TIMER_COUNT = 0x380,
	REG_TIMER_LEFT = 0x390,
	REG_TIMER_DIVIDE = 0x3e0,
};

constexpr uint64_t BASE_ENABLE = 1 << 11, BASE_X2APIC = 1 << 10;
constexpr uint32_t SPURIOUS_ENABLE = 1 << 8;
constexpr uint32_t LVT_MASKED = 1 << 16, LVT_NMI = 4 << 8, LVT_DEADLINE = 2 << 17;
constexpr uint32_t COMMAND_BUSY = 1 << 12, COMMAND_ASSERT = 1 << 14;
constexpr uint32_t DIVIDE_BY_1 = 0xb;
constexpr unsigned SEND_TRIES = 1'000'000;

static volatile uint32_t *registers; /* nullptr with x2APIC */

static uint32_t reg_read(enum reg r)
{
	return registers != nullptr ? registers[r / 4]
				    : (uint32_t)msr_read((enum msr)(MSR_X2APIC + r / 16));
}

static void reg_write(enum reg r, uint32_t v)
{
	if (registers != nullptr)
		registers[r / 4] = v;
	else
		msr_write((enum msr)(MSR_X2APIC + r / 16), v);
}

static void mode_set(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE) | BASE_ENABLE;

	/* x2APIC cannot be left again, so it is used where firmware did; and where there is a
	 * choice. */
	if (cpu_has.x2apic) {
		msr_write(MSR_APIC_BASE, base | BASE_X2APIC);
		return;
	}
	msr_write(MSR_APIC_BASE, base);
	if (registers == nullptr)
		registers = device_map(base & PTE_ADDRESS, PAGE_SIZE);
	if (registers == nullptr)
		panic("no room to map the local interrupt controller");
}

void lapic_cpu_init(struct arch_cpu *cpu)
{
	mode_set();
	reg_write(REG_PRIORITY, 0);
	reg_write(REG_LVT_LINT0, LVT_MASKED); /* the PIC's */
	reg_write(REG_LVT_LINT1, LVT_NMI);
	reg_write(REG_LVT_ERROR, LVT_MASKED);
	reg_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	reg_write(REG_LVT_TIMER, VECTOR_TIMER | (cpu_has.deadline ? LVT_DEADLINE : 0));
	reg_write(REG_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	reg_write(REG_EOI, 0);
	cpu->apic_id = lapic_id();
}

uint32_t lapic_id(void)
{
	return registers != nullptr ? reg_read(REG_ID) >> 24 : reg_read(REG_ID);
}

void lapic_eoi(void)
{
	reg_write(REG_EOI, 0);
}

void lapic_send(uint32_t apic_id, enum lapic_message message, uint32_t vector)
{
	uint32_t command = vector | message | COMMAND_ASSERT;

	if (registers == nullptr) {
		/* MSR writes may overtake stores: what the other CPU is to see must be there. */
		asm volatile("mfence; lfence" ::: "memory");
		msr_write((enum msr)(MSR_X2APIC + REG_COMMAND / 16),
			  (uint64_t)apic_id << 32 | command);
		return;
	}
	for (unsigned n = 0; reg_read(REG_COMMAND) & COMMAND_BUSY && n < SEND_TRIES; n++)
		cpu_relax();
	reg_write(REG_COMMAND_HIGH, apic_id << 24);
	reg_write(REG_COMMAND, command);
}

void lapic_timer_set(uint32_t count)
{
	reg_write(REG_TIMER_COUNT, count);
}

uint32_t lapic_timer_left(void)
{
	return reg_read(REG_TIMER_LEFT);
}
