# SPDX-License-Identifier: MPL-2.0
# The portable kernel on this machine: unit tests under sanitizers, and the system-call fuzzer.

KERNEL_HOST_SRCS := $(wildcard kernel/*.c kernel/arch/host/*.c) kernel/test/fixture.c
KERNEL_TEST_SRCS := $(wildcard kernel/test/*_test.c) kernel/test/help.c lib/test/test.c
KERNEL_HOST_CFLAGS = $(HOST_CFLAGS) --embed-dir=$(H) -fno-builtin

# On this machine init's program never runs: any bytes will do.
$(H)/userboot.bin:
	@mkdir -p $(@D)
	$(Q)printf 'not run' > $@

KERNEL_TEST_OBJS := $(KERNEL_HOST_SRCS:%=$(H)/kernel-test/%.o) \
	$(KERNEL_TEST_SRCS:%=$(H)/kernel-test/%.o) $(H)/kernel-test/gen/dispatch.c.o
KERNEL_FUZZ_OBJS := $(KERNEL_HOST_SRCS:%=$(H)/kernel-fuzz/%.o) \
	$(H)/kernel-fuzz/tests/fuzz/kernel.c.o $(H)/kernel-fuzz/gen/dispatch.c.o

define KERNEL_HOST_RULES
$(H)/$1/%.c.o: %.c $(H)/userboot.bin | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(KERNEL_HOST_CFLAGS) $2 -c -o $$@ $$<

$(H)/$1/gen/dispatch.c.o: $(H)/gen/kernel/dispatch.c | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(KERNEL_HOST_CFLAGS) $2 -c -o $$@ $$<
endef
$(eval $(call KERNEL_HOST_RULES,kernel-test,))
$(eval $(call KERNEL_HOST_RULES,kernel-fuzz,-fsanitize=fuzzer-no-link -O2))

$(H)/kernel-unit: $(KERNEL_TEST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

$(H)/fuzz/kernel: $(KERNEL_FUZZ_OBJS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_LDFLAGS) -fsanitize=fuzzer -o $@ $^

HOST_TESTS += test-kernel
.PHONY: test-kernel fuzz-kernel
test-kernel: $(H)/kernel-unit
	$(Q)$<

# What once failed, and what reaches most, is kept in tests/fuzz/kernel-corpus: it is tried first,
# and by every `make test`.
FUZZERS += fuzz-kernel
fuzz-kernel: $(H)/fuzz/kernel
	@mkdir -p $(H)/corpus/kernel
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(H)/fuzz/ $(H)/corpus/kernel $(wildcard tests/fuzz/kernel-corpus)

KERNEL_FUZZ_KEPT := $(wildcard tests/fuzz/kernel-corpus/*)
HOST_TESTS += test-kernel-inputs
.PHONY: test-kernel-inputs
test-kernel-inputs: $(H)/fuzz/kernel
	$(Q)$< $(KERNEL_FUZZ_KEPT) 2>$<.log || \
		{ tail -40 $<.log; echo '0 passed, 1 failed'; exit 1; }
	$(Q)echo '$(words $(KERNEL_FUZZ_KEPT)) passed, 0 failed'

-include $(KERNEL_TEST_OBJS:.o=.d) $(KERNEL_FUZZ_OBJS:.o=.d)
