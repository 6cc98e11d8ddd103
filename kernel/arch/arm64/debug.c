/* SPDX-License-Identifier: MPL-2.0 */
/* Hardware breakpoints, watchpoints and single step. Arm ARM D2; registers D19.3. */
#include "kernel/arch/arm64/debug.h"
#include "abi/kernel.h"

constexpr uint64_t MDSCR_STEP = 1, MDSCR_MONITOR = 1 << 15;
/* Enabled, for user mode. */
constexpr uint64_t CONTROL_ON = 1 | 2 << 1;
constexpr unsigned CONTROL_ACCESS_SHIFT = 3, CONTROL_BYTES_SHIFT = 5;

constexpr unsigned SLOTS = 4;
enum debug_kind : uint32_t { DEBUG_OFF = 0, DEBUG_EXEC = 1, DEBUG_WRITE = 2, DEBUG_ACCESS = 3 };

static unsigned nbreaks, nwatches;

/* Registers have their number in their name. */
#define DEBUG_WRITE_PAIR(name, i, control, value)                                                  \
	case i:                                                                                    \
		SYSREG_WRITE(name##cr##i##_el1, 0);                                                \
		SYSREG_WRITE(name##vr##i##_el1, value);                                            \
		SYSREG_WRITE(name##cr##i##_el1, control);                                          \
		break

static void break_write(unsigned i, uint64_t control, uint64_t value)
{
	switch (i) {
		DEBUG_WRITE_PAIR(dbgb, 0, control, value);
		DEBUG_WRITE_PAIR(dbgb, 1, control, value);
		DEBUG_WRITE_PAIR(dbgb, 2, control, value);
		DEBUG_WRITE_PAIR(dbgb, 3, control, value);
	}
}

static void watch_write(unsigned i, uint64_t control, uint64_t value)
{
	switch (i) {
		DEBUG_WRITE_PAIR(dbgw, 0, control, value);
		DEBUG_WRITE_PAIR(dbgw, 1, control, value);
		DEBUG_WRITE_PAIR(dbgw, 2, control, value);
		DEBUG_WRITE_PAIR(dbgw, 3, control, value);
	}
}

static unsigned slots_min(unsigned n)
{
	return n < SLOTS ? n : SLOTS;
}

void debug_init(void)
{
	uint64_t id = SYSREG_READ(id_aa64dfr0_el1);

	nbreaks = slots_min(id_field(id, 12) + 1);
	nwatches = slots_min(id_field(id, 20) + 1);
	SYSREG_WRITE(oslar_el1, 0);
	SYSREG_WRITE(mdscr_el1, 0);
	for (unsigned i = 0; i < nbreaks; i++)
		break_write(i, 0, 0);
	for (unsigned i = 0; i < nwatches; i++)
		watch_write(i, 0, 0);
}

/* The bytes of the aligned eight that a watchpoint is about. */
static uint64_t watch_control(const struct thread_debug *d, unsigned i)
{
	uint64_t bytes = ((1ull << d->size[i]) - 1) << (d->address[i] & 7);
	uint64_t access = d->kind[i] == DEBUG_WRITE ? 2 : 3;

	return CONTROL_ON | access << CONTROL_ACCESS_SHIFT | bytes << CONTROL_BYTES_SHIFT;
}

void debug_switch(struct arch_cpu *cpu, struct context *to)
{
	const struct thread_debug *d = &to->debug;
	unsigned b = 0, w = 0;

	for (unsigned i = 0; to->debugged && i < SLOTS; i++) {
		if (d->kind[i] == DEBUG_EXEC)
			break_write(b++, CONTROL_ON | 0xfull << CONTROL_BYTES_SHIFT, d->address[i]);
		else if (d->kind[i] != DEBUG_OFF)
			watch_write(w++, watch_control(d, i), d->address[i] & ~7ull);
	}
	uint64_t on = (to->stepping ? MDSCR_STEP : 0) | (b + w > 0 ? MDSCR_MONITOR : 0);
	while (b < nbreaks)
		break_write(b++, 0, 0);
	while (w < nwatches)
		watch_write(w++, 0, 0);
	SYSREG_WRITE(mdscr_el1, on);
	cpu->debug_on = to->debugged;
}

static void debug_changed(struct context *c)
{
	struct arch_cpu *cpu = this_arch_cpu();

	c->debugged = c->stepping;
	for (unsigned i = 0; i < SLOTS; i++)
		c->debugged |= c->debug.kind[i] != DEBUG_OFF;
	if (cpu->current == c)
		debug_switch(cpu, c);
}

void context_step_set(struct context *c, bool on)
{
	c->stepping = on;
	c->registers.pstate &= ~PSTATE_STEP;
	if (on)
		c->registers.pstate |= PSTATE_STEP;
	debug_changed(c);
}

static bool slot_is_valid(const struct thread_debug *d, unsigned i)
{
	uint64_t address = d->address[i];
	uint32_t size = d->size[i];

	if (d->kind[i] == DEBUG_OFF)
		return true;
	if (d->kind[i] > DEBUG_ACCESS || address >= USER_END)
		return false;
	if (d->kind[i] == DEBUG_EXEC)
		return (address & 3) == 0;
	return (size == 1 || size == 2 || size == 4 || size == 8) && (address & (size - 1)) == 0;
}

enum err context_debug_set(struct context *c, const struct thread_debug *d)
{
	unsigned b = 0, w = 0;

	for (unsigned i = 0; i < SLOTS; i++) {
		if (!slot_is_valid(d, i))
			return ERR_BAD_ARGUMENT;
		b += d->kind[i] == DEBUG_EXEC;
		w += d->kind[i] == DEBUG_WRITE || d->kind[i] == DEBUG_ACCESS;
	}
	if (b > nbreaks || w > nwatches)
		return ERR_UNSUPPORTED;
	c->debug = *d;
	context_step_set(c, d->step != 0);
	return OK;
}
