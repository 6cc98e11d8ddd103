/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Identification registers for user code. They trap, but programs learn from them what the
 * processor can do, as Linux lets them and as the personality must. A field is shown only where
 * this kernel leaves the feature usable: so no SVE, no pointer authentication, no memory tagging.
 */
#include "kernel/arch/arm64/exception.h"

/* mrs xT, S3_0_C0_Cm_op2: all other bits of the instruction. */
constexpr uint32_t MRS_ID = 0xd5380000, MRS_ID_MASK = 0xfffff000 | 0x800;

static uint64_t fields(const char *shown)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 16; i++)
		if (shown[i] != '-')
			mask |= 15ull << (60 - 4 * i);
	return mask;
}

/* One letter for each field of four bits, the highest first. Arm ARM D19.2.59 and on */
static uint64_t id_value(unsigned m, unsigned op2)
{
	switch (m * 8 + op2) {
	case 0 * 8 + 0:
		return SYSREG_READ(midr_el1);
	case 0 * 8 + 5:
		return 1ull << 31; /* MPIDR_EL1: which CPU this is concerns nobody */
	case 0 * 8 + 6:
		return SYSREG_READ(revidr_el1);
	case 4 * 8 + 0: /* PFR0: DIT, SIMD, FP; user mode is 64-bit only */
		return (SYSREG_READ(id_aa64pfr0_el1) & fields("---d------sf----")) | 0x11;
	case 4 * 8 + 1: /* PFR1: SSBS */
		return SYSREG_READ(id_aa64pfr1_el1) & fields("--------------s-");
	case 5 * 8 + 0: /* DFR0: a debug architecture must be named */
		return 6;
	case 6 * 8 + 0: /* ISAR0: RNDR, TS, FHM, DP, SM4, SM3, SHA3, RDM, atomics, CRC, SHA, AES */
		return SYSREG_READ(id_aa64isar0_el1) & fields("r-tfd433r-acsse-");
	case 6 * 8 + 1: /* ISAR1: I8MM, DGH, BF16, SB, FRINTTS, LRCPC, FCMA, JSCVT, DPB */
		return SYSREG_READ(id_aa64isar1_el1) & fields("--idb-sf--lcj--d");
	case 7 * 8 + 2: /* MMFR2: AT */
		return SYSREG_READ(S3_0_C0_C7_2) & fields("-------a--------");
	default:
		return 0;
	}
}

static void emulate_mrs(struct context *c, unsigned rt, unsigned m, unsigned op2)
{
	if (rt != 31)
		c->registers.x[rt] = id_value(m, op2);
	c->registers.pc += 4;
	c->registers.pstate &= ~PSTATE_STEP; /* that was a step, if anyone counts them */
}

/* The syndrome holds the instruction's fields if the class is EC_SYSTEM; else it has to be read. */
bool emulate(struct context *c, uint64_t syndrome)
{
	uint32_t instruction = 0;

	if ((syndrome & UINT32_MAX) >> ESR_CLASS_SHIFT == EC_SYSTEM) {
		bool is_read = syndrome & 1;
		unsigned op0 = (syndrome >> 20) & 3, op1 = (syndrome >> 14) & 7;
		unsigned n = (syndrome >> 10) & 15;

		if (!is_read || op0 != 3 || op1 != 0 || n != 0 || ((syndrome >> 1) & 15) > 7)
			return false;
		emulate_mrs(c, (syndrome >> 5) & 31, (syndrome >> 1) & 15, (syndrome >> 17) & 7);
		return true;
	}
	if (c->registers.pc >= USER_END || (c->registers.pc & 3) != 0 ||
	    !user_load(c->registers.pc, &instruction) || (instruction & MRS_ID_MASK) != MRS_ID)
		return false;
	emulate_mrs(c, instruction & 31, (instruction >> 8) & 15, (instruction >> 5) & 7);
	return true;
}
