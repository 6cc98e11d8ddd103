# SPDX-License-Identifier: MPL-2.0
# Tests and fuzzers of libfutura and of init's manifest, on this machine.

FUTURA_TEST_SRCS := $(patsubst %,lib/futura/test/%_test.c,chacha cpio elf heap text) \
	$(wildcard services/init/test/*.c services/init/core/*.c) \
	lib/test/test.c
FUTURA_HOST_SRCS := lib/futura/chacha.c lib/futura/cpio.c lib/futura/elf.c lib/futura/heap.c \
	lib/futura/number.c lib/futura/startup.c
FUTURA_HOST_OBJS := $(patsubst %,$(H)/futura/%.o,$(FUTURA_TEST_SRCS) $(FUTURA_HOST_SRCS))

$(H)/futura/%.c.o: %.c | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(H)/futura-test: $(FUTURA_HOST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-futura
.PHONY: test-futura
test-futura: $(H)/futura-test
	$(Q)$<

# A corpus grows in build/; what once failed is kept beside the fuzzer, in corpus/.
FUTURA_FUZZERS := lib/futura/fuzz/image services/init/fuzz/manifest
FUZZERS += $(FUTURA_FUZZERS:%=fuzz-%)
.PHONY: $(FUTURA_FUZZERS:%=fuzz-%)
$(FUTURA_FUZZERS:%=fuzz-%): fuzz-%: $(H)/fuzz/%
	$(Q)mkdir -p $(H)/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -print_final_stats=1 -verbosity=0 \
		$(H)/corpus/$* $(wildcard $(dir $*)corpus)

$(FUTURA_FUZZERS:%=$(H)/fuzz/%): $(H)/fuzz/%: %_fuzz.c $(FUTURA_HOST_SRCS) \
		$(wildcard services/init/core/*.c) | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -MJ $@.json,$(HOST_CFLAGS)) -fsanitize=fuzzer \
		$(HOST_LDFLAGS) -o $@ $(filter %.c,$^)

-include $(FUTURA_HOST_OBJS:.o=.d)
