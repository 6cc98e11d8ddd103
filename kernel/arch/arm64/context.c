/* SPDX-License-Identifier: MPL-2.0 */
/* A thread's registers: made, copied, switched, read and written. */
#include "kernel/arch/arm64/debug.h"
#include "kernel/arch/arm64/simd.h"

/* The condition flags, and DIT and SSBS where the CPU has them. All else is ours. */
constexpr uint64_t PSTATE_NZCV = 0xfull << 28, PSTATE_DIT = 1ull << 24, PSTATE_SSBS = 1ull << 12;
static uint64_t pstate_user_bits = PSTATE_NZCV;

void context_cpu_init(void)
{
	if (id_field(SYSREG_READ(id_aa64pfr0_el1), 48) != 0)
		pstate_user_bits |= PSTATE_DIT;
	if (id_field(SYSREG_READ(id_aa64pfr1_el1), 4) != 0)
		pstate_user_bits |= PSTATE_SSBS;
}

void context_init(struct context *c, vaddr entry, vaddr stack, uint64_t argument)
{
	*c = (struct context){
		.registers = { .x[0] = argument, .sp = stack, .pc = entry },
		.simd_cpu = SIMD_NOWHERE,
	};
}

bool context_copy(struct context *to, struct context *from)
{
	simd_settle(from);
	to->simd = from->simd;
	to->simd_cpu = SIMD_NOWHERE;
	to->registers.tpidr = SYSREG_READ(tpidr_el0);
	return true;
}

void context_fini(struct context *c)
{
	simd_forget(c);
}

/* What few threads need; apart, so that the others pay one test for all of it. */
[[clang::noinline]] static void switch_rest(struct context *from, struct context *to,
					    struct arch_cpu *cpu)
{
	if (cpu->simd_on)
		simd_leave(cpu, from);
	if (to != nullptr && (cpu->debug_on || to->debugged))
		debug_switch(cpu, to);
}

void context_switch(struct arch_cpu *cpu, struct context *from, struct context *to)
{
	unsigned rest = cpu->special;

	if (from != nullptr)
		from->registers.tpidr = SYSREG_READ(tpidr_el0);
	cpu->current = to;
	if (to != nullptr) {
		SYSREG_WRITE(tpidr_el0, to->registers.tpidr);
		SYSREG_WRITE(tpidrro_el0, to->control_user);
		rest |= to->debugged;
	}
	if (rest) [[clang::unlikely]]
		switch_rest(from, to, cpu);
}

void context_registers_get(struct context *c, struct registers *r)
{
	if (this_arch_cpu()->current == c)
		c->registers.tpidr = SYSREG_READ(tpidr_el0);
	*r = c->registers;
	r->pstate &= pstate_user_bits;
}

bool context_registers_set(struct context *c, const struct registers *r)
{
	uint64_t pc = r->pc, pstate = r->pstate; /* user code may change them as we look */

	if (pc >= USER_END)
		return false;
	c->registers = *r;
	c->registers.pc = pc;
	c->registers.pstate = (pstate & pstate_user_bits) | (c->stepping ? PSTATE_STEP : 0);
	context_set_tls(c, c->registers.tpidr);
	return true;
}
