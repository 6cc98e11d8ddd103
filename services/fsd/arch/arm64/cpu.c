/* SPDX-License-Identifier: MPL-2.0 */
/* What this ARM64 processor can do: Arm ARM D19.2.61, ID_AA64ISAR0_EL1, which the kernel emulates.
 */
#include "services/fsd/fsd.h"

bool cpu_has_crc32c(void)
{
	uint64_t isar0;

	__asm__("mrs %0, id_aa64isar0_el1" : "=r"(isar0));
	return (isar0 >> 16 & 0xf) != 0;
}
