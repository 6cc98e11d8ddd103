/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Interrupts from devices: lines by the I/O controllers (82093AA data sheet), messages straight to
 * the local one. All arrive at the first CPU. A line gets its vector when it is first set up.
 */
#include "kernel/arch/x86_64/irq.h"
#include <stdatomic.h>
#include "abi/kernel.h"
#include "kernel/arch/x86_64/acpi.h"
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/arch/x86_64/smp.h"
#include "kernel/arch/x86_64/trap.h"
#include "kernel/cpu.h"

constexpr unsigned LINE_VECTORS = VECTOR_MESSAGE - VECTOR_LINE;
constexpr unsigned MESSAGES = 64;
constexpr unsigned LINES_MAX = 256;
static_assert(VECTOR_MESSAGE + MESSAGES <= VECTOR_TIMER);

enum ioapic_reg : uint32_t { IOAPIC_VERSION = 1, IOAPIC_REDIRECTION = 0x10 };
constexpr uint32_t ENTRY_LOW_ACTIVE = 1 << 13, ENTRY_LEVEL = 1 << 15, ENTRY_MASKED = 1 << 16;

static struct ioapic {
	volatile uint32_t *select, *window;
	unsigned first, count; /* lines */
} ioapics[IOAPICS_MAX];
static unsigned nioapics, nlines;

static struct {
	uint8_t vector; /* 0: never set up */
	uint32_t entry; /* low half of its redirection entry, but the mask */
} lines[LINES_MAX];
static uint16_t vector_lines[LINE_VECTORS];
static unsigned nvectors; /* in use */

/* A message cannot be held back, so one that comes while masked is noted. */
static struct {
	atomic_bool masked, pending;
} messages[MESSAGES];

static uint32_t ioapic_read(const struct ioapic *io, uint32_t r)
{
	*io->select = r;
	return *io->window;
}

static void ioapic_write(const struct ioapic *io, uint32_t r, uint32_t v)
{
	*io->select = r;
	*io->window = v;
}

static const struct ioapic *ioapic_of(unsigned line)
{
	for (unsigned i = 0; i < nioapics; i++)
		if (line - ioapics[i].first < ioapics[i].count)
			return &ioapics[i];
	return nullptr;
}

static void entry_write(unsigned line, uint32_t low)
{
	const struct ioapic *io = ioapic_of(line);

	if (io != nullptr)
		ioapic_write(io, IOAPIC_REDIRECTION + 2 * (line - io->first), low);
}

static void ioapic_add(uint64_t base, unsigned first)
{
	volatile char *p = device_map(base, 0x20);
	struct ioapic *io = &ioapics[nioapics];

	if (p == nullptr || first >= LINES_MAX)
		return;
	*io = (struct ioapic){ (volatile uint32_t *)p, (volatile uint32_t *)(p + 0x10), first, 0 };
	io->count = (ioapic_read(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
	if (io->count > LINES_MAX - first)
		io->count = LINES_MAX - first;
	nioapics++;
	if (first + io->count > nlines)
		nlines = first + io->count;
	for (unsigned i = 0; i < io->count; i++)
		entry_write(first + i, ENTRY_MASKED);
}

/* The PIC's interrupts must not look like exceptions, even those that are only spurious. */
static void pic_silence(void)
{
	static const struct {
		uint8_t port, value;
	} steps[] = { { 0x20, 0x11 },       { 0xa0, 0x11 },
		      { 0x21, VECTOR_PIC }, { 0xa1, VECTOR_PIC + 8 },
		      { 0x21, 4 },          { 0xa1, 2 },
		      { 0x21, 1 },          { 0xa1, 1 },
		      { 0x21, 0xff },       { 0xa1, 0xff } };

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		out8(steps[i].port, steps[i].value);
}

void irq_init(void)
{
	pic_silence();
	for (unsigned i = 0; i < acpi.nioapics; i++)
		ioapic_add(acpi.ioapics[i].base, acpi.ioapics[i].first_line);
}

unsigned arch_irq_lines(void)
{
	return nlines;
}

enum err arch_irq_setup(unsigned line, uint32_t flags)
{
	const struct ioapic *io = ioapic_of(line);

	if (io == nullptr)
		return ERR_BAD_ARGUMENT;
	if (lines[line].vector == 0) {
		if (nvectors == LINE_VECTORS)
			return ERR_FULL;
		vector_lines[nvectors] = (uint16_t)line;
		lines[line].vector = (uint8_t)(VECTOR_LINE + nvectors++);
	}
	lines[line].entry = lines[line].vector | (flags & IRQ_EDGE ? 0 : ENTRY_LEVEL) |
			    (flags & IRQ_LOW ? ENTRY_LOW_ACTIVE : 0);
	ioapic_write(io, IOAPIC_REDIRECTION + 2 * (line - io->first) + 1, smp_apic_id(0) << 24);
	entry_write(line, lines[line].entry | ENTRY_MASKED);
	return OK;
}

void arch_irq_mask(unsigned line)
{
	if (line < nlines)
		entry_write(line, lines[line].entry | ENTRY_MASKED);
	else if (line - nlines < MESSAGES)
		messages[line - nlines].masked = true;
}

void arch_irq_unmask(unsigned line)
{
	if (line < nlines) {
		if (lines[line].vector != 0)
			entry_write(line, lines[line].entry);
		return;
	}
	unsigned n = line - nlines;

	if (n >= MESSAGES)
		return;
	atomic_store(&messages[n].masked, false);
	if (atomic_exchange(&messages[n].pending, false))
		lapic_send(smp_apic_id(0), LAPIC_FIXED, VECTOR_MESSAGE + n);
}

unsigned arch_msi_count(void)
{
	return MESSAGES;
}

/* Volume 3A, section 10.11: fixed delivery, edge triggered, to one CPU. */
enum err arch_msi_setup(unsigned n, uint32_t, uint64_t *address, uint32_t *data)
{
	if (n >= MESSAGES)
		return ERR_BAD_ARGUMENT;
	messages[n].masked = messages[n].pending = false;
	*address = 0xfee00000 | smp_apic_id(0) << 12;
	*data = VECTOR_MESSAGE + n;
	return OK;
}

/* Another CPU may unmask it at the same time: one of the two sees that it is pending. */
static bool message_is_held(unsigned n)
{
	if (!atomic_load(&messages[n].masked))
		return false;
	atomic_store(&messages[n].pending, true);
	return atomic_load(&messages[n].masked) || !atomic_exchange(&messages[n].pending, false);
}

/* kernel_leave, which comes after this, drops the kernel lock: so each way through here takes it.
 */
void irq_take(unsigned vector)
{
	if (vector == VECTOR_TIMER) {
		lapic_eoi();
		kernel_timer();
	} else if (vector == VECTOR_IPI) {
		lapic_eoi();
		kernel_ipi();
	} else if (vector - VECTOR_LINE < nvectors) {
		/* It is masked when the portable kernel has seen it, so a level does not come
		 * again. */
		kernel_interrupt(vector_lines[vector - VECTOR_LINE]);
		lapic_eoi();
	} else if (vector - VECTOR_MESSAGE < MESSAGES) {
		lapic_eoi(); /* an edge: it may come again at once, and is noted then */
		if (message_is_held(vector - VECTOR_MESSAGE))
			kernel_lock_once();
		else
			kernel_interrupt(nlines + vector - VECTOR_MESSAGE);
	} else {
		/* Spurious: it wants no end of interrupt. */
		kernel_lock_once();
	}
}
