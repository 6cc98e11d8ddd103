# SPDX-License-Identifier: MPL-2.0
# The file system library: its tests, fuzzers, host tools and object code for Futura's services.

FUTURAFS_SRC := $(wildcard futurafs/*.c)
FUTURAFS_HOST_SRC := $(FUTURAFS_SRC) futurafs/arch/$(HOST_ARCH)/crc32c.c
FUTURAFS_CFLAGS := $(COMMON_CFLAGS) -D_GNU_SOURCE

# For services of $(ARCH): no C library, only memcpy and its like.
FUTURAFS_OBJ := $(patsubst %.c,$(O)/%.o,$(FUTURAFS_SRC) futurafs/arch/$(ARCH)/crc32c.c)
FUTURAFS_LIB := $(O)/libfuturafs.a
$(FUTURAFS_OBJ): $(O)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -c $< -o $@
$(FUTURAFS_LIB): $(FUTURAFS_OBJ)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
ALL += $(FUTURAFS_LIB)

# For this machine, with sanitizers (tests) and without (tools, sweeps, numbers).
FUTURAFS_TEST_OBJ := $(patsubst %.c,$(H)/%.o,$(FUTURAFS_HOST_SRC))
FUTURAFS_FAST_OBJ := $(patsubst %.c,$(H)/fast/%.o,$(FUTURAFS_HOST_SRC))
$(H)/futurafs/%.o: futurafs/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FUTURAFS_CFLAGS) -O1 $(SANITIZE) -c $< -o $@
$(H)/fast/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FUTURAFS_CFLAGS) -O2 -c $< -o $@

# Tests: each *_test.c is a program with what the tests share.
FUTURAFS_TESTS := $(patsubst futurafs/test/%.c,%,$(wildcard futurafs/test/*_test.c))
FUTURAFS_TEST_SHARED := $(filter-out %_test.c,$(wildcard futurafs/test/*.c)) lib/test/test.c
FUTURAFS_TEST_SHARED_OBJ := $(patsubst %.c,$(H)/futurafs/shared/%.o,$(FUTURAFS_TEST_SHARED))
$(FUTURAFS_TEST_SHARED_OBJ): $(H)/futurafs/shared/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FUTURAFS_CFLAGS) -O1 $(SANITIZE) -c $< -o $@
$(FUTURAFS_TESTS:%=$(H)/futurafs/%): $(H)/futurafs/%: $(H)/futurafs/test/%.o \
		$(FUTURAFS_TEST_SHARED_OBJ) $(FUTURAFS_TEST_OBJ)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^

FUTURAFS_FAST_SHARED := $(patsubst %.c,$(H)/fast/%.o,$(FUTURAFS_TEST_SHARED))
$(FUTURAFS_TESTS:%=$(H)/fast/%): $(H)/fast/%: $(H)/fast/futurafs/test/%.o \
		$(FUTURAFS_FAST_SHARED) $(FUTURAFS_FAST_OBJ)
	$(Q)$(CC) -fuse-ld=lld$(LLVM) -o $@ $^

.PHONY: $(FUTURAFS_TESTS:%=test-futurafs-%) futurafs-sweep
$(FUTURAFS_TESTS:%=test-futurafs-%): test-futurafs-%: $(H)/futurafs/%
	$(Q)$<
HOST_TESTS += $(FUTURAFS_TESTS:%=test-futurafs-%)

# What operations cost in instructions: two counts of each workload, counted by callgrind.
$(H)/fast/futurafs-cost: futurafs/bench/cost.c futurafs/test/ram.c $(FUTURAFS_HOST_SRC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -g,$(FUTURAFS_CFLAGS)) -O2 -o $@ $^
$(H)/fast/futurafs-full: futurafs/bench/full.c futurafs/test/ram.c $(FUTURAFS_HOST_SRC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -g,$(FUTURAFS_CFLAGS)) -O2 -o $@ $^
.PHONY: futurafs-cost futurafs-compare futurafs-full
futurafs-full: $(H)/fast/futurafs-full ## count what random overwrites write on a full volume
	$(Q)for every in 1 64; do for full in 10 50 80 95; do \
		echo -n "$$full % full, sync every $$every: "; $< $$full 40000 $$every || exit 1; \
	done; done
futurafs-cost: $(H)/fast/futurafs-cost ## count FuturaFS's instructions (needs valgrind)
	$(Q)futurafs/bench/count $<
futurafs-compare: tools ## compare device writes with ext4 (needs root and loop devices)
	$(Q)host/futfs/compare.py

SWEEP ?= 20
futurafs-sweep: $(FUTURAFS_TESTS:%=$(H)/fast/%) ## try SWEEP times as many crash states and steps
	$(Q)for t in $^; do echo $$t; ROUNDS=$(SWEEP) $$t || exit 1; done

-include $(FUTURAFS_OBJ:.o=.d) $(FUTURAFS_TEST_OBJ:.o=.d) $(FUTURAFS_FAST_OBJ:.o=.d) \
	$(FUTURAFS_TEST_SHARED_OBJ:.o=.d) $(FUTURAFS_FAST_SHARED:.o=.d) \
	$(wildcard $(H)/futurafs/test/*.d $(H)/fast/futurafs/test/*.d)

# Host tools, in build/tools.
FUSE_CFLAGS := -I/usr/include/fuse3 -D_FILE_OFFSET_BITS=64
FUTFS_COMMON := host/futfs/device.c host/futfs/arch/$(HOST_ARCH)/cpu.c
FUTFS_TOOLS := build/tools/mkfutfs build/tools/fsck.futfs build/tools/futfs
build/tools/mkfutfs: $(patsubst %.c,$(H)/fast/%.o,$(FUTFS_COMMON) host/futfs/mkfutfs.c \
	host/futfs/populate.c)
build/tools/fsck.futfs: $(patsubst %.c,$(H)/fast/%.o,$(FUTFS_COMMON) host/futfs/fsck.c)
build/tools/futfs: $(patsubst %.c,$(H)/fast/%.o,$(FUTFS_COMMON) \
	$(addprefix host/futfs/,futfs.c look.c dump.c mount.c))
build/tools/futfs: FUTFS_LIBS := -lfuse3 -lpthread
$(H)/fast/host/futfs/%.o: FUTURAFS_CFLAGS += $(FUSE_CFLAGS)
$(FUTFS_TOOLS): $(FUTURAFS_FAST_OBJ)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -fuse-ld=lld$(LLVM) -o $@ $^ $(FUTFS_LIBS)

.PHONY: tools
tools: $(FUTFS_TOOLS) ## build the tools for Linux in build/tools
-include $(wildcard $(H)/fast/host/futfs/*.d)

# Fuzzers. Their corpora grow in build/corpus.
FUTURAFS_FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/futurafs_*.c))
FUTURAFS_FUZZ_SRC := $(FUTURAFS_HOST_SRC) \
	$(filter-out %/crash.c %_test.c,$(wildcard futurafs/test/*.c))
$(FUTURAFS_FUZZERS:%=$(H)/fuzz/%): $(H)/fuzz/%: tests/fuzz/%.c $(FUTURAFS_FUZZ_SRC) \
		$(wildcard futurafs/*.h futurafs/test/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(FUTURAFS_CFLAGS)) -O1 $(SANITIZE) -fsanitize=fuzzer \
		-fuse-ld=lld$(LLVM) -o $@ $(filter %.c,$^)
FUTURAFS_FUZZ_TARGETS := $(FUTURAFS_FUZZERS:%=fuzz-%)
.PHONY: $(FUTURAFS_FUZZ_TARGETS)
$(FUTURAFS_FUZZ_TARGETS): fuzz-%: $(H)/fuzz/%
	$(Q)mkdir -p build/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=20 -max_len=600 -print_final_stats=1 \
		-artifact_prefix=build/corpus/$*- build/corpus/$* \
		$(wildcard tests/fuzz/$*-corpus)
FUZZERS += $(FUTURAFS_FUZZ_TARGETS)

.PHONY: test-futfs-tools
test-futfs-tools: $(FUTFS_TOOLS)
	$(Q)host/futfs/test/tools_test.sh build/tools
HOST_TESTS += test-futfs-tools

# The same tools for Futura, static, in its root image. What mounts there is fsd, not FUSE.
FUTFS_GUEST := $(addprefix $(O)/futfs/,mkfutfs fsck.futfs futfs)
FUTFS_GUEST_SRC := $(FUTURAFS_SRC) futurafs/arch/$(ARCH)/crc32c.c host/futfs/device.c \
	host/futfs/arch/$(ARCH)/cpu.c
FUTFS_GUEST_OBJ = $(patsubst %.c,$(O)/futfs/%.o,$(1))
$(O)/futfs/%.o: %.c | $$(POSIX_OVERLAY)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MUSL_CFLAGS) -isystem $(O)/posix/overlay -c $< -o $@
$(O)/futfs/mkfutfs: $(call FUTFS_GUEST_OBJ,host/futfs/mkfutfs.c host/futfs/populate.c)
$(O)/futfs/fsck.futfs: $(call FUTFS_GUEST_OBJ,host/futfs/fsck.c)
$(O)/futfs/futfs: $(call FUTFS_GUEST_OBJ,$(addprefix host/futfs/,futfs.c look.c dump.c no_mount.c))
$(FUTFS_GUEST): $(call FUTFS_GUEST_OBJ,$(FUTFS_GUEST_SRC))
	$(Q)$(MUSL_LINK) --strip-all
-include $(wildcard $(O)/futfs/*/*.d $(O)/futfs/*/*/*.d)
