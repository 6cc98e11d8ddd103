# SPDX-License-Identifier: MPL-2.0
# Running and debugging in QEMU. MEM, APPEND and MACHINE_OPTIONS are handed to tools/futura.

MEM ?= 256M
APPEND ?=
MACHINE_OPTIONS ?=
FUTURA = tools/futura $(1) --arch $(ARCH) --cpus $(CPUS) --mem $(MEM) \
	$(if $(APPEND),--append '$(APPEND)') $(MACHINE_OPTIONS)

.PHONY: run gdb
run: $(KERNEL_IMAGE) $(O)/bundle.cpio ## run in QEMU, the console on this terminal
	$(Q)$(call FUTURA,run)

gdb: $(KERNEL_IMAGE) $(O)/bundle.cpio ## run under gdb, stopped at the first instruction
	$(Q)$(call FUTURA,gdb)
