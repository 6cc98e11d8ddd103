# SPDX-License-Identifier: MPL-2.0
# Linux programs that test the POSIX personality: static against Debian's C library, one for each
# file of tests/posix, in build/<arch>/tests-posix. `make test-linux` runs them on this machine.

TEST_TARGET_x86_64 := x86_64-linux-gnu
TEST_TARGET_arm64 := aarch64-linux-gnu
TEST_CFLAGS = $(filter-out -MJ $@.json -Wwrite-strings,$(COMMON_CFLAGS)) -O1 -D_GNU_SOURCE \
	-pthread --target=$(TEST_TARGET_$(ARCH))
TEST_O := $(O)/tests-posix
LINUX_TESTS := $(filter-out check,$(basename $(notdir $(wildcard tests/posix/*.c))))
TEST_PROGRAMS := $(LINUX_TESTS:%=$(TEST_O)/%)
# These would harm the Linux they ran on.
GUEST_TESTS := $(TEST_O)/random_calls $(TEST_O)/hostile $(TEST_O)/exhaust $(TEST_O)/blockdev

$(TEST_O)/%.o: tests/posix/%.c mk/posix-test.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -c -o $@ $<
$(TEST_O)/%.o: tests/posix/guest/%.c mk/posix-test.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -c -o $@ $<
# One that makes native calls, too.
$(TEST_O)/hostile.o $(TEST_O)/message.o: TEST_CFLAGS += -I$(O)/gen -I$(O)/overlay
$(TEST_O)/hostile.o $(TEST_O)/message.o: | $(GEN) $(OVERLAY)
$(TEST_O)/message.o: lib/futura/message.c mk/posix-test.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -c -o $@ $<
$(TEST_O)/hostile: $(TEST_O)/check.o $(TEST_O)/message.o
$(TEST_O)/exhaust: $(TEST_O)/check.o
$(GUEST_TESTS): %: %.o
$(TEST_PROGRAMS): %: %.o $(TEST_O)/check.o
$(TEST_PROGRAMS) $(GUEST_TESTS):
	$(Q)$(CC) --target=$(TEST_TARGET_$(ARCH)) -static -pthread -fuse-ld=lld$(LLVM) -o $@ $^ -lm

.PHONY: posix-programs
posix-programs: $(TEST_PROGRAMS) $(GUEST_TESTS) ## build the tests of the POSIX personality for ARCH
-include $(wildcard $(TEST_O)/*.d)
