# SPDX-License-Identifier: MPL-2.0
# The parts of boot/x86_64 that run on this machine: tests.

X86_64_TEST_OBJS := $(patsubst %,$(H)/x86_64/%.o,boot/x86_64/ranges.c \
	$(wildcard boot/x86_64/test/*.c) lib/test/test.c)

$(H)/x86_64/%.c.o: %.c | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(H)/x86_64-test: $(X86_64_TEST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-x86_64
.PHONY: test-x86_64
test-x86_64: $(H)/x86_64-test
	$(Q)$<

-include $(X86_64_TEST_OBJS:.o=.d)
