/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What we use of QEMU's plugin interface, version 1, as its "QEMU TCG Plugins" manual describes it;
 * Debian's QEMU has the interface, but no package has its header.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct plugin_block; /* a translated block of the guest's instructions */
struct plugin_insn;
struct plugin_info;

enum plugin_registers : int { NO_REGISTERS };
enum plugin_inline : int { INLINE_ADD_U64 };

typedef void plugin_translated(uint64_t id, struct plugin_block *b);
typedef void plugin_executed(unsigned cpu, void *data);
typedef void plugin_ended(uint64_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_translated *call);
void qemu_plugin_register_vcpu_tb_exec_cb(struct plugin_block *b, plugin_executed *call,
					  enum plugin_registers use, void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct plugin_block *b, enum plugin_inline op,
					      void *counter, uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct plugin_insn *i, plugin_executed *call,
					    enum plugin_registers use, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct plugin_insn *i, enum plugin_inline op,
						void *counter, uint64_t add);
void qemu_plugin_register_atexit_cb(uint64_t id, plugin_ended *call, void *data);
size_t qemu_plugin_tb_n_insns(const struct plugin_block *b);
uint64_t qemu_plugin_tb_vaddr(const struct plugin_block *b);
struct plugin_insn *qemu_plugin_tb_get_insn(const struct plugin_block *b, size_t i);
const void *qemu_plugin_insn_data(const struct plugin_insn *i);
size_t qemu_plugin_insn_size(const struct plugin_insn *i);
void *qemu_plugin_insn_haddr(const struct plugin_insn *i);
