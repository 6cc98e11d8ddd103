/* SPDX-License-Identifier: MPL-2.0 */
/* Power by firmware calls. */
#include "kernel/arch/arm64/psci.h"
#include "abi/kernel.h"
#include "kernel/arch/arm64/machine.h"

/* Arm DEN 0022, 5.1 */
constexpr uint64_t CPU_ON = 0xc4000003, SYSTEM_OFF = 0x84000008, SYSTEM_RESET = 0x84000009;
constexpr int64_t PSCI_FAILED = -1;

/* By the SMC calling convention (Arm DEN 0028) x0 to x17 may be lost. */
static int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = a;
	register uint64_t x2 asm("x2") = b;
	register uint64_t x3 asm("x3") = c;

	if (!machine.has_psci)
		return PSCI_FAILED;
	if (machine.psci_is_smc)
		asm volatile("smc #0"
			     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			     :
			     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
			       "x14", "x15", "x16", "x17", "memory");
	else
		asm volatile("hvc #0"
			     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			     :
			     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
			       "x14", "x15", "x16", "x17", "memory");
	return (int64_t)x0;
}

bool psci_cpu_on(uint64_t mpidr, uint64_t entry)
{
	return psci_call(CPU_ON, mpidr, entry, 0) == 0;
}

enum err arch_power_off(void)
{
	(void)psci_call(SYSTEM_OFF, 0, 0, 0); /* if it returns it did not work */
	return ERR_UNSUPPORTED;
}

enum err arch_reboot(void)
{
	(void)psci_call(SYSTEM_RESET, 0, 0, 0); /* the same */
	return ERR_UNSUPPORTED;
}
