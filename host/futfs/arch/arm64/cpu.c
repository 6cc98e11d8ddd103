/* SPDX-License-Identifier: MPL-2.0 */
/* What this ARM64 processor can do. */
#include "host/futfs/device.h"

#include <asm/hwcap.h>
#include <sys/auxv.h>

bool cpu_has_crc32c(void)
{
	return getauxval(AT_HWCAP) & HWCAP_CRC32;
}
