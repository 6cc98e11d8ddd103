/* SPDX-License-Identifier: MPL-2.0 */
/* GIC: Arm IHI 0048 (version 2) and IHI 0069 (version 3). */
#include "kernel/arch/arm64/gic.h"
#include "abi/kernel.h"
#include "kernel/arch/arm64/its.h"
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/mmu.h"
#include "kernel/log.h"
#include "kernel/panic.h"

/* Distributor, and from IGROUPR to ICFGR also a version 3 redistributor's second frame. */
enum distributor : unsigned {
	GICD_CTLR = 0x000,
	GICD_TYPER = 0x004,
	GICD_IGROUPR = 0x080,
	GICD_ISENABLER = 0x100,
	GICD_ICENABLER = 0x180,
	GICD_ICPENDR = 0x280,
	GICD_ICACTIVER = 0x380,
	GICD_IPRIORITYR = 0x400,
	GICD_ITARGETSR = 0x800, /* version 2 */
	GICD_ICFGR = 0xc00,
	GICD_SGIR = 0xf00,     /* version 2 */
	GICD_IROUTER = 0x6000, /* version 3 */
};
constexpr uint32_t CTLR_ENABLE = 1;                                /* version 2 */
constexpr uint32_t CTLR_ENABLE_GROUP1 = 1 << 1, CTLR_ARE = 1 << 4; /* version 3 */
constexpr uint32_t CTLR_WRITE_PENDING = 1u << 31;
constexpr uint32_t CONFIG_EDGE = 2;

/* Version 2, CPU interface. */
enum interface : unsigned { GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_IAR = 0x0c, GICC_EOIR = 0x10 };

/* Version 3, redistributor: two frames, four if it knows about virtual LPIs. */
enum redistributor : unsigned { GICR_CTLR = 0x00, GICR_TYPER = 0x08, GICR_WAKER = 0x14 };
constexpr size_t FRAME = 0x10000;
constexpr uint64_t TYPER_VLPIS = 1 << 1, TYPER_LAST = 1 << 4;
constexpr uint32_t WAKER_SLEEP = 1 << 1, WAKER_ASLEEP = 1 << 2;

/* GICv2m. */
constexpr unsigned MSI_TYPER = 0x008, MSI_SETSPI = 0x040;

constexpr unsigned LINES_MAX = 1020;        /* above are special numbers */
constexpr uint32_t PRIORITIES = 0xa0a0a0a0; /* four lines: all the same */
constexpr unsigned PATIENCE = 1000000;      /* polls of a busy bit */

typedef volatile uint8_t *registers;

static struct {
	bool v3;
	unsigned lines;
	registers distributor, interface;
	registers redistributors[REDISTRIBUTOR_REGIONS];
	registers own[CPUS_MAX];  /* where a CPU's own lines are: distributor or redistributor */
	uint8_t target[CPUS_MAX]; /* version 2: a CPU's bit in the distributor */
	unsigned messages_first, messages; /* lines of the GICv2m frame, or the ITS's interrupts */
} gic;

static uint32_t read(registers r, unsigned offset)
{
	return *(volatile uint32_t *)(r + offset);
}

static void write(registers r, unsigned offset, uint32_t value)
{
	*(volatile uint32_t *)(r + offset) = value;
}

static void wait_clear(registers r, unsigned offset, uint32_t bits)
{
	for (unsigned i = 0; i < PATIENCE && (read(r, offset) & bits) != 0; i++)
		cpu_relax();
}

/* --- The distributor --- */

/* Groups of 32 lines: off, not pending, not active, one priority, level triggered. */
static void lines_init(registers r, unsigned from, unsigned to)
{
	for (unsigned line = from; line < to; line += 32) {
		unsigned bits = line / 8;
		write(r, GICD_ICENABLER + bits, ~0u);
		write(r, GICD_ICPENDR + bits, ~0u);
		write(r, GICD_ICACTIVER + bits, ~0u);
		if (gic.v3)
			write(r, GICD_IGROUPR + bits, ~0u);
		for (unsigned i = 0; i < 32; i += 4)
			write(r, GICD_IPRIORITYR + line + i, PRIORITIES);
		if (line >= GIC_SHARED) {
			write(r, GICD_ICFGR + line / 4, 0);
			write(r, GICD_ICFGR + line / 4 + 4, 0);
		}
	}
}

/* All shared lines go to the CPU we run on. */
static void lines_route(void)
{
	uint64_t mpidr = machine.cpu[0].mpidr;
	uint32_t target = read(gic.distributor, GICD_ITARGETSR) & 0xff;

	for (unsigned line = GIC_SHARED; line < gic.lines; line++) {
		if (gic.v3)
			*(volatile uint64_t *)(gic.distributor + GICD_IROUTER + line * 8ul) = mpidr;
		else
			gic.distributor[GICD_ITARGETSR + line] = (uint8_t)target;
	}
}

