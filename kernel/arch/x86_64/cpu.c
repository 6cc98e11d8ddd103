/* SPDX-License-Identifier: MPL-2.0 */
/* What the processor can do, and turning it on. Leaves and bits: volume 2A, CPUID, of the Intel
 * manual. */
#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch.h"
#include "kernel/arch/x86_64/trap.h"

struct cpu_features cpu_has;

static bool bit(uint32_t word, unsigned n)
{
	return word >> n & 1;
}

void cpu_detect(void)
{
	uint32_t max = cpuid(0, 0).a;
	struct cpuid one = cpuid(1, 0);
	struct cpuid seven = max >= 7 ? cpuid(7, 0) : (struct cpuid){};
	struct cpuid extended =
		cpuid(0x80000001, 0); /* is there: the boot code found long mode in it */

	cpu_has = (struct cpu_features){
		.gib_pages = bit(extended.d, 26),
		.smep = bit(seven.b, 7),
		.smap = bit(seven.b, 20),
		.umip = bit(seven.c, 2),
		.fsgsbase = bit(seven.b, 0),
		.xsave = bit(one.c, 26) && max >= 0xd,
		.xsaveopt = bit(one.c, 26) && max >= 0xd && bit(cpuid(0xd, 1).a, 0),
		.x2apic = bit(one.c, 21),
		.deadline = bit(one.c, 24),
		.rdrand = bit(one.c, 30),
		.rdseed = bit(seven.b, 18),
	};
}

/* PAT entry 1 (PWT alone) becomes write combining; the rest is as after reset, so tables made
 * before this runs mean the same after it. */
constexpr uint64_t PAT = 0x0007040600070106;

void cpu_protect(void)
{
	uint64_t cr4 = cr4_read() | CR4_PGE | CR4_MCE | CR4_DE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cr0_write((cr0_read() | CR0_WP | CR0_NE | CR0_MP | CR0_AM | CR0_TS) & ~CR0_EM);
	if (cpu_has.smep)
		cr4 |= CR4_SMEP;
	if (cpu_has.smap)
		cr4 |= CR4_SMAP;
	if (cpu_has.umip)
		cr4 |= CR4_UMIP;
	if (cpu_has.fsgsbase)
		cr4 |= CR4_FSGSBASE;
	if (cpu_has.xsave)
		cr4 |= CR4_OSXSAVE;
	cr4_write(cr4);
	msr_write(MSR_PAT, PAT);
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE);
	msr_write(MSR_STAR,
		  (uint64_t)SELECTOR_USER_BASE << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
	msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
	msr_write(MSR_FMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT |
				     RFLAGS_RF | RFLAGS_AC);
}
