# SPDX-License-Identifier: MPL-2.0
# ttyd: its portable part on this machine, beside Linux's own terminals, and fuzzed.

TTYD_CORE := $(wildcard services/ttyd/core/*.c)
TTYD_TEST_SRCS := $(wildcard services/ttyd/test/*_test.c) $(TTYD_CORE) lib/test/test.c
TTYD_TEST_OBJS := $(TTYD_TEST_SRCS:%=$(H)/ttyd/%.o)

$(H)/ttyd/%.c.o: %.c | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<
$(H)/ttyd-test: $(TTYD_TEST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-ttyd
.PHONY: test-ttyd fuzz-ttyd
test-ttyd: $(H)/ttyd-test
	$(Q)$<

FUZZERS += fuzz-ttyd
$(H)/fuzz/ttyd: services/ttyd/fuzz/ldisc_fuzz.c $(TTYD_CORE) | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -MJ $@.json,$(HOST_CFLAGS)) -fsanitize=fuzzer \
		$(HOST_LDFLAGS) -o $@ $(filter %.c,$^)
fuzz-ttyd: $(H)/fuzz/ttyd
	$(Q)mkdir -p $(H)/corpus/ttyd
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(H)/fuzz/ $(H)/corpus/ttyd

-include $(TTYD_TEST_OBJS:.o=.d)

NATIVE_PROGRAMS += services/ttyd tests/terminals

# <asm-generic/...>: the numbers of terminals are Linux's.
TTYD_OVERLAY := $(O)/ttyd-overlay/.made
$(TTYD_OVERLAY): mk/ttyd.mk
	@mkdir -p $(@D)
	$(Q)ln -sfn /usr/include/linux $(@D)/linux
	$(Q)ln -sfn /usr/include/asm-generic $(@D)/asm-generic
	$(Q)ln -sfn /usr/include/$(MUSL_TRIPLET:-musl=-gnu)/asm $(@D)/asm
	$(Q)touch $@
$(O)/native/services/ttyd/% $(O)/native/tests/terminals/%: \
	NATIVE_CFLAGS += -isystem $(O)/ttyd-overlay
TTYD_NATIVE := $(wildcard services/ttyd/*.c tests/terminals/*.c) $(TTYD_CORE)
$(TTYD_NATIVE:%=$(O)/native/%.o): | $(TTYD_OVERLAY)
