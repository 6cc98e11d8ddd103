/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A plugin of QEMU that counts the instructions executed, by blocks (one that faults half way
 * counts whole), and stops the processor at each mark (bench/arch/<arch>/mark.h): it writes the
 * mark's number and the count to the file descriptor out=N and goes on when a byte has come from
 * in=N. Meanwhile the machine's devices can be asked what they did.
 */
#include "tools/perflib/marks.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

[[gnu::visibility("default")]] int qemu_plugin_version = 1;

static uint64_t executed;
static int out = -1, in = -1;

static void marked(unsigned cpu, void *data)
{
	char go;

	(void)cpu;
	dprintf(out, "%lu %lu\n", (unsigned long)(uintptr_t)data, (unsigned long)executed);
	if (read(in, &go, 1) != 1)
		exit(1);
}

static void translated(uint64_t id, struct plugin_block *b)
{
	size_t n = qemu_plugin_tb_n_insns(b);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(b, INLINE_ADD_U64, &executed, n);
	for (size_t i = 0; i < n; i++) {
		struct plugin_insn *insn = qemu_plugin_tb_get_insn(b, i);
		uintptr_t mark = mark_of(insn);
		if (mark != MARK_NONE)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGISTERS,
							       (void *)mark);
	}
}

[[gnu::visibility("default")]] int qemu_plugin_install(uint64_t id, const struct plugin_info *info,
						       int argc, char **argv);
int qemu_plugin_install(uint64_t id, const struct plugin_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			out = atoi(argv[i] + 4);
		else if (strncmp(argv[i], "in=", 3) == 0)
			in = atoi(argv[i] + 3);
	}
	if (out < 0 || in < 0)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
