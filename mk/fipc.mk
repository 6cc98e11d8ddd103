# SPDX-License-Identifier: MPL-2.0
# Tests of the interface generator and of the message library, on this machine: generated clients
# against generated servers over a kernel made for tests.

FIPC_TEST := $(H)/fipc-test
FIPC_TEST_CFLAGS = $(HOST_CFLAGS) -I$(FIPC_TEST)/gen

$(FIPC_TEST)/gen/protocol/every.h: tools/test/every.fipc abi/kernel.fipc $$(FIPC)
	$(Q)tools/fipc.py protocol $< $(FIPC_TEST)/gen

FIPC_TEST_SRCS := lib/futura/message.c lib/futura/serve.c lib/futura/test/fake.c \
	lib/futura/test/serve_test.c tools/test/every_ops.c tools/test/every_test.c lib/test/test.c
FIPC_TEST_OBJS := $(FIPC_TEST_SRCS:%=$(FIPC_TEST)/%.o)
$(FIPC_TEST)/%.c.o: %.c | $$(HOST_GEN) $$(HOST_OVERLAY) $(FIPC_TEST)/gen/protocol/every.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(FIPC_TEST_CFLAGS) -c -o $@ $<
$(FIPC_TEST)/test: $(FIPC_TEST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-fipc
.PHONY: test-fipc
test-fipc: $(FIPC_TEST)/test
	$(Q)$<
	$(Q)PYTHONDONTWRITEBYTECODE=1 tools/test/test_fipc.py
