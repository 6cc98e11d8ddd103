# SPDX-License-Identifier: MPL-2.0
# The parts of kernel/arch/arm64 that run on this machine: tests, and the device tree's fuzzer.

ARM64_PARTS := $(patsubst %,kernel/arch/arm64/%.c,fdt ranges)
ARM64_TEST_OBJS := $(patsubst %,$(H)/arm64/%.o,$(ARM64_PARTS) \
	$(wildcard kernel/arch/arm64/test/*.c) lib/test/test.c)

$(H)/arm64/%.c.o: %.c | $$(HOST_GEN) $$(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(H)/arm64-test: $(ARM64_TEST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-arm64
.PHONY: test-arm64
test-arm64: $(H)/arm64-test
	$(Q)$<

# It starts from the trees QEMU makes, which are a megabyte long but for 8 KiB empty.
FUZZERS += fuzz-fdt
.PHONY: fuzz-fdt
fuzz-fdt: $(H)/fuzz/fdt
	$(Q)mkdir -p $(H)/corpus/fdt
	$(Q)for gic in 2 3; do \
		qemu-system-aarch64 -M virt,gic-version=$$gic,dumpdtb=$(H)/fdt.dtb >/dev/null; \
		head -c 16384 $(H)/fdt.dtb >$(H)/corpus/fdt/virt$$gic; done
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -print_final_stats=1 -verbosity=0 \
		$(H)/corpus/fdt $(wildcard tests/fuzz/fdt-corpus)

$(H)/fuzz/fdt: tests/fuzz/fdt.c kernel/arch/arm64/fdt.c | $$(HOST_GEN) $$(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -MJ $@.json,$(HOST_CFLAGS)) -fsanitize=fuzzer \
		$(HOST_LDFLAGS) -o $@ $(filter %.c,$^)

-include $(ARM64_TEST_OBJS:.o=.d)
