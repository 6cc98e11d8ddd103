/* SPDX-License-Identifier: MPL-2.0 */
/* /proc/cpuinfo on ARM64: MIDR_EL1, which the kernel lets user mode read. Arm ARM D19.2.94 */
#include "services/posixd/proc/proc.h"

void cpu_describe(struct text *t, unsigned cpu, unsigned ncpus)
{
	uint64_t midr;

	(void)ncpus;
	__asm__("mrs %0, midr_el1" : "=r"(midr));
	unsigned id = (unsigned)midr;
	text_add(t, "processor\t: %u\nCPU implementer\t: 0x%02x\nCPU architecture: 8\n", cpu,
		 id >> 24);
	text_add(t, "CPU variant\t: 0x%x\nCPU part\t: 0x%03x\nCPU revision\t: %u\n\n",
		 id >> 20 & 0xf, id >> 4 & 0xfff, id & 0xf);
}
