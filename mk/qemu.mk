# SPDX-License-Identifier: MPL-2.0
# Running and debugging in QEMU. MEM, APPEND and MACHINE_OPTIONS are handed to tools/futura.
# DISK=FILE is a FuturaFS volume (build/tools/mkfutfs FILE --size 1G), seen as /data, or with
# DISK_ROOT=1 as /.

MEM ?= 256M
APPEND ?=
MACHINE_OPTIONS ?=
DISK ?=
DISK_ROOT ?=
FUTURA = tools/futura $(1) --arch $(ARCH) --cpus $(CPUS) --mem $(MEM) \
	$(if $(APPEND),--append '$(APPEND)') $(if $(DISK),--disk '$(DISK)') \
	$(if $(filter-out 0,$(DISK_ROOT)),--disk-root) $(MACHINE_OPTIONS)

.PHONY: run gdb
run: $(KERNEL_IMAGE) $(O)/bundle.cpio ## run in QEMU, the console on this terminal
	$(Q)$(call FUTURA,run)

gdb: $(KERNEL_IMAGE) $(O)/bundle.cpio ## run under gdb, stopped at the first instruction
	$(Q)$(call FUTURA,gdb)
