/* SPDX-License-Identifier: MPL-2.0 */
/* /proc/cpuinfo on ARM64: what user mode may know. */
#include "services/posixd/proc/proc.h"

void cpu_describe(struct text *t, unsigned cpu, unsigned ncpus)
{
	(void)ncpus;
	text_add(t, "processor\t: %u\nCPU architecture: 8\n\n", cpu);
}
