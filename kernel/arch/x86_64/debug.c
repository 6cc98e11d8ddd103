/* SPDX-License-Identifier: MPL-2.0 */
/* Hardware breakpoints and watchpoints, and why a debug trap came. */
#include "kernel/arch/x86_64/debug.h"
#include "abi/kernel.h"
#include "kernel/string.h"

constexpr unsigned BREAKPOINTS = 4;
constexpr uint64_t DR6_CLEAR = 0xffff0ff0, DR6_STATUS = 0x600f;

void debug_load(struct arch_cpu *cpu, const struct context *c)
{
	/* Off while the addresses change. */
	asm volatile("mov %0, %%dr7" ::"r"(0ul));
	asm volatile("mov %0, %%dr0\n\t"
		     "mov %1, %%dr1\n\t"
		     "mov %2, %%dr2\n\t"
		     "mov %3, %%dr3" ::"r"(c->dr[0]),
		     "r"(c->dr[1]), "r"(c->dr[2]), "r"(c->dr[3]));
	asm volatile("mov %0, %%dr7" ::"r"(c->dr7));
	cpu->dr7 = c->dr7;
}

uint64_t debug_status_take(void)
{
	uint64_t status;

	asm volatile("mov %%dr6, %0" : "=r"(status));
	asm volatile("mov %0, %%dr6" ::"r"(DR6_CLEAR));
	return status & DR6_STATUS;
}

/* The enable, type and length bits of one breakpoint in DR7: figure 17-1. */
static bool control_bits(uint32_t kind, uint32_t size, unsigned i, uint64_t *bits)
{
	static const uint8_t types[] = { 0, 0, 1, 3 }, lengths[] = { 0, 0, 1, 0, 3, 0, 0, 0, 2 };

	if (kind > 3 || (size != 1 && size != 2 && size != 4 && size != 8) ||
	    (kind == 1 && size != 1))
		return false;
	*bits = 1ull << (2 * i) | (uint64_t)types[kind] << (16 + 4 * i) |
		(uint64_t)lengths[size] << (18 + 4 * i);
	return true;
}

enum err context_debug_set(struct context *c, const struct thread_debug *d)
{
	uint64_t dr7 = 0, bits;

	for (unsigned i = 0; i < BREAKPOINTS; i++) {
		if (d->kind[i] == 0)
			continue;
		if (!control_bits(d->kind[i], d->size[i], i, &bits) ||
		    d->address[i] % d->size[i] != 0 || d->address[i] > USER_END - d->size[i])
			return ERR_BAD_ARGUMENT;
		dr7 |= bits;
	}
	memcpy(c->dr, d->address, sizeof(c->dr));
	for (unsigned i = 0; i < BREAKPOINTS; i++)
		if (d->kind[i] == 0)
			c->dr[i] = 0;
	c->dr7 = dr7;
	context_step_set(c, d->step != 0);
	if (this_arch_cpu()->context == c)
		debug_load(this_arch_cpu(), c);
	return OK;
}
