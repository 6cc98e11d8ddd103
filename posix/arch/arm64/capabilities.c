/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the processor can do, from its identification registers, which the kernel lets user mode
 * read as far as it leaves the features usable. Arm ARM D19.2.59 and on; bits of asm/hwcap.h.
 */
#include "posix/exec/capabilities.h"
#include <asm/hwcap.h>

enum id_register : uint8_t { PFR0, PFR1, ISAR0, ISAR1, MMFR2, ID_REGISTERS };

struct feature {
	enum id_register in;
	uint8_t shift; /* of the field of four bits */
	uint8_t least; /* value of the field that has it */
	uint64_t bit;
};

static const struct feature features[] = {
	{ ISAR0, 4, 1, HWCAP_AES },       { ISAR0, 4, 2, HWCAP_PMULL },
	{ ISAR0, 8, 1, HWCAP_SHA1 },      { ISAR0, 12, 1, HWCAP_SHA2 },
	{ ISAR0, 12, 2, HWCAP_SHA512 },   { ISAR0, 16, 1, HWCAP_CRC32 },
	{ ISAR0, 20, 2, HWCAP_ATOMICS },  { ISAR0, 28, 1, HWCAP_ASIMDRDM },
	{ ISAR0, 32, 1, HWCAP_SHA3 },     { ISAR0, 36, 1, HWCAP_SM3 },
	{ ISAR0, 40, 1, HWCAP_SM4 },      { ISAR0, 44, 1, HWCAP_ASIMDDP },
	{ ISAR0, 48, 1, HWCAP_ASIMDFHM }, { ISAR0, 52, 1, HWCAP_FLAGM },
	{ ISAR1, 0, 1, HWCAP_DCPOP },     { ISAR1, 12, 1, HWCAP_JSCVT },
	{ ISAR1, 16, 1, HWCAP_FCMA },     { ISAR1, 20, 1, HWCAP_LRCPC },
	{ ISAR1, 20, 2, HWCAP_ILRCPC },   { ISAR1, 36, 1, HWCAP_SB },
	{ PFR0, 48, 1, HWCAP_DIT },       { PFR1, 4, 2, HWCAP_SSBS },
	{ MMFR2, 32, 1, HWCAP_USCAT },
};

static const struct feature features2[] = {
	{ ISAR0, 52, 2, HWCAP2_FLAGM2 }, { ISAR0, 60, 1, HWCAP2_RNG },
	{ ISAR1, 0, 2, HWCAP2_DCPODP },  { ISAR1, 32, 1, HWCAP2_FRINT },
	{ ISAR1, 44, 1, HWCAP2_BF16 },   { ISAR1, 48, 1, HWCAP2_DGH },
	{ ISAR1, 52, 1, HWCAP2_I8MM },
};

#define ID_READ(name)                                                                              \
	({                                                                                         \
		uint64_t value_;                                                                   \
		__asm__("mrs %0, " #name : "=r"(value_));                                          \
		value_;                                                                            \
	})

/* Each of these traps, so they are read once; processes inherit what was read. */
static uint64_t id_value(enum id_register which)
{
	static uint64_t values[ID_REGISTERS];

	if (values[PFR0] == 0) {
		values[PFR1] = ID_READ(id_aa64pfr1_el1);
		values[ISAR0] = ID_READ(id_aa64isar0_el1);
		values[ISAR1] = ID_READ(id_aa64isar1_el1);
		values[MMFR2] = ID_READ(S3_0_C0_C7_2);
		values[PFR0] = ID_READ(id_aa64pfr0_el1); /* never 0: it names EL0 */
	}
	return values[which];
}

static uint64_t bits_of(const struct feature *f, unsigned n)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < n; i++)
		if ((id_value(f[i].in) >> f[i].shift & 15) >= f[i].least)
			bits |= f[i].bit;
	return bits;
}

uint64_t cpu_capabilities(void)
{
	/* These fields are signed: 15 is "none", 1 is "half precision too". */
	uint64_t fp = id_value(PFR0) >> 16 & 15, simd = id_value(PFR0) >> 20 & 15;
	uint64_t bits = HWCAP_CPUID;

	if (fp != 15)
		bits |= HWCAP_FP | (fp >= 1 ? HWCAP_FPHP : 0);
	if (simd != 15)
		bits |= HWCAP_ASIMD | (simd >= 1 ? HWCAP_ASIMDHP : 0);
	return bits | bits_of(features, sizeof(features) / sizeof(*features));
}

uint64_t cpu_capabilities2(void)
{
	return bits_of(features2, sizeof(features2) / sizeof(*features2));
}

/* siginfo, ucontext with its reserved part, frame record. */
uint64_t signal_stack_least(void)
{
	return 5120;
}

void simd_reset(void)
{
	__asm__ volatile(".arch_extension fp\n\tmsr fpcr, xzr\n\tmsr fpsr, xzr");
}