static void message_frame_init(void)
{
	registers frame = device_map(machine.gic.message_frame);

	if (frame == nullptr)
		return;
	uint32_t type = read(frame, MSI_TYPER);
	uint64_t first =
		machine.gic.frame_count != 0 ? machine.gic.frame_first : type >> 16 & 0x3ff;
	uint64_t count = machine.gic.frame_count != 0 ? machine.gic.frame_count : type & 0x3ff;

	if (first < GIC_SHARED || first >= gic.lines || count > gic.lines - first)
		return;
	gic.messages_first = (unsigned)first;
	gic.messages = (unsigned)count;
}

void gic_init(void)
{
	gic.v3 = machine.gic.version == 3;
	gic.distributor = device_map(machine.gic.distributor);
	for (unsigned i = 0; i < REDISTRIBUTOR_REGIONS; i++)
		gic.redistributors[i] = device_map(machine.gic.redistributors[i]);
	if (!gic.v3)
		gic.interface = device_map(machine.gic.cpu_interface);
	if (gic.distributor == nullptr || (!gic.v3 && gic.interface == nullptr))
		panic("the device tree names no interrupt controller of a known kind (GICv2, "
		      "GICv3)");
	gic.lines = ((read(gic.distributor, GICD_TYPER) & 31) + 1) * 32;
	if (gic.lines > LINES_MAX)
		gic.lines = LINES_MAX;
	write(gic.distributor, GICD_CTLR, 0);
	if (gic.v3) {
		wait_clear(gic.distributor, GICD_CTLR, CTLR_WRITE_PENDING);
		write(gic.distributor, GICD_CTLR, CTLR_ARE);
		wait_clear(gic.distributor, GICD_CTLR, CTLR_WRITE_PENDING);
	}
	lines_init(gic.distributor, GIC_SHARED, gic.lines);
	lines_route();
	write(gic.distributor, GICD_CTLR, gic.v3 ? CTLR_ARE | CTLR_ENABLE_GROUP1 : CTLR_ENABLE);
}

/* --- Each CPU's part --- */

