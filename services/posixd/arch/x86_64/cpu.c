/* SPDX-License-Identifier: MPL-2.0 */
/* /proc/cpuinfo on x86-64: from CPUID. Intel SDM volume 2, CPUID; names of flags as Linux has them.
 */
#include <cpuid.h>
#include <string.h>
#include "services/posixd/proc/proc.h"

enum leaf : unsigned {
	LEAF_1_EDX,
	LEAF_1_ECX,
	LEAF_EXTENDED_EDX,
	LEAF_EXTENDED_ECX,
	LEAF_7_EBX,
	LEAVES
};

static const struct {
	uint8_t leaf, bit;
	const char *name;
} flags[] = {
	{ LEAF_1_EDX, 0, "fpu" },
	{ LEAF_1_EDX, 4, "tsc" },
	{ LEAF_1_EDX, 5, "msr" },
	{ LEAF_1_EDX, 8, "cx8" },
	{ LEAF_1_EDX, 9, "apic" },
	{ LEAF_1_EDX, 15, "cmov" },
	{ LEAF_1_EDX, 19, "clflush" },
	{ LEAF_1_EDX, 23, "mmx" },
	{ LEAF_1_EDX, 24, "fxsr" },
	{ LEAF_1_EDX, 25, "sse" },
	{ LEAF_1_EDX, 26, "sse2" },
	{ LEAF_EXTENDED_EDX, 11, "syscall" },
	{ LEAF_EXTENDED_EDX, 20, "nx" },
	{ LEAF_EXTENDED_EDX, 26, "pdpe1gb" },
	{ LEAF_EXTENDED_EDX, 27, "rdtscp" },
	{ LEAF_EXTENDED_EDX, 29, "lm" },
	{ LEAF_1_ECX, 0, "pni" },
	{ LEAF_1_ECX, 1, "pclmulqdq" },
	{ LEAF_1_ECX, 9, "ssse3" },
	{ LEAF_1_ECX, 12, "fma" },
	{ LEAF_1_ECX, 13, "cx16" },
	{ LEAF_1_ECX, 19, "sse4_1" },
	{ LEAF_1_ECX, 20, "sse4_2" },
	{ LEAF_1_ECX, 22, "movbe" },
	{ LEAF_1_ECX, 23, "popcnt" },
	{ LEAF_1_ECX, 25, "aes" },
	{ LEAF_1_ECX, 26, "xsave" },
	{ LEAF_1_ECX, 28, "avx" },
	{ LEAF_1_ECX, 29, "f16c" },
	{ LEAF_1_ECX, 30, "rdrand" },
	{ LEAF_1_ECX, 31, "hypervisor" },
	{ LEAF_EXTENDED_ECX, 0, "lahf_lm" },
	{ LEAF_EXTENDED_ECX, 5, "abm" },
	{ LEAF_EXTENDED_ECX, 6, "sse4a" },
	{ LEAF_7_EBX, 0, "fsgsbase" },
	{ LEAF_7_EBX, 3, "bmi1" },
	{ LEAF_7_EBX, 5, "avx2" },
	{ LEAF_7_EBX, 7, "smep" },
	{ LEAF_7_EBX, 8, "bmi2" },
	{ LEAF_7_EBX, 9, "erms" },
	{ LEAF_7_EBX, 18, "rdseed" },
	{ LEAF_7_EBX, 19, "adx" },
	{ LEAF_7_EBX, 20, "smap" },
	{ LEAF_7_EBX, 29, "sha_ni" },
};

static void model_name(char name[49])
{
	unsigned words[12] = {};

	for (unsigned i = 0; i < 3; i++)
		(void)__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1],
				  &words[4 * i + 2], &words[4 * i + 3]);
	memcpy(name, words, 48);
	name[48] = '\0';
}

static void flags_add(struct text *t)
{
	unsigned leaf[LEAVES] = {}, a, b, c;

	(void)__get_cpuid(1, &a, &b, &leaf[LEAF_1_ECX],
			  &leaf[LEAF_1_EDX]); /* a leaf that is missing leaves zeros */
	(void)__get_cpuid(0x80000001, &a, &b, &leaf[LEAF_EXTENDED_ECX], &leaf[LEAF_EXTENDED_EDX]);
	(void)__get_cpuid_count(7, 0, &a, &leaf[LEAF_7_EBX], &b, &c);
	text_add(t, "flags\t\t:");
	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (leaf[flags[i].leaf] >> flags[i].bit & 1)
			text_add(t, " %s", flags[i].name);
	text_add(t, "\n");
}

void cpu_describe(struct text *t, unsigned cpu, unsigned ncpus)
{
	unsigned most, vendor[3], signature, b, c, d;
	char name[49];

	(void)__get_cpuid(0, &most, &vendor[0], &vendor[2],
			  &vendor[1]); /* a leaf that is missing leaves zeros */
	(void)__get_cpuid(1, &signature, &b, &c, &d);
	unsigned family = signature >> 8 & 0xf, model = signature >> 4 & 0xf;
	if (family == 0xf)
		family += signature >> 20 & 0xff;
	if (family == 6 || family >= 0xf)
		model += signature >> 12 & 0xf0;
	model_name(name);
	text_add(t, "processor\t: %u\nvendor_id\t: %.12s\n", cpu, (const char *)vendor);
	text_add(t, "cpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\n", family, model, name);
	text_add(t, "stepping\t: %u\nphysical id\t: 0\nsiblings\t: %u\n", signature & 0xf, ncpus);
	text_add(t, "core id\t\t: %u\ncpu cores\t: %u\n", cpu, ncpus);
	flags_add(t);
	text_add(t, "\n");
}
