/* SPDX-License-Identifier: MPL-2.0 */
/* What this x86-64 processor can do. */
#include "host/futfs/device.h"

bool cpu_has_crc32c(void)
{
	return __builtin_cpu_supports("sse4.2");
}