/* Affinity as GICR_TYPER has it in its upper half. */
static uint64_t affinity_packed(uint64_t mpidr)
{
	return (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
}

static registers redistributor_find(uint64_t mpidr)
{
	for (unsigned i = 0; i < REDISTRIBUTOR_REGIONS; i++) {
		registers r = gic.redistributors[i];
		uint64_t left = r == nullptr ? 0 : machine.gic.redistributors[i].size;

		while (left >= 2 * FRAME) {
			uint64_t type = *(volatile uint64_t *)(r + GICR_TYPER);
			size_t size = (type & TYPER_VLPIS) != 0 ? 4 * FRAME : 2 * FRAME;

			if (type >> 32 == affinity_packed(mpidr))
				return r;
			if (type & TYPER_LAST)
				break;
			r += size;
			left -= size;
		}
	}
	return nullptr;
}

static uint64_t redistributor_address(registers r)
{
	for (unsigned i = 0; i < REDISTRIBUTOR_REGIONS; i++) {
		struct memory_range range = machine.gic.redistributors[i];

		if (gic.redistributors[i] != nullptr && r >= gic.redistributors[i] &&
		    r < gic.redistributors[i] + range.size)
			return range.base + (uint64_t)(r - gic.redistributors[i]);
	}
	return 0;
}

void gic_messages_init(void)
{
	if (!gic.v3) {
		message_frame_init();
		return;
	}
	registers first = gic.own[0] - FRAME;

	gic.messages = its_init(first, redistributor_address(first));
	gic.messages_first = ITS_FIRST;
}

static bool cpu_init_v3(struct arch_cpu *cpu)
{
	registers r = redistributor_find(machine.cpu[cpu->index].mpidr);

	if (r == nullptr)
		return false;
	write(r, GICR_WAKER, read(r, GICR_WAKER) & ~WAKER_SLEEP);
	wait_clear(r, GICR_WAKER, WAKER_ASLEEP);
	gic.own[cpu->index] = r + FRAME;
	lines_init(gic.own[cpu->index], 0, GIC_SHARED);
	SYSREG_WRITE(S3_0_C12_C12_5, SYSREG_READ(S3_0_C12_C12_5) | 1); /* ICC_SRE_EL1 */
	isb();
	SYSREG_WRITE(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1: every priority */
	SYSREG_WRITE(S3_0_C12_C12_3, 0);  /* ICC_BPR1_EL1 */
	SYSREG_WRITE(S3_0_C12_C12_4, 0);  /* ICC_CTLR_EL1: one write ends an interrupt */
	SYSREG_WRITE(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
	isb();
	return true;
}

static bool cpu_init_v2(struct arch_cpu *cpu)
{
	gic.own[cpu->index] = gic.distributor;
	gic.target[cpu->index] = read(gic.distributor, GICD_ITARGETSR) & 0xff;
	lines_init(gic.distributor, 0, GIC_SHARED);
	write(gic.interface, GICC_PMR, 0xff);
	write(gic.interface, GICC_CTLR, CTLR_ENABLE);
	return true;
}

bool gic_cpu_init(struct arch_cpu *cpu)
{
	return gic.v3 ? cpu_init_v3(cpu) : cpu_init_v2(cpu);
}

/* --- Use --- */

static registers line_home(unsigned line)
{
	return line < GIC_SHARED ? gic.own[this_arch_cpu()->index] : gic.distributor;
}

void gic_enable(unsigned line)
{
	write(line_home(line), GICD_ISENABLER + line / 32 * 4, 1u << line % 32);
}

/* Returns when the line cannot interrupt any more. */
void gic_disable(unsigned line)
{
	registers r = line_home(line);

	write(r, GICD_ICENABLER + line / 32 * 4, 1u << line % 32);
	if (gic.v3 && line >= GIC_SHARED)
		wait_clear(r, GICD_CTLR, CTLR_WRITE_PENDING);
}

bool gic_take(uint32_t *token, unsigned *line)
{
	if (gic.v3) {
		*token = (uint32_t)SYSREG_READ(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */
		*line = *token & 0xffffff;
		asm volatile("dsb sy" ::: "memory");
	} else {
		*token = read(gic.interface, GICC_IAR);
		*line = *token & 0x3ff;
	}
	return *line < LINES_MAX || *line >= ITS_FIRST;
}

void gic_end(uint32_t token)
{
	if (gic.v3)
		SYSREG_WRITE(S3_0_C12_C12_1, token); /* ICC_EOIR1_EL1 */
	else
		write(gic.interface, GICC_EOIR, token);
}

/* ICC_SGI1R_EL1 names a CPU by affinity: 16 of the lowest level at once, in a range. */
static uint64_t send_word(unsigned line, uint64_t mpidr)
{
	uint64_t lowest = mpidr & 0xff;

	return (mpidr >> 32 & 0xff) << 48 | (lowest >> 4) << 44 | (mpidr >> 16 & 0xff) << 32 |
	       (uint64_t)line << 24 | (mpidr >> 8 & 0xff) << 16 | 1ull << (lowest & 15);
}

void gic_send(unsigned line, uint64_t cpus)
{
	uint32_t targets = 0;

	asm volatile("dsb ishst" ::: "memory"); /* what it is about is visible first */
	for (unsigned i = 0; i < machine.ncpus; i++) {
		if ((cpus >> i & 1) == 0)
			continue;
		if (gic.v3)
			SYSREG_WRITE(S3_0_C12_C11_5, send_word(line, machine.cpu[i].mpidr));
		else
			targets |= gic.target[i];
	}
	if (!gic.v3)
		write(gic.distributor, GICD_SGIR, targets << 16 | line);
	isb();
}

/* --- kernel/arch.h: lines and messages --- */

unsigned arch_irq_lines(void)
{
	return gic.lines;
}

/* Messages are numbered above all lines, though GICv2m's arrive as lines. */
unsigned gic_number(unsigned line)
{
	if (line >= gic.messages_first && line - gic.messages_first < gic.messages)
		return line - gic.messages_first + gic.lines;
	return line;
}

static void line_configure(unsigned line, bool edge)
{
	unsigned offset = GICD_ICFGR + line / 16 * 4, shift = line % 16 * 2;
	uint32_t config = read(line_home(line), offset) & ~(CONFIG_EDGE << shift);

	write(line_home(line), offset, config | (edge ? CONFIG_EDGE << shift : 0));
}

enum err arch_irq_setup(unsigned line, uint32_t flags)
{
	if (line < GIC_SHARED || line >= gic.lines)
		return ERR_BAD_ARGUMENT; /* a CPU's own lines belong to the kernel */
	if (gic_number(line) != line)
		return ERR_EXISTS; /* it serves messages */
	gic_disable(line);
	line_configure(line, (flags & IRQ_EDGE) != 0);
	return OK;
}

static void number_enable(unsigned number, bool on)
{
	bool is_message = number >= gic.lines;
	unsigned line = is_message ? number - gic.lines + gic.messages_first : number;

	if (is_message && gic.v3)
		its_enable(number - gic.lines, on);
	else if (on)
		gic_enable(line);
	else
		gic_disable(line);
}

void arch_irq_mask(unsigned line)
{
	number_enable(line, false);
}

void arch_irq_unmask(unsigned line)
{
	number_enable(line, true);
}

unsigned arch_msi_count(void)
{
	return gic.messages;
}

enum err arch_msi_setup(unsigned n, uint32_t device, uint64_t *address, uint32_t *data)
{
	if (n >= gic.messages)
		return ERR_UNSUPPORTED;
	if (gic.v3)
		return its_setup(n, device, address, data);
	/* GICv2m takes a message from anyone. */
	gic_disable(gic.messages_first + n);
	line_configure(gic.messages_first + n, true);
	*address = machine.gic.message_frame.base + MSI_SETSPI;
	*data = gic.messages_first + n;
	return OK;
}
