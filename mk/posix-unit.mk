# SPDX-License-Identifier: MPL-2.0
# What of the personality can be tried on this machine: its string functions, under other names.

POSIX_UNIT_NAMES := memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp strchr strrchr
POSIX_UNIT_OBJS := $(H)/posix-unit/string.o $(H)/posix-unit/string_test.o $(H)/posix-unit/test.o

$(H)/posix-unit/string.o: posix/core/string.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -fno-builtin $(foreach n,$(POSIX_UNIT_NAMES),-D$n=our_$n) \
		-c -o $@ $<
$(H)/posix-unit/string_test.o: posix/core/test/string_test.c
$(H)/posix-unit/test.o: lib/test/test.c
$(H)/posix-unit/string_test.o $(H)/posix-unit/test.o:
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(H)/posix-unit-test: $(POSIX_UNIT_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

HOST_TESTS += test-posix-unit
.PHONY: test-posix-unit
test-posix-unit: $(H)/posix-unit-test
	$(Q)$<

-include $(POSIX_UNIT_OBJS:.o=.d)
