# SPDX-License-Identifier: MPL-2.0
# Tests of the interface generator and of the message library, on this machine: generated clients
# against generated servers over a kernel made for tests.

FIPC_TEST := $(H)/fipc-test
FIPC_EVERY := $(FIPC_TEST)/gen/protocol/every.h
$(FIPC_EVERY): tools/test/every.fipc abi/kernel.fipc $$(FIPC)
	$(Q)tools/fipc.py protocol $< $(FIPC_TEST)/gen

FIPC_SHARED_SRCS := lib/futura/message.c lib/futura/test/fake.c tools/test/every_ops.c
FIPC_TEST_SRCS := $(FIPC_SHARED_SRCS) $(foreach f,serve ring loop,lib/futura/$f.c \
	lib/futura/test/$f_test.c) tools/test/every_test.c lib/test/test.c
FIPC_FUZZ_SRCS := $(FIPC_SHARED_SRCS) tools/test/every_fuzz.c

$(FIPC_TEST)/%.c.o: %.c | $$(HOST_GEN) $$(HOST_OVERLAY) $(FIPC_EVERY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -I$(FIPC_TEST)/gen -c -o $@ $<
$(FIPC_TEST)/test: $(FIPC_TEST_SRCS:%=$(FIPC_TEST)/%.o)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

$(FIPC_TEST)/fuzz/%.c.o: %.c | $$(HOST_GEN) $$(HOST_OVERLAY) $(FIPC_EVERY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -fsanitize=fuzzer-no-link -I$(FIPC_TEST)/gen -c -o $@ $<
$(FIPC_TEST)/fuzzer: $(FIPC_FUZZ_SRCS:%=$(FIPC_TEST)/fuzz/%.o)
	$(Q)$(CC) $(HOST_LDFLAGS) -fsanitize=fuzzer -o $@ $^

HOST_TESTS += test-fipc test-fipc-language
FUZZERS += fuzz-fipc
.PHONY: test-fipc test-fipc-language fuzz-fipc
test-fipc: $(FIPC_TEST)/test
	$(Q)$<
test-fipc-language:
	$(Q)PYTHONDONTWRITEBYTECODE=1 tools/test/test_fipc.py
fuzz-fipc: $(FIPC_TEST)/fuzzer
	$(Q)mkdir -p $(FIPC_TEST)/corpus
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=4400 -verbosity=0 \
		-artifact_prefix=$(FIPC_TEST)/ $(FIPC_TEST)/corpus

-include $(FIPC_TEST_SRCS:%=$(FIPC_TEST)/%.d) $(FIPC_FUZZ_SRCS:%=$(FIPC_TEST)/fuzz/%.d)
