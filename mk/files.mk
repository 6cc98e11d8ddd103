# SPDX-License-Identifier: MPL-2.0
# lib/files: what servers of protocol/file.fipc have in common, an archive programs take it from.

LIBFILES := $(O)/libfiles.a
LIBFILES_OBJS := $(patsubst %,$(O)/native/%.o,$(wildcard lib/files/*.c))
NATIVE_ARCHIVES += $(LIBFILES)
$(LIBFILES): $(LIBFILES_OBJS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
-include $(LIBFILES_OBJS:.o=.d)

# Services that need numbers of Linux's own headers, beside the C library's.
$(O)/linux-headers/.made: mk/files.mk
	@mkdir -p $(@D)
	$(Q)ln -sfn /usr/include/linux $(@D)/linux
	$(Q)touch $@
RAMFSD_OBJS := $(patsubst %,$(O)/native/%.o,$(wildcard services/ramfsd/*.c))
$(RAMFSD_OBJS): NATIVE_CFLAGS += -isystem $(O)/linux-headers
$(RAMFSD_OBJS): | $(O)/linux-headers/.made

NATIVE_PROGRAMS += services/ramfsd

# The same tests run in the guest and on this machine: <test-frame/test.h> is the frame of each.
RAMFSD_TESTS := $(wildcard services/ramfsd/test/*.c)
$(O)/ramfsd-test/.made: mk/files.mk
	@mkdir -p $(@D)
	$(Q)ln -sfn $(CURDIR)/tests/native $(@D)/test-frame
	$(Q)touch $@
EXTRA_SRCS_tests/native += $(filter-out services/ramfsd/main.c,$(wildcard services/ramfsd/*.c)) \
	$(RAMFSD_TESTS)
RAMFSD_TEST_OBJS := $(RAMFSD_TESTS:%=$(O)/native/%.o) $(O)/native/tests/native/files.c.o
$(RAMFSD_TEST_OBJS): NATIVE_CFLAGS += -I$(O)/ramfsd-test
$(RAMFSD_TEST_OBJS): | $(O)/ramfsd-test/.made
EXTRA_SRCS_bench += $(filter-out services/ramfsd/main.c,$(wildcard services/ramfsd/*.c))

RAMFSD_HOST := $(H)/ramfsd
RAMFSD_HOST_SRCS := $(filter-out %/main.c %/bundle.c,$(wildcard services/ramfsd/*.c)) \
	$(wildcard lib/files/*.c services/ramfsd/test/host/*.c) services/ramfsd/test/calls.c \
	lib/futura/message.c lib/futura/test/fake.c lib/test/test.c
RAMFSD_TEST_SRCS := $(RAMFSD_HOST_SRCS) $(filter-out %/calls.c,$(RAMFSD_TESTS)) \
	$(wildcard services/ramfsd/test/model/*.c)
$(RAMFSD_HOST)/.made: mk/files.mk
	@mkdir -p $(@D)
	$(Q)ln -sfn $(CURDIR)/lib/test $(@D)/test-frame
	$(Q)touch $@
$(RAMFSD_HOST)/%.c.o: %.c $(RAMFSD_HOST)/.made | $$(HOST_GEN) $$(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -I$(RAMFSD_HOST) -c -o $@ $<
$(RAMFSD_HOST)/test: $(RAMFSD_TEST_SRCS:%=$(RAMFSD_HOST)/%.o)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^
-include $(RAMFSD_TEST_SRCS:%=$(RAMFSD_HOST)/%.d)

HOST_TESTS += test-ramfsd
.PHONY: test-ramfsd
test-ramfsd: $(RAMFSD_HOST)/test
	$(Q)$<

# fsd: FuturaFS on a block device.
NATIVE_PROGRAMS += services/fsd
NATIVE_ARCHIVES += $(FUTURAFS_LIB)
FSD_OBJS := $(patsubst %,$(O)/native/%.o,$(wildcard services/fsd/*.c))
$(FSD_OBJS): NATIVE_CFLAGS += -isystem $(O)/linux-headers
$(FSD_OBJS): | $(O)/linux-headers/.made
$(O)/native/tests/fsd-tests/main.c.o: NATIVE_CFLAGS += -isystem $(O)/linux-headers
$(O)/native/tests/fsd-tests/main.c.o: | $(O)/linux-headers/.made
NATIVE_PROGRAMS += tests/fsd-tests

RAMFSD_FUZZERS := services/ramfsd/fuzz/messages services/ramfsd/fuzz/tar
FUZZERS += $(RAMFSD_FUZZERS:%=fuzz-%)
.PHONY: $(RAMFSD_FUZZERS:%=fuzz-%)
$(RAMFSD_FUZZERS:%=fuzz-%): fuzz-%: $(H)/fuzz/%
	$(Q)mkdir -p $(H)/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -verbosity=0 \
		-artifact_prefix=$(H)/fuzz/ $(H)/corpus/$*
$(RAMFSD_FUZZERS:%=$(H)/fuzz/%): $(H)/fuzz/%: %_fuzz.c $(RAMFSD_HOST_SRCS) \
		$(RAMFSD_HOST)/.made | $(HOST_GEN) $(HOST_OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -MJ $@.json,$(HOST_CFLAGS)) -I$(RAMFSD_HOST) \
		-fsanitize=fuzzer $(HOST_LDFLAGS) -o $@ \
		$(filter-out lib/test/test.c,$(filter %.c,$^))
