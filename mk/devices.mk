# SPDX-License-Identifier: MPL-2.0
# Devices: devd, drivers, and what they share. Their unit tests and fuzzers, on this machine.

NATIVE_PROGRAMS += services/devd drivers/virtio_blk apps/native/blk tests/block
EXTRA_SRCS_drivers/virtio_blk := lib/virtio/*.c
# The kernel's reader of device trees, which needs nothing of the kernel.
EXTRA_SRCS_services/devd := kernel/arch/arm64/fdt.c

DEVICE_PARTS := lib/virtio/queue.c lib/virtio/pci.c $(wildcard services/devd/core/*.c \
	drivers/virtio_blk/core/*.c) kernel/arch/arm64/fdt.c drivers/virtio_blk/test/disk.c
DEVICE_TEST_OBJS := $(patsubst %,$(H)/devices/%.o,$(DEVICE_PARTS) services/devd/test/config.c \
	$(wildcard services/devd/test/*_test.c drivers/virtio_blk/test/*_test.c) \
	kernel/arch/arm64/test/tree.c lib/test/test.c)

$(H)/devices/%.c.o: %.c | $$(HOST_GEN) $$(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<
$(H)/devices-test: $(DEVICE_TEST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-devices
.PHONY: test-devices
test-devices: $(H)/devices-test
	$(Q)$<

# A corpus grows in build/; what once failed is kept beside the fuzzer, in corpus/.
DEVICE_FUZZERS := drivers/virtio_blk/fuzz/blk services/devd/fuzz/devd
FUZZERS += $(DEVICE_FUZZERS:%=fuzz-%)
.PHONY: $(DEVICE_FUZZERS:%=fuzz-%)
$(DEVICE_FUZZERS:%=fuzz-%): fuzz-%: $(H)/fuzz/%
	$(Q)mkdir -p $(H)/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(H)/corpus/ $(H)/corpus/$* $(wildcard $(dir $*)corpus)
# It starts from the tree that QEMU makes; the first byte says that it is one.
DEVD_SEED := $(H)/corpus/services/devd/fuzz/devd/virt
fuzz-services/devd/fuzz/devd: $(DEVD_SEED)
$(DEVD_SEED):
	$(Q)mkdir -p $(@D)
	$(Q)qemu-system-aarch64 -M virt,dumpdtb=$@.dtb >/dev/null
	$(Q){ printf '\3'; head -c 12000 $@.dtb; } >$@ && rm $@.dtb

$(DEVICE_FUZZERS:%=$(H)/fuzz/%): $(H)/fuzz/%: %_fuzz.c $(DEVICE_PARTS) \
		| $$(HOST_GEN) $$(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -MJ $@.json,$(HOST_CFLAGS)) -fsanitize=fuzzer \
		$(HOST_LDFLAGS) -o $@ $(filter %.c,$^)

-include $(DEVICE_TEST_OBJS:.o=.d)
