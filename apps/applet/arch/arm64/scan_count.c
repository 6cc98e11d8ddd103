/* SPDX-License-Identifier: MPL-2.0 */
/* Counting a byte: every ARM64 processor has NEON. */
#include "apps/applet/scan_count.h"

size_t scan_count(const char *p, const char *stop, int c)
{
	return count_bytes(p, stop, c);
}
