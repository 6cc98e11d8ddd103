/* SPDX-License-Identifier: MPL-2.0 */
/* A thread's registers: made, switched, looked at and replaced. */
#include "kernel/arch.h"
#include "kernel/arch/x86_64/debug.h"
#include "kernel/arch/x86_64/simd.h"
#include "kernel/assert.h"

/* What user mode may set itself. */
constexpr uint64_t RFLAGS_USER =
	RFLAGS_ARITHMETIC | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID;

void context_init(struct context *c, vaddr entry, vaddr stack, uint64_t argument)
{
	assert((uint64_t)c % alignof(struct context) == 0);
	*c = (struct context){
		.registers = {
			.rip = entry,
			.cs = SELECTOR_USER_CODE,
			.rflags = RFLAGS_FIXED | RFLAGS_IF,
			.rsp = stack,
			.ss = SELECTOR_USER_DATA,
			.rdi = argument,
		},
		.control_kernel = c->control_kernel,
		.control_user = c->control_user,
		.upcall_call = c->upcall_call,
		.simd_cpu = SIMD_NOWHERE,
	};
}

void context_switch_more(struct arch_cpu *cpu, struct context *from, struct context *to)
{
	simd_switch(cpu, from, to);
	if (to != nullptr && (cpu->dr7 | to->dr7) != 0)
		debug_load(cpu, to);
}

void context_registers_get(struct context *c, struct registers *r)
{
	if (this_arch_cpu()->context == c)
		fs_base_save(c);
	*r = c->registers;
}

bool context_registers_set(struct context *c, const struct registers *r)
{
	if (r->rip >= USER_END || r->rsp > USER_END || r->fs_base >= USER_END)
		return false;
	c->registers = *r;
	c->registers.cs = SELECTOR_USER_CODE;
	c->registers.ss = SELECTOR_USER_DATA;
	c->registers.rflags = (r->rflags & RFLAGS_USER) | RFLAGS_FIXED | RFLAGS_IF;
	c->by_syscall = BY_TRAP;
	if (this_arch_cpu()->context == c)
		fs_base_write(r->fs_base);
	return true;
}

void context_step_set(struct context *c, bool on)
{
	if (on)
		c->registers.rflags |= RFLAGS_TF;
	else
		c->registers.rflags &= ~RFLAGS_TF;
}
