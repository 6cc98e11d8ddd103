# SPDX-License-Identifier: MPL-2.0
# Power cuts of the running system: tests/crash.

CRASH_ROUNDS ?= 6
CRASH_SEED ?= 1
CRASH_WORK := $(O)/tests-posix/work

$(CRASH_WORK): tests/crash/work.c mk/posix-test.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -static -fuse-ld=lld$(LLVM) -o $@ $<

.PHONY: futfs-crash-test crash-work
futfs-crash-test: ## cut the power of a running system that writes, and look what is left
crash-work: $(CRASH_WORK)
futfs-crash-test: $(KERNEL_IMAGE) $(O)/bundle.cpio $(CRASH_WORK) tools
	$(Q)tests/crash/crash.py --arch $(ARCH) --rounds $(CRASH_ROUNDS) --seed $(CRASH_SEED)
