/* SPDX-License-Identifier: MPL-2.0 */
/* Who has the SIMD registers. */
#include "kernel/arch/arm64/simd.h"
#include "kernel/string.h"

/* simd.S */
void simd_save(struct simd *to);
void simd_load(const struct simd *from);

static bool simd_eager;

static void simd_allow(struct arch_cpu *cpu, bool allow)
{
	SYSREG_WRITE(cpacr_el1, allow ? CPACR_SIMD : 0);
	cpu->simd_on = allow;
}

static bool simd_is_here(const struct arch_cpu *cpu, const struct context *c)
{
	return cpu->simd_owner == c && c->simd_cpu == cpu->index;
}

void simd_init(bool more)
{
	struct arch_cpu *cpu = this_arch_cpu();

	simd_eager = simd_eager || more;
	cpu->simd_owner = nullptr;
	cpu->simd_dirty = false;
	simd_allow(cpu, false);
}

/* The registers are accessible. */
static void simd_flush(struct arch_cpu *cpu)
{
	if (cpu->simd_dirty)
		simd_save(&cpu->simd_owner->simd);
	cpu->simd_dirty = false;
}

void simd_take(struct context *c)
{
	struct arch_cpu *cpu = this_arch_cpu();

	simd_allow(cpu, true);
	isb();
	if (!simd_is_here(cpu, c)) {
		simd_flush(cpu);
		simd_load(&c->simd);
		cpu->simd_owner = c;
		c->simd_cpu = cpu->index;
	}
	cpu->simd_dirty = true;
}

void simd_leave(struct arch_cpu *cpu, struct context *from)
{
	/* Who has ended needs nothing stored, and its memory may soon be another's. */
	if (from == nullptr) {
		cpu->simd_owner = nullptr;
		cpu->simd_dirty = false;
	} else if (simd_eager) {
		simd_flush(cpu);
	}
	simd_allow(cpu, false); /* takes effect with the return to user mode */
}

void simd_settle(struct context *c)
{
	struct arch_cpu *cpu = this_arch_cpu();
	bool running = cpu->simd_on; /* then it is the current thread's, and stays so */

	if (cpu->simd_owner != c || !cpu->simd_dirty)
		return;
	simd_allow(cpu, true);
	isb();
	simd_save(&c->simd);
	if (!running) {
		cpu->simd_dirty = false;
		simd_allow(cpu, false);
	}
}

void simd_forget(struct context *c)
{
	struct arch_cpu *cpu = this_arch_cpu();

	c->simd_cpu = SIMD_NOWHERE;
	if (cpu->simd_owner != c)
		return;
	cpu->simd_owner = nullptr;
	cpu->simd_dirty = false;
	simd_allow(cpu, false);
}

uint64_t simd_status(void)
{
	uint64_t status = 0;

	if (this_arch_cpu()->simd_on)
		asm volatile(".arch_extension fp\n\tmrs %0, fpsr" : "=r"(status));
	return status;
}

/* --- kernel/arch.h --- */

size_t context_simd_size(void)
{
	return sizeof(struct simd);
}

void context_simd_get(struct context *c, void *to)
{
	simd_settle(c);
	memcpy(to, &c->simd, sizeof(c->simd));
}

/* Bits that FPSR and FPCR have for user code; a trapped exception may be enabled if the CPU can. */
constexpr uint32_t FPSR_BITS = 0xf800009f, FPCR_BITS = 0x07ff9f07;

bool context_simd_set(struct context *c, const void *from)
{
	struct simd simd;

	memcpy(&simd, from, sizeof(simd));
	if ((simd.fpsr & ~FPSR_BITS) != 0 || (simd.fpcr & ~FPCR_BITS) != 0 || simd.reserved != 0)
		return false;
	simd_forget(c);
	c->simd = simd;
	return true;
}
