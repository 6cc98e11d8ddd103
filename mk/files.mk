# SPDX-License-Identifier: MPL-2.0
# lib/files: what servers of protocol/file.fipc have in common, an archive that programs take it from.

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
