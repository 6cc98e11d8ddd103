/* SPDX-License-Identifier: MPL-2.0 */
/* Finds the marks that programs under measurement execute: bench/arch/<arch>/mark.h. */
#pragma once
#include <string.h>
#include "tools/perflib/plugin.h"

enum mark : uintptr_t { MARK_NONE, MARK_BEGIN, MARK_END, MARK_READY };

/* The number of the mark that this instruction is. Of x86-64's the number is byte 3; of ARM64's it
 * is the lowest byte of the moved value. */
static inline uintptr_t mark_of(const struct plugin_insn *insn)
{
	static const uint8_t x86[] = { 0x0f, 0x1f, 0x80 }, x86_end[] = { 0x54, 0x55, 0x46 };
	constexpr uint32_t ARM = 0xd288c01f; /* movz xzr, #0x4600 */
	const uint8_t *code = qemu_plugin_insn_data(insn);
	uint32_t word;

	if (qemu_plugin_insn_size(insn) == 7 && memcmp(code, x86, sizeof(x86)) == 0 &&
	    memcmp(code + 4, x86_end, sizeof(x86_end)) == 0)
		return code[3];
	if (qemu_plugin_insn_size(insn) != sizeof(word))
		return MARK_NONE;
	memcpy(&word, code, sizeof(word));
	return (word & ~(0xffu << 5)) == ARM ? word >> 5 & 0xff : MARK_NONE;
}
