# SPDX-License-Identifier: MPL-2.0
# posixd's further folder, and tests of the process table and of exec.conf on this machine.

EXTRA_SRCS_services/posixd := services/posixd/proc/*.c

POSIXD_TEST_SRCS := $(wildcard services/posixd/test/*.c services/posixd/core/*.c \
	services/exec/test/*.c services/exec/core/*.c) lib/test/test.c
POSIXD_TEST_OBJS := $(POSIXD_TEST_SRCS:%=$(H)/posixd/%.o)

$(H)/posixd/%.c.o: %.c | $$(HOST_GEN) $$(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(H)/posixd-test: $(POSIXD_TEST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-posixd
.PHONY: test-posixd
test-posixd: $(H)/posixd-test
	$(Q)$<

-include $(POSIXD_TEST_OBJS:.o=.d)
